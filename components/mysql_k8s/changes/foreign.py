"""What a change of a resource outside Kubernetes does: providers, components, and what the library makes once."""

from __future__ import annotations

from .effect import Effect, Reason
from .step import Property, Step

_PASSWORD = "GeneratedPassword"
_AUTHORITY = "CertificateAuthority"
_CERTIFICATE = "ServerCertificate"
_CLAIMS = "ClaimTemplate"


def is_own(step: Step) -> bool:
    return step.type.startswith("pulumi-python:dynamic/mysql-k8s:")


def is_bookkeeping(step: Step) -> bool:
    """A component, or the stack itself: nothing but a place in pulumi's tree."""
    return not step.custom or step.type == "pulumi:pulumi:Stack"


def created(step: Step) -> Reason:
    if is_own(step) and step.kind == _PASSWORD:
        return Reason(Effect.NOTHING, "A password is made; it is used by what is made with it.")
    return Reason(Effect.NOTHING, "Nothing that runs uses it yet.")


def deleted(step: Step) -> Reason:
    if is_own(step):
        return Reason(Effect.NOTHING, "What was made stays where it was written to, as long as that exists.")
    if _is_provider(step):
        return Reason(Effect.NOTHING, "Pulumi forgets how to reach a system that no resource of the stack is in.")
    return Reason(Effect.DATA_AT_RISK, "What it stands for goes with it, and that may be data.")


def replaced(step: Step) -> Reason:
    if is_own(step):
        return _made_anew(step)
    if _is_provider(step):
        why = "It leads to another system: everything made through it is made anew there, without the data."
        return Reason(Effect.DATA_AT_RISK, why)
    return Reason(Effect.DATA_AT_RISK, "What it stands for is made anew, and the old one may be data.")


def updated(step: Step, change: Property | None) -> Reason:
    if is_own(step):
        return _made_anew(step) if step.kind == _CERTIFICATE else Reason(Effect.NOTHING, _KEPT[step.kind in (_CLAIMS,)])
    if _is_provider(step):
        name = str(change.path[0]) if change else ""
        if name in ("version", "pluginDownloadURL"):
            return Reason(Effect.NOTHING, "Another version of the plugin that talks to the cluster.")
        return Reason(Effect.UNCLEAR, "Another way to reach the cluster; it must lead to the same one.")
    return Reason(Effect.UNCLEAR, "What its provider makes of the change is not known here.")


_KEPT = {
    False: "What was made once is kept.",
    True: "What the claims are measured against; the claims themselves are listed apart.",
}


def _made_anew(step: Step) -> Reason:
    if step.kind == _PASSWORD:
        return Reason(
            Effect.RUN_TIME, "A new password: agents set it within about two minutes, clients must read it anew."
        )
    if step.kind == _AUTHORITY:
        why = "A new CA: clients that verify servers are refused until they have read the new certificate."
        return Reason(Effect.OUTAGE, why)
    if step.kind == _CERTIFICATE:
        return Reason(Effect.RUN_TIME, "A new certificate: the agents load it within about two minutes; no restart.")
    return Reason(Effect.NOTHING, _KEPT[False])


def _is_provider(step: Step) -> bool:
    return step.type.startswith("pulumi:providers:")
