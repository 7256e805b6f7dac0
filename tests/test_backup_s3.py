"""A target that rclone reaches, with a real rclone on either side: the client's daemon, and a server that speaks S3."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from backports import zstd

from mysql_k8s import S3, Volume
from mysql_k8s.agent.gtid import NOTHING
from mysql_k8s.backup import packing, rclone
from mysql_k8s.backup.catalogue import Base
from mysql_k8s.backup.packing import DamagedBackup, PartWriter
from mysql_k8s.backup.rclone import RcloneStore
from mysql_k8s.backup.store import Store, TargetError, VolumeStore
from mysql_k8s.objects import backup_rclone

KEY, SECRET = "an-access-key", "a-secret-key"
ENCRYPTION_KEY = "a key 'with' \"quotes\" and $signs"
KNOWN = b"a sentence that nobody else may read"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@dataclass
class S3Server:
    """A server, the folder that it serves, and how to start a daemon of rclone that knows it."""

    program: str
    folder: Path
    address: str
    running: list[subprocess.Popen[bytes]]

    def daemon(self, secret: str = SECRET, address: str = "") -> str:
        """Start `rclone rcd` as the pod does; returns the URL of its API."""
        port = free_port()
        remote = {
            "TYPE": "s3", "PROVIDER": "Other", "REGION": "us-east-1", "NO_CHECK_BUCKET": "true",
            "ENDPOINT": f"http://{address or self.address}", "ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": secret,
        }  # fmt: skip
        environment = {f"RCLONE_CONFIG_TARGET_{key}": value for key, value in remote.items()}
        command = [self.program, "rcd", f"--rc-addr=127.0.0.1:{port}", "--rc-no-auth", "--config=", "--retries=1"]
        self._start([*command, "--low-level-retries=1"], environment)
        wait_for_port(port)
        return f"http://127.0.0.1:{port}"

    def sealed(self, target: S3 | Volume, folder: Path | None = None, key: str = ENCRYPTION_KEY) -> str:
        """Start what the pod has with an encryption key: the container's command, its environment from the Secrets."""
        (container,) = backup_rclone.rclone(target)
        known = {"access_key_id": KEY, "secret_access_key": SECRET, "encryption_key": key}
        environment: dict[str, str] = {}
        for each in cast("list[Any]", container.env):
            environment[each.name] = each.value or known[each.value_from.secret_key_ref.key]
            environment[each.name] = environment[each.name].replace("/backup", str(folder))
        environment["PATH"] = f"{Path(self.program).parent}:{os.environ['PATH']}"
        port = free_port()
        command = [part.replace("5572", str(port)) for part in cast("list[str]", container.command)]
        command[-1] = command[-1].replace("--config=", "--config= --retries=1 --low-level-retries=1")
        self._start(command, environment)
        wait_for_port(port)
        return f"http://127.0.0.1:{port}"

    def serve(self) -> None:
        command = [self.program, "serve", "s3", f"--addr={self.address}", f"--auth-key={KEY},{SECRET}"]
        self._start([*command, str(self.folder)], {})
        wait_for_port(int(self.address.rpartition(":")[2]))

    def _start(self, command: list[str], environment: dict[str, str]) -> None:
        log = self.folder.with_name("rclone.log").open("ab")
        self.running.append(subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log))


