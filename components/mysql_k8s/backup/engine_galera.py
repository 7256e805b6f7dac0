"""A Galera cluster behind the seam: MariaDB without a binary log, whose data itself says how far it is.

A position ``<history>:<seqno>`` is the set of the history's transactions 1 to seqno, as the agents write it. InnoDB
keeps it with every commit, so a copy has its own, exactly, and what is stored can be asked for it again.
"""

from __future__ import annotations

import http.client
import re
import time
from pathlib import Path

from ..agent.copying import PREPARE_SECONDS
from ..agent.galera import NO_HISTORY, SYNCED, position
from ..agent.gtid import NOTHING, GtidSet
from ..agent.jobs import Job, JobFailed
from .donors import CLOCK, Member
from .engine import ApplyFailed, Connection, Copy, CopyFailed
from .engine_mariadb import WITHOUT_LOG, MariaDB, take
from .scratch import Scratch, Server
from .settings import MYSQL_FOLDER, RUN_FOLDER, Settings

SERVER = Server("mariadbd", "mysql", (*WITHOUT_LOG, "--wsrep-on=OFF"))
"""No part of a cluster: nothing that it does changes the position."""

RECOVER_LOG = RUN_FOLDER / "recover.log"
_RECOVER = ("--wsrep-recover", "--wsrep-cluster-address=gcomm://", f"--log-error={RECOVER_LOG}")
_RECOVERED = re.compile(r"WSREP: Recovered position: ([0-9a-f-]{36}):(-?\d+)")

FOUND = (
    "--skip-networking",
    "--wsrep-new-cluster",
    "--wsrep-cluster-address=gcomm://",
    "--wsrep-cluster-name=restored",
    "--wsrep-node-address=127.0.0.1",
    "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:4567;gcache.size=1M;pc.recovery=no",
    f"--wsrep-start-position={NO_HISTORY}:-1",
    "--innodb-buffer-pool-size=268435456",
)
"""A cluster of one, which nobody can reach."""

_STATE = re.compile(r"^(uuid|seqno): *(\S+)$", re.MULTILINE)
_STATUS = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN"
    " ('wsrep_local_state_uuid', 'wsrep_last_committed', 'wsrep_local_state_comment', 'wsrep_cluster_status')"
)
_LOOK = f"SELECT @@version, NOT @@GLOBAL.read_only, {CLOCK}"
READY_SECONDS = 60.0


class Galera(MariaDB):
    """See ``engine.Engine``. There is no archive, so nothing is ever applied to a base backup."""

    not_part = re.compile(rf"{MariaDB.not_part.pattern}|grastate\.dat|gvwstate\.dat|galera\.cache|gcache\.page\.\d+")

    def look(self, connection: Connection, host: str) -> Member:
        """One that is not in step with its cluster has nothing to give."""
        with connection.cursor() as cursor:
            cursor.execute(_STATUS)
            status = dict(cursor.fetchall())
            cursor.execute(_LOOK)
            version, writable, now = cursor.fetchone()
        in_step = status["wsrep_cluster_status"] == "Primary" and status["wsrep_local_state_comment"] == SYNCED
        held = position(status["wsrep_local_state_uuid"], int(status["wsrep_last_committed"])) if in_step else NOTHING
        return Member(host, host, NOTHING, held, version.partition("-")[0], int(now), bool(writable))

    def scratch(self, data: Path) -> Scratch:
        return Scratch(data, SERVER)

    def copy(self, settings: Settings, source: Member) -> Copy:
        """The stream that MariaDB's new members get. The position is that of what arrived."""
        try:
            take(source.host)
            _make_ready()
        except (JobFailed, OSError, http.client.HTTPException) as error:
            raise CopyFailed(f"copying {source.host} failed: {error}") from error
        data = MYSQL_FOLDER / ".provision"
        scratch = self.scratch(data)
        gtids = recovered(scratch)
        if not gtids or not source.executed <= gtids:
            raise CopyFailed(f"the copy of {source.host} holds {gtids or 'no position'}, not {source.executed} or more")
        scratch.start()
        return Copy(scratch, data, gtids)

    def holds(self, scratch: Scratch, gtids: GtidSet) -> bool:
        return _position_of(scratch) == gtids

    def held(self, scratch: Scratch) -> str:
        return str(_position_of(scratch)) or "no position"

    def finish(self, scratch: Scratch, folder: Path, gtids: GtidSet) -> None:
        """As the first member of a new cluster, after an orderly stop, with a history of its own.

        So the data is never taken for a part of another cluster, nor another's for a part of this one: neither replaces
        the other. Then the members start as after a total outage: only this one has a position, and founds the cluster.
        """
        scratch.stop()
        scratch.ask(*FOUND)
        scratch.wait_until_up()
        history = _join_nobody(scratch)
        scratch.rows("UPDATE mysql_k8s.galera SET writer = NULL")
        scratch.stop()
        check_new(folder, history, gtids)
        (folder / "galera.cache").unlink(missing_ok=True)  # its size is the stack's to say
        (MYSQL_FOLDER / "galera").mkdir(exist_ok=True)  # run.sh: this volume's data is a Galera cluster's


def _make_ready() -> None:
    """Have the copy made consistent. Raises JobFailed or OSError."""
    with Job("prepare") as job:
        job.finish(PREPARE_SECONDS)


def recovered(scratch: Scratch) -> GtidSet:
    """The position of the data, whose server does not run. Raises ScratchFailed."""
    RECOVER_LOG.unlink(missing_ok=True)
    scratch.ask(*_RECOVER)
    scratch.wait_until_ended("reading the position")
    found = _RECOVERED.findall(RECOVER_LOG.read_text(encoding="utf-8", errors="replace"))
    if not found:
        return NOTHING
    history, seqno = found[-1]
    return position(history, int(seqno))


def _position_of(scratch: Scratch) -> GtidSet:
    """The same, of a server that runs: it ends, and starts again."""
    scratch.stop()
    found = recovered(scratch)
    scratch.start()
    return found


def _join_nobody(scratch: Scratch) -> str:
    """Wait until the server is a cluster of its own; returns its history. Raises ApplyFailed."""
    end = time.monotonic() + READY_SECONDS
    while True:
        status = {row["Variable_name"]: row["Value"] for row in scratch.rows(_STATUS)}
        if status["wsrep_local_state_comment"] == SYNCED:
            return status["wsrep_local_state_uuid"]
        if time.monotonic() > end:
            raise ApplyFailed(f"the restored server does not found a cluster: {status['wsrep_local_state_comment']}")
        time.sleep(0.2)


def check_new(folder: Path, history: str, before: GtidSet) -> None:
    """Raises ApplyFailed unless the data has a position in this history, and never had one in it before."""
    written = (folder / "grastate.dat").read_text(encoding="utf-8")
    state = dict(_STATE.findall(written))
    if state.get("uuid") != history or int(state.get("seqno", "-1")) < 1 or history in before.intervals:
        raise ApplyFailed(f"the restored server left no position in a new history: {' '.join(written.split())}")
