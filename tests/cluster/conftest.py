"""Fixtures: a cluster that most tests share, and clusters of a test's own. Each lives in a namespace of its own.

The tests reach MySQL by the addresses of its Services and pods, and kill its processes by their numbers: both are there
where the local Kubernetes runs.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import on_demand, status
from sandbox.layout import Layout
from sandbox.paths import state_root
from sandbox.progress import Reporter

from .support import lifetime
from .support.deployment import Deployment
from .support.evidence import evidence

Deploy = Callable[..., Deployment]
FAILURES = Path(__file__).parents[2] / ".state" / "cluster-tests"
DEPLOYMENTS = pytest.StashKey[list[Deployment]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.cluster)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add the evidence to the report of a test that failed."""
    report = yield
    if report.failed and call.when in ("setup", "call"):
        for deployment in item.config.stash.get(DEPLOYMENTS, []):
            report.sections.append((f"cluster in {deployment.namespace}", evidence(deployment)))
        keep(report)
    return report


def keep(report: pytest.TestReport) -> None:
    """What went wrong, in a file: of a test that passes when it is run again, pytest prints nothing."""
    name = re.sub(r"[^\w.-]+", "-", report.nodeid.removeprefix("tests/cluster/"))
    FAILURES.mkdir(parents=True, exist_ok=True)
    kept = FAILURES / f"{name}-{time.time():.0f}.txt"
    sections = (f"\n--- {title}\n{text}" for title, text in report.sections)
    kept.write_text("\n".join([report.longreprtext, *sections]))


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    """The cluster that KUBECONFIG names, else the local one, which must run."""
    named = os.environ.get("KUBECONFIG")
    if named:
        return named
    state = status.collect().state
    if state != "running":
        pytest.fail(f"the local Kubernetes is {state}: `make sandbox-up` starts it", pytrace=False)
    return str(Layout(state_root()).kubeconfig)


@pytest.fixture(scope="session")
def deployments(request: pytest.FixtureRequest, kubeconfig: str) -> list[Deployment]:
    """Those that are there now, for the evidence of a failure."""
    lifetime.remove_abandoned(kubeconfig)
    return request.config.stash.setdefault(DEPLOYMENTS, [])


@pytest.fixture(scope="session")
def deploy(
    deployments: list[Deployment], kubeconfig: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deploy]:
    """Deploys clusters; those that a test has not removed are removed at the end."""

    def prepare(engine: str = "mysql", **topology: object) -> Deployment:
        if engine != "mysql":  # its image is not among those that each node has
            on_demand.provide(engine, Reporter())
        deployment = lifetime.prepare(kubeconfig, tmp_path_factory.mktemp("project"), engine, **topology)
        deployments.append(deployment)
        return deployment

    yield prepare
    for deployment in list(deployments):
        remove(deployment, deployments)


@pytest.fixture(scope="session")
def shared(deploy: Deploy, deployments: list[Deployment]) -> Callable[[], Deployment]:
    """The cluster that most tests use: deployed once, and anew after a test that left it broken."""
    current: list[Deployment] = []

    def get() -> Deployment:
        if not current:
            deployment = deploy(kind="replication", members=3, durability="semi-sync")
            current.append(deployment)
            deployment.up()
        deployment = current[0]
        try:
            deployment.wait_healthy(60)
        except TimeoutError as problem:
            print(f"an earlier test left the cluster broken ({problem}): deploying another one")
            current.clear()
            remove(deployment, deployments)
            return get()
        return deployment

    return get


@pytest.fixture
def cluster(shared: Callable[[], Deployment]) -> Deployment:
    """Three healthy members, semi-synchronous. The test must leave them healthy, as it found them."""
    return shared()


@pytest.fixture
def own(deploy: Deploy, deployments: list[Deployment]) -> Iterator[Deploy]:
    """Deploys clusters that are gone when the test has ended."""
    made: list[Deployment] = []

    def make(engine: str = "mysql", **topology: object) -> Deployment:
        made.append(deploy(engine, **topology))
        return made[-1]

    yield make
    for deployment in made:
        remove(deployment, deployments)


def remove(deployment: Deployment, deployments: list[Deployment]) -> None:
    """With its data, in whatever state it is."""
    deployments.remove(deployment)
    lifetime.remove(deployment)
