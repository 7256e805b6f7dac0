"""What a fault leaves to be undone, written down before the fault happens, so that nothing is left behind.

A run pays its debts when a fault ends, also when it is interrupted. What a killed run still owes, `heal` pays.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cluster.support.small_volumes import remove_volumes

from sandbox import nodes
from sandbox.paths import state_root
from sandbox.processes import read_stat
from sandbox.shell import attempt

TABLE = "mysql_k8s_faults"
"""The name of the packet filter's table in a pod's network."""


@dataclass(frozen=True)
class HostProcess:
    """A process of this machine, and the moment of its start, which tells a reused number."""

    pid: int
    start_time: int

    @classmethod
    def of(cls, pid: int) -> HostProcess:
        """Raises ProcessLookupError if there is none."""
        stat = read_stat(pid)
        if stat is None:
            raise ProcessLookupError(f"there is no process {pid}")
        return cls(pid, stat.start_time)

    def runs(self) -> bool:
        stat = read_stat(self.pid)
        return stat is not None and stat.state not in "ZX" and stat.start_time == self.start_time

    def signal(self, number: signal.Signals) -> None:
        """Unless it has ended."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


@dataclass(frozen=True)
class Continue:
    """A process that was stopped."""

    process: HostProcess

    def pay(self) -> None:
        self.process.signal(signal.SIGCONT)


@dataclass(frozen=True)
class End:
    """A process that was started."""

    process: HostProcess

    def pay(self) -> None:
        self.process.signal(signal.SIGTERM)


@dataclass(frozen=True)
class Unfilter:
    """Packet rules in the network of a pod, which lives as long as the process that holds it."""

    holder: HostProcess

    def pay(self) -> None:
        if self.holder.runs():
            inside = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--"]
            attempt([*inside, "nft", "delete", "table", "inet", TABLE])


@dataclass(frozen=True)
class Plug:
    """The cable of a node."""

    node: int

    def pay(self) -> None:
        nodes.heal_node(self.node)


@dataclass(frozen=True)
class Start:
    """A node that was switched off."""

    node: int

    def pay(self) -> None:
        nodes.start_node(self.node)


@dataclass(frozen=True)
class Remove:
    """A file."""

    path: str

    def pay(self) -> None:
        Path(self.path).unlink(missing_ok=True)


@dataclass(frozen=True)
class Volumes:
    """The small volumes of a run, with their StorageClass."""

    kubeconfig: str
    storage_class: str
    folder: str

    def pay(self) -> None:
        remove_volumes(self.kubeconfig, self.storage_class, Path(self.folder))


Debt = Continue | End | Unfilter | Plug | Start | Remove | Volumes
KINDS: dict[str, type[Debt]] = {kind.__name__: kind for kind in (Continue, End, Unfilter, Plug, Start, Remove, Volumes)}


def written(debt: Debt) -> dict[str, Any]:
    """As JSON has it."""
    return {"kind": type(debt).__name__, **asdict(debt)}


def read(entry: dict[str, Any]) -> Debt:
    """The debt that was written. Raises KeyError or TypeError if it is none."""
    fields = dict(entry)
    kind = KINDS[fields.pop("kind")]
    for name in ("process", "holder"):
        if name in fields:
            fields[name] = HostProcess(**fields[name])
    return kind(**fields)


class Ledger:
    """The debts of this process, in a file of its own."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (folder or debts_folder()) / f"{os.getpid()}.json"
        self._debts: list[Debt] = []

    @contextlib.contextmanager
    def owing(self, *debts: Debt) -> Generator[None]:
        """What is done inside is undone on leaving."""
        self._debts += debts
        self._write()
        with contextlib.ExitStack() as all_of_them:  # one that fails does not keep the others from being paid
            for debt in debts:
                all_of_them.callback(self._pay, debt)
            yield

    def _pay(self, debt: Debt) -> None:
        debt.pay()
        self._debts.remove(debt)
        self._write()

    def _write(self) -> None:
        if self._debts:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps([written(debt) for debt in self._debts]))
        else:
            self._file.unlink(missing_ok=True)


def debts_folder() -> Path:
    """Beside the local Kubernetes' own state."""
    return state_root().parent / "faults"


def pay_leftovers(folder: Path) -> list[Debt]:
    """Pay what runs owe that are gone, and return it."""
    paid: list[Debt] = []
    for file in sorted(folder.glob("*.json")):
        if read_stat(int(file.stem)):
            continue
        owed = [read(entry) for entry in json.loads(file.read_text())]
        for debt in reversed(owed):
            debt.pay()
        paid += owed
        file.unlink()
    return paid