def wait_for_port(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on {port}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    program = os.environ.get("RCLONE") or shutil.which("rclone")
    if not program:
        pytest.skip("needs rclone 1.65 or newer: on the PATH, or named by RCLONE")
    folder = tmp_path_factory.mktemp("s3") / "buckets"
    (folder / "backups").mkdir(parents=True)
    made = S3Server(program, folder, f"127.0.0.1:{free_port()}", [])
    try:
        made.serve()
        yield made
    finally:
        for process in made.running:
            process.terminate()
            process.wait(10)


@pytest.fixture
def store(server: S3Server, tmp_path: Path) -> RcloneStore:
    return RcloneStore("target:backups/a/prefix", tmp_path / "spool", server.daemon())


@pytest.fixture(params=["s3", "volume", "encrypted s3", "encrypted volume"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    match request.param:
        case "s3":
            return request.getfixturevalue("store")
        case "volume":
            return VolumeStore(tmp_path / "volume")
        case "encrypted s3":
            return sealed_on_s3(request.getfixturevalue("server"), tmp_path)
        case _:
            return sealed_on_volume(request.getfixturevalue("server"), tmp_path)


def sealed_on_s3(server: S3Server, tmp_path: Path) -> RcloneStore:
    target = S3(
        bucket="backups", prefix=f"sealed/{tmp_path.name}", secret_name="keys", encryption_secret_name="key",
        endpoint=f"http://{server.address}",
    )  # fmt: skip
    return RcloneStore("target:", tmp_path / "spool", server.sealed(target))


def sealed_on_volume(server: S3Server, tmp_path: Path, key: str = ENCRYPTION_KEY) -> RcloneStore:
    folder = tmp_path / "sealed"
    folder.mkdir(exist_ok=True)
    target = Volume(encryption_secret_name="key")
    return RcloneStore("target:", tmp_path / "spool", server.sealed(target, folder, key))


def test_objects_come_and_go(either: Store, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(3 << 20))
    either.put(file, "orders/base/1/part-00000")
    either.put_text("orders/base/1/manifest.json", "one")
    either.put_text("orders/base/1/manifest.json", "two, which is longer")
    either.put_text("orders/base/2/manifest.json", "three")
    either.get("orders/base/1/part-00000", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    found = either.documents("orders/base/", "manifest.json")
    assert found == {
        "orders/base/1/manifest.json": "two, which is longer",
        "orders/base/2/manifest.json": "three",
    }
    assert either.keys("orders/base/1/") == ["orders/base/1/manifest.json", "orders/base/1/part-00000"]
    either.delete("orders/base/1/part-00000")
    either.delete("orders/base/1/part-00000")
    assert either.keys("orders/") == ["orders/base/1/manifest.json", "orders/base/2/manifest.json"]
    with pytest.raises(FileNotFoundError):
        either.get("orders/base/1/part-00000", tmp_path / "back")
    assert either.documents("nothing/here/", ".json") == {}
    assert either.keys("nothing/here/") == []


def test_a_document_of_the_same_length_is_replaced(either: Store) -> None:
    """A position in the archive changes in a few digits, and may do so within a second."""
    for text in ("position 1", "position 2", "position 3"):
        either.put_text("orders/position.json", text)
        assert either.documents("orders/", "position.json") == {"orders/position.json": text}


def test_a_wrong_key_is_told(server: S3Server, tmp_path: Path) -> None:
    store = RcloneStore("target:backups", tmp_path, server.daemon(secret="another"))
    with pytest.raises(TargetError, match="operations/copyfile"):
        store.put_text("orders/x.json", "x")
    assert not list(server.folder.glob("backups/orders/x.json"))


def test_a_server_that_is_away_is_told(server: S3Server, tmp_path: Path) -> None:
    store = RcloneStore("target:backups", tmp_path, server.daemon(address=f"127.0.0.1:{free_port()}"))
    with pytest.raises(TargetError):
        store.put_text("orders/x.json", "x")


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("kind", ["s3", "volume"])
def test_nothing_that_is_encrypted_can_be_read_on_the_target(server: S3Server, tmp_path: Path, kind: str) -> None:
    store = sealed_on_s3(server, tmp_path) if kind == "s3" else sealed_on_volume(server, tmp_path)
    target = server.folder / "backups/sealed" / tmp_path.name if kind == "s3" else tmp_path / "sealed"
    file = tmp_path / "file"
    file.write_bytes(KNOWN * 1000)
    store.put(file, "orders/base/1/part-00000")
    store.put_text("orders/base/1/manifest.json", KNOWN.decode())
    assert len(bytes_below(target)) > 1000 * len(KNOWN)
    assert KNOWN not in bytes_below(target)
    assert ENCRYPTION_KEY.encode() not in bytes_below(target)
    store.get("orders/base/1/part-00000", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_another_key_is_told(server: S3Server, tmp_path: Path) -> None:
    sealed_on_volume(server, tmp_path).put_text("orders/base/1/manifest.json", "one")
    wrong = sealed_on_volume(server, tmp_path, "another key")
    with pytest.raises(TargetError, match="the encryption key is not the one"):
        wrong.documents("orders/base/", "manifest.json")
    with pytest.raises(TargetError, match="the encryption key is not the one"):
        wrong.get("orders/base/1/manifest.json", tmp_path / "back")


def test_what_was_stored_without_a_key_is_not_taken_for_encrypted(server: S3Server, tmp_path: Path) -> None:
    plain = tmp_path / "sealed/orders/base/1/manifest.json.bin"
    plain.parent.mkdir(parents=True)
    plain.write_text("{}" + " " * 100)
    with pytest.raises(TargetError, match="cannot be decrypted"):
        sealed_on_volume(server, tmp_path).documents("orders/base/", "manifest.json")


def test_an_rclone_that_is_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rclone, "START_SECONDS", 0.5)
    store = RcloneStore("target:backups", tmp_path, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TargetError, match="rclone does not answer"):
        store.put_text("orders/x.json", "x")


def packed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Base]:
    """A folder of several parts' size, stored."""
    monkeypatch.setattr(packing, "PART_BYTES", 1 << 20)
    folder = tmp_path / "data"
    (folder / "app/empty").mkdir(parents=True)
    (folder / "app/random.ibd").write_bytes(os.urandom(5 << 20))
    (folder / "ibdata1").write_bytes(b"\0" * (9 << 20))
    (folder / "left-out").write_text("x")
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    writer = PartWriter(store, lambda name: f"orders/base/1/{name}", spool, packing.best_codec())
    files = packing.pack(folder, lambda name: name == "left-out", writer)
    base = Base(
        id="1", cluster="orders", created=1, server_version="9.7.4", gtids=NOTHING, source="orders-1",
        codec=packing.best_codec(), parts=tuple(writer.parts), files=files, raw_bytes=writer.raw_bytes, tools={},
    )  # fmt: skip
    return folder, base


def unpacked(store: Store, base: Base, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    packing.unpack(store, base, lambda name: f"orders/base/1/{name}", tmp_path / "spool", out)
    return out


def test_a_folder_comes_back_as_it_was(either: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, base = packed(either, tmp_path, monkeypatch)
    assert len(base.parts) > 2
    out = unpacked(either, base, tmp_path)
    assert {path.relative_to(out).as_posix() for path in out.rglob("*")} == {
        "app", "app/empty", "app/random.ibd", "ibdata1",
    }  # fmt: skip
    for name in ("app/random.ibd", "ibdata1"):
        assert (out / name).read_bytes() == (folder / name).read_bytes()
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("damage", ["changed", "cut off", "missing", "swapped"])
def test_a_damaged_part_is_never_used(
    either: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    _, base = packed(either, tmp_path, monkeypatch)
    keys = [f"orders/base/1/{part.name}" for part in base.parts]
    file = tmp_path / "damaged"
    either.get(keys[1], file)
    content = file.read_bytes()
    match damage:
        case "changed":
            file.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
            either.put(file, keys[1])
        case "cut off":
            file.write_bytes(content[:-1])
            either.put(file, keys[1])
        case "swapped":
            either.put(file, keys[0])
        case _:
            either.delete(keys[1])
    with pytest.raises(DamagedBackup, match="part-0000"):
        unpacked(either, base, tmp_path)


def test_a_manifest_that_forgets_a_part_is_found_out(
    either: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, base = packed(either, tmp_path, monkeypatch)
    with pytest.raises(DamagedBackup):
        unpacked(either, replace(base, parts=base.parts[:-1]), tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small volume")
def test_a_full_volume_leaves_nothing_that_looks_like_an_object(tmp_path: Path) -> None:
    volume = tmp_path / "small"
    volume.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(volume)], check=True)
    try:
        store = VolumeStore(volume)
        store.put_text("orders/x.json", "fits")
        with pytest.raises(TargetError, match="No space left"):
            store.put_text("orders/base/1/part-00000", "x" * (2 << 20))
        assert store.keys("orders/") == ["orders/x.json"]
        store.put_text("orders/x.json", "fits again")
    finally:
        subprocess.run(["umount", str(volume)], check=True)


def test_zstd_where_python_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module of Python 3.14, as its backport has it; what comes out is what `zstd` and `tar` read."""
    monkeypatch.setitem(sys.modules, "compression", types.ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", zstd)
    store = VolumeStore(tmp_path / "volume")
    folder, base = packed(store, tmp_path, monkeypatch)
    assert base.codec == "zstd"
    out = unpacked(store, base, tmp_path)
    assert (out / "app/random.ibd").read_bytes() == (folder / "app/random.ibd").read_bytes()
    first = tmp_path / "volume/orders/base/1/part-00000"
    assert first.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"


def test_without_zstd_its_backups_are_refused_with_the_way_out(tmp_path: Path) -> None:
    base = Base("1", "orders", 1, "9.7.4", NOTHING, "r", "zstd", (), 0, 0, {})
    if packing.best_codec() == "gzip":
        with pytest.raises(DamagedBackup, match=r"use 3\.14 or newer"):
            packing.unpack(VolumeStore(tmp_path), base, str, tmp_path, tmp_path)
