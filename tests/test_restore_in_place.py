"""In-place restores: killed at every single call and begun again, they end as if nothing had happened, and at no moment
is data lost or a member started on a mixture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from restore_cluster import OLD, Cluster, Crashed

from mysql_k8s.operate import backups, observe, restore, restore_plan, volume_moves
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.restore_state import InPlace, Order, Phase, members_claims
from mysql_k8s.operate.target import Target

PLAN = {
    "base": "20261122T030007.123456Z", "created": "x", "until": "2026-11-22T14:03:00Z", "server_version": "9.7.4",
    "gtids": "00000000-0000-0000-0000-00000000000a:1-77", "raw_bytes": 100 << 20, "segments": 3,
    "segment_bytes": 5 << 20,
}  # fmt: skip
UNTIL = Order(until="2026-11-22T14:03:00Z")


class Session:
    """What the commands ask of a session."""

    deployed = Target("orders", "shop")

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def connect(self) -> Cluster:
        return self.cluster


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "ask_plan", lambda *_: dict(PLAN))
    monkeypatch.setattr(observe, "ask", lambda *_: observe.Answers({}, {}))
    monkeypatch.setattr(observe, "objects", lambda *_: observe.Observed())


def agree(_question: str) -> str:
    return "orders"


def run(cluster: Cluster, command: Callable[..., None], *arguments: object) -> None:
    command(cast(Any, Session(cluster)), *arguments, agree)


def phase(cluster: Cluster) -> Phase:
    return InPlace.parse(cluster.documents["orders-in-place-restore"]["data"]["state"]).phase


def restored() -> Cluster:
    cluster = Cluster()
    run(cluster, restore.restore, UNTIL)
    return cluster


def crashing(command: Callable[..., None], make: Callable[[], Cluster], *arguments: object) -> list[Cluster]:
    """The cluster after a crash at each call in turn."""
    found: list[Cluster] = []
    while True:
        cluster = make()
        cluster.calls_left = len(found)
        try:
            run(cluster, command, *arguments)
        except Crashed:
            cluster.calls_left = None
            found.append(cluster)
            continue
        assert len(found) > 5
        return found


def nothing_is_lost(cluster: Cluster) -> None:
    assert {cluster.data[volume] for volume in OLD.values()} == {"old-0", "old-1", "old-2"}
    for start in cluster.starts:
        old = {name for name, holds in start.items() if holds.startswith("old")}
        assert old in (set(), set(start)), f"members started on a mixture: {start}"


def is_restored(cluster: Cluster) -> None:
    nothing_is_lost(cluster)
    assert cluster.members_data() == {
        "data-orders-0": "restored", "data-orders-1": "copy of restored", "data-orders-2": "copy of restored"
    }  # fmt: skip
    assert cluster.replicas == 3
    assert cluster.managers == ["pulumi-1"], "the next `make up` would meet a conflict"
    assert phase(cluster) is Phase.RESTORED
    assert "mysql-k8s/held" not in cluster.claims_by_name["data-orders-0"]["metadata"]["annotations"]
    assert cluster.jobs == {}


def is_as_before(cluster: Cluster) -> None:
    nothing_is_lost(cluster)
    assert {name: cluster._volume(cluster.claims_by_name[name]) for name in OLD} == OLD  # pyright: ignore
    assert cluster.replicas == 3
    assert {cluster.policies[volume] for volume in OLD.values()} == {"Delete"}
    assert cluster.claims_by_name["data-orders-1"]["metadata"]["annotations"]["mysql-k8s/held"] == "pv-1"


@pytest.mark.parametrize("deletes_claims", [False, True], ids=["claims kept", "StatefulSet deletes claims"])
def test_a_restore_that_is_killed_at_any_call_goes_on(deletes_claims: bool) -> None:
    for cluster in crashing(restore.restore, lambda: Cluster(deletes_claims=deletes_claims), UNTIL):
        nothing_is_lost(cluster)
        run(cluster, restore.restore, Order() if cluster.documents else UNTIL)
        is_restored(cluster)


@pytest.mark.parametrize("deletes_claims", [False, True], ids=["claims kept", "StatefulSet deletes claims"])
def test_a_restore_that_is_killed_at_any_call_can_be_undone(deletes_claims: bool) -> None:
    for cluster in crashing(restore.restore, lambda: Cluster(deletes_claims=deletes_claims), UNTIL):
        if cluster.documents:
            run(cluster, restore.back)
        is_as_before(cluster)
        if cluster.documents:
            run(cluster, restore.done)
        assert set(cluster.data) == set(OLD.values()), "something is left"
        is_as_before(cluster)


def test_going_back_that_is_killed_at_any_call_goes_on() -> None:
    for cluster in crashing(restore.back, restored):
        nothing_is_lost(cluster)
        run(cluster, restore.back)
        is_as_before(cluster)
        assert sorted(cluster.data.values())[:2] == ["copy of restored", "copy of restored"], (
            "what was restored is kept"
        )


def test_what_is_kept_goes_when_somebody_says_so_and_not_before() -> None:
    for cluster in crashing(restore.done, restored):
        run(cluster, restore.done)
        assert sorted(cluster.data.values()) == ["copy of restored", "copy of restored", "restored"]
        assert cluster.documents == {}


def test_nothing_is_changed_without_the_clusters_name() -> None:
    cluster = Cluster()
    with pytest.raises(OperateError, match="Nothing was changed"):
        restore.restore(cast(Any, Session(cluster)), UNTIL, lambda _: "yes")
    assert cluster.documents == {} and cluster.jobs == {} and cluster.policies == dict.fromkeys(OLD.values(), "Delete")


def test_a_second_restore_waits_for_the_first() -> None:
    cluster = restored()
    with pytest.raises(OperateError, match="make restore-done"):
        run(cluster, restore.restore, UNTIL)
    early = crashing(restore.restore, Cluster, UNTIL)[8]
    with pytest.raises(OperateError, match="is under way"):
        run(early, restore.restore, Order(base="another"))
    with pytest.raises(OperateError, match="has not ended"):
        run(early, restore.done)


def test_members_are_not_started_by_others_while_it_lasts() -> None:
    for cluster in crashing(restore.restore, Cluster, UNTIL):
        if cluster.documents:
            with pytest.raises(OperateError, match="half done"):
                restore.refuse_while_half_done(cast(Any, cluster), Session.deployed)
    restore.refuse_while_half_done(cast(Any, restored()), Session.deployed)
    restore.refuse_while_half_done(cast(Any, Cluster()), Session.deployed)


def test_a_volume_that_would_not_outlive_its_claim_is_not_moved() -> None:
    cluster = Cluster()
    with pytest.raises(OperateError, match="is not retained"):
        volume_moves.move(cast(Any, cluster), "shop", "pv-0", {"metadata": {"name": "other"}, "spec": {}})
    nothing_is_lost(cluster)


def test_a_volume_that_is_too_small_is_refused() -> None:
    claim = {"spec": {"resources": {"requests": {"storage": "100Mi"}}}}
    with pytest.raises(OperateError, match=r"needs at least 105 MiB.*has 100 MiB"):
        restore_plan.refuse_without_room(PLAN, claim)
    restore_plan.refuse_without_room(PLAN, {"spec": {"resources": {"requests": {"storage": "106Mi"}}}})


def test_the_plan_tells_what_is_not_part_of_the_restored_state() -> None:
    states = {
        "orders-0": {"version": "9.7.4", "gtid_executed": "00000000-0000-0000-0000-00000000000a:1-80"},
        "orders-1": {"version": None, "gtid_executed": ""},
    }
    assert restore_plan.lost(states, PLAN) == 3
    assert restore_plan.lost({}, PLAN) is None
    said = "\n".join(restore_plan.lines("orders", UNTIL, PLAN, OLD, 3))
    assert "3 transactions of the present data are not part" in said
    assert "data-orders-0, data-orders-1, data-orders-2" in said


def test_the_job_restores_and_sees_no_password() -> None:
    cron_job = Cluster().cron_job("shop", "orders-backup")
    assert cron_job is not None
    made = restore_plan.job(cron_job, "orders-restore-1", "restored", {"RESTORE_UNTIL": "a:1"})
    pod = made["spec"]["template"]["spec"]
    assert pod["containers"][0]["command"][-1] == "restore"
    assert pod["containers"][0]["env"] == [{"name": "RESTORE_UNTIL", "value": "a:1"}]
    assert "passwords" not in str(made)
    assert pod["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "restored"}}]


def test_claims_of_members_are_told_from_others() -> None:
    names = ["data-orders-0", "data-orders-10", "data-orders-x", "old-1-data-orders-0", "target-orders-backup-0"]
    claims = [{"metadata": {"name": name}} for name in names]
    assert [each["metadata"]["name"] for each in members_claims(claims, "orders")] == names[:2]


def test_the_programs_refusal_is_said_in_plain_words() -> None:
    assert backups.reason(b'x\n{"error": "Refused: no such moment"}\n') == "no such moment."
    assert backups.reason(b"") == "no reason given."
