"""The objects that make a cluster of the bare control plane: storage and the rights of CoreDNS."""

import json
from typing import Any

from sandbox import pins

Json = dict[str, Any]

STORAGE_NAMESPACE = "local-path-storage"
STORAGE_ACCOUNT = "local-path-provisioner"
STORAGE_CONFIG = "local-path-config"
STORAGE_CLASS = "local-path"
PROVISIONER = "rancher.io/local-path"
DNS_USER = "sandbox:coredns"


def all_objects() -> list[tuple[str, Json]]:
    """Every object with the API path to create it at, in order."""
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    core = f"/api/v1/namespaces/{STORAGE_NAMESPACE}"
    return [
        (f"{rbac}/clusterroles", _dns_role()),
        (f"{rbac}/clusterrolebindings", _dns_binding()),
        ("/api/v1/namespaces", _object("v1", "Namespace", STORAGE_NAMESPACE)),
        (f"{core}/serviceaccounts", _object("v1", "ServiceAccount", STORAGE_ACCOUNT)),
        (f"{core}/configmaps", {**_object("v1", "ConfigMap", STORAGE_CONFIG), "data": _volume_scripts()}),
        ("/apis/storage.k8s.io/v1/storageclasses", _storage_class()),
    ]


def helper_pod() -> str:
    """The pod that makes and deletes a volume's folder on its node, as the provisioner reads it."""
    return (
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "helper-pod"},
                "spec": {
                    "priorityClassName": "system-node-critical",
                    "tolerations": [{"operator": "Exists"}],
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 0,
                    "containers": [
                        {"name": "helper-pod", "image": pins.PYTHON_IMAGE, "imagePullPolicy": "IfNotPresent"},
                    ],
                },
            },
            indent=2,
        )
        + "\n"
    )


def _volume_scripts() -> dict[str, str]:
    # 0777: nothing changes the owner of such a volume to the pod's fsGroup; the folders above it are root's alone.
    return {"setup": 'mkdir -m 0777 -p "$VOL_DIR"\n', "teardown": 'rm -rf "$VOL_DIR"\n'}


def _storage_class() -> Json:
    storage_class = _object("storage.k8s.io/v1", "StorageClass", STORAGE_CLASS)
    storage_class["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        **storage_class,
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        # A volume lies on one node: only the scheduler can say on which.
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _dns_role() -> Json:
    return {
        **_object("rbac.authorization.k8s.io/v1", "ClusterRole", DNS_USER),
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        ],
    }


def _dns_binding() -> Json:
    group = "rbac.authorization.k8s.io"
    return {
        **_object(f"{group}/v1", "ClusterRoleBinding", DNS_USER),
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": DNS_USER},
        "subjects": [{"apiGroup": group, "kind": "User", "name": DNS_USER}],
    }


def _object(api_version: str, kind: str, name: str) -> Json:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
