"""The first base backup where nothing is archived: by its schedule alone a new cluster would have none for a day."""

from __future__ import annotations

from collections.abc import Callable

from . import donors
from .engines import engine_of
from .layout import Layout, read_bases
from .settings import Settings
from .store import Store


class FirstBase:
    """``ask``: has a base backup taken."""

    def __init__(self, settings: Settings, store: Store, ask: Callable[[], None]) -> None:
        self._settings = settings
        self._store = store
        self._ask = ask
        self._settled = False

    def see_to(self) -> None:
        """Once, if there is none: as soon as every member has data, as until then one may need all of another's.

        Raises TargetError or DamagedCatalogue.
        """
        if self._settled:
            return
        if not read_bases(self._store, Layout(self._settings.cluster)):
            members = donors.look_at_all(self._settings, engine_of(self._settings).look)
            if len([member for member in members if member.executed]) < len(self._settings.members):
                return
            self._ask()
        self._settled = True
