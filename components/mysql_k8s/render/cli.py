"""The command line: render a stack, keep the result under version control, compare two revisions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pulumi import RunError

from ..operate.console import say, show
from ..operate.errors import OperateError
from . import lint as linters
from . import stacks
from .compare import changes
from .errors import RenderError
from .report import as_markdown, as_text
from .revisions import manifests_at

app = typer.Typer(
    help=__doc__,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack: Pulumi.<stack>.yaml.")]
Program = Annotated[Path, typer.Option("--program", "-C", help="The folder of the program.")]


@app.callback()
def render(context: typer.Context, stack: Stack = "dev", program: Program = Path()) -> None:
    """Print the manifests of a stack, with secrets masked."""
    if context.invoked_subcommand:
        return
    found, missing = stacks.render(program, stack)
    for each in missing:
        say(f"not rendered, as its provider makes it: {each}")
    show(stacks.as_text(stack, found).rstrip())


@app.command()
def golden(program: Program = Path()) -> None:
    """Write rendered/<stack>.yaml of every stack, to be committed."""
    for stack in stacks.names(program):
        file = stacks.golden(program, stack)
        found, _ = stacks.render(program, stack)
        file.parent.mkdir(exist_ok=True)
        file.write_text(stacks.as_text(stack, found))
        say(f"{file}: {len(found)} objects")


@app.command()
def diff(
    base: Annotated[str, typer.Option("--base", help="A commit, branch or tag to compare the working tree with.")],
    stack: Annotated[list[str] | None, typer.Option("--stack", "-s", help="Only this stack.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown, for a pull request.")] = False,
    program: Program = Path(),
) -> None:
    """Print what differs from what another revision rendered, by object and property."""
    found = {
        each: changes(manifests_at(program, base, each), stacks.render(program, each)[0])
        for each in stack or stacks.names(program)
    }
    show(as_markdown(found, base) if markdown else as_text(found))


@app.command()
def lint(program: Program = Path()) -> None:
    """Run kube-score and checkov over rendered/, and fail for what rendered/accepted.yaml has no reason for."""
    files = [stacks.golden(program, each) for each in stacks.names(program)]
    found = [*linters.kube_score(files), *linters.checkov(files)]
    accepted = linters.read_accepted(stacks.accepted(program).read_text())
    wrong = linters.problems(found, accepted)
    for each in wrong:
        show(each)
    say(f"{len(files)} stacks: {len(found)} findings, {len(found) - len(wrong)} with a reason")
    raise typer.Exit(1 if wrong else 0)


def main() -> NoReturn:
    """What the user can put right ends in one plain message; a bug of the program in its traceback."""
    try:
        app()
    except (OperateError, RenderError, RunError) as error:
        say(f"error: {error}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(0)
