"""The command line: run, list, report, heal."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import measured_part
import pymysql
import typer
import yaml
from cluster.support import lifetime
from kubernetes.client.exceptions import ApiException
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from urllib3.exceptions import HTTPError

from sandbox import status
from sandbox.errors import SandboxError

from . import campaign, catalog, debts, report, results, schedule, summary
from .campaign import TOPOLOGIES, Plan
from .results import Result, Run

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(file=sys.__stdout__, soft_wrap=True, highlight=False)

RESULTS = Path(".state/faults")
KEPT = Path("bench/results/faults")
"""The results that the documents are made from."""
DOCUMENT = Path("docs/faults.md")
README = Path("README.md")
FOUND = 1
"""Exit status when a judge found something or the cluster did not become healthy again."""
MISUSE = 2

STOPPERS = (AssertionError, LookupError, OSError, SandboxError, pymysql.MySQLError, ApiException, HTTPError)
"""What a cluster that is no longer well makes the runner's own steps raise; a TimeoutError is an OSError."""


@app.command()
def run(
    duration: Annotated[str, typer.Option(help="Go on at random for so long: 90s, 30m, 2h.")] = "",
    repeat: Annotated[int, typer.Option(min=1, help="Without --duration: every fault so many times.")] = 1,
    seed: Annotated[int | None, typer.Option(help="The same seed draws the same faults. Default: drawn.")] = None,
    faults: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    without: Annotated[str, typer.Option(help="Not these.")] = "",
    hits: Annotated[str, typer.Option(help=f"Only what hits this: {', '.join(schedule.Target)}.")] = "",
    topology: Annotated[str, typer.Option(help=f"One of {', '.join(TOPOLOGIES)}.")] = "semi-sync",
    stack: Annotated[str, typer.Option(help="Take the topology from Pulumi.<stack>.yaml instead.")] = "",
    folder: Annotated[Path, typer.Option(help="Where results and evidence go.")] = RESULTS,
) -> None:
    """Deploy a cluster of its own, break it again and again, judge, and remove it. Needs root and the sandbox."""
    chosen = catalog.chosen(_words(faults), _words(without))
    choices = schedule.hitting(hits, [choice for fault in chosen for choice in fault.choices()])
    drawn = random.SystemRandom().randrange(2**31) if seed is None else seed
    seconds = schedule.seconds(duration) if duration else None
    steps = schedule.steps(drawn, choices) if duration else schedule.repeated(drawn, choices, repeat)
    plan = Plan(drawn, _topology(topology, stack), [fault.name for fault in chosen], steps, seconds)
    if status.collect().state != "running":
        raise SandboxError("the local Kubernetes does not run as it should: `make sandbox-status` says more")
    if not _carry_out(plan, folder):
        raise typer.Exit(FOUND)


@app.command("list")
def show() -> None:
    """Show every fault, and what cannot be done here."""
    table = Table("fault", "hits", "lasts", "what happens")
    for fault in catalog.FAULTS:
        lasts = f"{fault.shortest:g}-{fault.longest:g} s" if fault.longest else "a moment"
        more = "; beyond the cluster under test" if fault.beyond else ""
        table.add_row(fault.name, ", ".join(fault.targets), lasts, fault.what + more)
    for name, why in catalog.IMPOSSIBLE.items():
        table.add_row(name, "", "", f"not possible: {why}")
    Console().print(table)


@app.command("report")
def show_report(
    runs: Annotated[
        list[Path] | None, typer.Argument(help=f"Files of results, or folders with a run.json. Default: {KEPT}/*.json.")
    ] = None,
    document: Annotated[Path, typer.Option(help="The document that gets all figures.")] = DOCUMENT,
    readme: Annotated[Path, typer.Option(help="The document that gets those that people ask about.")] = README,
) -> None:
    """Write the figures of some runs into the documents."""
    loaded = [results.load(file) for file in runs] if runs else results.load_all(KEPT)
    measured_part.put(report.document(loaded), document)
    measured_part.put(summary.summary(loaded), readme)
    console.print(f"{document} and {readme} have the figures of {len(loaded)} file(s)")


