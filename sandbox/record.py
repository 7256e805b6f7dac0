"""The record of what the sandbox has made on this machine, kept in one JSON file in the state folder."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.processes import Launch, Process

FILE = "record.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass
class Record:
    """What was made. Names are written down before the thing is made, so that nothing made is ever unknown."""

    boot_id: str
    store: str
    ready: bool = False
    processes: list[Process] = field(default_factory=list[Process])
    namespaces: list[str] = field(default_factory=list[str])
    interfaces: list[str] = field(default_factory=list[str])
    cgroups: list[str] = field(default_factory=list[str])
    folders: list[str] = field(default_factory=list[str])
    """Folders outside the state folder that were not there before."""
    sysctls: dict[str, str] = field(default_factory=dict[str, str])
    """Kernel settings that the cluster changes, with their values before."""


def boot_id() -> str:
    """What tells this run of the machine from the one before."""
    return BOOT_ID.read_text().strip()


def save(record: Record, state: Path) -> None:
    """Write the record so that a reader finds the old or the new one, never a part."""
    unfinished = state / f".{FILE}.tmp"
    unfinished.write_text(json.dumps(asdict(record), indent=2) + "\n")
    unfinished.replace(state / FILE)


def load(state: Path) -> Record | None:
    """The record, None if there is no cluster. Raises SandboxError if the file cannot be understood."""
    try:
        return decode((state / FILE).read_text())
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise SandboxError(f"cannot read {state / FILE}: run as root, with sudo") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SandboxError(
            f"{state / FILE} is damaged ({error}): move it away, restart the machine, run `up`"
        ) from error


def decode(text: str) -> Record:
    """The record in a JSON text. Raises ValueError, KeyError or TypeError if it is none."""
    data: dict[str, Any] = json.loads(text)
    processes = [_process(entry) for entry in data.pop("processes")]
    return Record(processes=processes, **data)


def _process(entry: dict[str, Any]) -> Process:
    launch: dict[str, Any] = entry["launch"]
    return Process(
        launch=Launch(
            launch["name"],
            launch["namespace"],
            tuple(launch["argv"]),
            launch["log"],
            launch["needs"],
            launch.get("claims"),
        ),
        pid=entry["pid"],
        start_time=entry["start_time"],
    )
