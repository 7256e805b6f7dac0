"""A report as Markdown for a pull request. The same report gives the same text; a comment is edited in place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .classify import Change, Report
from .effect import Effect, Reason
from .headline import headline

_SIGNS = {
    Effect.DATA_AT_RISK: "\N{OCTAGONAL SIGN}",
    Effect.REFUSED: "\N{NO ENTRY}",
    Effect.OUTAGE: "\N{WARNING SIGN}\ufe0f",
}


def marker(stack: str) -> str:
    """The first line, which nobody sees: by it a comment is found again."""
    name = re.sub(r"[^A-Za-z0-9._/-]|-(?=-)", "_", stack)
    return f"<!-- mysql-k8s preview {name} -->"


def render(report: Report, stack: str) -> str:
    sign = _SIGNS.get(report.effect, "")
    lines = [
        marker(stack),
        f"### Preview of `{_code(stack)}`",
        "",
        f"{sign} **{escape(headline(report))}**".strip(),
        "",
    ]
    lines += [
        line for refusal in report.refusals for line in _refusal(refusal.resource, refusal.message, refusal.way_out)
    ]
    if report.changes:
        lines += ["| effect | resource | why |", "|---|---|---|", *(_row(change) for change in report.changes), ""]
        lines += _details(report)
    if report.notes:
        lines += ["<details><summary>Warnings and advice</summary>", ""]
        lines += [*_block("\n".join(report.notes)), "", "</details>", ""]
    return "\n".join(lines).rstrip() + "\n"


def escape(text: str) -> str:
    """Text that Markdown and HTML take as it stands, on one line."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~@])", r"\\\1", plain).replace("://", ":&#8203;//")


def _refusal(resource: str, message: str, way_out: str) -> list[str]:
    about = f"**{escape(resource)}**: " if resource else ""
    return [f"{about}refused. {escape(way_out)}", "", *_block(message), ""]


def _row(change: Change) -> str:
    chief = [reason for reason in change.reasons if reason.effect is change.effect]
    why = " ".join(dict.fromkeys(reason.why for reason in chief))
    name = f"{change.kind} `{_code(change.name)}` ({change.operation})"
    return f"| {change.effect} | {name} | {escape(why)} |"


def _details(report: Report) -> Iterator[str]:
    yield "<details><summary>What changes in each</summary>"
    yield ""
    for change in report.changes:
        yield f"* {change.kind} `{_code(change.name)}`"
        yield from (f"  * {_property(reason)}" for reason in change.reasons if reason.path)
        yield from (f"  * `{_code(line)}`" for line in change.lines)
    yield ""
    yield "</details>"
    yield ""


def _property(reason: Reason) -> str:
    values = f" `{_code(reason.values)}`" if reason.values else ""
    argument = f" ({escape(reason.argument)})" if reason.argument else ""
    return f"`{_code(reason.path)}`{values}{argument}: {reason.effect}"


def _code(text: str) -> str:
    """Text within backticks, also in a table."""
    return " ".join(text.split()).replace("`", "'").replace("|", "\\|")


def _block(text: str) -> list[str]:
    """A block that the text cannot end: its fence is longer than any in it."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=2) + 1)
    fence = fence if len(fence) >= 3 else "```"
    return [f"{fence}text", *text.splitlines(), fence]
