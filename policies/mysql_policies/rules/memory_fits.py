"""A server whose buffers may grow beyond its memory limit is killed at its busiest moment.

Counted is what the manual lists in "How MySQL Uses Memory": what is allocated once, and per connection the buffers that
a session can hold at a time. Settings that are not given count with the server's own defaults.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..databases import SCHEMA, database_containers, mysql_like
from ..manifest import Manifest
from ..option_files import Settings, settings_of
from ..pods import Container, Pod, pods_in
from ..quantities import MIB, mib, mysql_size, quantity
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, exempt, stack_policy
from ..values import UNKNOWN, dig

KIB = 1024
ONCE = {
    "innodb_buffer_pool_size": 128 * MIB,
    "key_buffer_size": 8 * MIB,
    "innodb_log_buffer_size": 16 * MIB,
}
PER_CONNECTION = {
    "sort_buffer_size": 256 * KIB,
    "join_buffer_size": 256 * KIB,
    "read_buffer_size": 128 * KIB,
    "read_rnd_buffer_size": 256 * KIB,
    "thread_stack": 1 * MIB,
    "binlog_cache_size": 32 * KIB,
    "net_buffer_length": 16 * KIB,
}
MAX_CONNECTIONS = 151
ABOUT = About(
    "mysql-memory-fits",
    "The buffer pool and the memory of all connections fit MySQL's memory limit.",
    "Lower innodb_buffer_pool_size or max_connections, or raise resources.limits.memory.",
    {
        **EXCEPTIONS,
        **SCHEMA,
        "reserveMib": {
            "type": "number",
            "minimum": 0,
            "description": "memory to keep free beside the counted buffers; 0 unless given",
        },
    },
)


def memory_fits(stack: list[Manifest], config: Config) -> Iterator[Finding]:
    for pod in pods_in(stack):
        if exempt(pod.owner, config):
            continue
        for container in database_containers(pod, config):
            if mysql_like(container, config):
                yield from _judged(container, pod, stack, config)


def _judged(container: Container, pod: Pod, stack: list[Manifest], config: Config) -> Iterator[Finding]:
    where = f"{container.title} of {pod.owner.title}"
    settings, not_known = settings_of(container, pod, stack)
    yield from map(NotKnown, not_known)
    counted = {*ONCE, *PER_CONNECTION, "max_connections"}
    if counted.isdisjoint(settings):
        return
    limits = [dig(each, "resources", "limits", "memory") for each in (container.body, pod.spec)]
    limit = next((quantity(each) for each in limits if isinstance(each, (str, int))), None)
    if limit is None:
        yield from [NotKnown(f"resources.limits.memory of {where}")] if UNKNOWN in limits else []
        return
    reserve = int(float(config.get("reserveMib") or 0) * MIB)
    once = sum(_size(settings, name, default) for name, default in ONCE.items())
    each = sum(_size(settings, name, default) for name, default in PER_CONNECTION.items())
    connections = _number(settings)
    if once + each * connections + reserve > limit:
        pool = _size(settings, "innodb_buffer_pool_size", ONCE["innodb_buffer_pool_size"])
        yield Violation(
            f"{where} has a memory limit of {mib(limit)} and may use {mib(once + each * connections + reserve)}: "
            f"innodb_buffer_pool_size {mib(pool)}, other buffers {mib(once - pool + reserve)}, and {mib(each)} for "
            f"each of {connections} connections. Lower innodb_buffer_pool_size or max_connections, or raise the limit.",
            pod.owner.urn,
        )


def _size(settings: Settings, name: str, default: int) -> int:
    size = mysql_size(settings.get(name, ""))
    return default if size is None else size


def _number(settings: Settings) -> int:
    given = settings.get("max_connections", "")
    return int(given) if given.isdecimal() else MAX_CONNECTIONS


POLICY = stack_policy(ABOUT, memory_fits)
