"""Backups of a Galera cluster, without one: what is refused at preview, whom is copied, which position counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mysql_k8s import Backup, Galera, MariaDB, MySQLClusterArgs, Restore, Volume, explain
from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.backup import archive, donors, engine_galera, planning, restore
from mysql_k8s.backup.base_backup import source_of
from mysql_k8s.backup.catalogue import Base
from mysql_k8s.backup.donors import Member
from mysql_k8s.backup.engine import ApplyFailed, NoDonor
from mysql_k8s.backup.engines import engine_of
from mysql_k8s.backup.first_base import FirstBase
from mysql_k8s.backup.layout import MANIFEST, Layout
from mysql_k8s.backup.planning import Plan, Refused
from mysql_k8s.backup.settings import Settings
from mysql_k8s.backup.store import TargetError, VolumeStore
from mysql_k8s.names import Names
from mysql_k8s.objects import backup_config

HISTORY, OTHER = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"
ID = "20261122T030000.000000Z"
SETTINGS = Settings(
    "orders", "shop", ("m0", "m1", "m2"), 3306, 7, False, "volume", 1, 1, "11.8.9", topology="galera", engine="mariadb"
)


def up_to(number: int, history: str = HISTORY) -> GtidSet:
    return GtidSet.parse(f"{history}:1-{number}")


# --- at preview -------------------------------------------------------------------------------------------------------


def args(**arguments: Any) -> MySQLClusterArgs:
    cluster = {"engine": {"kind": "mariadb"}, "topology": {"kind": "galera"}}
    return MySQLClusterArgs.model_validate({**cluster, **arguments})


def refusal(**arguments: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        args(**arguments)
    return explain(raised.value)


@pytest.mark.parametrize("backup", [{}, {"point_in_time": True}])
def test_every_moment_cannot_be_kept_and_that_is_said_at_preview(backup: dict[str, Any]) -> None:
    """Also by default: what can be restored is to be read in the stack's file."""
    assert refusal(backup=backup) == (
        "backup.point_in_time = True: topology.kind = galera has no binary log, so nothing is kept of what is written"
        " between two base backups; set it to false, and let backup.schedule take them as often as you need"
    )


RESTORE = {"target": {"kind": "volume", "claim": "c"}, "cluster": "orders"}


@pytest.mark.parametrize("until", ["2026-11-22T03:00:00Z", f"{HISTORY}:1-77", "0-7-77"])
def test_a_moment_cannot_be_restored(until: str) -> None:
    told = refusal(restore={**RESTORE, "until": until})
    assert told.startswith(f"restore.until = {until}: topology.kind = galera has no binary log")
    assert "name one with restore.backup" in told


def test_base_backups_are_taken_and_restored() -> None:
    found = args(backup={"point_in_time": False}, restore={**RESTORE, "backup": ID})
    assert found.backup and found.restore
    assert not found.backup.point_in_time


def test_a_restore_is_to_a_moment_or_of_a_base_backup() -> None:
    told = refusal(restore={**RESTORE, "until": "2026-11-22T03:00:00Z", "backup": ID})
    assert told == f"restore.backup = {ID}: there is `until` too; keep one of them"


@pytest.mark.parametrize("backup", ["yesterday", "20261122T030000Z", ID.lower()])
def test_what_is_no_id_of_a_base_backup_is_refused(backup: str) -> None:
    assert f"restore.backup = {backup}" in refusal(restore={**RESTORE, "backup": backup})


def test_the_program_is_told_which_base_backup_and_of_which_topology() -> None:
    cluster = MySQLClusterArgs(
        engine=MariaDB(),
        topology=Galera(),
        backup=Backup(point_in_time=False),
        restore=Restore(target=Volume(claim="c"), cluster="orders", backup=ID),
    )
    assert cluster.backup and cluster.restore
    names = Names("orders", "shop")
    told = backup_config.restore_settings(cluster, names, cluster.restore)
    assert (told.base, told.in_galera) == (ID, True)
    told = backup_config.backup_settings(cluster, names, cluster.backup)
    assert (told.point_in_time, told.in_galera, told.in_group) == (False, True, False)
    assert isinstance(engine_of(told), engine_galera.Galera)


