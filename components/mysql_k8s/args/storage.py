"""The volume of each member."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from .. import quantity
from .base import Arguments, Bytes, DnsSubdomain

MINIMUM = "1Gi"
"""An empty server with its redo log, undo and binary log needs about half of this."""


def _large_enough(size: str) -> str:
    if quantity.to_bytes(size) < quantity.to_bytes(MINIMUM):
        raise ValueError(f"is too small: an empty server alone fills half a gibibyte; use {MINIMUM} or more")
    return size


class Storage(Arguments):
    """One claim per member, named ``data-<cluster>-<ordinal>``."""

    size: Annotated[Bytes, AfterValidator(_large_enough)] = "10Gi"
    """Bytes per member, as a Kubernetes quantity. Data, binary logs and redo log share it."""

    storage_class: DnsSubdomain | None = None
    """The StorageClass; the cluster's default one unless given."""

    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod"] = "ReadWriteOnce"
    """``ReadWriteOncePod`` lets Kubernetes itself refuse a second pod on the volume; not every driver has it."""

    retain_on_delete: bool = True
    """Keep the claims when the StatefulSet is deleted **or replaced**; a later ``pulumi up`` finds the data again."""

    retain_on_scale_in: bool = True
    """Keep the claims of members that a smaller member count removes; they are used again when it grows back."""
