"""The end of a cluster: what there is to remove, decided from the record, and its removal."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox import cgroups, host, network
from sandbox.processes import Process, by_number, is_alive, kill, marked
from sandbox.record import FILE, Record, boot_id

LOCK = "lock"


@dataclass(frozen=True)
class Plan:
    """What is to be removed, in the order of the fields."""

    processes: dict[int, int]
    cgroups: tuple[str, ...]
    interfaces: tuple[str, ...]
    namespaces: tuple[str, ...]
    folders: tuple[str, ...]
    sysctls: dict[str, str]


def plan(record: Record, boot: str, alive: Callable[[Process], bool]) -> Plan:
    """Decide what a record's cluster left on a machine whose present run is `boot`.

    After a restart no process, group, interface or setting of it is there: what bears such a name is another's.
    """
    if record.boot_id != boot:
        return Plan({}, (), (), (), tuple(record.folders), {})
    return Plan(
        processes=by_number(process for process in record.processes if alive(process)),
        cgroups=tuple(record.cgroups),
        interfaces=tuple(record.interfaces),
        namespaces=tuple(record.namespaces),
        folders=tuple(record.folders),
        sysctls=record.sysctls,
    )


def remove(record: Record, state: Path) -> None:
    """Remove everything that the record names and the cluster's data. Can be repeated if it was interrupted."""
    what = plan(record, boot_id(), is_alive)
    kill(what.processes)  # at once: there is no data to be saved, and asked politely the API server takes a minute
    for name in what.cgroups:
        kill(cgroups.members(name))
    kill(marked(state))  # containers' supervisors, and what was started in the moment before it could be recorded
    host.unmount_below([str(state), *what.folders])
    for name in what.interfaces:
        network.remove_interface(name)
    for name in what.namespaces:
        network.remove_namespace(name)
    for name in what.cgroups:
        cgroups.remove(name)
    host.restore_sysctls(what.sysctls)
    _remove_sockets(state)
    for folder in what.folders:
        host.remove_folder(Path(folder))
    _remove_data(state)


def _remove_sockets(state: Path) -> None:
    # containerd's supervisors listen in /run/containerd/s; which socket is whose stands in the container's folder.
    for file in state.glob("node*/state/io.containerd.runtime.v2.task/*/*/address"):
        address = file.read_text().removeprefix("unix://")
        if address.startswith("/run/containerd/s/"):
            Path(address).unlink(missing_ok=True)


def _remove_data(state: Path) -> None:
    # The record goes last: as long as anything is left, the next `down` or `up` must know of it.
    for entry in state.iterdir():
        if entry.name not in (FILE, LOCK):
            if entry.is_dir() and not entry.is_symlink():
                host.remove_folder(entry)
            else:
                entry.unlink()
    (state / FILE).unlink(missing_ok=True)
