"""Entry point: ``run`` (the agent) and ``state`` (print this member's state as JSON)."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import pymysql

from . import jobs
from .engines import engine_of
from .facts import Facts, Local, Silent
from .gtid import NOTHING
from .loop import Agent
from .mysqld import Unreachable
from .server import Answer, Endpoints, as_json
from .settings import AGENT_PORT, CLUSTER_FILE, TLS_FOLDER, SettingsFile, ordinal_of
from .state import metrics, state
from .wire import report_to_json

STUCK_SECONDS = 60.0
"""After so long without a finished round the agent is restarted."""
STALE_SECONDS = 15.0
"""After so long without a finished round nobody knows whether the member can serve its role."""
REPORT_SECONDS = 2
"""How long mysqld may take to answer for a report."""
USAGE = "usage: agent.zip run|state"


def main() -> int:
    """Run the command that the first argument names; returns the exit status."""
    match sys.argv[1:]:
        case ["run"]:
            return run()
        case ["state"]:
            return print_state()
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def run() -> int:
    signal.signal(signal.SIGTERM, end)
    jobs.release_all()
    agent = Agent(SettingsFile(CLUSTER_FILE), ordinal_of(os.environ["POD_NAME"]), os.environ["POD_UID"])
    streams = engine_of(agent.settings).streams(lambda: agent.settings)
    endpoints = Endpoints(Routes(agent).table(), streams)
    agent.certificates_changed = endpoints.reload_certificates
    endpoints.start()
    agent.run()
    return 0


def end(_signal: int, _frame: FrameType | None) -> None:
    """A container's first process ignores SIGTERM unless it says otherwise. It may end at any point."""
    os._exit(0)


class Routes:
    """What the endpoints answer, from the agent's last snapshot; the report is made afresh each time."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        connection = agent.topology.connect(REPORT_SECONDS)
        self._observer = agent.topology.observer(connection, agent.ordinal)
        self._beginning = agent.topology.beginning(connection)
        self._lock = threading.Lock()

    def table(self) -> dict[str, Callable[[], Answer]]:
        return {
            "/livez": self.livez,
            "/readyz": self.readyz,
            "/report": self.report,
            "/state": self.state,
            "/metrics": self.metrics,
        }

    def livez(self) -> Answer:
        silent = time.monotonic() - self._agent.beat
        return (200, "ok\n") if silent < STUCK_SECONDS else (503, f"no round finished for {silent:.0f} s\n")

    def readyz(self) -> Answer:
        snapshot = self._agent.snapshot
        if snapshot is None:
            return 503, "starting\n"
        silent = time.monotonic() - self._agent.beat
        if silent > STALE_SECONDS:
            return 503, f"no round finished for {silent:.0f} s\n"
        return 200 if snapshot.health.ready else 503, snapshot.health.reason + "\n"

    def report(self) -> Answer:
        """Other members compare this with what they saw of themselves before they asked: it must not be older."""
        snapshot = self._agent.snapshot
        if snapshot is None:
            return 503, "starting\n"
        with self._lock:
            try:
                local = self._observer.observe()
                beginning = self._look_at_beginning(local, snapshot.facts)
            except (Unreachable, pymysql.MySQLError) as error:
                return 503, f"mysqld does not answer: {error}\n"
        if local.cloning:
            # Only an empty member clones, and until it has all data it holds none.
            nothing = replace(local.report, executed=NOTHING, received=NOTHING, bootstrapped=False, healthy=False)
            return 200, report_to_json(nothing)
        told = replace(
            local.report,
            healthy=snapshot.blocked is None and not snapshot.facts.catching_up,
            stopping=snapshot.facts.stopping_seconds is not None,
            beginning=beginning,
        )
        return 200, report_to_json(told)

    def _look_at_beginning(self, local: Local, known: Facts) -> str:
        """Of a primary, as long as some member may be empty: nobody else wants to know, and it takes some queries."""
        leads = known.ordinal == self._agent.topology.primary(local) and local.report.bootstrapped
        wanted = any(isinstance(peer, Silent) or peer.empty for peer in known.peers.values())
        return self._beginning.version(local.report, known.settings) if self._beginning and leads and wanted else ""

    def state(self) -> Answer:
        snapshot = self._agent.snapshot
        return as_json(state(snapshot)) if snapshot else (503, "starting\n")

    def metrics(self) -> Answer:
        snapshot = self._agent.snapshot
        return (200, metrics(snapshot)) if snapshot else (503, "starting\n")


def print_state() -> int:
    """Ask the agent of this pod."""
    context = ssl.create_default_context(cafile=str(TLS_FOLDER / "ca.crt"))
    context.check_hostname = False  # the loopback address
    connection = http.client.HTTPSConnection("127.0.0.1", AGENT_PORT, timeout=5, context=context)
    try:
        connection.request("GET", "/state")
        response = connection.getresponse()
        print(response.read().decode(), end="")
    except OSError as error:
        print(f"the agent does not answer: {error}", file=sys.stderr)
        return 1
    return 0 if response.status == http.client.OK else 1
