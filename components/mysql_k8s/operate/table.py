"""Draws a cluster's status for a terminal. What is shown is decided in `members.py`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .backups import state_lines
from .members import Member, Status
from .sizes import size

COLUMNS = ("member", "role", "ready", "state", "lag", "transactions", "clone", "node")


def draw(status: Status, hosts: dict[str, str]) -> RenderableType:
    parts: list[RenderableType] = [Text.from_markup(line) for line in header(status, hosts)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in ("lag", "transactions", "clone") else "left")
    for member in status.members:
        table.add_row(*(escape(cell) for cell in cells(member)), style=_style(member))
    parts.append(table)
    parts.extend(Text.from_markup(f"[red]{escape(line)}[/]") for line in problem_lines(status))
    parts.extend(Text.from_markup(f"[yellow]{escape(line)}[/]") for line in status.warnings)
    return Group(*parts)


def header(status: Status, hosts: dict[str, str]) -> list[str]:
    first = f"[bold]{escape(status.name)}[/] in namespace {escape(status.namespace)}: "
    first += f"{status.ready} of {status.declared} members ready"
    news = state_lines(status.backup)[0] if status.backup else []
    group = [f"group   {escape(status.group)}"] if status.group else []
    routers = status.routers
    routed = [f"routers {routers.ready} of {routers.declared} ready"] if routers else []
    return [
        first,
        *(f"{escape(label):<6}  {escape(host)}" for label, host in hosts.items()),
        *routed,
        *group,
        *map(escape, news),
        "",
    ]


def cells(member: Member) -> tuple[str, ...]:
    return (
        member.name,
        member.role or "-",
        "yes" if member.ready else "no",
        member.state,
        "-" if member.lag_seconds is None else f"{member.lag_seconds:.1f} s",
        _transactions(member),
        _clone(member),
        member.node or "-",
    )


def problem_lines(status: Status) -> list[str]:
    lines = [member.problem for member in status.members if member.problem]
    return ["", *lines] if lines else []


def _transactions(member: Member) -> str:
    if member.transactions is None:
        return "-"
    behind = f" ({member.missing} behind)" if member.missing else ""
    return f"{member.transactions}{behind}"


def _clone(member: Member) -> str:
    if member.clone_percent is None:
        return "-"
    rate = f" ({size(int(member.clone_bytes_per_second))}/s)" if member.clone_bytes_per_second else ""
    return f"{member.clone_percent:.0f} %{rate}"


def _style(member: Member) -> str:
    if member.problem:
        return "red"
    return "" if member.ready else "yellow"
