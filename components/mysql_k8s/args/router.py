"""MySQL Router in front of the cluster, for clients that want one address."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from .. import quantity
from ..quantity import KIB, MIB
from .base import Arguments, Bytes, Cpu, Image, image_tag, misfit
from .engine import SUPPORTED_SERIES

TOPOLOGIES = ("replication", "group-replication")
"""Those that have something to route, by their kinds."""

_BASE = 48 * MIB
_PER_CLIENT = 64 * KIB
"""Measured: 32 MiB without clients, 13 KiB more for one that is connected. Each may have both of its buffers full."""


def _of_a_known_series(image: str) -> str:
    """Only where the tag is a version of the stock image; what an image of another name holds is not known."""
    tag = image_tag(image) if re.search(r"(^|/)(community-router|mysql-router):", image) else ""
    numbers = re.match(r"\d+\.\d+", tag)
    if numbers and numbers[0] not in SUPPORTED_SERIES:
        known = " or ".join(f"{series}.x" for series in SUPPORTED_SERIES)
        raise ValueError(
            f"is of a series that this library does not know; use {known}. A Router refuses to start with an option "
            "that it does not know"
        )
    return image


class Router(Arguments):
    """Instances of MySQL Router behind one Service: a port for writes, and one for reads.

    They hold no data and no password, and see nothing of what they pass on: TLS is between client and server.
    """

    instances: Annotated[int, Field(strict=True, ge=1)] = 2
    """How many there are. Any one of them serves all clients."""

    image: Annotated[Image, AfterValidator(_of_a_known_series)] | None = None
    """An image with ``mysqlrouter`` 9.7 on its PATH. Unless given, of the server's version:
    ``container-registry.oracle.com/mysql/community-router:<version>``."""

    max_connections: Annotated[int, Field(strict=True, ge=1, le=65535)] = 512
    """Clients that one instance takes at the same time, both ports together."""

    cpu: Cpu = "100m"
    """CPU request of an instance; there is no limit."""

    memory: Bytes = "128Mi"
    """Memory request and limit of an instance."""

    @model_validator(mode="after")
    def _memory_for_all_clients(self) -> Self:
        needed = _BASE + self.max_connections * _PER_CLIENT
        if quantity.to_bytes(self.memory) < needed:
            problem = (
                f"is too small for {self.max_connections} clients (router.max_connections); use "
                f"{quantity.from_bytes(-(-needed // MIB) * MIB)} or more"
            )
            raise misfit("router.memory", self.memory, problem)
        return self

    def image_reference(self, version: str) -> str:
        """The image that the pods run. ``version``: the server's."""
        return self.image or f"container-registry.oracle.com/mysql/community-router:{version}"


def check_router(engine: str, topology: str) -> None:
    """Raises a misfit where a Router makes no sense. Both by their kinds."""
    if engine != "mysql":
        raise misfit("router", "...", "is for engine.kind = mysql, whose protocol it speaks; leave it out")
    if topology not in TOPOLOGIES:
        problem = (
            f"has nothing to route with topology.kind = {topology}: its one server has one address already; leave it "
            f"out, or use topology.kind = {' or '.join(TOPOLOGIES)}"
        )
        raise misfit("router", "...", problem)
