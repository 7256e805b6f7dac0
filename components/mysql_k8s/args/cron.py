"""Schedules as Kubernetes' CronJobs read them: five fields, or a macro such as ``@daily``. Pure."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_MACROS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_ITEM = re.compile(r"(?P<first>\*|\?|\w+)(-(?P<last>\w+))?(/(?P<step>\d+))?")


def schedule(text: str) -> str:
    """``text`` if it is a schedule. Raises ValueError that names the field that is wrong."""
    if text in _MACROS:
        return text
    if text.startswith(("TZ=", "CRON_TZ=")):
        raise ValueError("must not name a time zone: the times are those of the cluster's controllers, most often UTC")
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"must have five fields (minute, hour, day, month, weekday) but has {len(fields)}")
    for field, (name, lowest, highest, names) in zip(fields, _FIELDS, strict=True):
        for item in field.split(","):
            _check(item, name, lowest, highest, names)
    return text


def _check(item: str, name: str, lowest: int, highest: int, names: tuple[str, ...]) -> None:
    found = _ITEM.fullmatch(item)
    if not found:
        raise ValueError(f"has {item!r} as {name}; write a number, *, a range such as 1-5, or a step such as */15")
    if found["step"] is not None and int(found["step"]) == 0:
        raise ValueError(f"has {item!r} as {name}, a step of zero")
    if found["first"] in "*?":
        if found["last"]:
            raise ValueError(f"has {item!r} as {name}; a range begins with a number")
        return
    ends = [_number(each, item, name, lowest, names) for each in (found["first"], found["last"]) if each]
    if not all(lowest <= end <= highest for end in ends) or ends != sorted(ends):
        raise ValueError(f"has {item!r} as {name}, which goes from {lowest} to {highest}")


def _number(text: str, item: str, name: str, lowest: int, names: tuple[str, ...]) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + lowest
    if not text.isdecimal():
        raise ValueError(f"has {item!r} as {name}; {text!r} is not a number")
    return int(text)
