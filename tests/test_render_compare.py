"""Differences between two revisions, by object and property."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from mysql_k8s.render import stacks
from mysql_k8s.render.compare import changes
from mysql_k8s.render.errors import RenderError
from mysql_k8s.render.report import as_markdown, as_text
from mysql_k8s.render.revisions import manifests_at


def config(digest: str, content: str) -> dict[str, Any]:
    metadata = {"name": f"db-config-{digest}", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"my.cnf": content}}


def stateful_set(digest: str, replicas: int = 3, image: str = "mysql:9.7.4") -> dict[str, Any]:
    volumes = [{"name": "run"}, {"name": "config", "configMap": {"name": f"db-config-{digest}"}}]
    pod = {"containers": [{"name": "mysqld", "image": image}], "volumes": volumes}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"replicas": replicas, "template": {"spec": pod}},
    }


BEFORE = [config("aaaaaaaaaa", "a = 1\nb = 2\nc = 3\n"), stateful_set("aaaaaaaaaa")]
AFTER = [config("bbbbbbbbbb", "a = 1\nb = 3\nc = 3\n"), stateful_set("bbbbbbbbbb")]


def test_nothing_differs_from_itself() -> None:
    assert changes(BEFORE, BEFORE) == []
    assert as_text({"prod": []}) == "stack prod: no change"


def test_a_changed_my_cnf_reads_as_one() -> None:
    assert as_text({"prod": changes(BEFORE, AFTER)}) == "\n".join(
        [
            "stack prod: 2 changed",
            "! ConfigMap shop/db-config-bbbbbbbbbb (before: db-config-aaaaaaaaaa)",
            "    data.my.cnf:",
            "        a = 1",
            "-       b = 2",
            "+       b = 3",
            "        c = 3",
            "    metadata.name: db-config-aaaaaaaaaa -> db-config-bbbbbbbbbb",
            "! StatefulSet shop/db",
            "    spec.template.spec.volumes[config].configMap.name: db-config-aaaaaaaaaa -> db-config-bbbbbbbbbb",
        ]
    )


def test_added_removed_and_changed() -> None:
    text = as_text({"prod": changes([BEFORE[0], stateful_set("x", 3)], [stateful_set("x", 5, "mysql:9.7.5")])})
    assert text.splitlines() == [
        "stack prod: 1 removed, 1 changed",
        "- ConfigMap shop/db-config-aaaaaaaaaa",
        "! StatefulSet shop/db",
        "    spec.replicas: 3 -> 5",
        "    spec.template.spec.containers[mysqld].image: mysql:9.7.4 -> mysql:9.7.5",
    ]
    assert as_text({"prod": changes([], BEFORE)}).startswith("stack prod: 2 added")


def test_the_version_of_an_api_is_a_property() -> None:
    old = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "db"}}
    (changed,) = changes([old], [{**old, "apiVersion": "policy/v1"}])
    assert [each.path for each in changed.properties] == ["apiVersion"]


def test_lists_are_compared_by_what_tells_their_items_apart() -> None:
    def of(*ports: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}, "spec": {"ports": list(ports)}}]

    (changed,) = changes(of({"port": 1}), of({"port": 0, "name": "x"}, {"port": 1}))
    assert [(each.path, each.before) for each in changed.properties] == [("spec.ports[0]", None)]
    (changed,) = changes(of({"port": 1}, {"port": 2}), of({"port": 2}, {"port": 1}))
    assert [each.path for each in changed.properties] == ["spec.ports (order)"]


def test_markdown_cannot_be_broken_out_of() -> None:
    text = as_markdown({"prod": changes(BEFORE, [config("cccccccccc", "~~~~~\n</details>\n"), AFTER[1]])}, "main")
    assert text.count("~~~~~") == 2
    assert text.startswith("### Manifests compared with `main`")
    assert "<details><summary><b>prod</b>: 2 changed</summary>" in text


def git(folder: Path, *arguments: str) -> None:
    options = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *options, *arguments], check=True, capture_output=True)


def test_an_earlier_revision_is_read_from_what_it_kept(tmp_path: Path) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    (tmp_path / "Pulumi.prod.yaml").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    with pytest.raises(RenderError, match=r"no rendered/prod\.yaml; choose a later one"):
        manifests_at(tmp_path, "main", "prod")
    assert manifests_at(tmp_path, "main", "new") == []
    stacks.golden(tmp_path, "prod").parent.mkdir()
    stacks.golden(tmp_path, "prod").write_text(stacks.as_text("prod", BEFORE))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "two")
    assert manifests_at(tmp_path, "HEAD", "prod") == BEFORE
    for revision in ("nowhere", "--output=x"):
        with pytest.raises(RenderError, match="There is no revision"):
            manifests_at(tmp_path, revision, "prod")