# --- whom to copy -----------------------------------------------------------------------------------------------------


def member(host: str, number: int, *, writable: bool = False) -> Member:
    return Member(host, host, GtidSet.parse(""), up_to(number) if number else GtidSet.parse(""), "11.8.9", 0, writable)


def test_a_member_that_takes_no_writes_is_copied_and_of_these_the_newest() -> None:
    members = [member("m0", 9, writable=True), member("m1", 7), member("m2", 8)]
    assert source_of(SETTINGS, members).host == "m2"


def test_the_writer_is_copied_where_no_other_is_in_step() -> None:
    assert source_of(SETTINGS, [member("m0", 9, writable=True), member("m1", 0)]).host == "m0"


def test_where_all_take_writes_the_newest_is_copied() -> None:
    assert source_of(SETTINGS, [member("m0", 8, writable=True), member("m1", 9, writable=True)]).host == "m1"


def test_nobody_is_copied_who_is_not_in_step() -> None:
    with pytest.raises(NoDonor, match="no member answers with data: m0, m1, m2"):
        source_of(SETTINGS, [member("m0", 0), member("m1", 0)])


class Answers:
    """A connection that has the answers to what ``look`` asks."""

    def __init__(self, state: str, status: str = "Primary") -> None:
        self._given = [
            [
                ("wsrep_local_state_uuid", HISTORY),
                ("wsrep_last_committed", "42"),
                ("wsrep_local_state_comment", state),
                ("wsrep_cluster_status", status),
            ],
            [("11.8.9-MariaDB", 1, 1_000_000)],
        ]
        self._asked = -1

    def cursor(self) -> Answers:
        return self

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, _sql: str) -> None:
        self._asked += 1

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._given[self._asked]

    def fetchone(self) -> tuple[Any, ...]:
        return self._given[self._asked][0]


@pytest.mark.parametrize(
    ("answers", "held"),
    [
        (Answers("Synced"), up_to(42)),
        (Answers("Donor/Desynced"), GtidSet.parse("")),
        (Answers("Joined"), GtidSet.parse("")),
        (Answers("Synced", "non-Primary"), GtidSet.parse("")),
    ],
)
def test_only_a_member_in_step_with_its_cluster_has_something_to_give(answers: Any, held: GtidSet) -> None:
    found = engine_of(SETTINGS).look(answers, "m0")
    assert (found.executed, found.version, found.now, found.writable) == (held, "11.8.9", 1_000_000, True)


# --- what is restored -------------------------------------------------------------------------------------------------


def base(number: int, created: int = 1, *, galera: bool = True) -> Base:
    position = up_to(number) if galera else GtidSet.parse(f"0-7:1-{number}")
    return Base(
        f"id{number}", "orders", created, "11.8.9", position, "m1", "gzip", (), 0, 0, {}, engine="mariadb",
        galera=galera,
    )  # fmt: skip


def planned(bases: list[Base], until: str) -> Plan:
    return planning.plan(bases, [], planning.read_moment(until), lambda _: [])


def test_without_an_archive_a_base_backup_is_restored_as_it_is() -> None:
    bases = [base(5, 1), base(9, 2)]
    assert planned(bases, "").base == bases[1]
    assert planned(bases, str(up_to(5))).base == bases[0]  # as an in-place restore asks for it
    assert planning.just(bases, "id5").base == bases[0]


@pytest.mark.parametrize("until", ["2026-11-22T03:00:00Z", f"{HISTORY}:1-7"])
def test_a_moment_between_two_base_backups_is_refused_with_the_way_out(until: str) -> None:
    with pytest.raises(Refused, match=r"no archive of binary logs.*: choose one by its id, id5, id9"):
        planned([base(5), base(9)], until)


