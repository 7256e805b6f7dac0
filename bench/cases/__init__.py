"""The cases: what is measured, one file each."""

from ..case import Case
from . import agent, backup, component, detect, imports, join, preview, rejoin, start, throughput, unchanged

CASES: tuple[Case, ...] = (
    start.CASE, rejoin.CASE, join.CASE, throughput.CASE, agent.CASE, detect.CASE, backup.CASE, imports.CASE,
    component.CASE, preview.CASE, unchanged.CASE,
)  # fmt: skip

BY_NAME = {case.name: case for case in CASES}


def chosen(names: list[str]) -> list[Case]:
    """The cases of these names, in their own order; all if there are none. Raises ValueError if one does not exist."""
    for name in names:
        if name not in BY_NAME:
            raise ValueError(f"there is no case {name!r}; there are {', '.join(BY_NAME)}")
    return [case for case in CASES if not names or case.name in names]
