"""A root file system's tar as an image archive that containerd imports."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

SEARCH_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
EPOCH = "1970-01-01T00:00:00Z"


def image_config(layer_digest: str, settings: dict[str, Any]) -> bytes:
    """The image's configuration, always the same bytes for the same `settings` (`Cmd`, `User`, ...)."""
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": EPOCH,
            "config": {"Env": [SEARCH_PATH], **settings},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
            "history": [{"created": EPOCH, "created_by": "sandbox"}],
        },
        sort_keys=True,
    ).encode()


def write_archive(layer: Path, reference: str, settings: dict[str, Any], target: Path) -> None:
    """Write an archive with one image of one layer, named `reference`."""
    with layer.open("rb") as file:
        layer_digest = hashlib.file_digest(file, "sha256").hexdigest()
    config = image_config(layer_digest, settings)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
    with tarfile.open(target, "w") as archive:
        _add(archive, config_name, config)
        _add(archive, "manifest.json", json.dumps(manifest).encode())
        archive.add(layer, "layer.tar")


def write_program_layer(program: Path, path: str, target: Path) -> None:
    """Write a layer that holds one executable at `path`."""
    with tarfile.open(target, "w") as layer:
        _add(layer, path, program.read_bytes(), 0o755)


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))
