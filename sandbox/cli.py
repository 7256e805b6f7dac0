"""The commands of `python -m sandbox`."""

import json
import shlex
import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from sandbox import cluster, containers, images, linters, nodes, on_demand, programs, rootfs, status
from sandbox.errors import SandboxError
from sandbox.layout import Layout
from sandbox.paths import state_root
from sandbox.progress import Reporter, fail

STOPPED = 3
"""Exit code of commands that need a running cluster when there is none."""

app = typer.Typer(
    name="sandbox",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A real three-node Kubernetes on this machine, and the tools to deploy to it.",
)
toolchain_app = typer.Typer(invoke_without_command=True, help="Build the programs that are not in the cache yet.")
node_app = typer.Typer(no_args_is_help=True, help="Lose a node, and get it back, for tests.")
app.add_typer(toolchain_app, name="toolchain")
app.add_typer(node_app, name="node")


class Part(StrEnum):
    """What `toolchain --only` builds."""

    PULUMI = "pulumi"
    CLUSTER = "cluster"
    LANGUAGE_YAML = "language-yaml"
    ACTIONLINT = "actionlint"
    RCLONE = "rclone"
    LINTERS = "linters"


class Tree(StrEnum):
    """The root file systems that `rootfs` gives."""

    MYSQL = "mysql"
    MARIADB = "mariadb"
    ROUTER = "router"
    PYTHON = "python"


class ImageOnDemand(StrEnum):
    """The images that are made and imported only when they are asked for."""

    MARIADB = "mariadb"
    ROUTER = "router"


@app.command()
def up() -> None:
    """Start the cluster, or say that it is up. Builds what is missing. Needs root."""
    cluster.up(Reporter())


@app.command()
def down() -> None:
    """End the cluster and delete its data, volumes included; programs and images stay. Needs root."""
    cluster.down(Reporter())


@app.command("status")
def show_status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show nodes and processes. Exit code 0: running, 1: running with problems, 3: not running."""
    found = status.collect()
    if as_json:
        print(json.dumps(status.as_dict(found), indent=2))
    else:
        status.show(found, Console())
    raise typer.Exit({"running": 0, "degraded": 1}.get(found.state, STOPPED))


@app.command()
def kubeconfig() -> None:
    """Print the path of the cluster's kubeconfig."""
    path = Layout(state_root()).kubeconfig
    if not path.is_file():
        print("no cluster is running: `python -m sandbox up` starts one", file=sys.stderr)
        raise typer.Exit(STOPPED)
    print(path)


@app.command()
def env() -> None:
    """Print shell `export` lines under which `pulumi` is the sandbox's: eval "$(python -m sandbox env)"."""
    for name, value in programs.environment().items():
        print(f"export {name}={shlex.quote(value)}")


@toolchain_app.callback()
def toolchain(
    context: typer.Context,
    only: Annotated[Part | None, typer.Option(help="Build only this part.")] = None,
) -> None:
    """Build the programs that are not in the cache yet: the Pulumi CLI, unless PATH has one, and the cluster's."""
    if context.invoked_subcommand:
        return
    reporter = Reporter()
    if only == Part.LANGUAGE_YAML:
        print(programs.ensure_language_yaml(reporter))
    if only == Part.ACTIONLINT:
        print(programs.ensure_actionlint(reporter))
    if only == Part.RCLONE:
        print(programs.ensure_rclone(reporter))
    if only == Part.LINTERS:
        print(linters.ensure_linters(reporter))
    if only in (None, Part.PULUMI):
        own = programs.installed_pulumi()
        if own:
            reporter.say(f"using {own}, which is on PATH: nothing to build")
        else:
            print(programs.ensure_cli(reporter))
    if only in (None, Part.CLUSTER):
        for path in programs.ensure_cluster_programs(reporter).values():
            print(path)


@toolchain_app.command("path")
def toolchain_path() -> None:
    """Print the folder with `pulumi` and its programs."""
    own = programs.installed_pulumi()
    folder = own.parent if own else programs.cli_folder()
    if not folder.is_dir():
        raise SandboxError("the Pulumi CLI is not built yet: `python -m sandbox toolchain --only pulumi` builds it")
    print(folder)


@app.command("images")
def build_images() -> None:
    """Build the images that are not in the cache yet, and print their names. Building needs root."""
    images.ensure_store(Reporter())
    for image in images.IMAGES:
        print(image.reference)


@app.command("image")
def provide_image(name: ImageOnDemand) -> None:
    """Have an image that not every cluster needs on the running nodes, and print its name. Needs root."""
    print(on_demand.provide(name.value, Reporter()))


@app.command("rootfs")
def show_rootfs(name: Tree) -> None:
    """Print the folder with an image's files, made if it is not in the cache. Do not write there."""
    recipe = rootfs.RECIPES[name.value]
    print(rootfs.ensure_rootfs(recipe, Reporter()) / "tree")


@app.command()
def pid(
    pod: str,
    container: str,
    namespace: Annotated[str, typer.Option("--namespace", "-n")] = "default",
) -> None:
    """Print the process number, on this machine, of a container's first process, and its node."""
    found = containers.find(namespace, pod, container)
    print(found.pid, found.node.name)


@node_app.command("cut")
def node_cut(number: int) -> None:
    """Pull a node's network cable."""
    nodes.cut_node(number)


@node_app.command("heal")
def node_heal(number: int) -> None:
    """Plug a node's network cable in again."""
    nodes.heal_node(number)


@node_app.command("stop")
def node_stop(number: int) -> None:
    """Switch a node off, with all of its pods, as by a power cut."""
    nodes.stop_node(number)


@node_app.command("start")
def node_start(number: int) -> None:
    """Switch a node on again."""
    nodes.start_node(number)


def main() -> None:
    """Run the command line; a failure is one message and exit code 1."""
    try:
        app()
    except (SandboxError, OSError) as error:  # OSError: a full disk, a folder that is another user's
        fail(error)
        sys.exit(1)
    except KeyboardInterrupt:
        fail(SandboxError("interrupted; what was begun is finished or removed by the next run"))
        sys.exit(130)
