"""What holds for the backups of every server: damage is found, what cannot be is refused, what was proved is noted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backup_pods import BackupPod

Damage = Callable[[Path], None]


def check_damage(
    pod: BackupPod, command: str, target: Path, damage: Damage, message: str
) -> subprocess.CompletedProcess[str]:
    """The command says what is wrong, and nothing passes for proved. ``target``: the cluster's folder on the target."""
    damage(target)
    try:
        done = pod.run(command)
    finally:
        pod.end()
    assert done.returncode == 1
    assert message in pod.word()
    assert not list(target.glob("base/*/verified.json"))
    return done


def check_refusal(pod: BackupPod, message: str) -> None:
    """A restore says why not, and the pod's volume stays empty."""
    done = pod.run("restore")
    pod.end()
    assert done.returncode == 1
    assert message in done.stderr
    assert not (pod.folder / "var/lib/mysql/data").exists()


def proved(pod: BackupPod, target: Path) -> dict[str, Any]:
    """What a drill of the only base backup notes. ``target``: the cluster's folder on the target."""
    done = pod.run("drill")
    pod.end()
    assert done.returncode == 0, f"{done.stderr}\n{pod.log()}"
    (note,) = target.glob("base/*/verified.json")
    return json.loads(note.read_text())
