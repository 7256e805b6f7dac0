"""Whether the target can be used: writes, reads and deletes a small object, and looks for room."""

from __future__ import annotations

from .catalogue import DamagedCatalogue
from .layout import Layout, read_bases
from .planning import show_time
from .settings import Settings
from .store import Store, TargetError, VolumeStore

_PROBE = "probe.json"


def problem(settings: Settings, store: Store, now: int) -> str:
    """What is in the way, in one sentence; nothing if all is well. ``now``: microseconds since 1970."""
    layout = Layout(settings.cluster)
    folder, text = f"{layout.cluster}/check/", show_time(now)
    key = folder + _PROBE
    try:
        store.put_text(key, text)
        found = store.documents(folder, _PROBE).get(key)
        store.delete(key)
        newest = max((base.stored_bytes for base in read_bases(store, layout)[-1:]), default=0)
        free = store.free() if isinstance(store, VolumeStore) else None
    except (TargetError, DamagedCatalogue, OSError) as error:
        return str(error)
    if found != text:
        return "the target does not give back what was written to it a moment ago"
    return too_little(free, newest)


def too_little(free: int | None, newest: int) -> str:
    """Whether another base backup like the newest would not fit (pure). ``free``: bytes; None where nobody knows."""
    if free is None or free > newest:
        return ""
    return f"the target has {free >> 20} MiB left, and the newest base backup took {newest >> 20} MiB: make room"
