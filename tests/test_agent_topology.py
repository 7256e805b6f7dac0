"""The seam between the agent's loop and the topologies, and what a group's primary does for the others."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import agent_facts
import pytest
from agent_facts import gtids, local
from group_facts import facts, inside, outside, seats, settings

from mysql_k8s import GroupReplication, MySQLClusterArgs
from mysql_k8s.agent import actions as act
from mysql_k8s.agent import leadership, loop
from mysql_k8s.agent.facts import Facts, Mark, Silent
from mysql_k8s.agent.galera import GaleraMember
from mysql_k8s.agent.health import Health
from mysql_k8s.agent.kubernetes import Kubernetes, KubernetesError, PodSeen
from mysql_k8s.agent.leadership import Leadership
from mysql_k8s.agent.loop import Agent
from mysql_k8s.agent.mysqld import ANSWER_SECONDS, FROZEN_SECONDS
from mysql_k8s.agent.settings import SettingsFile
from mysql_k8s.agent.topology import ElectedPrimary, FixedPrimary, topology_of
from mysql_k8s.agent.topology_galera import GaleraCluster
from mysql_k8s.agent.wire import report_from_json, report_to_json
from mysql_k8s.names import Names
from mysql_k8s.objects import config_map

ALL = seats(0, 1, 2)
PRIMARY = Health("primary", True, "")
REPLICA = Health("replica", True, "")


class RecordedKubernetes(Kubernetes):
    """Notes what is asked of the API server."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.asked: list[str] = []
        self.pods = {pod: PodSeen("primary", being_deleted=False) for pod in ("db-1", "db-2")}
        self.notes: dict[str, str] = {}
        self.fails = False

    def look(self, pod: str) -> PodSeen | None:
        return self.pods.get(pod)

    def label_role(self, pod: str, role: str | None) -> None:
        self.asked.append(f"label {pod} {role}")

    def leave_replicas(self, pod: str) -> None:
        self.asked.append(f"no replica: {pod}")

    def exchange_role(self, pod: str, old: str, new: str) -> None:
        self.asked.append(f"give {pod} {new}")

    def take_role(self, pod: str, role: str) -> None:
        if self.fails:
            raise KubernetesError("no answer")
        self.asked.append(f"take {role} from {pod}")

    def note_held(self, claim: str, held: str) -> None:
        self.notes[claim] = held

    def held(self, claim: str) -> str | None:
        if self.fails:
            raise KubernetesError("no answer")
        return self.notes.get(claim)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(leadership.time, "monotonic", lambda: now[0])
    return now


def of_primary(*, gone: tuple[int, ...] = (), executed: str = "9:1-9") -> Facts:
    view = seats(0, *(o for o in (1, 2) if o not in gone), gone=gone)
    return facts(local(inside(0, executed, view)))


