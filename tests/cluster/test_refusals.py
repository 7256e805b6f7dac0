"""What cannot work ends quickly, with one message that names the pod or argument and the way out; nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .support.deployment import Deployment
from .support.project import Project, small_cluster

QUICKLY_SECONDS = 180
"""Far less than the 15 minutes that Pulumi would wait; most of it is the kubelet trying again."""


def test_an_image_that_cannot_be_pulled_takes_no_running_primary_down(cluster: Deployment) -> None:
    wrong = "localhost/mysql-k8s/no-such-image:9.7.4"
    primary = cluster.pod_uid(0)
    with cluster.load() as load:
        try:
            began = time.monotonic()
            done = cluster.try_up(engine={**cluster.arguments["engine"], "image": wrong})
            took = time.monotonic() - began
            load.wait_for_writes(more=100)
        finally:
            cluster.up()
        cluster.wait_healthy(level=False)
    assert not done.succeeded
    assert took < QUICKLY_SECONDS
    assert_one_message(done.output, "pod orders-2", wrong, "the image cannot be pulled", "Correct the image's name")
    assert cluster.pod_uid(0) == primary
    cluster.wait_healthy()
    cluster.check(load)


def test_a_missing_tls_secret_changes_nothing(cluster: Deployment) -> None:
    before = cluster.pod_uids()
    began = time.monotonic()
    done = cluster.try_up(tls={"secret_name": "no-such-secret"})
    assert not done.succeeded
    assert time.monotonic() - began < QUICKLY_SECONDS
    assert "tls.secret_name" in done.output
    assert "no-such-secret" in done.output
    assert cluster.pod_uids() == before
    cluster.wait_healthy()


@pytest.mark.parametrize(
    ("kubeconfig", "said"),
    [
        pytest.param("/no/such/kubeconfig", "does not exist", id="missing"),
        pytest.param("not-yaml", "cannot be used", id="not-yaml"),
        pytest.param("unreachable", "cannot be reached", id="unreachable"),
    ],
)
def test_a_wrong_kubeconfig_ends_in_one_message(tmp_path: Path, kubeconfig: str, said: str) -> None:
    (tmp_path / "not-yaml").write_text("{")
    (tmp_path / "unreachable").write_text(UNREACHABLE)
    file = str(tmp_path / kubeconfig)  # an absolute path stays as it is
    project = Project(tmp_path / "project", file)
    project.write(small_cluster("nowhere", kind="standalone"))
    began = time.monotonic()
    done = project.operate("up", seconds=60)
    assert not done.succeeded
    assert time.monotonic() - began < 30
    assert_one_message(done.output, file if kubeconfig != "unreachable" else "https://127.0.0.1:1", said)


def assert_one_message(output: str, *parts: str) -> None:
    messages = [line for line in output.splitlines() if line.startswith("error: ")]
    assert len(messages) == 1, output
    for part in parts:
        assert part in messages[0]


UNREACHABLE = """
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
"""
