"""Differences as text for a terminal, or as Markdown for a pull request (pure)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence

from .compare import Change, Property

_FENCE = "~~~~~"


def as_text(stacks: Mapping[str, Sequence[Change]]) -> str:
    """A block for each stack."""
    blocks = ([f"stack {stack}: {summary(found)}", *_lines(found)] for stack, found in stacks.items())
    return "\n\n".join("\n".join(block) for block in blocks)


def as_markdown(stacks: Mapping[str, Sequence[Change]], base: str) -> str:
    """A heading and a folded block for each stack."""
    parts = [f"### Manifests compared with `{base}`"]
    for stack, found in stacks.items():
        title = f"<b>{stack}</b>: {summary(found)}"
        if not found:
            parts.append(title)
            continue
        body = "\n".join(_lines(found)).replace("~~~", "~ ~ ~")
        parts.append(f"<details><summary>{title}</summary>\n\n{_FENCE}diff\n{body}\n{_FENCE}\n\n</details>")
    return "\n\n".join(parts)


def summary(found: Sequence[Change]) -> str:
    """Such as ``1 added, 2 changed``."""
    kinds = [_kind(each) for each in found]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("added", "removed", "changed") if kind in kinds]
    return ", ".join(counts) or "no change"


def _kind(change: Change) -> str:
    if change.before is None:
        return "added"
    return "removed" if change.after is None else "changed"


def _lines(found: Sequence[Change]) -> Iterator[str]:
    for change in found:
        if change.before is None or change.after is None:
            sign, of = ("+", change.after) if change.before is None else ("-", change.before)
            yield f"{sign} {of}"
            continue
        renamed = "" if change.before == change.after else f" (before: {change.before.name})"
        yield f"! {change.after}{renamed}"
        for each in change.properties:
            yield from _property(each)


def _property(changed: Property) -> Iterator[str]:
    if _is_long(changed.before) or _is_long(changed.after):
        yield f"    {changed.path}:"
        yield from _diff(_shown(changed.before), _shown(changed.after))
    elif changed.before is None:
        yield f"    {changed.path}: set to {_shown(changed.after)}"
    elif changed.after is None:
        yield f"    {changed.path}: no longer {_shown(changed.before)}"
    else:
        yield f"    {changed.path}: {_shown(changed.before)} -> {_shown(changed.after)}"


def _diff(before: str, after: str) -> Iterator[str]:
    """Changed lines, with one line around them, as ``diff -u`` marks them; the sign first, for its colour."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    for line in list(lines)[2:]:
        if not line.startswith("@@"):
            yield f"{line[0]}       {line[1:]}".rstrip()


def _is_long(value: object) -> bool:
    return (isinstance(value, str) and "\n" in value) or (isinstance(value, dict | list) and len(_shown(value)) > 80)  # pyright: ignore[reportUnknownArgumentType]


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return flat if len(flat) <= 80 else json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2)
