"""From a namespace to a cluster in it, and away again."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

from .deployment import Deployment
from .kube import Kube
from .project import Project, small_cluster
from .waiting import wait_until

OWNER = "mysql-k8s-tests/owner"
"""Label of a tests' namespace: which process of which machine made it."""

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def prepare(kubeconfig: str, folder: Path, engine: str = "mysql", **topology: object) -> Deployment:
    """A small cluster in a namespace of its own, not deployed yet; ``folder`` gets its Pulumi project."""
    namespace = f"mysql-test-{uuid.uuid4().hex[:6]}"
    kube = Kube(kubeconfig, namespace)
    kube.make_namespace({**RESTRICTED, OWNER: owner()})
    return Deployment(kube, Project(folder, kubeconfig), small_cluster(namespace, engine, **topology))


def remove(deployment: Deployment) -> None:
    """With its data, in whatever state it is."""
    deployment.kube.delete_deployment(f"{deployment.name}-router")
    clear(deployment.kube, deployment.name, f"{deployment.name}-backup")


def clear(kube: Kube, *stateful_sets: str) -> None:
    """Delete a namespace with all pods and data. It goes last: it takes minutes over what is still in it."""
    kube.let_volumes_go()
    for stateful_set in stateful_sets:
        kube.delete_stateful_set(stateful_set)
    for pod in kube.pods():
        kube.delete_pod(pod["metadata"]["name"], grace_seconds=1)
    for claim in kube.claims():
        kube.delete_claim(claim)
    wait_until(f"{kube.namespace} to be empty", lambda: not kube.pods() and not kube.claims(), 90)
    kube.delete_namespace()


def remove_abandoned(kubeconfig: str) -> None:
    """Namespaces of test runs on this machine that were killed."""
    host = socket.gethostname()
    kube = Kube(kubeconfig, "default")
    for namespace in kube.namespaces(OWNER):
        made_on, _, process = namespace["metadata"]["labels"][OWNER].rpartition(".")
        if made_on == host and not Path(f"/proc/{process}").exists():
            Kube(kubeconfig, namespace["metadata"]["name"]).delete_namespace()


def owner() -> str:
    """This process, as the label names it."""
    return f"{socket.gethostname()}.{os.getpid()}"
