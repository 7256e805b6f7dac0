"""How far the copy of all data is, as a member tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from galera_facts import facts, inside, joining, local, settings

from mysql_k8s.agent.copy_rate import CopyRate
from mysql_k8s.agent.engine_mariadb import MariaDB
from mysql_k8s.agent.facts import Local, Report, Silent
from mysql_k8s.agent.perform_galera import GaleraPerformer
from mysql_k8s.agent.state import Cloning
from mysql_k8s.agent.topology_galera import galera_mysqld

VIEW = (0, 1)


def copying(own: Local, *peers: Report | Silent) -> Cloning | None:
    performer = GaleraPerformer(settings(), galera_mysqld(), 2, MariaDB())
    return performer.copying(facts(own, *peers))


def receiving(received: int) -> Local:
    own = local(joining(2))
    assert own.galera is not None
    return replace(own, galera=replace(own.galera, received=received))


def test_a_galera_member_that_is_sent_nothing_tells_of_no_copy() -> None:
    assert copying(receiving(0), inside(0, 7, VIEW), inside(1, 7, VIEW, sends=1000)) is None


def test_of_how_much_tells_who_sends_it() -> None:
    assert copying(receiving(400), inside(0, 7, VIEW), inside(1, 7, VIEW, sends=1000)) == Cloning("db-1", 400, 1000)


def test_two_that_send_are_both_named() -> None:
    found = copying(receiving(400), inside(0, 7, VIEW, sends=1000), inside(1, 7, VIEW, sends=1001))
    assert found == Cloning("db-0 or db-1", 400, 1001)


def test_all_has_arrived_once_nobody_sends() -> None:
    found = copying(receiving(1100), inside(0, 7, VIEW), inside(1, 7, VIEW))
    assert found is not None
    assert (found, found.percent) == (Cloning("", 1100, 1100), 100)


def test_more_may_arrive_than_was_expected() -> None:
    found = copying(receiving(1100), inside(1, 7, VIEW, sends=1000))
    assert found is not None
    assert found.percent == 100


def test_a_copy_has_a_rate_from_its_second_look_on() -> None:
    rate = CopyRate()
    assert rate.at(10.0, 500) == 0
    assert rate.at(10.0, 500) == 0
    assert rate.at(12.0, 900) == 200
    assert rate.at(14.0, 900) == 100


@pytest.mark.parametrize("between", [None, 3])
def test_another_copy_begins_from_its_own_start(between: int | None) -> None:
    rate = CopyRate()
    rate.at(10.0, 500)
    rate.at(11.0, 900)
    assert rate.at(12.0, between) == 0
    rate.at(13.0, 1000)
    assert rate.at(14.0, 1500) == (500 if between is None else pytest.approx((1500 - 3) / 2))
