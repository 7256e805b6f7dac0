"""Volumes that can really become full: file systems of a fixed size, one for each node, as PersistentVolumes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

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


class VolumePool:
    """PersistentVolumes of a StorageClass of their own, made one by one. Released ones are not used again."""

    def __init__(self, kubeconfig: str, folder: Path, storage_class: str) -> None:
        api = config.new_client_from_config(kubeconfig)
        self._core, self._storage = client.CoreV1Api(api), client.StorageV1Api(api)
        self._kubeconfig = kubeconfig
        self._folder = folder
        self.storage_class = storage_class
        self._volumes: dict[str, SmallVolume] = {}

    def __enter__(self) -> Self:
        self._storage.create_storage_class(
            {
                "metadata": {"name": self.storage_class},
                "provisioner": "kubernetes.io/no-provisioner",
                "volumeBindingMode": "WaitForFirstConsumer",
            }
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        remove_volumes(self._kubeconfig, self.storage_class, self._folder)

    def add(self, node: Node) -> SmallVolume:
        """One more volume on a node."""
        name = f"{self.storage_class}-{node.name}-{len(self._volumes)}"
        volume = SmallVolume(_mount(self._folder / name))
        self._volumes[name] = volume
        self._core.create_persistent_volume(_volume(name, self.storage_class, node, volume))
        return volume

    def __getitem__(self, name: str) -> SmallVolume:
        """By the name of the PersistentVolume."""
        return self._volumes[name]


@contextmanager
def small_volumes(kubeconfig: str, folder: Path, storage_class: str) -> Iterator[dict[str, SmallVolume]]:
    """A volume for each node, by the node's name, which claims of a StorageClass of their own get."""
    with VolumePool(kubeconfig, folder, storage_class) as pool:
        yield {node.name: pool.add(node) for node in NODES}


def remove_volumes(kubeconfig: str, storage_class: str, folder: Path) -> None:
    """Remove a pool and its files, as far as they are there."""
    api = config.new_client_from_config(kubeconfig)
    core, storage = client.CoreV1Api(api), client.StorageV1Api(api)
    for volume in core.list_persistent_volume().items:
        if volume.spec.storage_class_name == storage_class:
            core.delete_persistent_volume(volume.metadata.name)
    if storage_class in {found.metadata.name for found in storage.list_storage_class().items}:
        storage.delete_storage_class(storage_class)
    for image in folder.glob("*.img"):
        mounted = image.with_suffix("")
        if mounted.is_mount():
            # Lazily: a pod that ends late may still be on it.
            subprocess.run(["umount", "--lazy", mounted], check=True)
        shutil.rmtree(mounted)
        image.unlink()


def _mount(folder: Path) -> Path:
    folder.mkdir(parents=True)
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(SIZE_MIB * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    return folder


def _volume(name: str, storage_class: str, node: Node, volume: SmallVolume) -> dict[str, object]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node.name]}
    return {
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": f"{SIZE_MIB}Mi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
            "local": {"path": str(volume.folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
