"""The command line. Every command is one call; what it needs is imported when it runs, so that --help is quick."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from .console import say, show
from .errors import INTERRUPTED, OperateError

app = typer.Typer(
    help="Run a MySQL cluster that is a Pulumi stack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Statements = Annotated[str | None, typer.Argument(help="SQL to run; standard input is read where it is a pipe.")]
Yes = Annotated[bool, typer.Option("--yes", envvar="YES", help="Do not ask.")]
Stack = Annotated[str, typer.Option("--stack", "-s", envvar="STACK", help="The stack: Pulumi.<stack>.yaml.")]


@app.command()
def up(stack: Stack = "dev") -> None:
    """Make the cluster what the stack says. Ends early, with one message, where a pod cannot start."""
    from .session import Session
    from .up import up

    up(Session.of(stack))


@app.command()
def preview(
    stack: Stack = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request.")] = False,
) -> None:
    """Show what `up` would change, and what that does. Exit status: 0; 1 something refuses it, 4 data is at risk."""
    from . import preview as previews
    from .session import Session

    draw = previews.as_json_text if as_json else previews.as_markdown_text if as_markdown else previews.as_tree
    raise typer.Exit(previews.preview(Session.of(stack), draw))


@app.command()
def outputs(stack: Stack = "dev") -> None:
    """Print the stack's outputs as JSON; secret values are left out."""
    from .preview import outputs
    from .session import Session

    show(outputs(Session.of(stack)))


@app.command()
def status(
    stack: Stack = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again every two seconds.")] = False,
) -> None:
    """Show the members. Exit status: 0 healthy, 2 degraded, 3 nothing deployed."""
    from . import status
    from .session import Session

    session = Session.of(stack)
    if watch:
        status.watch(session)
    raise typer.Exit(status.print_json(session) if as_json else status.print_table(session))


@app.command()
def sql(
    statements: Statements = None,
    stack: Stack = "dev",
) -> None:
    """Open a mysql client on the primary, or run SQL there."""
    from . import sql
    from .session import Session

    session = Session.of(stack)
    if statements is not None:
        raise typer.Exit(sql.execute(session, statements))
    raise typer.Exit(sql.interactive(session) if sys.stdin.isatty() else sql.execute_input(session))


@app.command()
def down(
    stack: Stack = "dev",
    delete_claims: Annotated[bool, typer.Option("--delete-claims", help="Delete the data too; asks first.")] = False,
) -> None:
    """Take the cluster away. The data stays in its claims."""
    from . import down
    from .session import Session

    session = Session.of(stack)
    if delete_claims:
        down.down_with_claims(session, input)
    else:
        down.down(session)


@app.command()
def backup(stack: Stack = "dev") -> None:
    """Take a base backup now and wait for it."""
    from .backups import backup
    from .session import Session

    backup(Session.of(stack))


@app.command()
def backups(
    stack: Stack = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the base backups and how far the archive of binary logs reaches."""
    from .backups import backups
    from .session import Session

    backups(Session.of(stack), as_json=as_json)


@app.command()
def rebuild(
    member: Annotated[int, typer.Argument(help="The member's number.", min=0)],
    yes: Yes = False,
    stack: Stack = "dev",
) -> None:
    """Delete a replica's data and have it copied anew from another member; asks first."""
    from .rebuild import rebuild
    from .session import Session

    session = Session.of(stack)
    rebuild(session, member, _agree(yes, f"{session.deployed.name}-{member}"))


@app.command()
def restore(
    until: Annotated[
        str, typer.Option(help="A time with its zone, or a GTID set; the newest state unless given.")
    ] = "",
    base: Annotated[str, typer.Option("--backup", help="A base backup just as it is, by its id.")] = "",
    yes: Yes = False,
    stack: Stack = "dev",
) -> None:
    """Make the data what it was at a moment; asks first. The present volumes are kept. Goes on after a crash."""
    from .restore import restore
    from .restore_state import Order
    from .session import Session

    if until and base:
        raise OperateError("UNTIL and BACKUP exclude each other: a base backup is a moment of its own.")
    session = Session.of(stack)
    restore(session, Order(until, base), _agree(yes, session.deployed.name))


@app.command("restore-back")
def restore_back(yes: Yes = False, stack: Stack = "dev") -> None:
    """Undo a restore: the volumes from before are put back; asks first."""
    from .restore import back
    from .session import Session

    session = Session.of(stack)
    back(session, _agree(yes, session.deployed.name))


@app.command("restore-done")
def restore_done(yes: Yes = False, stack: Stack = "dev") -> None:
    """Delete the volumes that a restore has kept; asks first."""
    from .restore import done
    from .session import Session

    session = Session.of(stack)
    done(session, _agree(yes, session.deployed.name))


def _agree(yes: bool, name: str) -> Callable[[str], str]:
    """Whom to ask for the name of what is at stake: nobody, where it was agreed to beforehand."""
    return (lambda _question: name) if yes else input


@app.command()
def cluster(stack: Stack = "dev") -> None:
    """Name the Kubernetes cluster that the commands work on, after asking whether it answers."""
    from .session import Session

    kube = Session.of(stack).connect()
    show(f"{kube.server} (context {kube.context}), Kubernetes {kube.version()}")


@app.command()
def env(stack: Stack = "dev") -> None:
    """Print shell `export` lines under which `pulumi` itself works on the stack."""
    import os

    from .environment import export_lines
    from .session import Session

    show(export_lines(Session.of(stack).pulumi.environment, os.environ))


@app.command()
def kubeconfig(stack: Stack = "dev") -> None:
    """Print the path of the kubeconfig that the commands use."""
    from .session import Session

    show(Session.of(stack).kubeconfig)


def main() -> NoReturn:
    """Errors end in one plain message, interruptions without any."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except OperateError as error:
        say(f"error: {error.message}")
        sys.exit(error.code)
    except (KeyboardInterrupt, EOFError):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(INTERRUPTED)
    sys.exit(0)
