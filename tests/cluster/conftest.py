"""Fixtures: a cluster that most tests share, and clusters of a test's own. Each lives in a namespace of its own.

The tests reach MySQL by the addresses of its Services and pods, and kill its processes by their numbers: both are there
where the local Kubernetes runs.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import status
from sandbox.layout import Layout
from sandbox.paths import state_root

from .support.deployment import Deployment
from .support.evidence import evidence
from .support.kube import Kube
from .support.project import Project, small_cluster
from .support.waiting import wait_until

OWNER = "mysql-k8s-tests/owner"
"""Label of a tests' namespace: which process of which machine made it."""

Deploy = Callable[..., Deployment]
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
    return report


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
    remove_abandoned(kubeconfig)
    return request.config.stash.setdefault(DEPLOYMENTS, [])


@pytest.fixture(scope="session")
def deploy(
    deployments: list[Deployment], kubeconfig: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deploy]:
    """Deploys clusters; those that a test has not removed are removed at the end."""

    def prepare(**topology: object) -> Deployment:
        namespace = f"mysql-test-{uuid.uuid4().hex[:6]}"
        kube = Kube(kubeconfig, namespace)
        kube.make_namespace({**RESTRICTED, OWNER: owner()})
        project = Project(tmp_path_factory.mktemp(namespace), kubeconfig)
        deployment = Deployment(kube, project, small_cluster(namespace, **topology))
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

    def make(**topology: object) -> Deployment:
        made.append(deploy(**topology))
        return made[-1]

    yield make
    for deployment in made:
        remove(deployment, deployments)


RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def remove(deployment: Deployment, deployments: list[Deployment]) -> None:
    """With its data, in whatever state it is. The namespace goes last: it takes minutes over what is still in it."""
    kube = deployment.kube
    kube.delete_stateful_set(deployment.name)
    for pod in kube.pods():
        kube.delete_pod(pod["metadata"]["name"], grace_seconds=1)
    for claim in kube.claims():
        kube.delete_claim(claim)
    deployments.remove(deployment)
    wait_until(f"{deployment.namespace} to be empty", lambda: not kube.pods() and not kube.claims(), 90)
    kube.delete_namespace()


def remove_abandoned(kubeconfig: str) -> None:
    """Namespaces of test runs on this machine that were killed."""
    host = socket.gethostname()
    kube = Kube(kubeconfig, "default")
    for namespace in kube.namespaces(OWNER):
        made_on, _, process = namespace["metadata"]["labels"][OWNER].rpartition(".")
        if made_on == host and not Path(f"/proc/{process}").exists():
            Kube(kubeconfig, namespace["metadata"]["name"]).delete_namespace()


def owner() -> str:
    return f"{socket.gethostname()}.{os.getpid()}"
