"""A short set of faults under load: nothing acknowledged is lost, there is never a second primary, all is well again.

`make test-faults` runs all of them, again and again. What they cost is printed here, and measured there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.debts import Ledger
from faults.runner import Runner
from faults.scene import Scene
from faults.schedule import Step, Target

from .support.deployment import Deployment

PRIMARY, REPLICA = Target.PRIMARY, Target.REPLICA

STEPS = [
    ("kill-mysqld", PRIMARY, 0),
    ("kill-every-mysqld", Target.ALL, 0),
    ("pause-short", PRIMARY, 3),
    ("cut-peers", PRIMARY, 8),
    ("cut-peers-in", REPLICA, 8),
    ("cut-peers-out", PRIMARY, 8),
    ("cut-clients", PRIMARY, 5),
    ("cut-api", PRIMARY, 10),
    ("packet-loss", REPLICA, 8),
    ("packet-delay", PRIMARY, 8),
]


@pytest.mark.parametrize(("fault", "target", "hold"), STEPS, ids=lambda value: str(value).replace(" ", "-"))
def test_a_fault_loses_nothing(cluster: Deployment, tmp_path: Path, fault: str, target: Target, hold: float) -> None:
    runner = Runner(Scene(cluster, None, Ledger(tmp_path), ordinal=0), tmp_path)
    result = runner.once(Step(1, fault, target, hold, draw=0.5))
    print(
        f"\n  {result.member}: no accepted write for {result.write_gap:.2f} s, {result.reads_refused} reads refused, "
        f"well again after {result.healthy_after:.1f} s; {result.acknowledged} writes acknowledged"
    )
    assert result.findings == []
