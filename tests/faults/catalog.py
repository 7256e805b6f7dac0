"""Every fault there is, by name, and those that cannot be."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from . import kills, machines, network, pauses, pods, rollout, volumes
from .scene import Fault, Scene
from .schedule import Target

EACH = (Target.PRIMARY, Target.REPLICA)
PRIMARY = (Target.PRIMARY,)
ALL = (Target.ALL,)


@contextmanager
def nothing(scene: Scene) -> Generator[None]:
    """What the machine does to the load by itself: the figure to compare the others with."""
    del scene
    yield


FAULTS = (
    Fault("none", "nothing breaks: what the machine itself costs", nothing, (Target.NONE,), 10, 10, harmless=True),
    Fault("kill-mysqld", "SIGKILL of mysqld", kills.mysqld, EACH),
    Fault("kill-agent", "SIGKILL of the agent", kills.agent, EACH, harmless=True),
    Fault("kill-every-mysqld", "SIGKILL of every mysqld at once", kills.every_mysqld, ALL),
    Fault("delete-pod", "a pod deleted, with time to stop", pods.deleted, EACH),
    Fault("kill-pod", "a pod deleted with no time to stop", pods.killed, EACH),
    Fault("kill-every-pod", "all pods deleted at once with no time to stop", pods.every_one_killed, ALL),
    Fault("lose-volume", "a claim deleted, and its pod with no time to stop", pods.lost_with_claim, EACH),
    Fault("pause-short", "mysqld stopped for 3 s (SIGSTOP)", pauses.mysqld_container, EACH, 3, 3, harmless=True),
    Fault("pause-mysqld", "mysqld stopped (SIGSTOP), its agent not", pauses.mysqld_container, EACH, 30, 30),
    Fault("pause-pod", "mysqld and its agent stopped (SIGSTOP)", pauses.pod, EACH, 30, 30),
    Fault("cut-peers", "no packets to or from other pods", network.from_peers, EACH, 15, 30),
    Fault("cut-peers-in", "no packets from other pods", network.from_peers_incoming, EACH, 15, 30),
    Fault("cut-peers-out", "no packets to other pods", network.from_peers_outgoing, EACH, 15, 30),
    Fault("cut-clients", "no packets to or from clients", network.from_clients, PRIMARY, 10, 20),
    Fault("cut-api", "no packets to or from the API server", network.from_api_server, EACH, 20, 40),
    Fault("packet-loss", f"{network.LOSS_PERCENT} % of all packets lost", network.loss, EACH, 15, 30),
    Fault("packet-delay", f"every packet {network.DELAY_MILLISECONDS} ms late", network.delay, EACH, 15, 30),
    Fault("full-volume", "no room on the volume", volumes.full, EACH, 10, 20),
    Fault("rolling-update", "a changed setting, applied under load", rollout.changed_setting, ALL),
    Fault("cut-node", "the node's cable pulled", machines.cut, EACH, 30, 30, beyond=True),
    Fault("stop-node", "the node switched off, and on again", machines.stopped, EACH, 10, 20, beyond=True),
    Fault("stop-control", "API server and etcd stopped (SIGSTOP)", pauses.control_plane, ALL, 60, 60, beyond=True),
)
BY_NAME = {fault.name: fault for fault in FAULTS}

IMPOSSIBLE = {
    "clock-jump": "a container has the machine's clock: Linux has namespaces for the monotonic clock and for the time "
    "since boot, and none for the time of day, and the clock of the machine is not ours to change; what a group does "
    "then is tested with servers that are told another time (tests/test_clock_jump_mysqld.py)",
}


def chosen(names: Iterable[str], without: Iterable[str]) -> list[Fault]:
    """By name; no names: all. Raises ValueError for a name that is none."""
    wanted, unwanted = list(names), set(without)
    for name in (*wanted, *unwanted):
        if name in IMPOSSIBLE:
            raise ValueError(f"{name} cannot be done: {IMPOSSIBLE[name]}")
        if name not in BY_NAME:
            raise ValueError(f"there is no fault {name!r}; the faults are {', '.join(BY_NAME)}")
    return [fault for fault in FAULTS if (not wanted or fault.name in wanted) and fault.name not in unwanted]
