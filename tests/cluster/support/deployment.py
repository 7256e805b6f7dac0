"""A MySQL cluster that the tests deployed: its members, its Services, and whether all is well."""

from __future__ import annotations

import os
import signal
import ssl
from dataclasses import replace
from typing import Any

import pymysql
import urllib3

from mysql_k8s.agent.gtid_mariadb import from_state
from mysql_k8s.operate.sql import CLIENT
from sandbox.errors import SandboxError

from . import processes
from .checker import Verdict, check, gtid_set, shown
from .clients import Endpoint
from .history import Outcome
from .kube import Json, Kube, Ran, is_member, is_ready, restarts, role_of
from .load import Load, Reader
from .project import NAME, Done, Project
from .waiting import NotYet, wait_for, wait_until

AGENT_PORT = 8443
UP_SECONDS = 240
HEAL_SECONDS = 180
"""Far more than healing takes; what it really took is printed."""


class Deployment:
    """One cluster in a namespace of its own."""

    def __init__(self, kube: Kube, project: Project, arguments: Json) -> None:
        self.kube = kube
        self.project = project
        self.arguments = arguments
        self.name = NAME
        self.namespace = kube.namespace
        self._tables = 0

    @property
    def engine(self) -> str:
        return self.arguments["engine"]["kind"]

    # --- what it consists of ------------------------------------------------------------------------------------------

    @property
    def members(self) -> int:
        return self.arguments["topology"].get("members", 1)

    @property
    def ordinals(self) -> range:
        return range(self.members)

    @property
    def primary_ordinal(self) -> int:
        """Which member is the primary. Raises NotYet if a group has none, or is just changing it."""
        if self.arguments["topology"]["kind"] in ("standalone", "replication"):
            return 0
        labelled = [o for o in self.ordinals if (pod := self.kube.pod(self.pod(o))) and role_of(pod) == "primary"]
        if len(labelled) != 1:
            raise NotYet(f"{len(labelled)} pods have the primary's label")
        return labelled[0]

    @property
    def replicas(self) -> list[int]:
        primary = self.primary_ordinal
        return [ordinal for ordinal in self.ordinals if ordinal != primary]

    def pod(self, ordinal: int) -> str:
        return f"{self.name}-{ordinal}"

    def claim(self, ordinal: int) -> str:
        return f"data-{self.pod(ordinal)}"

    def pod_uid(self, ordinal: int) -> str:
        return self._present(ordinal)["metadata"]["uid"]

    def pod_uids(self) -> dict[str, str]:
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in self.kube.pods()}

    def node(self, ordinal: int) -> str:
        return self._present(ordinal)["spec"]["nodeName"]

    def created(self, ordinal: int) -> str:
        """When the member's pod was made, as a time that sorts."""
        return self._present(ordinal)["metadata"]["creationTimestamp"]

    def _present(self, ordinal: int) -> Json:
        pod = self.kube.pod(self.pod(ordinal))
        assert pod, f"{self.pod(ordinal)} does not exist"
        return pod

    # --- deploying ----------------------------------------------------------------------------------------------------

    def up(self) -> Done:
        """Bring the cluster in line with its arguments, by the command that people use."""
        done = self.try_up()
        assert done.succeeded, str(done)
        return done

    def try_up(self, **arguments: object) -> Done:
        """The same, with other arguments for once, and perhaps in vain."""
        self.project.write({**self.arguments, **arguments})
        return self.project.operate("up", seconds=UP_SECONDS)

    def change(self, **arguments: object) -> None:
        self.arguments = {**self.arguments, **arguments}
        self.up()

    def scale(self, members: int) -> None:
        self.change(topology={**self.arguments["topology"], "members": members})

    # --- asking it ----------------------------------------------------------------------------------------------------

    def ca_certificate(self) -> str:
        return self.kube.secret(f"{self.name}-tls")["ca.crt"]

    def service(self, suffix: str, user: str = "app") -> Endpoint:
        """``suffix``: primary, replicas, read or router."""
        service = f"{self.name}-{suffix}"
        host = f"{service}.{self.namespace}.svc"
        return self._endpoint(host, self.kube.service_address(service), user)

    def member(self, ordinal: int, user: str = "app") -> Endpoint:
        """A member by its pod's own address."""
        return self._endpoint(self._host(ordinal), self._present(ordinal)["status"]["podIP"], user)

    def router(self, port: int) -> Endpoint:
        """Through MySQL Router, by one of its ports."""
        return replace(self.service("router"), port=port)

    def _host(self, ordinal: int) -> str:
        return f"{self.pod(ordinal)}.{self.name}.{self.namespace}.svc"

    def _endpoint(self, host: str, address: str, user: str) -> Endpoint:
        if user == "app":
            secret = self.kube.secret(f"{self.name}-user-app")
            return Endpoint(host, address, "app", secret["password"], secret["ca.crt"], "app", self.engine)
        password = self.kube.secret(f"{self.name}-internal")[user]
        return Endpoint(host, address, user, password, self.ca_certificate(), engine=self.engine)

    def state(self, ordinal: int) -> Json:
        """What the member's agent says of it. Raises NotYet if it does not answer."""
        pod = self.kube.pod(self.pod(ordinal))
        address = pod and pod["status"].get("podIP")
        if not address:
            raise NotYet(f"{self.pod(ordinal)} has no address")
        asking = urllib3.HTTPSConnectionPool(
            address, AGENT_PORT, timeout=3, retries=False, server_hostname=self._host(ordinal),
            assert_hostname=self._host(ordinal), ssl_context=ssl.create_default_context(cadata=self.ca_certificate()),
        )  # fmt: skip
        try:
            answer = asking.request("GET", "/state")
        except urllib3.exceptions.HTTPError as error:
            raise NotYet(f"the agent of {self.pod(ordinal)} does not answer: {error}") from None
        finally:
            asking.close()
        if answer.status != 200:
            raise NotYet(f"the agent of {self.pod(ordinal)} says: {answer.data.decode(errors='replace')}")
        return answer.json()

    def socket(self, ordinal: int, sql: str) -> Ran:
        """SQL on a member's own socket, as a person would in an emergency."""
        command = [*CLIENT, "--batch", "--skip-column-names"]
        return self.kube.run(self.pod(ordinal), "mysqld", *command, f"--execute={sql}")

    def rows(self, ordinal: int, sql: str, *values: object) -> list[dict[str, Any]]:
        """SQL as the account admin on one member."""
        return self.member(ordinal, "admin").rows(sql, *values)

    # --- all is well --------------------------------------------------------------------------------------------------

    def wait_healthy(self, seconds: float = HEAL_SECONDS, *, level: bool = True) -> None:
        """Every member is there, ready, in its role and in its Services; ``level``: and holds the same transactions."""

        def healthy() -> None:
            primary = self.primary_ordinal
            self._check_pods(primary)
            self._check_endpoints(primary)
            self._check_states(level)
            self._check_clients()

        wait_for(f"{self.name} in {self.namespace} to be healthy", healthy, seconds, every=0.5)

    def _check_pods(self, primary: int) -> None:
        pods = {pod["metadata"]["name"]: pod for pod in self.kube.pods() if is_member(pod)}
        expected = {self.pod(o): "primary" if o == primary else "replica" for o in self.ordinals}
        if set(pods) != set(expected):
            raise NotYet(f"the pods are {', '.join(pods) or 'none'}")
        for name, role in expected.items():
            if not is_ready(pods[name]) or role_of(pods[name]) != role:
                ready = "ready" if is_ready(pods[name]) else "not ready"
                raise NotYet(f"{name} is {ready}, its role {role_of(pods[name])}")

    def _check_endpoints(self, primary: int) -> None:
        replicas = [self.pod(ordinal) for ordinal in self.ordinals if ordinal != primary]
        expected = {"primary": [self.pod(primary)], "read": [self.pod(primary), *replicas]}
        if replicas:
            expected["replicas"] = replicas
        for suffix, pods in expected.items():
            found = self.kube.endpoints(f"{self.name}-{suffix}")
            if found != sorted(pods):
                raise NotYet(f"the endpoints of -{suffix} are {found}")

    def _check_states(self, level: bool) -> None:
        states = [self.state(ordinal) for ordinal in self.ordinals]
        for state in states:
            if not state["ready"] or state["blocked"]:
                raise NotYet(f"{state['pod']}: {state['reason']}")
        executed = {state["gtid_executed"] for state in states}
        if level and len(executed) > 1:
            raise NotYet(f"the members hold different transactions: {sorted(executed)}")

    def _check_clients(self) -> None:
        """What the API server tells of endpoints reaches the nodes a little later."""
        for suffix in ("primary", "read", *(["replicas"] if self.members > 1 else [])):
            try:
                self.service(suffix).rows("SELECT 1", seconds=2)
            except (pymysql.MySQLError, OSError) as error:
                raise NotYet(f"-{suffix} cannot be reached: {error}") from None

    # --- work for it --------------------------------------------------------------------------------------------------

    def make_table(self) -> str:
        """An empty table of one's own, on every member."""
        self._tables += 1
        table = f"writes_{self._tables}"
        primary = self.service("primary")
        primary.rows(f"DROP TABLE IF EXISTS {table}")
        primary.rows(f"CREATE TABLE {table} (value BIGINT PRIMARY KEY)")
        return table

    def load(self, writers: int = 1) -> Load:
        """Writers that go on until the `with` block ends."""
        return Load(self.service("primary"), self.make_table(), writers)

    def reader(self, table: str) -> Reader:
        return Reader(self.service("read"), table)

    def check(self, load: Load) -> Verdict:
        """Every acknowledged write is on the primary, by its value and by its GTID, and every member has the same."""
        found = self.service("primary").rows(f"SELECT value FROM {load.table} FOR UPDATE", seconds=30)
        verdict = check(load.history.writes(), [row["value"] for row in found])
        print(f"\n  {verdict}")
        assert verdict.clean, str(verdict)
        acknowledged = [w.gtid for w in load.history.writes() if w.outcome is Outcome.OK and w.gtid]
        assert acknowledged, "the server told no GTID with its acknowledgements"
        for ordinal in self.ordinals:
            missing = self.missing(ordinal, acknowledged)
            assert not missing, f"{self.pod(ordinal)} lacks acknowledged {missing}"
            self._check_same(ordinal, load.table, [row["value"] for row in found])
        return verdict

    def missing(self, ordinal: int, acknowledged: list[str]) -> str:
        """What of the acknowledged GTIDs a member does not hold, as its server says; nothing of none."""
        if not acknowledged:
            return ""
        if self.engine == "mariadb":
            held = self.rows(ordinal, "SELECT @@GLOBAL.gtid_binlog_state AS held")[0]["held"]
            return str(from_state(",".join(acknowledged)) - from_state(held))
        question = "SELECT GTID_SUBTRACT(%s, @@gtid_executed) AS missing"
        return self.rows(ordinal, question, gtid_set(acknowledged))[0]["missing"]

    def _check_same(self, ordinal: int, table: str, expected: list[int]) -> None:
        own = {row["value"] for row in self.member(ordinal).rows(f"SELECT value FROM {table}", seconds=30)}
        differing = sorted(own ^ set(expected))
        assert not differing, f"{self.pod(ordinal)} and the primary differ in {len(differing)} rows: {shown(differing)}"

    # --- breaking it --------------------------------------------------------------------------------------------------

    def kill_mysqld(self, ordinal: int) -> None:
        """SIGKILL, and wait for the next mysqld."""
        before = processes.mysqld_pid(self.namespace, self.pod(ordinal))
        os.kill(before, signal.SIGKILL)
        self.wait_for_mysqld(ordinal, other_than=before)

    def wait_for_mysqld(self, ordinal: int, other_than: int) -> None:
        def restarted() -> None:
            try:
                now = processes.mysqld_pid(self.namespace, self.pod(ordinal))
            except (LookupError, SandboxError) as error:
                raise NotYet(str(error)) from None
            if now == other_than:
                raise NotYet("the old one is still there")

        wait_for(f"another mysqld in {self.pod(ordinal)}", restarted, 60)

    def kill_agent(self, ordinal: int) -> None:
        """SIGKILL, and wait until its container was restarted."""
        pod = self.pod(ordinal)
        before = restarts(self._present(ordinal), "agent")
        os.kill(processes.host_pid(self.namespace, pod, "agent"), signal.SIGKILL)
        restarted = lambda: restarts(self._present(ordinal), "agent") > before  # noqa: E731
        wait_until(f"the agent of {pod} to be restarted", restarted, 60)

    def kill_pod(self, ordinal: int) -> None:
        """Delete a pod without giving it time to stop, and wait for its successor."""
        before = self.pod_uid(ordinal)
        self.kube.delete_pod(self.pod(ordinal), grace_seconds=0)
        self.wait_for_successor(ordinal, before)

    def delete_pod(self, ordinal: int) -> None:
        """Delete a pod in order, and wait for its successor."""
        before = self.pod_uid(ordinal)
        self.kube.delete_pod(self.pod(ordinal))
        self.wait_for_successor(ordinal, before)

    def lose(self, ordinal: int) -> None:
        """Delete a member's claim and pod, as a person does who gives its volume up, and wait for the successor."""
        before = self.pod_uid(ordinal)
        claim = self.kube.claims()[self.claim(ordinal)]["metadata"]["uid"]
        self.kube.delete_claim(self.claim(ordinal))
        self.kube.delete_pod(self.pod(ordinal))
        self.wait_for_successor(ordinal, before)
        new = self.kube.claims().get(self.claim(ordinal))
        assert new is None or new["metadata"]["uid"] != claim, "the successor found the old claim"

    def wait_for_successor(self, ordinal: int, before: str) -> None:
        """Wait for another pod than the one with the UID ``before``."""

        def replaced() -> None:
            pod = self.kube.pod(self.pod(ordinal))
            if pod is None or pod["metadata"]["uid"] == before:
                raise NotYet("the old pod is still there" if pod else "there is no pod")

        wait_for(f"{self.pod(ordinal)} to be replaced", replaced, 120)

    def wait_for_clone(self, ordinal: int) -> Json:
        """Wait until a member is in the middle of cloning; returns the clone as its agent describes it."""

        def copying() -> Json:
            clone = self.state(ordinal)["clone"]
            if not clone or not clone["bytes_done"]:
                raise NotYet(f"clone: {clone}")
            return clone

        return wait_for(f"{self.pod(ordinal)} to clone", copying, HEAL_SECONDS, every=0.05)
