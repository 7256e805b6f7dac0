"""What the targets would do, on a machine that has nothing yet."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("target", ["up", "preview"])
@pytest.mark.parametrize("kubeconfig", ["", "/somewhere/else"])
def test_pulumi_is_there_before_it_is_used(target: str, kubeconfig: str) -> None:
    """Also where no Kubernetes of one's own is named: the local one needs no pulumi to start."""
    planned = commands(target, kubeconfig)
    builds = next(i for i, line in enumerate(planned) if "sandbox toolchain --only pulumi" in line)
    assert builds < next(i for i, line in enumerate(planned) if f"mysql_k8s.operate {target} " in line)


def test_a_kubernetes_of_ones_own_needs_no_local_one() -> None:
    assert not [line for line in commands("up", "/somewhere/else") if "sandbox up" in line]
    assert [line for line in commands("up", "") if "sandbox up" in line]


def commands(target: str, kubeconfig: str) -> list[str]:
    arguments = ["make", "--dry-run", "--always-make", target, f"KUBECONFIG={kubeconfig}"]
    return subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
