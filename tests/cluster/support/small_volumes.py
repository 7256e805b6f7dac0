"""Volumes that can really become full: file systems of a fixed size, one for each node, as PersistentVolumes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config

from sandbox.topology import NODES, Node

MIB = 1024 * 1024
SIZE_MIB = 1024
BALLAST = "ballast"


@dataclass(frozen=True)
class SmallVolume:
    """One volume, seen from the machine."""

    folder: Path

    @property
    def free_mib(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize // MIB

    def fill(self, leave_mib: int) -> None:
        """Take space away, as anything else on the volume would."""
        with (self.folder / BALLAST).open("ab") as file:
            present = file.tell()
            os.posix_fallocate(file.fileno(), 0, present + (self.free_mib - leave_mib) * MIB)

    def relieve(self) -> None:
        """Give it back."""
        (self.folder / BALLAST).unlink()


@contextmanager
def small_volumes(kubeconfig: str, folder: Path, storage_class: str) -> Iterator[dict[str, SmallVolume]]:
    """A volume for each node, by the node's name, which claims of a StorageClass of their own get."""
    api = config.new_client_from_config(kubeconfig)
    core, storage = client.CoreV1Api(api), client.StorageV1Api(api)
    storage.create_storage_class(
        {
            "metadata": {"name": storage_class},
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
    )
    made: dict[str, SmallVolume] = {}
    try:
        for node in NODES:
            made[node.name] = SmallVolume(_mount(folder / node.name))
            core.create_persistent_volume(_volume(storage_class, node, made[node.name]))
        yield made
    finally:
        for node in NODES[: len(made)]:
            core.delete_persistent_volume(_name(storage_class, node))
        for volume in made.values():
            # Lazily: a pod that ends late may still be on it.
            subprocess.run(["umount", "--lazy", volume.folder], check=True)
            shutil.rmtree(volume.folder)
        storage.delete_storage_class(storage_class)


def _mount(folder: Path) -> Path:
    folder.mkdir(parents=True)
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(SIZE_MIB * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    return folder


def _name(storage_class: str, node: Node) -> str:
    return f"{storage_class}-{node.name}"


def _volume(storage_class: str, node: Node, volume: SmallVolume) -> dict[str, object]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node.name]}
    return {
        "metadata": {"name": _name(storage_class, node)},
        "spec": {
            "capacity": {"storage": f"{SIZE_MIB}Mi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
            "local": {"path": str(volume.folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
