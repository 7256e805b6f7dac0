"""The restricted Pod Security Standard: one case for each field that it restricts."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from policy_judge import BY_NAME, UNKNOWN, arguments, as_sent, judge
from policy_manifests import ABSENT, MYSQLD, POD, STATEFUL_SET, changed, stateful_set
from pulumi_policy import ResourceValidationPolicy
from pulumi_policy.deserialize import serialize_properties

RULE = "pods-restricted"
CONTEXT, POD_CONTEXT = f"{MYSQLD}.securityContext", f"{POD}.securityContext"
APPARMOR = {"container.apparmor.security.beta.kubernetes.io/mysqld": "unconfined"}
WINDOWS = {
    f"{POD}.os": {"name": "windows"},
    POD_CONTEXT: {"runAsNonRoot": True},
    CONTEXT: {},
    f"{POD}.initContainers": [],
}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({f"{POD}.hostNetwork": True}, "hostNetwork"),
        ({f"{POD}.hostPID": True}, "hostPID"),
        ({f"{POD}.hostIPC": True}, "hostIPC"),
        (
            {f"{POD}.volumes": [{"name": "x", "hostPath": {"path": "/"}}]},
            "volume 'x' of StatefulSet 'shop/orders': type",
        ),
        ({f"{POD}.volumes": [{"name": "x", "nfs": {"path": "/", "server": "y"}}]}, "got nfs"),
        ({f"{POD_CONTEXT}.sysctls": [{"name": "kernel.msgmax", "value": "1"}]}, "got kernel.msgmax"),
        ({"spec.template.metadata.annotations": APPARMOR}, "got unconfined"),
        ({f"{MYSQLD}.ports": [{"containerPort": 1, "hostPort": 3306}]}, "got 3306"),
        ({f"{CONTEXT}.privileged": True}, "securityContext.privileged must be false"),
        ({f"{CONTEXT}.windowsOptions": {"hostProcess": True}}, "hostProcess"),
        ({f"{CONTEXT}.capabilities.add": ["NET_BIND_SERVICE", "SYS_NICE"]}, "got SYS_NICE"),
        ({f"{CONTEXT}.capabilities.drop": ["NET_RAW"]}, "must be [ALL]; got NET_RAW"),
        ({f"{CONTEXT}.capabilities": ABSENT}, "capabilities.drop must be [ALL]; it is missing"),
        ({f"{CONTEXT}.allowPrivilegeEscalation": ABSENT}, "allowPrivilegeEscalation must be false; it is missing"),
        ({f"{CONTEXT}.allowPrivilegeEscalation": True}, "allowPrivilegeEscalation must be false; got True"),
        ({f"{CONTEXT}.procMount": "Unmasked"}, "procMount"),
        ({f"{CONTEXT}.seLinuxOptions": {"type": "spc_t"}}, "seLinuxOptions.type"),
        ({f"{POD_CONTEXT}.seLinuxOptions": {"user": "root"}}, "the pod of StatefulSet"),
        ({f"{CONTEXT}.seccompProfile": {"type": "Unconfined"}}, "got Unconfined"),
        ({f"{POD_CONTEXT}.seccompProfile": ABSENT}, "seccompProfile.type"),
        ({f"{POD_CONTEXT}.appArmorProfile": {"type": "Unconfined"}}, "appArmorProfile"),
        ({f"{POD_CONTEXT}.runAsNonRoot": ABSENT}, "runAsNonRoot must be true"),
        ({f"{POD_CONTEXT}.runAsNonRoot": False}, "runAsNonRoot must be true; got False"),
        ({f"{CONTEXT}.runAsNonRoot": False}, "container 'mysqld' of StatefulSet"),
        ({f"{POD_CONTEXT}.runAsUser": 0}, "runAsUser"),
        ({f"{CONTEXT}.runAsUser": 0}, "another number than 0"),
        ({f"{MYSQLD}.livenessProbe": {"tcpSocket": {"port": 1, "host": "1.2.3.4"}}}, "livenessProbe.tcpSocket.host"),
        ({f"{MYSQLD}.lifecycle": {"preStop": {"httpGet": {"port": 1, "host": "x"}}}}, "lifecycle.preStop.httpGet.host"),
        ({f"{POD}.initContainers.0.securityContext": ABSENT}, "init container 'exporter'"),
        ({f"{POD}.ephemeralContainers": [{"name": "debug", "image": "x:1"}]}, "ephemeral container 'debug'"),
    ],
)
def test_what_is_forbidden_or_missing(changes: dict[str, Any], field: str) -> None:
    verdict = judge(RULE, stateful_set(**changes))
    assert any(field in message for message in verdict.violations), verdict.violations
    assert verdict.note == ""


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {f"{POD}.hostNetwork": False},
        {f"{CONTEXT}.capabilities.add": ["NET_BIND_SERVICE"]},
        {f"{POD_CONTEXT}.runAsNonRoot": ABSENT, f"{CONTEXT}.runAsNonRoot": True, f"{POD}.initContainers": []},
        {
            f"{POD_CONTEXT}.seccompProfile": ABSENT,
            f"{CONTEXT}.seccompProfile": {"type": "Localhost"},
            f"{POD}.initContainers": [],
        },
        {f"{POD_CONTEXT}.sysctls": [{"name": "net.ipv4.ip_local_port_range", "value": "1 2"}]},
        {f"{CONTEXT}.seLinuxOptions": {"type": "container_t", "level": "s0"}},
        {f"{POD_CONTEXT}.runAsUser": ABSENT},
        {f"{MYSQLD}.ports": [{"containerPort": 3306, "hostPort": 0}]},
        {
            f"{POD}.volumes": [
                {"name": "a", "image": {"reference": "x:1"}},
                {"name": "b", "csi": {}},
                {"name": "c", "secret": {}},
            ]
        },
        WINDOWS,
    ],
)
def test_what_is_allowed(changes: dict[str, Any]) -> None:
    verdict = judge(RULE, stateful_set(**changes))
    assert (verdict.violations, verdict.note) == ([], "")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({POD: UNKNOWN}, "spec.template.spec of"),
        ({f"{POD}.containers": UNKNOWN}, "containers of"),
        ({POD_CONTEXT: UNKNOWN}, "securityContext"),
        ({CONTEXT: UNKNOWN}, "securityContext.allowPrivilegeEscalation of container 'mysqld'"),
        ({f"{CONTEXT}.privileged": UNKNOWN}, "securityContext.privileged of container 'mysqld'"),
        ({f"{CONTEXT}.runAsUser": UNKNOWN}, "runAsUser of container 'mysqld'"),
        ({f"{POD}.volumes": UNKNOWN}, "volumes of the pod"),
    ],
)
def test_what_is_not_known_yet(changes: dict[str, Any], part: str) -> None:
    verdict = judge(RULE, stateful_set(**changes))
    assert verdict.violations == []
    assert part in verdict.note


def test_a_patch_is_judged_by_what_it_says() -> None:
    silent = {
        "kind": "StatefulSetPatch",
        "metadata": {"name": "x"},
        "spec": {"template": {"spec": {"containers": [{"name": "c"}]}}},
    }
    assert judge(RULE, silent).violations == []
    assert judge(RULE, changed(silent, {f"{POD}.hostNetwork": True})).violations


# --- the remedy -----------------------------------------------------------------------------------------------------


def remedied(manifest: dict[str, Any]) -> dict[str, Any] | None:
    policy = BY_NAME[RULE]
    assert isinstance(policy, ResourceValidationPolicy)
    changed_props: Any = policy.remediate(arguments("kubernetes:apps/v1:StatefulSet", manifest, secrets=True))
    return None if changed_props is None else dict(serialize_properties(changed_props))


def test_the_remedy_fills_in_what_every_program_can_bear() -> None:
    silent = stateful_set(**{POD_CONTEXT: {"runAsNonRoot": True}, f"{CONTEXT}.allowPrivilegeEscalation": ABSENT})
    better = remedied(copy.deepcopy(silent))
    assert better is not None
    assert judge(RULE, better).violations == []
    # Applied to its own result it changes nothing: what pulumi compares stays the same from run to run.
    assert remedied(better) is None


def test_the_remedy_changes_nothing_that_is_said() -> None:
    assert remedied(copy.deepcopy(STATEFUL_SET)) is None
    loose = stateful_set(**{f"{CONTEXT}.allowPrivilegeEscalation": True})
    assert remedied(loose) is None
    assert judge(RULE, loose).violations


def test_the_remedy_of_a_claim() -> None:
    policy = BY_NAME["claim-one-writer"]
    assert isinstance(policy, ResourceValidationPolicy)
    modes = "spec.volumeClaimTemplates.0.spec.accessModes"
    silent = arguments("kubernetes:apps/v1:StatefulSet", stateful_set(**{modes: ABSENT}), secrets=True)
    better: Any = policy.remediate(silent)
    assert judge("claim-one-writer", dict(serialize_properties(better))).violations == []
    shared = arguments("kubernetes:apps/v1:StatefulSet", stateful_set(**{modes: ["ReadWriteMany"]}), secrets=True)
    assert policy.remediate(shared) is None


def test_secrets_stay_secret_in_what_a_remedy_returns() -> None:
    mark, secret = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
    hidden = {mark: secret, "value": "hunter2"}
    given = stateful_set(
        **{f"{MYSQLD}.env": [{"name": "X", "value": hidden}], f"{CONTEXT}.allowPrivilegeEscalation": ABSENT}
    )
    better = remedied(given)
    assert better is not None
    assert better["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == hidden
    assert as_sent(better)["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "hunter2"
