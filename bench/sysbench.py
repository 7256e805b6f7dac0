"""sysbench, Debian's package, against servers that demand TLS."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.debian import ensure_packages
from sandbox.progress import Reporter

from .cost import CommandFailed

TABLES, ROWS = 4, 25_000
SECONDS = 10
PERCENTILE = 95

_RATE = re.compile(r"transactions:\s+\d+\s+\(([\d.]+) per sec\.\)")
_LATENCY = re.compile(rf"{PERCENTILE}th percentile:\s+([\d.]+)")
_TLS_FILES = {"ca.crt": "cacert.pem", "tls.crt": "client-cert.pem", "tls.key": "client-key.pem"}
"""By the names of a cluster's Secret. sysbench looks for its own names in the working directory."""


@dataclass(frozen=True)
class Load:
    """What a run came to."""

    per_second: float
    latency: float
    """Of a transaction, in seconds: 95 of 100 took no longer."""


def install() -> None:
    """Raises SandboxError or StepFailed."""
    ensure_packages({"sysbench": "sysbench"}, Reporter())


class Sysbench:
    """Against one cluster. Its folder holds the password: an argument would show it to everybody on the machine."""

    def __init__(self, folder: Path, user: str, password: str, tls: dict[str, str]) -> None:
        folder.mkdir(mode=0o700)
        for file, name in _TLS_FILES.items():
            (folder / name).write_text(tls[file])
        options = {
            "mysql-user": user, "mysql-password": password, "mysql-db": "app", "mysql-ssl": "on", "tables": TABLES,
            "table-size": ROWS, "time": SECONDS, "percentile": PERCENTILE, "db-ps-mode": "disable",
        }  # fmt: skip
        (folder / "sysbench.cnf").write_text("".join(f"{key}={value}\n" for key, value in options.items()))
        self._folder = folder

    def prepare(self, host: str) -> None:
        """Fill the tables. Raises CommandFailed."""
        self._run([host], "oltp_read_write", "prepare", TABLES)

    def run(self, hosts: Sequence[str], script: str, connections: int) -> Load:
        """Put a load on these hosts, each with its share of the connections. Raises CommandFailed."""
        return parsed(self._run(hosts, script, "run", connections))

    def _run(self, hosts: Sequence[str], script: str, command: str, connections: int) -> str:
        options = ["--config-file=sysbench.cnf", f"--mysql-host={','.join(hosts)}", f"--threads={connections}"]
        done = subprocess.run(
            ["sysbench", script, *options, command], cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CommandFailed(f"sysbench {script} {command} failed: {(done.stdout + done.stderr)[-1500:].strip()}")
        return done.stdout


def parsed(said: str) -> Load:
    """Raises CommandFailed if sysbench reported no figures."""
    rate, latency = _RATE.search(said), _LATENCY.search(said)
    if not rate or not latency:
        raise CommandFailed(f"sysbench reported no figures: {said[-1500:].strip()}")
    return Load(float(rate[1]), float(latency[1]) / 1000)
