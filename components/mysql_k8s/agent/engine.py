"""The seam behind which the servers differ. Nothing else in the agent asks which one it talks to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .accounts import Account
from .facts import Local
from .mysqld import Mysqld
from .server import Serve
from .settings import Settings


class Watcher(Protocol):
    """Reads a member's facts from its server."""

    def observe(self) -> Local: ...


class Provisioner(Protocol):
    """Gives an empty member all data of another one. It takes long and runs in a thread of its own."""

    donor: int | None
    """The ordinal of whom it last took data from."""
    error: str | None
    """Why it failed last."""

    @property
    def running(self) -> bool: ...

    def start(self, donor: int, host: str) -> None:
        """Begin, unless it runs or has failed a moment ago. Refuses, once more and last, unless the member is empty."""
        ...

    def progress(self) -> tuple[int, int]:
        """Bytes copied and bytes expected; (0, 0) if there is nothing to tell."""
        ...


@dataclass(frozen=True)
class Statements:
    """What differs in the words alone. Each is run as it is."""

    closed: str
    """An expression: whether clients' writes are refused."""
    own_identity: str
    """An expression: what a report calls this server; it never stands for another server's history."""
    reload_certificates: str
    make_writable: str
    make_read_only: str
    apply_received: str
    stop_receiving: str
    forget_received: tuple[str, ...]
    stop_following: tuple[str, ...]
    require_acknowledgement: str
    before_stop: tuple[str, ...]
    """Cuts off clients and replicas before the pod stops."""


class Engine(Protocol):
    """A database server, as the agent uses it."""

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The internal accounts that every member has."""
        ...

    @property
    def statements(self) -> Statements: ...

    def connect(self, answer_seconds: int | None) -> Mysqld: ...
    def observer(self, mysqld: Mysqld, ordinal: int, settings: Settings) -> Watcher: ...
    def provisioner(self) -> Provisioner: ...

    def streams(self, settings: Callable[[], Settings]) -> Mapping[str, Serve]:
        """What a member serves to others, by path. ``settings``: the cluster as declared now."""
        ...

    def private_window(self, mysqld: Mysqld) -> AbstractContextManager[None]:
        """A moment in which the agent may write and no client can."""
        ...

    def close_window(self, mysqld: Mysqld) -> None:
        """What a crash inside such a moment leaves to do."""
        ...

    def follow(self, mysqld: Mysqld, host: str) -> None:
        """Replicate from a source, by GTID, over TLS with the source's identity verified. May be repeated."""
        ...

    def acknowledge_again(self, mysqld: Mysqld, host: str) -> None:
        """Tell a primary that reports a commit without an acknowledgement what this replica has. May be repeated."""
        ...
