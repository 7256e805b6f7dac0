"""The command line: help, and errors that are one line and no traceback."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mysql_k8s.operate import cli

COMMANDS = ["up", "preview", "outputs", "status", "sql", "down", "env", "cluster", "kubeconfig"]


@dataclass(frozen=True)
class Answer:
    status: object
    output: str
    errors: str


Run = Callable[..., Answer]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("STACK", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType]

    def call(*arguments: str, folder: Path | None = None, **environment: str) -> Answer:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(folder or Path.cwd())
        monkeypatch.setattr("sys.argv", ["operate", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        return Answer(ended.value.code, written.out, written.err)

    return call


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: mysql\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return tmp_path


def test_help_names_every_command(run: Run) -> None:
    text = run("--help").output
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_a_stack(run: Run, command: str) -> None:
    answer = run(command, "--help")
    assert answer.status == 0
    assert "--stack" in answer.output


def one_line(answer: Answer) -> str:
    assert answer.status == 1
    assert answer.errors.startswith("error: ")
    assert answer.errors.count("\n") == 1
    return answer.errors


@pytest.mark.parametrize("command", ["up", "status", "sql", "down", "preview", "outputs", "cluster"])
def test_outside_of_a_project(run: Run, command: str, tmp_path: Path) -> None:
    assert "No Pulumi.yaml" in one_line(run(command, folder=tmp_path))


def test_an_unknown_stack(run: Run, project: Path) -> None:
    assert "no stack 'live'" in one_line(run("up", "--stack", "live", folder=project))


@pytest.mark.parametrize("command", ["cluster", "up", "status"])
def test_a_wrong_kubeconfig(run: Run, command: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mysql_k8s.operate.pulumi.Pulumi.outputs", lambda _: {})  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setattr("mysql_k8s.operate.pulumi.Pulumi.export", lambda _: {})  # pyright: ignore[reportUnknownLambdaType]
    assert "does not exist" in one_line(run(command, folder=project, KUBECONFIG="/no/such/file"))


def test_the_path_of_the_kubeconfig(run: Run, project: Path) -> None:
    assert run("kubeconfig", folder=project, KUBECONFIG="/mine").output == "/mine\n"


def test_the_lines_for_a_shell_name_no_secret(run: Run, project: Path) -> None:
    text = run("env", folder=project, KUBECONFIG="/mine").output
    assert f"export PULUMI_BACKEND_URL=file://{project}/.state" in text
    assert (project / ".state" / "passphrase").read_text() not in text


def test_no_project_may_be_written_to_by_help(run: Run, tmp_path: Path) -> None:
    run("up", "--help", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
