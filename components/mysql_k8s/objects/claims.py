"""The growth of the members' claims. A StatefulSet makes claims and never changes them, so each is patched.

A patch is server-side apply of nothing but the size. Taking a patch away leaves the claim alone.
"""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    PersistentVolumeClaimPatchInitArgs,
    PersistentVolumeClaimSpecPatchArgs,
    VolumeResourceRequirementsPatchArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaPatchArgs

from ..args import MySQLClusterArgs
from ..names import Names

ANNOTATIONS = {
    # The size belongs to the StatefulSet's controller, which set it once and never looks at it again.
    "pulumi.com/patchForce": "true",
    # The claim is bound already: the StatefulSet was waited for. Pulumi would wait for an event that never comes.
    "pulumi.com/skipAwait": "true",
}


def size_patch(args: MySQLClusterArgs, names: Names, ordinal: int) -> PersistentVolumeClaimPatchInitArgs:
    """The claim of one member, at the size that the arguments ask for."""
    return PersistentVolumeClaimPatchInitArgs(
        metadata=ObjectMetaPatchArgs(name=names.claim(ordinal), namespace=names.namespace, annotations=ANNOTATIONS),
        spec=PersistentVolumeClaimSpecPatchArgs(
            resources=VolumeResourceRequirementsPatchArgs(requests={"storage": args.storage.size})
        ),
    )