@app.command()
def heal() -> None:
    """Undo what runs that were killed have left broken, and remove their clusters."""
    paid = debts.pay_leftovers(debts.debts_folder())
    kubeconfig = campaign.sandbox_kubeconfig()
    if Path(kubeconfig).exists():
        lifetime.remove_abandoned(kubeconfig)
    for debt in paid:
        console.print(f"undone: {debt}")
    console.print(f"{len(paid)} things were left broken" if paid else "nothing was left broken")


def _carry_out(plan: Plan, results_folder: Path) -> bool:
    """Whether everything was as it must be."""
    folder = _new_folder(results_folder, plan.seed)
    done = campaign.described(plan, datetime.now(UTC).isoformat(timespec="seconds"))
    console.print(f"seed {plan.seed}, {report.title(done)}; results in {folder}")
    done.save(folder)
    try:
        with campaign.quiet(folder / "log.txt"), campaign.stage(plan, folder) as runner:
            console.print(f"[dim]{_clock()}[/] deployed in {runner.deployment.namespace}")
            for result in runner.run(_announced(plan)):
                done.results.append(result)
                done.save(folder)
                _tell(result)
    except STOPPERS as problem:
        done.problem = f"{type(problem).__name__}: {problem}"
        done.save(folder)
        console.print(f"[bold red]could not go on:[/] {escape(str(problem))}")
    except KeyboardInterrupt:
        done.problem = "interrupted"
        done.save(folder)
        console.print("interrupted: what was broken is undone, and the cluster is removed")
        _sum_up(done, folder)
        raise
    _sum_up(done, folder)
    return not done.problem and not any(result.findings for result in done.results)


def _announced(plan: Plan) -> Iterator[schedule.Step]:
    for step in campaign.within(plan.steps, plan.seconds):
        console.print(f"[dim]{_clock()}[/] {step.number:3} {step} …")
        yield step


def _tell(result: Result) -> None:
    moved = "" if result.primary_before == result.primary_after else f", now {result.primary_after} is the primary"
    console.print(
        f"[dim]{_clock()}[/]     {result.member}: no accepted write for [bold]{result.write_gap:.2f} s[/], "
        f"{result.reads_refused} reads refused, well again after {result.healthy_after:.1f} s{moved}; "
        f"{result.acknowledged} acknowledged, {result.unknown} unknown"
    )
    for finding in result.findings:
        console.print(f"[bold red]    {escape(finding)}[/]")


def _sum_up(done: Run, folder: Path) -> None:
    found = sum(bool(result.findings) for result in done.results)
    kept = [str(each) for each in sorted(folder.glob("evidence-*"))]
    console.print(f"{len(done.results)} faults, {found} with findings; {folder / results.FILE}")
    if kept:
        console.print(f"evidence: {' '.join(kept)}")


def _new_folder(results_folder: Path, seed: int) -> Path:
    folder = (results_folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{seed}").absolute()
    folder.mkdir(parents=True)
    return folder


def _topology(name: str, stack: str) -> dict[str, Any]:
    if stack:
        file = Path(f"Pulumi.{stack}.yaml")
        cluster = yaml.safe_load(file.read_text())["config"]["mysql:cluster"]
        engine = cluster.get("engine", {}).get("kind", "mysql")
        return cluster["topology"] if engine == "mysql" else {"engine": engine, **cluster["topology"]}
    if name not in TOPOLOGIES:
        raise ValueError(f"there is no topology {name!r} here; use one of {', '.join(TOPOLOGIES)}")
    return TOPOLOGIES[name]


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _clock() -> str:
    return f"{datetime.now():%H:%M:%S}"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; misuse is one message."""
    signal.signal(signal.SIGTERM, _interrupt)  # undo and remove, as after Ctrl-C
    try:
        app()
    except (ValueError, SandboxError, OSError) as error:
        print(f"faults: {error}", file=sys.stderr)
        sys.exit(MISUSE)
