"""CPU and memory of the two containers of a member."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from .. import quantity
from ..quantity import GIB, MIB
from .base import Arguments, Bytes, Cpu, Image

SERVER_BASE = 512 * MIB
"""What mysqld takes beside its buffer pool: performance schema, dictionary, code, a few dozen connections."""

SMALLEST_POOL = 128 * MIB
_POOL_CHUNK = 128 * MIB
_MOST_POOL_INSTANCES = 8
_SMALLEST_AGENT = 48 * MIB


def _enough_memory(memory: str) -> str:
    smallest = SERVER_BASE + SMALLEST_POOL
    if quantity.to_bytes(memory) < smallest:
        raise ValueError(
            f"is too small: mysqld needs {quantity.from_bytes(SERVER_BASE)} beside a buffer pool of at least "
            f"{quantity.from_bytes(SMALLEST_POOL)}; use {quantity.from_bytes(smallest)} or more"
        )
    return memory


def _enough_for_the_agent(limit: str) -> str:
    if quantity.to_bytes(limit) < _SMALLEST_AGENT:
        raise ValueError(
            f"is too small: an idle agent takes about 27Mi, and one that is killed cannot make its member ready; use "
            f"{quantity.from_bytes(_SMALLEST_AGENT)} or more"
        )
    return limit


class Resources(Arguments):
    """What mysqld may use. Memory is requested and limited alike, so that its node can never be short of it."""

    cpu: Cpu = "500m"
    """CPU cores that the scheduler sets aside."""

    memory: Annotated[Bytes, AfterValidator(_enough_memory)] = "2Gi"
    """Memory request and limit."""

    cpu_limit: Cpu | None = None
    """No limit unless given: throttling stops mysqld in the middle of commits, while it holds locks."""

    @property
    def memory_bytes(self) -> int:
        return quantity.to_bytes(self.memory)

    @property
    def largest_buffer_pool_bytes(self) -> int:
        """The largest buffer pool that fits the memory limit."""
        return self.memory_bytes - SERVER_BASE

    @property
    def buffer_pool_instances(self) -> int:
        """One per GiB of buffer pool, eight at most (MySQL manual, "Configuring Multiple Buffer Pool Instances").

        Set explicitly, as mysqld would count the node's CPUs, not the container's.
        """
        return max(1, min(_MOST_POOL_INSTANCES, self._wished_pool // GIB))

    @property
    def buffer_pool_bytes(self) -> int:
        """Three quarters of what the server leaves free, rounded down to a multiple of chunk size * instances.

        mysqld rounds other sizes **up** (MySQL manual, "Configuring InnoDB Buffer Pool Size"), beyond the plan.
        """
        step = _POOL_CHUNK * self.buffer_pool_instances
        return max(SMALLEST_POOL, self._wished_pool // step * step)

    @property
    def _wished_pool(self) -> int:
        return self.largest_buffer_pool_bytes * 3 // 4


class Agent(Arguments):
    """The container beside mysqld that provisions, follows and labels."""

    image: Image = "docker.io/library/python:3.13-slim"
    """A stock Python 3.11 or newer with ``python3`` on its PATH; nothing else is needed from it."""

    cpu: Cpu = "20m"
    """CPU cores that the scheduler sets aside; there is no limit."""

    memory: Bytes = "64Mi"
    """Memory request."""

    memory_limit: Annotated[Bytes, AfterValidator(_enough_for_the_agent)] = "128Mi"
    """Memory limit."""
