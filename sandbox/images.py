"""The images of the sandbox and the containerd store, filled once, that every node starts from.

Importing 460 MB into three containerds takes 15 s and three times the disk. Instead one containerd imports into a
folder in the cache, and each node gets that folder as hard links: layers are only ever read, so they can be shared.
"""

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import host, pins, rootfs
from sandbox.cache import content_key, ensure
from sandbox.configs import containerd_store_config
from sandbox.debian import IMAGE_PACKAGES, ensure_packages
from sandbox.errors import SandboxError
from sandbox.oci import write_archive, write_program_layer
from sandbox.paths import build_logs
from sandbox.progress import Reporter
from sandbox.rootfs import Recipe
from sandbox.shell import attempt, output

PAUSE_SOURCE = Path(__file__).parent / "pause.c"
NAMESPACE = "k8s.io"


@dataclass(frozen=True)
class Image:
    """An image by its name, what its layer comes from (None: the pause program), and its settings."""

    reference: str
    recipe: Recipe | None
    settings: dict[str, Any] = field(default_factory=dict[str, Any])


IMAGES = (
    Image(pins.MYSQL_IMAGE, rootfs.MYSQL, {"Cmd": ["mysqld"]}),
    Image(pins.PYTHON_IMAGE, rootfs.PYTHON, {"Cmd": ["python3"]}),
    Image(pins.PAUSE_IMAGE, None, {"Entrypoint": ["/pause"], "User": "65535:65535"}),
)


def store_name() -> str:
    """The name of the filled store's cache entry: changes with any image."""
    parts: list[bytes | str] = [PAUSE_SOURCE.read_bytes()]
    for image in IMAGES:
        parts += [image.reference, rootfs.entry_name(image.recipe) if image.recipe else "pause", repr(image.settings)]
    return f"images-{content_key(parts)}"


def ensure_store(reporter: Reporter) -> Path:
    """containerd's root folder with all images in it, made if it is not in the cache. Needs root; raises StepFailed."""
    return ensure(store_name(), lambda folder: _fill(folder, reporter), reporter) / "root"


def clone_store(store: Path, target: Path) -> None:
    """Give a node its own store: hard links to the images, own copies of the databases, which are written to."""
    if attempt(["cp", "-al", str(store), str(target)]).returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        output(["cp", "-a", str(store), str(target)])  # another file system
        return
    for database in target.glob("*/*.db"):
        copy = database.with_suffix(".copy")
        shutil.copyfile(database, copy)
        copy.replace(database)


def _fill(folder: Path, reporter: Reporter) -> None:
    host.require_root("making images")
    ensure_packages(IMAGE_PACKAGES, reporter)
    work = folder / "work"
    work.mkdir()
    archives = [_archive(image, work, reporter) for image in IMAGES]
    config = work / "containerd.toml"
    config.write_text(containerd_store_config(folder / "root", work / "state", work / "containerd.sock"))
    log = build_logs() / "images-containerd.log"
    with log.open("wb") as written:
        # Ended by the kernel if this process is killed: nobody else would.
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "containerd", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        control = ["ctr", "--address", str(work / "containerd.sock"), "--namespace", NAMESPACE]
        _wait_until_answers(control, server, log)
        for image, archive in zip(IMAGES, archives, strict=True):
            reporter.run(
                f"importing {image.reference}",
                [*control, "images", "import", str(archive)],
                build_logs() / "images-import.log",
            )
    finally:
        server.terminate()
        server.wait()
    shutil.rmtree(work)


def _archive(image: Image, work: Path, reporter: Reporter) -> Path:
    name = image.recipe.name if image.recipe else "pause"
    layer = rootfs.ensure_rootfs(image.recipe, reporter) / "layer.tar" if image.recipe else _pause(work, reporter)
    archive = work / f"{name}.tar"
    with reporter.step(f"packing {image.reference}"):
        write_archive(layer, image.reference, image.settings, archive)
    return archive


def _pause(work: Path, reporter: Reporter) -> Path:
    program, layer = work / "pause", work / "pause-layer.tar"
    reporter.run(
        "compiling the pause program",
        [
            "gcc",
            "-Os",
            "-static",
            "-s",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            str(program),
            str(PAUSE_SOURCE),
        ],
        build_logs() / "pause.log",
    )
    write_program_layer(program, "pause", layer)
    return layer


def _wait_until_answers(control: list[str], server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while attempt([*control, "version"]).returncode != 0:
        if server.poll() is not None or time.monotonic() > until:
            raise SandboxError(f"containerd does not start, see {log}")
        time.sleep(0.1)
