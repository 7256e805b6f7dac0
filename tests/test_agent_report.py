"""What an agent of `replication` says of how its data began, and when it looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from agent_facts import facts, following, local, report, settings

from mysql_k8s import MySQLClusterArgs, Replication
from mysql_k8s.agent import actions as act
from mysql_k8s.agent.facts import Answers, Facts, Local, Report, Silent
from mysql_k8s.agent.health import Health
from mysql_k8s.agent.loop import Agent
from mysql_k8s.agent.main import Routes
from mysql_k8s.agent.settings import Settings, SettingsFile
from mysql_k8s.agent.state import Snapshot
from mysql_k8s.agent.topology import FixedPrimary
from mysql_k8s.agent.wire import report_from_json
from mysql_k8s.names import Names
from mysql_k8s.objects import config_map

VERSION = "9.7.4"
DOWN = Silent("db-x: timed out")


class Looks:
    """In place of ``Beginning``."""

    def __init__(self) -> None:
        self.many = 0

    def version(self, report: Report, settings: Settings) -> str:
        self.many += 1
        return VERSION


class Sees:
    """In place of an observer."""

    def __init__(self, found: Local) -> None:
        self.found = found

    def observe(self) -> Local:
        return self.found


def agent_of(ordinal: int, found: Local, folder: Path) -> Agent:
    file = folder / "cluster.json"
    file.write_text(config_map.cluster_json(MySQLClusterArgs(topology=Replication(members=3)), Names.of("db", "shop")))
    agent = Agent(SettingsFile(file), ordinal, "uid")
    agent._observer, agent._beginning = Sees(found), Looks()  # type: ignore[assignment]
    agent._accounts.complete = lambda mysqld, local, declares: local  # type: ignore[method-assign]
    return agent


def told(agent: Agent, known: Facts) -> tuple[Report, int]:
    """The agent's report after a round that knew this, and how often it looked at the beginning."""
    agent.snapshot = Snapshot(known, act.Steady(), Health(None, True, ""))
    routes, looks = Routes(agent), Looks()
    routes._observer, routes._beginning = agent._observer, looks  # type: ignore[assignment]
    status, body = routes.report()
    assert status == 200
    return report_from_json(body), looks.many


@pytest.mark.parametrize(
    ("peers", "looked"),
    [
        ((report(1, "0:1-9"), report(2, "0:1-9")), 0),
        ((report(1, "0:1-9"), report(2)), 1),
        ((report(1, "0:1-9"), DOWN), 1),
    ],
    ids=["all hold data", "one is empty", "one may be"],
)
def test_a_primary_looks_while_a_member_may_be_empty(
    peers: tuple[Report | Silent, ...], looked: int, tmp_path: Path
) -> None:
    own = local(report(0, "0:1-9", writable=True))
    found, many = told(agent_of(0, own, tmp_path), facts(own, *peers))
    assert many == looked
    assert found.beginning == (VERSION if looked else "")


def test_nobody_looks_at_a_replica_or_before_the_data_knows_its_primary(tmp_path: Path) -> None:
    for own in (local(report(1, "0:1-9")), local(report(0, "0:1", bootstrapped=False))):
        found, many = told(agent_of(own.report.ordinal, own, tmp_path), facts(own, DOWN, report(2)))
        assert (found.beginning, many) == ("", 0)


def test_a_member_that_catches_up_is_no_donor(tmp_path: Path) -> None:
    own = local(report(1, "0:1-4"))
    assert not told(agent_of(1, own, tmp_path), facts(own, DOWN, catching_up=True))[0].healthy
    assert told(agent_of(1, own, tmp_path), facts(own, DOWN))[0].healthy


def test_a_replica_catches_up_from_empty_on_until_it_has_what_the_primary_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = agent_of(1, local(report(1)), tmp_path)
    answers: Answers = {0: report(0, "0:1-9", writable=True), 2: report(2)}
    monkeypatch.setattr(agent._peers, "ask_all", lambda: answers)

    def gathered(found: Local) -> Facts:
        agent._observer = Sees(found)  # type: ignore[assignment]
        return agent.gather()

    empty = gathered(local(report(1)))
    assert empty.catching_up
    assert empty.local is not None
    assert empty.local.report.beginning == VERSION
    assert gathered(local(report(1, "0:1-4"))).catching_up
    assert not gathered(local(report(1, "0:1-9"))).catching_up
    assert gathered(local(report(1))).catching_up
    assert not gathered(local(report(1), cloning=True)).catching_up, "a copy has everything at once"
    assert not gathered(local(report(1, "0:1-4"))).catching_up


def test_an_empty_primary_does_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = agent_of(0, local(report(0)), tmp_path)
    monkeypatch.setattr(agent._peers, "ask_all", dict)
    monkeypatch.setattr(agent._peers, "with_claims", lambda answers: answers)
    gathered = agent.gather()
    assert gathered.local is not None
    assert not gathered.local.report.beginning
    assert not gathered.catching_up


def test_the_loop_hurries_while_the_first_transactions_are_about_to_arrive() -> None:
    topology = FixedPrimary(settings())
    arriving, arrived = local(report(1), channel=following()), local(report(1, "0:1-9"), channel=following())
    assert topology.pace(arriving) < topology.pace(arrived) == topology.pace(local(report(1))) == topology.pace(None)
