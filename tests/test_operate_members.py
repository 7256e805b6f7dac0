"""The rows of `status`, made from pods and the states of their agents."""

import json
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from mysql_k8s.operate.members import Member, Status, days_left, status
from mysql_k8s.operate.problems import Kind, Observed
from mysql_k8s.operate.status import exit_code
from mysql_k8s.operate.table import cells, draw, header

NOW = datetime(2030, 1, 1, tzinfo=UTC)
A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
Json = dict[str, Any]


def pod(ordinal: int, *, ready: str = "True", role: str | None = None) -> Json:
    labels = {"mysql-k8s/role": role} if role else {}
    return {
        "metadata": {"name": f"orders-{ordinal}", "uid": f"uid-{ordinal}", "labels": labels},
        "spec": {"nodeName": f"node{ordinal}"},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
    }


def state(ordinal: int, **fields: Any) -> Json:
    usual: Json = {
        "pod": f"orders-{ordinal}",
        "role": "replica" if ordinal else "primary",
        "ready": True,
        "action": "steady",
        "doing": "nothing to do",
        "blocked": None,
        "version": "9.7.4",
        "gtid_executed": f"{A}:1-10",
        "lag_seconds": 0.0 if ordinal else None,
        "clone": None,
        "last_error": None,
        "certificate_not_after": "2031-01-01T00:00:00+00:00",
    }
    return usual | fields


def observed(*states: Json, declared: int = 3, pods: list[Json] | None = None) -> Observed:
    return Observed(
        stateful_set={"metadata": {"name": "orders", "uid": "set"}, "spec": {"replicas": declared}},
        pods=[pod(ordinal) for ordinal in range(declared)] if pods is None else pods,
        states={each["pod"]: each for each in states},
    )


def made(seen: Observed, silent: dict[str, str] | None = None) -> Status:
    return status("orders", "shop", seen, silent or {}, NOW)


def in_group(ordinal: int, *states: str, majority: bool = True) -> Json:
    seats = [{"host": f"orders-{o}.orders.shop.svc", "state": state} for o, state in enumerate(states)]
    return state(ordinal, group={"state": states[ordinal], "majority": majority, "seats": seats})


def test_how_a_group_stands_is_told_by_the_majority() -> None:
    stale = in_group(2, "UNREACHABLE", "UNREACHABLE", "ONLINE", majority=False)
    now = ("ONLINE", "ONLINE", "UNREACHABLE")
    found = made(observed(in_group(0, *now), in_group(1, *now), stale))
    assert found.group == "2 of 3 members online, majority 2; orders-2 is UNREACHABLE"
    assert [member.group_state for member in found.members] == ["ONLINE"] * 3
    assert "group   2 of 3 members online" in "\n".join(header(found, {}))


def test_a_group_without_a_majority() -> None:
    found = made(observed(in_group(2, "UNREACHABLE", "UNREACHABLE", "ONLINE", majority=False)))
    assert found.group == "no member reaches a majority: nothing can be written"


def test_no_group_no_line() -> None:
    assert made(observed(state(0), state(1), state(2))).group is None


def test_a_healthy_cluster() -> None:
    found = made(observed(state(0), state(1), state(2)))
    assert found.healthy
    assert found.warnings == []
    assert [member.role for member in found.members] == ["primary", "replica", "replica"]
    assert [member.transactions for member in found.members] == [10, 10, 10]
    assert [member.missing for member in found.members] == [0, 0, 0]
    assert exit_code(found) == 0


def test_a_replica_that_is_behind() -> None:
    found = made(observed(state(0), state(1, gtid_executed=f"{A}:1-7", lag_seconds=2.4), state(2)))
    assert cells(found.members[1])[4:6] == ("2.4 s", "7 (3 behind)")


def test_a_clone_shows_its_progress() -> None:
    cloning = state(
        1,
        action="clone",
        doing="cloning from orders-2",
        clone={"percent": 43, "bytes_per_second": 90 << 20},
        ready=False,
    )
    pods = [pod(0), pod(1, ready="False"), pod(2)]
    found = made(observed(state(0), cloning, state(2), pods=pods))
    assert cells(found.members[1])[3] == "cloning from orders-2"
    assert cells(found.members[1])[6] == "43 % (90 MiB/s)"
    assert found.warnings == ["2 of 3 members are ready."]
    assert exit_code(found) == 2


