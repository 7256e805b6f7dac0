"""What `sandbox up` does first on a machine that has nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import cgroups, cluster, host, network, shell
from sandbox.errors import SandboxError
from sandbox.progress import Reporter


class Enough(Exception):
    """Raised where the test's interest ends."""


def test_no_program_is_used_before_its_package_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed: list[str] = []
    monkeypatch.setattr(shell, "system_path", lambda: "/usr/sbin:/usr/bin" if installed else str(tmp_path))
    monkeypatch.setattr(cluster, "ensure_packages", lambda needed, _reporter: installed.extend(needed))
    monkeypatch.setattr(cluster, "state_root", lambda: tmp_path)
    monkeypatch.setattr(host, "require_root", lambda _what: None)
    monkeypatch.setattr(cgroups, "check_controllers", lambda: None)
    monkeypatch.setattr(network, "conflicts", lambda _routes: [])
    monkeypatch.setattr(network, "NAMESPACES", ())
    monkeypatch.setattr(network, "HOST_INTERFACE", "mysql-k8s-none")

    def programs(_reporter: Reporter) -> None:
        raise Enough

    monkeypatch.setattr(cluster, "ensure_cluster_programs", programs)
    with pytest.raises(Enough):
        cluster.up(Reporter())
    assert "ip" in installed


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shell, "system_path", lambda: str(tmp_path))
    with pytest.raises(SandboxError, match="cannot run ip"):
        shell.output(["ip", "link"])
