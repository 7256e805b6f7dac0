"""The cache: keys that change with content, entries that are complete or absent."""

import multiprocessing
import os
from pathlib import Path

import pytest

from sandbox import cache, modules, rootfs
from sandbox.progress import Reporter


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pulumi-mysql-k8s"


def write_result(folder: Path) -> None:
    (folder / "result").write_text("made")


def test_key_tells_parts_apart() -> None:
    assert cache.content_key(["ab", "c"]) != cache.content_key(["a", "bc"])
    assert cache.content_key(["a", "b"]) != cache.content_key(["b", "a"])
    assert cache.content_key(["a"]) == cache.content_key([b"a"])
    assert len(cache.content_key([])) == 16


@pytest.mark.parametrize("change", ["content", "name", "more"])
def test_module_key_changes_with_its_files(tmp_path: Path, change: str) -> None:
    def sources(name: str) -> Path:
        folder = tmp_path / name / modules.COREDNS.folder
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text("module x\n\ngo 1.26\n")
        return tmp_path / name

    first, second = sources("first"), sources("second")
    assert modules.entry_name(modules.COREDNS, first) == modules.entry_name(modules.COREDNS, second)
    folder = second / modules.COREDNS.folder
    if change == "content":
        (folder / "go.mod").write_text("module y\n\ngo 1.26\n")
    elif change == "name":
        (folder / "go.mod").rename(folder / "go.sum")
    else:
        (folder / "main.go").write_text("package main\n")
    assert modules.entry_name(modules.COREDNS, first) != modules.entry_name(modules.COREDNS, second)


def test_every_module_has_lock_files_and_a_key_of_its_own() -> None:
    every = [
        modules.PULUMI,
        modules.LANGUAGE_PYTHON,
        modules.LANGUAGE_YAML,
        modules.PROVIDER_KUBERNETES,
        modules.KUBERNETES,
        modules.COREDNS,
        modules.LOCAL_PATH_PROVISIONER,
    ]
    for module in every:
        assert {"go.mod", "go.sum"} <= {file.name for file in (modules.TOOLCHAIN_SOURCES / module.folder).iterdir()}
    assert len({modules.entry_name(module) for module in every}) == len(every)


def test_root_file_systems_have_keys_of_their_own() -> None:
    assert rootfs.entry_name(rootfs.MYSQL) != rootfs.entry_name(rootfs.PYTHON)


def test_entry_is_built_once() -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        write_result(folder)

    first = cache.ensure("thing-1", build, Reporter())
    second = cache.ensure("thing-1", build, Reporter())
    assert first == second
    assert (first / "result").read_text() == "made"
    assert len(built) == 1


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_interrupted_build_leaves_no_entry(own_cache: Path, interruption: type[BaseException]) -> None:
    def build(folder: Path) -> None:
        write_result(folder)
        raise interruption

    with pytest.raises(interruption):
        cache.ensure("thing-1", build, Reporter())
    assert [entry.name for entry in own_cache.iterdir()] == ["locks"]
    assert (cache.ensure("thing-1", write_result, Reporter()) / "result").is_file()


def test_remains_of_a_killed_build_are_removed(own_cache: Path) -> None:
    remains = own_cache / ".thing-1.999.tmp"
    remains.mkdir(parents=True)
    write_result(remains)
    cache.ensure("thing-1", write_result, Reporter())
    assert sorted(entry.name for entry in own_cache.iterdir()) == ["locks", "thing-1"]


def _build_slowly(count: Path) -> None:
    def build(folder: Path) -> None:
        with count.open("a") as file:
            file.write(f"{os.getpid()}\n")
        write_result(folder)

    cache.ensure("thing-1", build, Reporter())


def test_concurrent_builders_build_once(tmp_path: Path) -> None:
    count = tmp_path / "count"
    context = multiprocessing.get_context("fork")
    builders = [context.Process(target=_build_slowly, args=(count,)) for _ in range(4)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert [builder.exitcode for builder in builders] == [0, 0, 0, 0]
    assert len(count.read_text().splitlines()) == 1


def test_link_or_copy_replaces(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    target.write_text("old")
    cache.link_or_copy(source, target)
    assert target.read_text() == "new"
