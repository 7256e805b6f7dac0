"""Draws what a change does: a tree, the worst first. On a terminal in colour, elsewhere plain."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from ..changes.classify import Change, Report
from ..changes.effect import Effect, Reason
from ..changes.headline import headline

_STYLES = {
    Effect.DATA_AT_RISK: "bold red",
    Effect.REFUSED: "bold red",
    Effect.OUTAGE: "red",
    Effect.UNCLEAR: "magenta",
    Effect.MEMBERS_REMOVED: "yellow",
    Effect.ROLLING_RESTART: "yellow",
    Effect.MEMBERS_ADDED: "cyan",
    Effect.STORAGE_GROWS: "cyan",
    Effect.RUN_TIME: "green",
    Effect.NOTHING: "dim",
}


LINE = 1000
"""Characters to a line where no terminal says otherwise: a log shows every word."""


def show_tree(report: Report) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = LINE
    console.print(draw(report))


def draw(report: Report) -> RenderableType:
    parts: list[RenderableType] = [Text(headline(report), style=f"bold {_STYLES[report.effect]}")]
    for refusal in report.refusals:
        about = f"{refusal.resource}: " if refusal.resource else ""
        parts.append(Text(indent(f"{about}{refusal.message}\n{refusal.way_out}", "  "), style="red"))
    for effect in reversed(Effect):
        changes = [change for change in report.changes if change.effect is effect]
        if changes:
            parts.append(_branch(effect, changes))
    parts += [Text(f"  {note}", style="dim") for note in (*report.notes, *report.output)]
    return Group(*parts)


def _branch(effect: Effect, changes: list[Change]) -> Tree:
    tree = Tree(Text(f"{effect} ({len(changes)})", style=_STYLES[effect]), guide_style="dim")
    for change in changes:
        leaf = tree.add(f"{escape(change.kind)} [bold]{escape(change.name)}[/] ({escape(change.operation)})")
        for line in _lines(change):
            leaf.add(Text(line))
    return tree


def _lines(change: Change) -> Iterator[str]:
    """What is behind the effect; properties that restart nothing only where nothing else is to be said."""
    told: set[str] = set()
    for reason in change.reasons:
        if reason.effect is Effect.NOTHING and change.effect is not Effect.NOTHING:
            continue
        if reason.path:
            yield _property(reason)
        if reason.why not in told:
            told.add(reason.why)
            yield reason.why
    yield from change.lines


def _property(reason: Reason) -> str:
    values = f": {reason.values}" if reason.values else ""
    argument = f"  ({reason.argument})" if reason.argument else ""
    return f"{reason.path}{values}{argument}"