def test_a_declared_member_without_a_pod_is_a_row() -> None:
    found = made(observed(state(0), state(1), pods=[pod(0), pod(1)]))
    assert found.members[2] == Member("orders-2", None, False, "no pod")
    assert not found.healthy


def test_a_silent_agent_is_a_row_with_the_reason() -> None:
    found = made(observed(state(0), state(1)), {"orders-2": "its node cannot be reached"})
    assert found.members[2].state == "its node cannot be reached"
    assert found.members[2].transactions is None


def test_an_agent_that_cannot_ask_mysqld_does_not_report_zero_transactions() -> None:
    found = made(observed(state(0), state(1, version=None, gtid_executed=""), state(2)))
    assert found.members[1].transactions is None


def test_a_blocked_member_makes_the_cluster_degraded() -> None:
    found = made(observed(state(0), state(1, blocked="lacks what the primary has purged"), state(2)))
    assert found.members[1].state == Kind.BLOCKED
    assert "lacks what the primary has purged" in (found.members[1].problem or "")
    assert exit_code(found) == 2


def test_no_primary_and_two_primaries_are_warned_of() -> None:
    nobody = made(observed(*(state(ordinal, role="replica") for ordinal in range(3))))
    assert nobody.warnings == ["No member is primary: nothing can be written."]
    two = made(observed(state(0), state(1, role="primary"), state(2)))
    assert two.warnings == ["More than one member says that it is primary: orders-0, orders-1."]
    assert not two.healthy


def test_a_certificate_that_ends_soon_is_warned_of() -> None:
    soon = state(1, certificate_not_after="2030-01-20T12:00:00+00:00")
    gone = state(2, certificate_not_after="2029-12-30T12:00:00+00:00")
    warnings = made(observed(state(0), soon, gone)).warnings
    assert "orders-1: its TLS certificate expires in 19 days" in warnings[0]
    assert "orders-2: its TLS certificate expired 2 days ago" in warnings[1]


def test_days_left_of_nonsense_is_nothing() -> None:
    assert days_left(None, NOW) is None
    assert days_left("tomorrow", NOW) is None
    assert days_left("2030-01-11T00:00:00", NOW) == 10


def test_a_replication_error_is_a_warning() -> None:
    found = made(observed(state(0), state(1, last_error="Error 1062:\nduplicate key"), state(2)))
    assert found.warnings == ["orders-1: Error 1062: duplicate key"]


def test_nothing_deployed() -> None:
    assert exit_code(made(Observed())) == 3


def test_scaled_to_nothing_is_not_healthy() -> None:
    assert not made(observed(declared=0, pods=[])).healthy


def test_members_are_in_the_order_of_their_numbers() -> None:
    found = made(observed(declared=11))
    assert [member.name for member in found.members][-2:] == ["orders-9", "orders-10"]


def test_json_can_be_read_by_programs() -> None:
    document = json.loads(json.dumps(made(observed(state(0), state(1), state(2))).as_json()))
    assert document["healthy"] is True
    assert document["members"][1]["lag_seconds"] == 0.0


def test_the_table_shows_everything_once() -> None:
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    found = made(observed(state(0), state(1, blocked="is [odd]"), state(2)))
    console.print(draw(found, {"writes": "orders-primary.shop.svc:3306"}))
    text = console.export_text()
    assert "orders in namespace shop: 3 of 3 members ready" in text
    assert "writes  orders-primary.shop.svc:3306" in text
    assert text.count("is [odd]") == 1
    assert "node2" in text


def test_what_an_agent_warns_of_is_shown_and_keeps_nobody_from_being_well() -> None:
    found = made(observed(state(0), state(1, warning="the clock of its node is 62 s ahead"), state(2)))
    assert found.warnings == ["orders-1: the clock of its node is 62 s ahead."]
    assert found.members[1].problem is None
