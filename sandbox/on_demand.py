"""Images that not every cluster needs: made when they are asked for, and imported into the nodes that run."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from sandbox import pins, record, rootfs
from sandbox.cache import content_key, ensure
from sandbox.errors import SandboxError
from sandbox.images import NAMESPACE, Image
from sandbox.layout import Layout
from sandbox.oci import write_archive
from sandbox.paths import state_root
from sandbox.progress import Reporter
from sandbox.rootfs import Recipe
from sandbox.shell import output
from sandbox.topology import NODES, Node

IMAGES = {
    "mariadb": Image(pins.MARIADB_IMAGE, rootfs.MARIADB, {"Cmd": ["mariadbd"]}),
    "router": Image(pins.ROUTER_IMAGE, rootfs.ROUTER, {"Cmd": ["mysqlrouter"]}),
}


def provide(name: str, reporter: Reporter) -> str:
    """Have an image on every node of the running cluster; returns its name.

    Needs root. Raises StepFailed, or SandboxError if no cluster runs.
    """
    image = IMAGES[name]
    if record.load(state_root()) is None:
        raise SandboxError("no cluster is running: `python -m sandbox up` starts one")
    lacking = [node for node in NODES if not _has(node, image.reference)]
    if lacking:
        archive = _ensure_archive(name, image, reporter)
        with reporter.step(f"importing {image.reference} into {len(lacking)} nodes"), ThreadPoolExecutor() as pool:
            list(pool.map(_import, lacking, repeat(archive)))
    return image.reference


def _ensure_archive(name: str, image: Image, reporter: Reporter) -> Path:
    recipe = image.recipe
    assert recipe is not None
    entry = f"image-{name}-{content_key([image.reference, rootfs.entry_name(recipe), repr(image.settings)])}"
    return ensure(entry, lambda folder: _pack(image, recipe, folder, reporter), reporter) / "image.tar"


def _pack(image: Image, recipe: Recipe, folder: Path, reporter: Reporter) -> None:
    layer = rootfs.ensure_rootfs(recipe, reporter) / "layer.tar"
    with reporter.step(f"packing {image.reference}"):
        write_archive(layer, image.reference, image.settings, folder / "image.tar")


def _has(node: Node, reference: str) -> bool:
    return reference in output([*_control(node), "images", "list", "--quiet", f"name=={reference}"]).split()


def _import(node: Node, archive: Path) -> None:
    output([*_control(node), "images", "import", str(archive)])


def _control(node: Node) -> list[str]:
    return ["ctr", "--address", str(Layout(state_root()).node(node).socket), "--namespace", NAMESPACE]
