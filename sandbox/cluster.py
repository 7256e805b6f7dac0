"""`up` and `down`: the cluster's life, one at a time."""

import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox import cgroups, host, launches, network, record, teardown
from sandbox.debian import CLUSTER_PACKAGES, ensure_packages
from sandbox.health import dead, is_healthy, wait, wait_until_healthy
from sandbox.images import clone_store, ensure_store, store_name
from sandbox.kube_api import KubeApi
from sandbox.layout import Layout, write_files
from sandbox.locks import exclusive
from sandbox.manifests import all_objects
from sandbox.paths import state_root
from sandbox.processes import Launch, start
from sandbox.programs import ensure_cluster_programs
from sandbox.progress import Reporter, duration
from sandbox.record import Record
from sandbox.topology import CGROUPS, HOST_INTERFACE, NAMESPACES, NODES


def up(reporter: Reporter) -> None:
    """Have a healthy cluster, whatever is there now. Raises SandboxError."""
    host.require_root("`sandbox up`")
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
        reporter.say(
            f"the cluster is up after {duration(time.monotonic() - began)}; kubeconfig: {Layout(state).kubeconfig}"
        )


def down(reporter: Reporter) -> None:
    """Have no cluster and none of its data. Binaries and images stay in the cache. Raises SandboxError."""
    host.require_root("`sandbox down`")
    with _alone("down", reporter) as state:
        found = record.load(state)
        if not found:
            reporter.say("no cluster is there: nothing to do")
            return
        with reporter.step("ending the cluster and deleting its data, volumes included"):
            teardown.remove(found, state)
        reporter.say("the cluster is gone; programs and images stay in the cache")


@contextmanager
def _alone(command: str, reporter: Reporter) -> Generator[Path]:
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
        reporter.say(
            f"{process.launch.name} (process {process.pid}) has ended, starting it again; its log: {process.launch.log}"
        )
        found.processes.remove(process)
        _run(process.launch, found, state)
    if found.store != store_name():
        reporter.say(
            "the images' recipes have changed since this cluster was started: "
            "`down` and `up` give a cluster with the new ones"
        )
    api = KubeApi(Layout(state).pki)
    if not ended and is_healthy(api):
        reporter.say(f"the cluster is up already; kubeconfig: {Layout(state).kubeconfig}")
        return True
    with reporter.step("waiting for the cluster to be healthy"):
        wait_until_healthy(api, found)
    reporter.say(f"the cluster is up; kubeconfig: {Layout(state).kubeconfig}")
    return True


def _why_anew(found: Record) -> str:
    if found.boot_id != record.boot_id():
        return "the machine was restarted since the cluster was started: starting a new one"
    return "a cluster was started only in part: removing its remains and starting a new one"


def _start(state: Path, reporter: Reporter) -> None:
    layout = Layout(state)
    host.check_socket_path(layout.node(NODES[0]).socket)
    host.check_space(shutil.disk_usage(state).free, state)
    cgroups.check_controllers()
    ensure_packages(CLUSTER_PACKAGES, reporter)
    network.check_unused()
    programs = ensure_cluster_programs(reporter)
    store = ensure_store(reporter)
    made = Record(
        boot_id=record.boot_id(),
        store=store_name(),
        namespaces=list(NAMESPACES),
        interfaces=[HOST_INTERFACE],
        cgroups=list(CGROUPS),
        folders=host.absent_folders(),
        sysctls=host.read_sysctls(),
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
        wait("the API server", api.is_ready, made)
    with reporter.step(f"{len(NODES)} nodes"):
        for launch in launches.controllers(layout, programs):
            _run(launch, made, state)
        for node in NODES:
            _run(launches.kubelet(layout, node, programs), made, state)
            _run(launches.proxy(layout, node, programs), made, state)
        for path, body in all_objects():
            api.create(path, body)
        wait_until_healthy(api, made)
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
