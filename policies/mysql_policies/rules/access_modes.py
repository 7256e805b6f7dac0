"""Two writers on one data directory destroy it: a claim must be mountable by one node, or one pod, alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import ResourceValidationArgs

from ..manifest import Manifest
from ..pods import pod_of
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, dig, mappings, sequence

ALLOWED = ("ReadWriteOnce", "ReadWriteOncePod")
ABOUT = About(
    "claim-one-writer",
    "Claims and claim templates are ReadWriteOnce or ReadWriteOncePod.",
    "Set spec.accessModes to [ReadWriteOnce] or [ReadWriteOncePod]. Shared files that are no database's are named in "
    "this policy's `exceptions`.",
    EXCEPTIONS,
)


def access_modes(manifest: Manifest, config: Config) -> Iterator[Finding]:
    for where, spec in _claims(manifest):
        modes = dig(spec, "accessModes")
        given = sequence(modes)
        wrong = [mode for mode in given if mode is not UNKNOWN and mode not in ALLOWED]
        if spec is UNKNOWN or modes is UNKNOWN or UNKNOWN in given:
            yield NotKnown(f"accessModes of {where}")
        if wrong:
            yield Violation(f"{where} must be {' or '.join(ALLOWED)}, got {', '.join(map(str, given))}.{_WAY_OUT}")
        elif not given and not manifest.partial and spec is not UNKNOWN and modes is not UNKNOWN:
            yield Violation(f"{where} must say how it is mounted: accessModes is missing.{_WAY_OUT}")


_WAY_OUT = " Set accessModes: [ReadWriteOnce], or name it in the policy's `exceptions` if it holds shared files."


def _claims(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    if manifest.kind == "PersistentVolumeClaim":
        yield manifest.title, manifest.body.get("spec")
    if manifest.kind == "StatefulSet":
        templates = dig(manifest.body, "spec", "volumeClaimTemplates")
        if templates is UNKNOWN:
            yield f"the claim templates of {manifest.title}", UNKNOWN
        for index, template in enumerate(sequence(templates)):
            name = dig(template, "metadata", "name")
            named = f"'{name}'" if isinstance(name, str) else f"number {index}"
            yield f"claim template {named} of {manifest.title}", dig(template, "spec")
    if pod := pod_of(manifest):
        for volume in mappings(pod.spec.get("volumes")):
            if "ephemeral" in volume:
                spec = dig(volume, "ephemeral", "volumeClaimTemplate", "spec")
                yield f"ephemeral volume '{volume.get('name')}' of {manifest.title}", spec


def set_access_modes(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
    """ReadWriteOnce where nothing is said: such a claim would be refused, so that none can be in use."""
    props: Any = args.props
    if args.resource_type == "kubernetes:core/v1:PersistentVolumeClaim":
        specs: list[Any] = [props["spec"]] if "spec" in props else []
    elif args.resource_type == "kubernetes:apps/v1:StatefulSet" and "volumeClaimTemplates" in props["spec"]:
        specs = [template["spec"] for template in props["spec"]["volumeClaimTemplates"] if "spec" in template]
    else:
        return None
    silent = [spec for spec in specs if "accessModes" not in spec]
    for spec in silent:
        spec["accessModes"] = ["ReadWriteOnce"]
    return props if silent else None


POLICY = resource_policy(ABOUT, access_modes, set_access_modes)