def test_data_goes_back_to_a_topology_of_its_kind() -> None:
    of_galera, other = Plan(base(5), (), up_to(5), 1), Plan(base(5, galera=False), (), up_to(5), 1)
    replicated = replace(SETTINGS, topology="replication")
    restore.refuse_unfit(of_galera, engine_of(SETTINGS), SETTINGS)
    restore.refuse_unfit(other, engine_of(replicated), replicated)
    with pytest.raises(Refused, match=r"of a Galera cluster: restore it with topology\.kind = galera"):
        restore.refuse_unfit(of_galera, engine_of(replicated), replicated)
    with pytest.raises(Refused, match=r"not of a Galera cluster: restore it with topology\.kind = replication"):
        restore.refuse_unfit(other, engine_of(SETTINGS), SETTINGS)


def test_a_manifest_says_that_its_position_is_galeras() -> None:
    assert Base.parse(base(5).to_json()) == base(5)
    earlier = base(5, galera=False).to_json().replace('"galera": false,', "").replace(',\n "galera": false', "")
    assert "galera" not in earlier
    assert Base.parse(earlier) == base(5, galera=False)


# --- a history of its own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uuid", "seqno", "fine"), [(OTHER, 2, True), (OTHER, -1, False), (OTHER, 0, False), (HISTORY, 6, False)]
)
def test_restored_data_has_a_position_in_a_new_history(tmp_path: Path, uuid: str, seqno: int, fine: bool) -> None:
    state = f"# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: 1\n"
    (tmp_path / "grastate.dat").write_text(state)
    if fine:
        engine_galera.check_new(tmp_path, uuid, up_to(5))
        return
    with pytest.raises(ApplyFailed, match="left no position in a new history"):
        engine_galera.check_new(tmp_path, uuid, up_to(5))


def test_what_belongs_to_a_cluster_and_not_to_the_data_is_not_stored() -> None:
    not_part = engine_of(SETTINGS).not_part
    for name in ("grastate.dat", "gvwstate.dat", "galera.cache", "gcache.page.000001", "mariadb_backup_galera_info"):
        assert not_part.fullmatch(name), name
    for name in ("ibdata1", "app/t.ibd", "app/galera.cache", "mysql_k8s/galera.ibd"):
        assert not not_part.fullmatch(name), name


# --- the first base backup --------------------------------------------------------------------------------------------


def test_the_first_base_backup_is_asked_for_once_all_members_have_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = [member("m0", 3), member("m1", 0), member("m2", 3)]
    monkeypatch.setattr(donors, "look_at_all", lambda *_: answering)
    asked: list[str] = []
    first = FirstBase(SETTINGS, VolumeStore(tmp_path), lambda: asked.append("base"))
    first.see_to()
    assert asked == []
    answering[1] = member("m1", 3)
    first.see_to()
    first.see_to()
    assert asked == ["base"]


def test_where_there_is_a_base_backup_none_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(donors, "look_at_all", lambda *_: [member(host, 3) for host in SETTINGS.members])
    store = VolumeStore(tmp_path)
    store.put_text(Layout("orders").base("id5", MANIFEST), base(5).to_json())
    asked: list[str] = []
    FirstBase(SETTINGS, store, lambda: asked.append("base")).see_to()
    assert asked == []


def test_a_keeper_that_archives_nothing_goes_on_without_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "RETRY_SECONDS", 0.001)
    keeper = archive.Archiver(SETTINGS, VolumeStore(tmp_path), print, print)
    told: list[str] = []

    def meanwhile() -> None:
        told.append(keeper.progress.problem)
        if len(told) == 3:
            keeper.end()
        raise TargetError("away")

    keeper.rest(meanwhile)
    assert told == ["point_in_time is off"] * 3
