"""Root file systems made of Debian packages: each as one tar and, extracted, as a tree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import host, pins
from sandbox.cache import content_key, ensure
from sandbox.debian import IMAGE_PACKAGES, apt_settings, ensure_packages
from sandbox.errors import SandboxError
from sandbox.paths import build_logs
from sandbox.progress import Reporter

# The same ids as in the upstream images, so that one pod specification holds for both.
MYSQL_USER = "mysql:x:999:999:MySQL Server:/var/lib/mysql:/bin/false"
MYSQL_GROUP = "mysql:x:999:"
ROUTER_USER = "mysqlrouter:x:999:999:MySQL Router:/var/lib/mysqlrouter:/bin/false"
ROUTER_GROUP = "mysqlrouter:x:999:"

UNNEEDED = ("doc", "man", "info", "locale", "lintian")


@dataclass(frozen=True)
class Recipe:
    """What a root file system is made of."""

    name: str
    suite: str
    variant: str
    packages: tuple[str, ...]
    hooks: tuple[str, ...] = ()
    early_hooks: tuple[str, ...] = ()
    """Run before the packages are installed."""
    versioned: tuple[str, str] | None = None
    """A package and the upstream version that it must have."""


_ACCOUNT_HOOKS = (
    f'echo "{MYSQL_USER}" >> "$1/etc/passwd"',
    f'echo "{MYSQL_GROUP}" >> "$1/etc/group"',
)
_FOLDERS_HOOK = 'for d in var/lib/mysql var/lib/mysql-files; do install -d -m 0750 -o 999 -g 999 "$1/$d"; done'

MYSQL = Recipe(
    name="mysql",
    suite="sid",
    variant="apt",
    packages=(
        "procps",
        "curl",
        "ca-certificates",
        "openssl",
        "mysql-server-core",
        "mysql-client-core",
        "zstd",
        "socat",
    ),
    hooks=(*_ACCOUNT_HOOKS, _FOLDERS_HOOK),
    versioned=("mysql-server-core", pins.MYSQL),
)
MARIADB = Recipe(
    name="mariadb",
    suite="sid",
    variant="apt",
    packages=(
        "procps",
        "ca-certificates",
        "openssl",
        "mariadb-server-core",
        "mariadb-client-core",
        "mariadb-server",
        "mariadb-backup",
        "galera-4",
        "zstd",
        "socat",
    ),
    # The package's own installation would take any free number for the account, and initialises a data directory.
    early_hooks=_ACCOUNT_HOOKS,
    hooks=('rm -rf "$1/var/lib/mysql"', _FOLDERS_HOOK),
    versioned=("mariadb-server-core", pins.MARIADB),
)
ROUTER = Recipe(
    name="router",
    suite="sid",
    variant="essential",
    packages=("mysql-router",),
    hooks=(f'echo "{ROUTER_USER}" >> "$1/etc/passwd"', f'echo "{ROUTER_GROUP}" >> "$1/etc/group"'),
    versioned=("mysql-router", pins.MYSQL),
)
PYTHON = Recipe(
    name="python",
    suite="bookworm",
    variant="essential",
    packages=("python3", "ca-certificates"),
)
RECIPES = {recipe.name: recipe for recipe in (MYSQL, MARIADB, ROUTER, PYTHON)}


def mmdebstrap_arguments(recipe: Recipe, target: Path) -> list[str]:
    """The command that makes the recipe's tar."""
    return [
        "mmdebstrap",
        f"--variant={recipe.variant}",
        "--mode=root",
        f"--include={','.join(recipe.packages)}",
        "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
        *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in UNNEEDED),
        '--aptopt=APT::Install-Recommends "false"',
        # A mirror's release file may be past its date; its signature is checked all the same.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        *(f"--essential-hook={hook}" for hook in recipe.early_hooks),
        *(f"--customize-hook={hook}" for hook in recipe.hooks),
        recipe.suite,
        str(target),
    ]


def entry_name(recipe: Recipe) -> str:
    """The name of the recipe's cache entry: changes with the text of the recipe."""
    return f"rootfs-{recipe.name}-{content_key(mmdebstrap_arguments(recipe, Path('layer.tar')))}"


def upstream_version(dpkg_status: str, package: str) -> str | None:
    """The installed package's version without Debian's epoch, revision and mark of a repacked source (``+ds``).

    None if it is not installed.
    """
    for paragraph in dpkg_status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Package") == package and "Version" in fields:
            return re.sub(r"\+(ds|dfsg)\d*$", "", fields["Version"].rsplit("-", 1)[0].rsplit(":", 1)[-1])
    return None


def ensure_rootfs(recipe: Recipe, reporter: Reporter) -> Path:
    """The recipe's cache entry, made if it is not there: `layer.tar`, and the same extracted in `tree`.

    Needs root. Raises StepFailed if it cannot be made, SandboxError if it holds another version than it is to hold.
    """
    return ensure(entry_name(recipe), lambda folder: _make(recipe, folder, reporter), reporter)


def _make(recipe: Recipe, folder: Path, reporter: Reporter) -> None:
    host.require_root("making a root file system")
    ensure_packages(IMAGE_PACKAGES, reporter)
    layer, tree = folder / "layer.tar", folder / "tree"
    log = build_logs() / f"rootfs-{recipe.name}.log"
    local = [f'--aptopt={name} "{value}"' for name, value in apt_settings().items()]
    reporter.run(f"root file system of {recipe.name}", [*mmdebstrap_arguments(recipe, layer), *local], log)
    tree.mkdir()
    _extract(layer, tree, reporter, recipe.name)
    _check_version(recipe, tree)


def _extract(layer: Path, tree: Path, reporter: Reporter, name: str) -> None:
    command: Sequence[str] = ["tar", "--numeric-owner", "-xpf", str(layer), "-C", str(tree)]
    reporter.run(f"extracting {name}", command, build_logs() / f"extract-{name}.log")


def _check_version(recipe: Recipe, tree: Path) -> None:
    if recipe.versioned is None:
        return
    package, wanted = recipe.versioned
    found = upstream_version((tree / "var/lib/dpkg/status").read_text(), package)
    if found != wanted:
        raise SandboxError(
            f"Debian {recipe.suite} has {package} {found}, sandbox/pins.py says {wanted}: "
            f"change the pin to {found} and test with it, or use a mirror that still has {wanted}"
        )
