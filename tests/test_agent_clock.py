"""Clocks that differ: what one answer tells of another clock, whose clock is the odd one, and who is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from agent_facts import facts, local, report
from hypothesis import given
from hypothesis import strategies as st
from mysqld_members import write_certificates

from mysql_k8s.agent import actions as act
from mysql_k8s.agent import clock, peers, server, state
from mysql_k8s.agent.facts import Report
from mysql_k8s.agent.health import Health
from mysql_k8s.agent.peers import Peer
from mysql_k8s.agent.server import Endpoints, Handler
from mysql_k8s.agent.state import Snapshot
from mysql_k8s.agent.wire import report_to_json

MOMENTS = st.floats(0, 2e9)
DURATIONS = st.floats(0, 100)
DIFFERENCES = st.floats(-1e6, 1e6)
ROUNDING = 1e-3


@given(MOMENTS, DURATIONS, DURATIONS, DIFFERENCES)
def test_an_answer_never_tells_more_than_there_is(sent: float, there: float, back: float, truly: float) -> None:
    """And in a quick one at most a second is missing."""
    date = float(int(sent + there + truly))
    date -= date > sent + there + truly  # int() rounds towards zero
    told = clock.ahead(date, sent, sent + there + back)
    assert abs(told) <= abs(truly) + ROUNDING
    assert told * truly >= 0
    assert abs(told) >= abs(truly) - 1 - there - back - ROUNDING


@given(st.integers(1, 3), st.floats(6, 1e6), st.booleans(), st.data())
def test_the_odd_clock_is_told_by_its_own_member_alone(half: int, off: float, early: bool, data: st.DataObject) -> None:
    """Of an odd number of members, where one clock is off and the others agree within a second."""
    others = data.draw(st.lists(st.floats(0, 1), min_size=2 * half, max_size=2 * half))
    clocks = [-off if early else 1 + off, *others]
    found = [clock.ahead_of_middle([c - own for n, c in enumerate(clocks) if n != i]) for i, own in enumerate(clocks)]
    warned = [clock.warning(each) is not None for each in found]
    assert warned == [True, *[False] * (2 * half)]
    assert (found[0] < 0) == early


def test_of_two_clocks_one_is_told() -> None:
    assert [clock.ahead_of_middle([60.0]), clock.ahead_of_middle([-60.0])] == [-60.0, 0.0]


def test_a_server_alone_has_nobody_to_differ_from() -> None:
    assert clock.ahead_of_middle([]) == 0
    assert clock.warning(0.0) is None


def test_what_a_person_is_told() -> None:
    assert "62 s ahead of that of other members" in str(clock.warning(62.4))
    assert "7 s behind that of other members" in str(clock.warning(-7.0))


class Elsewhere(Handler):
    """On a machine whose clock is a minute ahead."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + 60)


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where another member's agent answers over TLS."""
    write_certificates(tmp_path / "tls", ["127.0.0.1"])
    for module in (peers, server):
        monkeypatch.setattr(module, "TLS_FOLDER", tmp_path / "tls")
    endpoints = Endpoints({"/report": lambda: (200, report_to_json(report(1, "0:1-9")))}, port=0)
    monkeypatch.setattr(peers, "AGENT_PORT", endpoints.server_address[1])
    endpoints.start()
    yield endpoints.server_address[1]
    endpoints.shutdown()
    endpoints.server_close()


@pytest.mark.parametrize(
    ("handler", "ahead"), [(Handler, 0.0), (Elsewhere, 60.0)], ids=["same clock", "a minute ahead"]
)
def test_a_clock_is_read_from_the_answer(
    handler: type[Handler], ahead: float, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "Handler", handler)
    peer = Peer("127.0.0.1")
    try:
        assert isinstance(peer.ask(), Report)
        assert peer.clock_ahead == pytest.approx(ahead, abs=2)
        assert peer.clock_ahead <= ahead
    finally:
        peer.close()


def test_a_warning_is_published_and_nothing_waits_for_it() -> None:
    seen = replace(facts(local(report(0, "0:1-9")), report(1, "0:1-9")), clock_ahead_seconds=-62.0)
    warned = Snapshot(seen, act.Steady(), Health("primary", True, ""), warning=clock.warning(-62.0))
    told = state.state(warned)
    assert "62 s behind" in told["warning"]
    assert told["blocked"] is None and told["ready"] is True
    assert "mysql_k8s_clock_ahead_seconds -62\n" in state.metrics(warned)
    assert "mysql_k8s_blocked 0\n" in state.metrics(warned)
