"""A run that did not succeed makes the next one ask the cluster first."""

from pathlib import Path

from mysql_k8s.operate import unfinished
from mysql_k8s.operate.project import Project


def test_the_mark_lasts_until_a_run_succeeds(tmp_path: Path) -> None:
    project = Project(tmp_path, "dev", {"name": "mysql"})
    assert not unfinished.exists(project)
    unfinished.note(project)
    assert unfinished.exists(project)
    unfinished.note(project)
    unfinished.forget(project)
    assert not unfinished.exists(project)


def test_each_stack_has_its_own(tmp_path: Path) -> None:
    unfinished.note(Project(tmp_path, "dev", {}))
    assert not unfinished.exists(Project(tmp_path, "prod", {}))
