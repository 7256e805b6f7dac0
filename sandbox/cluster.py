"""`up` and `down`: the cluster's life, one at a time."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import cgroups, host, launches, network, record, teardown
from sandbox.debian import CLUSTER_PACKAGES, ensure_packages
from sandbox.errors import SandboxError, StepFailed, describe_failure
from sandbox.images import clone_store, ensure_store, store_name
from sandbox.kube_api import KubeApi
from sandbox.layout import Layout, write_files
from sandbox.locks import exclusive
from sandbox.manifests import all_objects
from sandbox.paths import state_root
from sandbox.processes import Launch, Process, is_alive, start
from sandbox.programs import ensure_cluster_programs
from sandbox.progress import Reporter, duration
from sandbox.record import Record
from sandbox.topology import CGROUPS, DNS_ADDRESS, DNS_READY_PORT, HOST_INTERFACE, NAMESPACES, NODES

PATIENCE = 120.0
"""Seconds that the API server, and then the nodes, may take."""


def up(reporter: Reporter) -> None:
    """Have a healthy cluster, whatever is there now. Raises SandboxError."""
    host.require_root("sandbox up")
    with _alone("up", reporter) as state:
        found = record.load(state)
        if found and _keeps_running(found, state, reporter):
            return
        if found:
            reporter.say(_why_anew(found))
            with reporter.step("removing the remains"):
                teardown.remove(found, state)
        began = time.monotonic()
        _start(state, reporter)
        reporter.say(f"the cluster is up after {duration(time.monotonic() - began)}; "
                     f"kubeconfig: {Layout(state).kubeconfig}")


def down(reporter: Reporter) -> None:
    """Have no cluster and none of its data. Binaries and images stay in the cache. Raises SandboxError."""
    host.require_root("sandbox down")
    with _alone("down", reporter) as state:
        found = record.load(state)
        if not found:
            reporter.say("no cluster is there: nothing to do")
            return
        with reporter.step("ending the cluster and deleting its data, volumes included"):
            teardown.remove(found, state)
        reporter.say("the cluster is gone; programs and images stay in the cache")


def dead(found: Record) -> list[Process]:
    """The recorded processes that do not run any more."""
    return [process for process in found.processes if not is_alive(process)]


def unready_nodes(api: KubeApi) -> list[str]:
    """What keeps nodes from being used, by node; empty if all can be."""
    ready = {node["metadata"]["name"] for node in api.list("/api/v1/nodes") if is_usable(node)}
    return [node.name for node in NODES if node.name not in ready]


def is_usable(node: dict[str, object]) -> bool:
    """Whether a node, as the API gives it, is Ready and accepts pods."""
    status, spec = node["status"], node["spec"]
    assert isinstance(status, dict) and isinstance(spec, dict)
    conditions: list[dict[str, str]] = status.get("conditions", [])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return not spec.get("taints") and any(  # pyright: ignore[reportUnknownMemberType]
        condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


@contextmanager
def _alone(command: str, reporter: Reporter) -> Iterator[Path]:
    state = state_root()
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)  # volumes are writable for everybody; this keeps other users of the machine out

    def waiting(holder: str) -> None:
        reporter.say(f"another `sandbox` command is at work (process {holder}): `{command}` waits for it")

    with exclusive(state / teardown.LOCK, waiting):
        yield state


def _keeps_running(found: Record, state: Path, reporter: Reporter) -> bool:
    if not found.ready or found.boot_id != record.boot_id():
        return False
    ended = dead(found)
    for process in ended:
        reporter.say(f"{process.launch.name} (process {process.pid}) has ended, starting it again; "
                     f"its log: {process.launch.log}")
        found.processes.remove(process)
        _run(process.launch, found, state)
    if found.store != store_name():
        reporter.say("the images' recipes have changed since this cluster was started: "
                     "`down` and `up` give a cluster with the new ones")
    api = KubeApi(Layout(state).pki)
    if not ended and api.is_ready() and not unready_nodes(api) and _names_resolve():
        reporter.say(f"the cluster is up already; kubeconfig: {Layout(state).kubeconfig}")
        return True
    with reporter.step("waiting for the cluster to be healthy"):
        _wait_until_healthy(api, found)
    reporter.say(f"the cluster is up; kubeconfig: {Layout(state).kubeconfig}")
    return True


def _why_anew(found: Record) -> str:
    if found.boot_id != record.boot_id():
        return "the machine was restarted since the cluster was started: starting a new one"
    return "a cluster was started only in part: removing its remains and starting a new one"


def _start(state: Path, reporter: Reporter) -> None:
    layout = Layout(state)
    host.check_socket_path(layout.node(NODES[0]).socket)
    cgroups.check_controllers()
    network.check_unused()
    ensure_packages(CLUSTER_PACKAGES, reporter)
    programs = ensure_cluster_programs(reporter)
    store = ensure_store(reporter)
    made = Record(
        boot_id=record.boot_id(), store=store_name(), namespaces=list(NAMESPACES), interfaces=[HOST_INTERFACE],
        cgroups=list(CGROUPS), folders=host.absent_folders(), sysctls=host.read_sysctls(),
    )
    record.save(made, state)
    with reporter.step("network, keys and images"):
        _prepare(layout, store)
    with reporter.step("API server", layout.logs / "apiserver.log"):
        _run(launches.etcd(layout), made, state)
        _run(launches.apiserver(layout, programs), made, state)
        for node in NODES:
            _run(launches.containerd(layout, node), made, state)
        api = KubeApi(layout.pki)
        _wait("the API server", api.is_ready, made)
    with reporter.step(f"{len(NODES)} nodes"):
        for launch in launches.controllers(layout, programs):
            _run(launch, made, state)
        for node in NODES:
            _run(launches.kubelet(layout, node, programs), made, state)
            _run(launches.proxy(layout, node, programs), made, state)
        for path, body in all_objects():
            api.create(path, body)
        _wait_until_healthy(api, made)
    made.ready = True
    record.save(made, state)


def _prepare(layout: Layout, store: Path) -> None:
    host.raise_sysctls()
    network.build()
    for name in CGROUPS:
        cgroups.create(name)
    write_files(layout)
    for node in NODES:
        clone_store(store, layout.node(node).store)


def _run(launch: Launch, made: Record, state: Path) -> None:
    made.processes.append(start(launch, state))
    record.save(made, state)


def _wait_until_healthy(api: KubeApi, made: Record) -> None:
    _wait("the API server", api.is_ready, made)
    _wait("all nodes to be Ready", lambda: not unready_nodes(api), made)
    _wait("the cluster's DNS", _names_resolve, made)


def _names_resolve() -> bool:
    try:
        with urllib.request.urlopen(f"http://{DNS_ADDRESS}:{DNS_READY_PORT}/ready", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait(what: str, is_so: Callable[[], bool], made: Record) -> None:
    until = time.monotonic() + PATIENCE
    while not _holds(is_so):
        for process in dead(made):
            log = Path(process.launch.log)
            raise StepFailed(describe_failure(f"waiting for {what}", f"{process.launch.name} has ended", log,
                                              log.read_text(errors="replace")))
        if time.monotonic() > until:
            raise SandboxError(f"{what}: not so after {duration(PATIENCE)}; the logs are in "
                               f"{Path(made.processes[0].launch.log).parent}; `down` removes what was started")
        time.sleep(0.1)


def _holds(is_so: Callable[[], bool]) -> bool:
    try:
        return is_so()
    except SandboxError:  # a server that is just starting
        return False
