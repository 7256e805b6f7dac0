"""What all argument models share, and the scalar types that several of them use."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from .. import quantity


class Arguments(BaseModel):
    """Immutable, and strict about names. Values never appear in pydantic's own messages, as they may be passwords."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        validate_default=True,
    )


def misfit(argument: str, value: object, problem: str) -> PydanticCustomError:
    """An error about how two arguments fit together; ``argument`` is the path of the one to change."""
    return PydanticCustomError(
        "misfit",
        "{argument} = {value}: {problem}",
        {"argument": argument, "value": "..." if "password" in argument else str(value), "problem": problem},
    )


def _bytes_quantity(text: str) -> str:
    quantity.to_bytes(text)
    return text


def _cpu_quantity(text: str) -> str:
    quantity.to_millicores(text)
    return text


def _dns_label(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", text):
        raise ValueError("must be a DNS label: up to 63 lower-case letters, digits and '-', no '-' at either end")
    return text


def _dns_subdomain(text: str) -> str:
    if len(text) > 253 or not re.fullmatch(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", text):
        raise ValueError("must be a DNS name: up to 253 lower-case letters, digits, '-' and '.'")
    return text


def _image(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][A-Za-z0-9._:/@-]*", text):
        raise ValueError("is not an image reference; write registry/name:tag or registry/name@sha256:digest")
    if "@" not in text and image_tag(text) in ("", "latest"):
        raise ValueError(
            "may be another version at every start of a pod, and data that a newer one has touched cannot go back; add "
            "a tag with the version, or the digest (registry/name@sha256:...)"
        )
    return text


def image_tag(reference: str) -> str:
    """``9.7.4`` of ``registry:5000/mysql:9.7.4@sha256:...``; empty if there is none."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[2]


Bytes = Annotated[str, AfterValidator(_bytes_quantity)]
"""A Kubernetes quantity of bytes, such as ``10Gi``."""

Cpu = Annotated[str, AfterValidator(_cpu_quantity)]
"""A Kubernetes quantity of CPU cores, such as ``500m``."""

DnsLabel = Annotated[str, AfterValidator(_dns_label)]
"""A name as RFC 1123 has it, without dots: a namespace."""

DnsSubdomain = Annotated[str, AfterValidator(_dns_subdomain)]
"""A name as RFC 1123 has it, dots allowed: most Kubernetes objects."""

Image = Annotated[str, AfterValidator(_image)]
"""A container image reference."""
