"""How long until another member of a group accepts a write, by expel timeout and fault; and what moves no role.

On real mysqld processes, each in a network namespace of its own, without Kubernetes: what the servers need by
themselves. Needs root, and MYSQL_ROOTFS to name the root file system of a MySQL image.

    python -m bench.expel_timeouts run [--repeat 3] [--results FILE]
    python -m bench.expel_timeouts report [--results FILE]      # write the tables of docs/expel-timeouts.md
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT / "tests"))

import measured_part  # noqa: E402
from faults.facts import machine, revision  # noqa: E402
from mysqld_group import RealGroup, running_group  # noqa: E402

from mysql_k8s.my_cnf import PATIENCE  # noqa: E402

from . import expel_report  # noqa: E402
from .expel_trials import DISTURBANCES, FAULTS, Disturbance, Failover, disturb, fail_over, volumes  # noqa: E402

RESULTS = CHECKOUT / "bench" / "results" / "expel-timeouts.json"
DOCUMENT = CHECKOUT / "docs" / "expel-timeouts.md"
EXPEL_TIMEOUTS = (0, 1, 5, 10, 15, 16)
START_SECONDS = 300.0
IN_OWN_NAMESPACES = "BENCH_IN_OWN_NAMESPACES"

Trial = Callable[[], Failover | Disturbance]


@dataclass
class Measured:
    """What a run has found so far."""

    began: str
    versions: dict[str, str]
    failovers: list[Failover] = field(default_factory=list[Failover])
    disturbances: list[Disturbance] = field(default_factory=list[Disturbance])

    def add(self, result: Failover | Disturbance) -> None:
        match result:
            case Failover():
                self.failovers.append(result)
            case Disturbance():
                self.disturbances.append(result)

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "revision": revision(), "machine": machine()}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("--repeat", type=int, default=3, help="how often each fault and disturbance is done")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    if options.command == "run":
        enter_own_namespaces()
        run(options.repeat, options.results)
    else:
        measured_part.put(expel_report.tables(json.loads(options.results.read_text())), DOCUMENT)
    return 0


def enter_own_namespaces() -> None:
    """The group's bridge and addresses are fixed: two groups on one machine must not see each other."""
    if IN_OWN_NAMESPACES in os.environ:
        return
    script = 'mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip link set lo up && exec "$@"'
    command = [sys.executable, "-m", "bench.expel_timeouts", *sys.argv[1:]]
    os.environ[IN_OWN_NAMESPACES] = "yes"
    os.execvp(
        "unshare", ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]
    )


def run(repeat: int, results: Path) -> None:
    """Every trial ``repeat`` times. The results are written after each one, so that a run that is ended keeps them."""
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    folder = Path(tempfile.mkdtemp(prefix="expel-timeouts-", dir="/var/tmp"))
    results.parent.mkdir(parents=True, exist_ok=True)
    try:
        with volumes(folder), running_group(folder, Path(os.environ["MYSQL_ROOTFS"])) as group:
            group.until("whole group", lambda: group.is_whole, START_SECONDS)
            group.primary.query("CREATE TABLE app.moments (id INT PRIMARY KEY AUTO_INCREMENT)")
            measured = Measured(began, {"mysql": str(group.primary.query("SELECT @@version")[0][0])})
            for trial in trials(group, repeat):
                result = trial()
                print(result, flush=True)
                measured.add(result)
                results.write_text(json.dumps(measured.document(), indent=1) + "\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def trials(group: RealGroup, repeat: int) -> Iterator[Trial]:
    """One of each kind before the next of any: what else the machine does is then spread over all of them."""
    for _ in range(repeat):
        for profile, (expel_timeout, _majority) in PATIENCE.items():
            for what in DISTURBANCES:
                yield partial(disturb, group, what, profile, expel_timeout)
        for expel_timeout in EXPEL_TIMEOUTS:
            for fault in FAULTS:
                yield partial(fail_over, group, fault, expel_timeout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
