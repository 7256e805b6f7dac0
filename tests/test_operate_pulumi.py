"""Running pulumi: a stand-in on PATH notes how it is called and what signals it gets."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mysql_k8s.operate.environment import Environment
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.project import Project, find
from mysql_k8s.operate.pulumi import Pulumi
from mysql_k8s.operate.stack_config import prepare

STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, signal, sys, time
notes = pathlib.Path(os.environ["NOTES"])
def note(text):
    with notes.open("a") as file: file.write(text + "\\n")
note(" ".join(sys.argv[1:]))
script = json.loads(os.environ.get("SCRIPT", "{{}}"))
def interrupted(*_):
    note("SIGINT")
    if script.get("stubborn", 0) < notes.read_text().count("SIGINT"):
        sys.exit(script.get("status", 1))
signal.signal(signal.SIGINT, interrupted)
note("ready")
deadline = time.monotonic() + script.get("seconds", 0)
while time.monotonic() < deadline:
    time.sleep(0.02)
sys.stdout.write(script.get("stdout", ""))
sys.stderr.write(script.get("stderr", ""))
sys.exit(script.get("status", 0))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: mysql\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return find(tmp_path, "dev")


class StandIn:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.folder = project.root / "bin"
        self.folder.mkdir()
        program = self.folder / "pulumi"
        program.write_text(STAND_IN)
        program.chmod(0o755)
        self.notes = project.root / "notes"

    def pulumi(self, **script: object) -> Pulumi:
        environment: Environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "NOTES": str(self.notes),
            "SCRIPT": json.dumps(script),
        }
        return Pulumi(self.project, environment, prepare(self.project))

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def wait_until_ready(self) -> None:
        while "ready" not in self.noted():
            time.sleep(0.02)


@pytest.fixture
def stand_in(project: Project) -> StandIn:
    return StandIn(project)


def test_a_whole_stack_command_gets_the_stack_and_the_configuration(stand_in: StandIn) -> None:
    assert stand_in.pulumi().run("up", "--yes") == 0
    words = stand_in.noted()[0].split()
    assert words[:2] == ["up", "--yes"]
    assert "--non-interactive" in words
    assert words[words.index("--stack") + 1] == "dev"
    assert words[words.index("--config-file") + 1] == str(stand_in.project.state / "project" / "Pulumi.dev.yaml")


def test_the_exit_status_is_passed_on(stand_in: StandIn) -> None:
    assert stand_in.pulumi(status=7).run("up") == 7


def test_waiting_comes_back_while_it_runs(stand_in: StandIn) -> None:
    running = stand_in.pulumi(seconds=30).start("up")
    assert running.wait(0.05) is None
    stand_in.wait_until_ready()
    assert running.end() == 1


def test_it_is_interrupted_once_and_waited_for(stand_in: StandIn) -> None:
    running = stand_in.pulumi(seconds=30, status=255).start("up")
    stand_in.wait_until_ready()
    assert running.end() == 255
    assert stand_in.noted().count("SIGINT") == 1


def test_one_that_does_not_listen_is_interrupted_again(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mysql_k8s.operate.pulumi.INTERRUPT_SECONDS", 0.3)
    running = stand_in.pulumi(seconds=30, stubborn=1).start("up")
    stand_in.wait_until_ready()
    assert running.end() == 1
    assert stand_in.noted().count("SIGINT") == 2


def test_ending_what_has_ended_sends_nothing(stand_in: StandIn) -> None:
    running = stand_in.pulumi().start("up")
    running.wait(None)
    assert running.end() == 0
    assert "SIGINT" not in stand_in.noted()


def test_ctrl_c_in_a_terminal_reaches_pulumi_exactly_once(stand_in: StandIn) -> None:
    """The terminal interrupts our whole process group; a second interrupt would make pulumi drop everything."""
    pulumi = stand_in.pulumi(seconds=30)
    program = (
        # Started in the background of a shell, a process ignores interrupts; one in a terminal does not.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "import os, sys; from pathlib import Path; from mysql_k8s.operate.project import find;"
        "from mysql_k8s.operate.pulumi import Pulumi; from mysql_k8s.operate.stack_config import prepare;"
        f"project = find(Path({str(stand_in.project.root)!r}), 'dev');"
        "Pulumi(project, dict(os.environ), prepare(project)).run('up')"
    )
    environment = {**os.environ, **pulumi.environment}
    caller = subprocess.Popen([sys.executable, "-c", program], env=environment, start_new_session=True, stderr=-1)
    stand_in.wait_until_ready()
    os.killpg(caller.pid, signal.SIGINT)
    caller.communicate(timeout=20)
    assert stand_in.noted().count("SIGINT") == 1


def test_whatever_goes_wrong_while_it_runs_it_is_ended_first(stand_in: StandIn) -> None:
    """Ctrl-C may come while something else than pulumi is waited for."""
    with pytest.raises(KeyboardInterrupt), stand_in.pulumi(seconds=30).start("up") as running:
        stand_in.wait_until_ready()
        raise KeyboardInterrupt
    assert running.wait(0) == 1
    assert stand_in.noted().count("SIGINT") == 1


def test_an_absent_stack_is_told_from_a_failure(stand_in: StandIn) -> None:
    assert stand_in.pulumi(status=255, stderr="error: no stack named 'dev' found").export() is None
    with pytest.raises(OperateError, match="incorrect passphrase"):
        stand_in.pulumi(status=255, stderr="error: incorrect passphrase\n").export()


def test_outputs(stand_in: StandIn) -> None:
    assert stand_in.pulumi(stdout='{"name": "orders"}').outputs() == {"name": "orders"}


def test_the_stack_is_made_where_pulumi_may_write_its_salt(stand_in: StandIn) -> None:
    stand_in.pulumi().create()
    words = stand_in.noted()[0].split()
    assert words[:2] == ["stack", "init"]
    assert words[words.index("--cwd") + 1] == str(stand_in.project.state / "project")


def test_no_pulumi_at_all(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(OperateError, match="pulumi is not on PATH"):
        Pulumi(project, {"PATH": str(empty)}, project.stack_file).export()
    with pytest.raises(OperateError, match="pulumi is not on PATH"):
        Pulumi(project, {"PATH": str(empty)}, project.stack_file).start("up")
