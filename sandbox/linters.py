"""The linters of Kubernetes manifests as one folder of programs. They are not part of what the sandbox needs."""

import sys
from pathlib import Path

from sandbox import modules
from sandbox.cache import content_key, ensure, folder_parts, link_or_copy
from sandbox.modules import ensure_module
from sandbox.paths import TOOLCHAIN_SOURCES, build_logs
from sandbox.progress import Reporter

_CHECKOV = TOOLCHAIN_SOURCES / "checkov"
_REQUIREMENTS = _CHECKOV / "requirements.txt"


def ensure_linters(reporter: Reporter) -> Path:
    """The folder with `kube-score` and `checkov`, built if it is not in the cache. Raises StepFailed."""
    kube_score = ensure_module(modules.KUBE_SCORE, reporter) / modules.KUBE_SCORE.binary
    key = content_key([*folder_parts(_CHECKOV), sys.version, str(kube_score)])

    def assemble(folder: Path) -> None:
        log = build_logs() / "checkov.log"
        venv = folder / "venv"
        reporter.run("Python environment for checkov", [sys.executable, "-m", "venv", str(venv)], log)
        options = ("--disable-pip-version-check", "--no-deps", "--no-compile", "--requirement", str(_REQUIREMENTS))
        reporter.run("installing checkov", [str(venv / "bin/pip"), "install", *options], log)
        (folder / "bin").mkdir()
        link_or_copy(kube_score, folder / "bin" / kube_score.name)
        program = folder / "bin" / "checkov"
        program.write_text(_PROGRAM.format(python=_interpreter()))
        program.chmod(0o755)

    return ensure(f"linters-{key}", assemble, reporter) / "bin"


_PROGRAM = """\
#!/bin/sh
# Its packages lie beside it, apart from the project's. Named here, as a virtual environment does not bear renaming.
folder=$(dirname "$(dirname "$0")")
PYTHONPATH=$(echo "$folder"/venv/lib/python3*/site-packages) exec {python} -S -m checkov.main "$@"
"""


def _interpreter() -> Path:
    """The one below the project's virtual environment, which may be gone when checkov runs."""
    return Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
