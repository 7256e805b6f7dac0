"""The tool chain as one folder of programs, and the environment that makes the Pulumi CLI use it."""

import os
import re
import shutil
from pathlib import Path

from sandbox import modules, pins
from sandbox.cache import content_key, ensure, link_or_copy
from sandbox.golang import Version
from sandbox.modules import GoModule, ensure_module, entry_name
from sandbox.paths import cache_root
from sandbox.progress import Reporter
from sandbox.shell import attempt

OLDEST_PULUMI: Version = (3, 220)
CLI = (modules.PULUMI, modules.LANGUAGE_PYTHON, modules.PROVIDER_KUBERNETES)
CLUSTER = (modules.KUBERNETES, modules.COREDNS, modules.LOCAL_PATH_PROVISIONER)


def parse_pulumi_version(text: str) -> Version | None:
    """The version in what `pulumi version` prints, None if there is none."""
    found = re.search(r"v?(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def installed_pulumi() -> Path | None:
    """The user's own Pulumi CLI, if PATH has one that is new enough; the one from our cache does not count."""
    found = shutil.which("pulumi")
    if not found or Path(found).resolve().is_relative_to(cache_root().resolve()):
        return None
    version = parse_pulumi_version(attempt([found, "version"]).stdout)
    return Path(found) if version and version >= OLDEST_PULUMI else None


def ensure_cluster_programs(reporter: Reporter) -> dict[str, Path]:
    """The programs of the cluster by name: `kube`, `coredns`, `local-path-provisioner`. Raises StepFailed."""
    return {module.binary: ensure_module(module, reporter) / module.binary for module in CLUSTER}


def ensure_cli(reporter: Reporter) -> Path:
    """The folder with the Pulumi CLI and its programs, and the plugin folder filled. Raises StepFailed."""
    folders = [ensure_module(module, reporter) for module in CLI]

    def assemble(folder: Path) -> None:
        (folder / "bin").mkdir()
        for programs in folders[:2]:
            for program in programs.iterdir():
                link_or_copy(program, folder / "bin" / program.name)

    _install_provider(folders[2] / modules.PROVIDER_KUBERNETES.binary)
    return ensure(_assembly_name(CLI), assemble, reporter) / "bin"


def ensure_language_yaml(reporter: Reporter) -> Path:
    """The folder with the plugin for programs in YAML; not part of what the CLI needs here. Raises StepFailed."""
    return ensure_module(modules.LANGUAGE_YAML, reporter)


def ensure_actionlint(reporter: Reporter) -> Path:
    """The folder with the linter of workflows. Raises StepFailed."""
    return ensure_module(modules.ACTIONLINT, reporter)


def cli_folder() -> Path:
    """Where `ensure_cli` puts the programs, whether they are built or not."""
    return cache_root() / _assembly_name(CLI) / "bin"


def pulumi_home() -> Path:
    """The CLI's own folder: its plugins lie here, and its login, apart from the user's `~/.pulumi`."""
    return cache_root() / "pulumi-home"


def environment() -> dict[str, str]:
    """The variables under which `pulumi` works; empty if the user's own CLI is the one to be used."""
    if installed_pulumi():
        return {}
    folder = str(cli_folder())
    others = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part and part != folder]
    return {
        "PATH": os.pathsep.join([folder, *others]),
        "PULUMI_HOME": str(pulumi_home()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def _assembly_name(parts: tuple[GoModule, ...]) -> str:
    return f"cli-{content_key(entry_name(module) for module in parts)}"


def _install_provider(binary: Path) -> None:
    # The CLI takes a real folder only, and takes `<folder>.partial` for an installation that was interrupted.
    plugin = pulumi_home() / "plugins" / f"resource-kubernetes-v{pins.PROVIDER_KUBERNETES}"
    installed = plugin / binary.name
    if installed.is_file() and installed.samefile(binary):
        return
    plugin.mkdir(parents=True, exist_ok=True)
    fresh = plugin / f".{binary.name}.{os.getpid()}"
    link_or_copy(binary, fresh)
    fresh.replace(installed)
