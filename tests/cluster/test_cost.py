"""What an agent costs while nothing happens."""

from __future__ import annotations

import time

from .support import processes
from .support.deployment import Deployment

SECONDS = 10
MOST_MEMORY = 40e6
MOST_OF_A_CORE = 0.01


def test_an_idle_agent_is_small_and_still(cluster: Deployment) -> None:
    agents = {o: processes.host_pid(cluster.namespace, cluster.pod(o), "agent") for o in cluster.ordinals}
    began, before = time.monotonic(), {o: processes.cpu_seconds(pid) for o, pid in agents.items()}
    time.sleep(SECONDS)  # nothing to wait for: this is a measurement
    elapsed = time.monotonic() - began
    used = {o: (processes.cpu_seconds(pid) - before[o]) / elapsed for o, pid in agents.items()}
    memory = {o: processes.memory_bytes(pid) for o, pid in agents.items()}
    for ordinal in cluster.ordinals:
        print(f"\n  agent of {cluster.pod(ordinal)}: {memory[ordinal] / 1e6:.1f} MB, {used[ordinal]:.2%} of a core")
    assert max(memory.values()) < MOST_MEMORY
    assert max(used.values()) < MOST_OF_A_CORE
