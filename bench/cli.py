"""The command line: run, list, render."""

from __future__ import annotations

import fcntl
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.errors import SandboxError

from . import cases, document, facts, measure, samples
from .case import Case
from .cost import CommandFailed
from .paths import DOCUMENT, EARLIER, PLOTS, RESULTS
from .samples import Results, Sample

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(soft_wrap=True, highlight=False)

MISUSE = 2
TERMINATED = 128 + signal.SIGTERM


@app.command()
def run(
    only: Annotated[str, typer.Option(help="Only these cases, separated by commas.")] = "",
    repeat: Annotated[int, typer.Option(min=1, help="So many samples of each subject.")] = 5,
    results: Annotated[Path, typer.Option(help="Where the results go.")] = RESULTS,
    add: Annotated[bool, typer.Option("--add", help="Add rounds to the results that are there.")] = False,
    lock: Annotated[
        list[Path] | None, typer.Option(help="Hold this file's lock (flock) in every round, but not between them.")
    ] = None,
) -> None:
    """Measure, keep every sample, and render the document."""
    for case in cases.chosen([name for name in only.split(",") if name]):
        file = results / f"{case.name}.json"
        begun = samples.load(file) if add and file.exists() else _begun(case, repeat)
        _measure(case, begun, range(begun.rounds(), begun.rounds() + repeat), file, lock or [])
    if results == RESULTS:
        render()


@app.command("list")
def show() -> None:
    """Show every case."""
    table = Table("case", "what", "needs")
    for case in cases.CASES:
        table.add_row(case.name, case.title, case.needs)
    console.print(table)


@app.command()
def render() -> None:
    """Write the document and its plots from the results that are there."""
    for file, text in document.files(cases.CASES, RESULTS, EARLIER).items():
        path = DOCUMENT if file == DOCUMENT.name else PLOTS / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    console.print(f"{DOCUMENT} has the figures of the results in {RESULTS}")


def _begun(case: Case, repeat: int) -> Results:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    command = f"make bench ONLY={case.name} REPEAT={repeat}"
    return Results(case.name, began, command, facts.revision(), facts.machine(), facts.versions())


def _measure(case: Case, done: Results, rounds: range, file: Path, locks: list[Path]) -> None:
    """Saved after every round: one that fails, or that somebody ends, takes none of those before with it."""
    console.print(f"[bold]{case.name}[/]: {case.title}")
    file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with _held(locks):
            subjects = stack.enter_context(case.stage())
        for number in rounds:
            with _held(locks):
                for sample in measure.one_round(subjects, number):
                    done.samples.append(sample)
                    _tell(sample)
            done.save(file)


@contextmanager
def _held(files: list[Path]) -> Generator[None]:
    with ExitStack() as stack:
        for file in files:
            opened = stack.enter_context(file.open("a"))
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def _tell(sample: Sample) -> None:
    values = ", ".join(f"{name} {value:.4g}" for name, value in sample.values.items())
    console.print(escape(f"  round {sample.round}, load {sample.load_before:g}: {sample.subject}: {values}"))


def main() -> None:
    """Run the command line; misuse is one message. Who ends it by SIGTERM leaves no server and no namespace behind."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(TERMINATED))
    try:
        app()
    except (ValueError, CommandFailed, SandboxError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(MISUSE)
