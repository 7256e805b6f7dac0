"""Names for objects that the program leaves unnamed."""

from __future__ import annotations

import hashlib

from google.protobuf.struct_pb2 import Struct


def ensure_name(inputs: Struct, resource: str, urn: str) -> None:
    """Name an object ``<resource>-<8 digits>``, in ``inputs``, if it has no name of its own.

    The provider takes random digits; these follow from the URN, so that every rendering has the same.
    """
    if inputs.fields["metadata"].WhichOneof("kind") not in (None, "struct_value"):
        return
    metadata = inputs.fields["metadata"].struct_value
    if "name" in metadata.fields or "generateName" in metadata.fields:
        return
    digits = hashlib.sha256(urn.encode()).hexdigest()[:8]
    metadata.fields["name"].string_value = f"{resource}-{digits}"
