"""The target that the settings name."""

from __future__ import annotations

from .rclone import RcloneStore
from .settings import VOLUME_TARGET, Settings
from .store import Store, VolumeStore


def open_store(settings: Settings) -> Store:
    """Makes no connection yet."""
    return VolumeStore(VOLUME_TARGET) if settings.store == "volume" else RcloneStore(settings.store)
