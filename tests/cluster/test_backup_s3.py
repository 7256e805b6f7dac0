"""Backups on a real cluster and a real S3 server in it: wrong credentials are told, the server gets ciphertext alone,
and a moment is restored from it."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from pathlib import Path

from .conftest import Deploy
from .support import s3
from .support.history import Outcome
from .test_backup import wait_for_archive, wait_for_base
from .test_restore_in_place import RESTORE_SECONDS, values


def test_a_server_is_restored_from_s3(own: Deploy, tmp_path: Path) -> None:
    s3.ensure_image(tmp_path)
    cluster = own(kind="standalone")
    key = {"encryption_key": secrets.token_urlsafe(32)}
    cluster.kube.make({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": key})
    target = {**s3.serve(cluster.kube), "encryption_secret_name": "key"}
    cluster.arguments["backup"] = {"schedule": "0 3 1 1 *", "drill_schedule": None, "target": target}
    wrong = cluster.try_up(backup={**cluster.arguments["backup"], "target": {**target, "secret_name": "s3-wrong"}})
    assert not wrong.succeeded
    assert "its backups cannot be stored: operations/copyfile" in wrong.output, wrong.output
    print(wrong.output.splitlines()[-1])

    cluster.up()
    cluster.wait_healthy()
    with cluster.load(writers=2) as load:
        base = wait_for_base(cluster, 240)
        assert base["source"].startswith("orders-0.")
        load.wait_for_writes()
        monotonic, moment = time.monotonic(), dt.datetime.now(dt.UTC)
        time.sleep(2)
    wait_for_archive(cluster, moment, 60)
    stored = s3.objects(cluster.kube)
    assert any("/base/" in name for name in stored) and any("/binlog/" in name for name in stored)
    assert {name: begin for name, begin in stored.items() if begin != s3.ENCRYPTED} == {}
    writes = load.history.writes()
    before = {write.value for write in writes if write.outcome is Outcome.OK and write.ended < monotonic}
    after = {write.value for write in writes if write.began > monotonic}
    assert before and after
    restored = cluster.project.operate("restore", "--until", moment.isoformat(), "--yes", seconds=RESTORE_SECONDS)
    assert restored.succeeded, str(restored)
    cluster.wait_healthy()
    found = values(cluster, load.table)
    assert before <= found, f"lost: {sorted(before - found)[:10]}"
    assert not after & found, f"from after the moment: {sorted(after & found)[:10]}"
    assert cluster.project.operate("restore-done", "--yes").succeeded