def test_the_primary_takes_its_label_off_the_others_once(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    leading = Leadership(kubernetes, 0)
    for _ in range(3):
        leading.take_labels(of_primary(), PRIMARY)
        clock[0] += 60
    assert kubernetes.asked == ["take primary from db-1", "take primary from db-2"]


def test_it_looks_again_while_a_member_is_missing(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    leading = Leadership(kubernetes, 0)
    leading.take_labels(of_primary(gone=(2,)), PRIMARY)
    clock[0] += 1
    leading.take_labels(of_primary(gone=(2,)), PRIMARY)
    assert len(kubernetes.asked) == 2
    clock[0] += 5
    leading.take_labels(of_primary(gone=(2,)), PRIMARY)
    assert len(kubernetes.asked) == 4


def test_what_failed_is_done_again(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    leading = Leadership(kubernetes, 0)
    kubernetes.fails = True
    with pytest.raises(KubernetesError):
        leading.take_labels(of_primary(), PRIMARY)
    kubernetes.fails = False
    leading.take_labels(of_primary(), PRIMARY)
    assert len(kubernetes.asked) == 2


def test_a_pod_without_the_label_is_left_alone(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    kubernetes.pods = {"db-1": PodSeen("replica", being_deleted=True)}
    leading = Leadership(kubernetes, 0)
    leading.take_labels(of_primary(), PRIMARY)
    leading.take_late_labels()
    assert not kubernetes.asked


def test_a_pod_that_is_being_deleted_keeps_the_label_until_its_successor_has_it(clock: list[float]) -> None:
    """Its Service leads to it only while there is no other, so the Service is never empty."""
    kubernetes = RecordedKubernetes()
    kubernetes.pods["db-1"] = PodSeen("primary", being_deleted=True)
    leading = Leadership(kubernetes, 0)
    leading.take_labels(of_primary(), PRIMARY)
    assert kubernetes.asked == ["take primary from db-2"]
    kubernetes.fails = True
    with pytest.raises(KubernetesError):
        leading.take_late_labels()
    kubernetes.fails = False
    leading.take_late_labels()
    leading.take_late_labels()
    assert kubernetes.asked == ["take primary from db-2", "take primary from db-1"]


def test_a_primary_that_stops_takes_no_label(clock: list[float]) -> None:
    """Its successor may have it already."""
    kubernetes = RecordedKubernetes()
    facts_of_leaver = replace(of_primary(gone=(2,)), stopping_seconds=2.0, being_deleted=True)
    Leadership(kubernetes, 0).take_labels(facts_of_leaver, PRIMARY)
    assert not kubernetes.asked


def test_a_secondary_takes_nothing(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    Leadership(kubernetes, 1).take_labels(facts(local(inside(1, "9:1-9", ALL))), REPLICA)
    Leadership(kubernetes, 1).note_held(facts(local(inside(1, "9:1-9", ALL))), REPLICA)
    assert not kubernetes.asked
    assert not kubernetes.notes


def test_the_primary_notes_what_the_group_holds_now_and_then(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    leading = Leadership(kubernetes, 0)
    leading.note_held(of_primary(), PRIMARY)
    assert kubernetes.notes == {f"data-db-{ordinal}": str(gtids("9:1-9")) for ordinal in range(3)}
    leading.note_held(of_primary(executed="9:1-10"), PRIMARY)
    assert kubernetes.notes["data-db-1"] == str(gtids("9:1-9"))
    clock[0] += 30
    leading.note_held(of_primary(executed="9:1-11"), PRIMARY)
    assert kubernetes.notes["data-db-1"] == str(gtids("9:1-11"))


def test_the_claims_are_asked_only_while_no_group_runs(clock: list[float]) -> None:
    kubernetes = RecordedKubernetes()
    kubernetes.notes = {"data-db-0": str(gtids("9:1-4")), "data-db-2": str(gtids("9:1-9"))}
    leading = Leadership(kubernetes, 1)
    own = local(outside(1, "9:1-5"))
    assert leading.mark(settings(), own, {0: Silent("down"), 2: outside(2, "9:1-5")}) == Mark(held=gtids("9:1-9"))
    kubernetes.fails = True
    clock[0] += 10
    assert leading.mark(settings(), own, {0: Silent("down")}) == Mark(readable=False)
    assert leading.mark(settings(), own, {0: inside(0, "9:1-9", seats(0))}) == Mark()


def test_each_topology_is_chosen_by_its_name() -> None:
    assert isinstance(topology_of(settings()), ElectedPrimary)
    assert isinstance(topology_of(agent_facts.settings()), FixedPrimary)
    assert isinstance(topology_of(agent_facts.settings(members=1)), FixedPrimary)


def test_who_is_compared_with_and_asked() -> None:
    topology = ElectedPrimary(settings())
    own = local(inside(1, "9:1-9", seats(2, 0, 1)))
    assert topology.primary(own) == 2
    assert topology.fresh(1, own, {}) == [2]
    assert topology.fresh(1, own, {2: Silent("cut off")}) == [], "waiting for it would delay what follows from its loss"
    assert topology.fresh(2, own, {}) == []


def test_a_writer_whose_server_was_killed_is_asked_until_it_is_back() -> None:
    """It may be in the view again before the others see it gone; only its agent then says that it has to catch up."""
    topology, own = GaleraCluster(settings()), replace(local(inside(1, "9:1-9", ALL)), galera=GaleraMember(writer=2))
    assert topology.fresh(1, own, {}) == [2]
    assert topology.fresh(1, own, {2: Silent("mariadbd does not answer", answered=True)}) == [2]
    assert topology.fresh(1, own, {2: Silent("timed out")}) == [], "waiting for it would delay what follows"
    assert topology.fresh(2, own, {}) == []
    assert topology.primary(None) is None


def test_the_loop_hurries_while_the_group_changes() -> None:
    topology = ElectedPrimary(settings())
    quiet, changing = local(inside(0, "9:1", ALL)), local(inside(0, "9:1", seats(0, 1, gone=(2,))))
    assert topology.pace(changing) < topology.pace(quiet) <= topology.pace(None) <= 1.0


def test_an_agent_keeps_the_topology_that_it_was_started_with(tmp_path: Path) -> None:
    names = Names.of("orders", "shop")
    file = tmp_path / "cluster.json"
    file.write_text(config_map.cluster_json(MySQLClusterArgs(), names))
    declared = SettingsFile(file)
    agent = Agent(declared, 0, "uid")
    file.write_text(config_map.cluster_json(MySQLClusterArgs(topology=GroupReplication(members=5)), names))
    assert declared.renew()
    assert (agent.settings.topology, agent.settings.members) == ("replication", 5)


def test_a_report_crosses_the_wire() -> None:
    report = replace(inside(1, "9:1-9", seats(0, 1, gone=(2,)), stopping=True), sends=3)
    assert report_from_json(report_to_json(report)) == report
    waiting = replace(report, unacknowledged_seconds=4.0)
    assert report_from_json(report_to_json(waiting)) == waiting


def test_a_report_of_an_earlier_release_is_understood() -> None:
    raw = json.loads(report_to_json(outside(1, "9:1-9")))
    del raw["group"], raw["stopping"], raw["sends"]
    report = report_from_json(json.dumps(raw))
    assert (report.group, report.stopping, report.sends) == (None, False, 0)


def test_a_role_is_taken_and_exchanged_only_if_it_is_what_it_was_thought_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server refuses the whole patch with 422 if its test fails; 404 is a pod that does not exist."""
    asked: list[tuple[object, ...]] = []

    answers = [(200, "{}"), (422, "{}")]

    def record(
        self: Kubernetes, method: str, path: str, body: object, kind: str, *, accept: tuple[int, ...]
    ) -> tuple[int, str]:
        asked.append((method, path, body, kind, accept))
        return answers[len(asked) - 1]

    monkeypatch.setattr(Kubernetes, "_ask", record)
    Kubernetes("shop").take_role("db-1", "primary")
    Kubernetes("shop").exchange_role("db-1", "replica", "primary")
    label = "/metadata/labels/mysql-k8s~1role"
    pod, kind, accepted = "/api/v1/namespaces/shop/pods/db-1", "application/json-patch+json", (200, 404, 422)
    taken = [{"op": "test", "path": label, "value": "primary"}, {"op": "remove", "path": label}]
    given = [
        {"op": "test", "path": label, "value": "replica"},
        {"op": "replace", "path": label, "value": "primary"},
    ]
    assert asked == [("PATCH", pod, patch, kind, accepted) for patch in (taken, given)]


@pytest.mark.parametrize(
    ("status", "metadata", "seen"),
    [
        (404, {}, None),
        (200, {}, PodSeen(None, being_deleted=False)),
        (200, {"labels": {"mysql-k8s/role": "replica"}}, PodSeen("replica", being_deleted=False)),
        (200, {"labels": {}, "deletionTimestamp": "2026-01-01T00:00:00Z"}, PodSeen(None, being_deleted=True)),
    ],
)
def test_a_pod_is_looked_at_by_a_patch_that_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, status: int, metadata: dict[str, object], seen: PodSeen | None
) -> None:
    asked: list[tuple[str, str, object]] = []

    def record(
        self: Kubernetes, method: str, path: str, body: object, kind: str, *, accept: tuple[int, ...]
    ) -> tuple[int, str]:
        asked.append((method, path, body))
        return status, json.dumps({"metadata": metadata})

    monkeypatch.setattr(Kubernetes, "_ask", record)
    assert Kubernetes("shop").look("db-1") == seen
    assert asked == [("PATCH", "/api/v1/namespaces/shop/pods/db-1", {})]


def test_a_new_primary_leaves_the_replicas_only_after_it_has_its_role(monkeypatch: pytest.MonkeyPatch) -> None:
    patches: list[object] = []

    def record(self: Kubernetes, method: str, path: str, body: object, kind: str, *, accept: tuple[int, ...]) -> None:
        patches.append(body)

    monkeypatch.setattr(Kubernetes, "_ask", record)
    for role in ("replica", "primary", None):
        Kubernetes("shop").label_role("db-1", role)
        if role == "primary":
            Kubernetes("shop").leave_replicas("db-1")
    role, replica = "mysql-k8s/role", "mysql-k8s/replica"
    assert patches == [
        {"metadata": {"labels": {role: "replica", replica: "true"}}},
        {"metadata": {"labels": {role: "primary"}}},
        {"metadata": {"labels": {replica: None}}},
        {"metadata": {"labels": {role: None, replica: None}}},
    ]


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    """The agent of db-0 in a group, without a server or a cluster."""
    file = tmp_path / "cluster.json"
    file.write_text(config_map.cluster_json(MySQLClusterArgs(topology=GroupReplication()), Names.of("db", "shop")))
    return Agent(SettingsFile(file), 0, "uid")


def test_the_heir_gets_the_label_although_the_leaver_lost_its_own_before(agent: Agent) -> None:
    kubernetes = RecordedKubernetes()
    agent._kubernetes, agent._leadership = kubernetes, Leadership(kubernetes, 0)
    agent._label, agent._heir = None, 1
    agent._set_label(facts(local(inside(0, "9:1-9", ALL)), stopping_seconds=2.0), Health(None, False, "stopping"))
    assert kubernetes.asked == ["give db-1 primary", "label db-0 None"]


def test_a_leaver_that_kept_its_label_gives_it_away_and_drops_it_at_once(agent: Agent) -> None:
    kubernetes = RecordedKubernetes()
    agent._kubernetes, agent._leadership = kubernetes, Leadership(kubernetes, 0)
    agent._label, agent._heir = "primary", 1
    leaver = facts(local(inside(0, "9:1-9", ALL)), stopping_seconds=2.0, being_deleted=True)
    agent._set_label(leaver, Health("primary", True, "stopping"))
    assert kubernetes.asked == ["give db-1 primary", "label db-0 None"]
    assert agent._label is None


def test_the_label_goes_over_before_the_one_that_is_being_deleted_loses_it(agent: Agent) -> None:
    kubernetes = RecordedKubernetes()
    kubernetes.pods = {"db-1": PodSeen("primary", being_deleted=True)}
    agent._kubernetes, agent._leadership, agent._label = kubernetes, Leadership(kubernetes, 0), "replica"
    agent._set_label(of_primary(), PRIMARY)
    assert kubernetes.asked == ["label db-0 primary", "take primary from db-1", "no replica: db-0"]


def test_a_label_that_was_changed_half_way_is_changed_again(agent: Agent) -> None:
    kubernetes = RecordedKubernetes()
    kubernetes.pods = {"db-1": PodSeen("primary", being_deleted=True)}
    agent._kubernetes, agent._leadership, agent._label = kubernetes, Leadership(kubernetes, 0), "replica"
    kubernetes.fails = True
    with pytest.raises(KubernetesError):
        agent._set_label(of_primary(), PRIMARY)
    assert agent._label == "replica"
    kubernetes.fails = False
    agent._set_label(of_primary(), PRIMARY)
    assert kubernetes.asked[1:] == ["label db-0 primary", "take primary from db-1", "no replica: db-0"]
    assert agent._label == "primary"


@pytest.mark.parametrize("being_deleted", [True, False])
def test_whether_the_pod_is_being_deleted_is_asked_once_a_stop(
    agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, being_deleted: bool
) -> None:
    looks = [KubernetesError("no answer"), PodSeen("primary", being_deleted=being_deleted)]

    def look(_pod: str) -> PodSeen:
        seen = looks.pop()
        if isinstance(seen, KubernetesError):
            raise seen
        return seen

    monkeypatch.setattr(agent._kubernetes, "look", look)
    monkeypatch.setattr(loop, "STOPPING", tmp_path / "stopping")
    assert not agent._is_being_deleted()
    assert len(looks) == 2
    (tmp_path / "stopping").touch()
    assert [agent._is_being_deleted() for _ in range(2)] == [being_deleted] * 2
    (tmp_path / "stopping").unlink()
    assert not agent._is_being_deleted()
    (tmp_path / "stopping").touch()
    assert [agent._is_being_deleted() for _ in range(2)] == [False] * 2, "a silent API server is asked once"
    assert not looks


def test_a_stop_counts_from_the_end_of_the_round_that_saw_it(
    agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only then everybody knows, and the label is off."""
    monkeypatch.setattr(loop, "STOPPING", tmp_path / "stopping")
    assert agent._stopping_seconds(100.0) is None
    (tmp_path / "stopping").touch()
    assert agent._stopping_seconds(100.0) == 0.0
    agent._stopping_since = 101.0
    assert agent._stopping_seconds(102.5) == 1.5
    (tmp_path / "stopping").unlink()
    assert agent._stopping_seconds(103.0) is None
    assert agent._stopping_since is None


def test_nobody_is_asked_while_the_group_changes(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead member's answer would be waited for, and clients wait for the new primary's label."""
    asked: list[str] = []
    monkeypatch.setattr(agent._peers, "ask_all", lambda: asked.append("all") or {})
    agent._label, agent._action, agent._up_since = "replica", act.Wait("applying"), -1e9
    for own in (inside(0, "9:1-9", seats(0, 1, gone=(2,))), inside(0, "9:1-9", ALL)):
        agent._ask_peers(local(own))
    assert not asked
    agent._label = "primary"
    agent._ask_peers(local(inside(0, "9:1-9", ALL)))
    assert asked == ["all"]
    agent._label, agent._up_since = "replica", time.monotonic()
    agent._ask_peers(local(inside(0, "9:1-9", ALL)))
    assert asked == ["all", "all"], "whoever stood still asks the others before it believes itself"


class LabelledPod:
    """The API server's side of one pod's role label."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.role: str | None = "primary"
        self.kubernetes = RecordedKubernetes()
        monkeypatch.setattr(self.kubernetes, "look", lambda _pod: PodSeen(self.role, being_deleted=False))
        monkeypatch.setattr(self.kubernetes, "label_role", lambda _pod, role: setattr(self, "role", role))


def test_a_primary_sets_a_label_again_that_another_member_took(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = LabelledPod(monkeypatch)
    leading = Leadership(pod.kubernetes, 0)
    leading.assert_label(settings())
    pod.role = None
    clock[0] += 6
    leading.assert_label(settings())
    assert pod.role is None, "it may be this member that is mistaken"
    clock[0] += 2
    leading.assert_label(settings())
    assert pod.role is None
    clock[0] += 2
    leading.assert_label(settings())
    assert pod.role == "primary"


def test_a_member_that_was_frozen_takes_no_label_back_before_it_hears_of_the_others(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = LabelledPod(monkeypatch)
    leading = Leadership(pod.kubernetes, 0)
    leading.assert_label(settings())
    pod.role = None  # while this member is frozen, the new primary takes it
    clock[0] += 30
    leading.assert_label(settings())
    leading.take_labels(facts(local(inside(1, "9:1-9", ALL))), Health("replica", True, "in the cluster"))
    clock[0] += 30
    leading.assert_label(settings())
    assert pod.role is None, "it was no primary in between: what it missed is forgotten"


def test_where_another_member_answers_instead_a_frozen_one_is_not_waited_for_long() -> None:
    fixed = FixedPrimary(agent_facts.settings())
    assert fixed.watch_seconds(0) == ANSWER_SECONDS
    others = [
        fixed.watch_seconds(1),
        GaleraCluster(settings()).watch_seconds(0),
        ElectedPrimary(settings()).watch_seconds(0),
    ]
    assert others == [FROZEN_SECONDS] * 3
