from __future__ import annotations

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mysql_k8s import TLS, MySQL, MySQLClusterArgs, Replication, Resources, Standalone, Storage, Timeouts, User
from mysql_k8s.args.docstrings import docstrings
from mysql_k8s.quantity import MIB

MIBS = st.integers(min_value=640, max_value=2**20)


def test_every_default_fits_together(args: MySQLClusterArgs) -> None:
    assert args.topology == Replication(members=3, durability="async")
    assert args.engine.image_reference == "docker.io/library/mysql:9.7.4"
    assert args.databases == ("app",)
    assert [user.name for user in args.users] == ["app"]


def test_arguments_are_read_as_a_stack_writes_them() -> None:
    args = MySQLClusterArgs.model_validate(
        {
            "topology": {"kind": "standalone"},
            "storage": {"size": "20Gi"},
            "databases": ["app", "audit"],
            "users": ["app", {"name": "auditor", "databases": ["audit"], "privileges": ["SELECT"]}],
            "my_cnf": {"sort-buffer-size": 524288, "slow_query_log": True},
        }
    )
    assert args.topology == Standalone()
    assert args.users[1] == User(name="auditor", databases=("audit",), privileges=("SELECT",))


def test_arguments_cannot_be_changed(args: MySQLClusterArgs) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        args.namespace = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_standalone_server_waits_for_nobody() -> None:
    args = MySQLClusterArgs(topology=Standalone())
    assert (args.topology.members, args.durability, args.start_order) == (1, "async", "parallel")


def test_an_image_of_ones_own() -> None:
    engine = MySQL(version="9.7.5", image="registry.example.com:5000/db/mysql@sha256:" + "0" * 64)
    assert engine.image_reference.startswith("registry.example.com")


@pytest.mark.parametrize("members", [3, 5, 7, 9])
def test_odd_members(members: int) -> None:
    assert Replication(members=members).members == members


@pytest.mark.parametrize(
    ("memory", "pool"), [("640Mi", 128), ("1Gi", 384), ("2Gi", 1152), ("4Gi", 2560), ("8Gi", 5760), ("64Gi", 48128)]
)
def test_the_buffer_pool_follows_the_memory(memory: str, pool: int) -> None:
    assert Resources(memory=memory).buffer_pool_bytes == pool * MIB


@given(MIBS)
def test_any_buffer_pool_fits_and_is_not_rounded_by_the_server(mebibytes: int) -> None:
    resources = Resources(memory=f"{mebibytes}Mi")
    assert 128 * MIB <= resources.buffer_pool_bytes <= resources.largest_buffer_pool_bytes
    assert resources.buffer_pool_bytes % (128 * MIB * resources.buffer_pool_instances) == 0


def test_a_primary_may_wait_for_a_quarter_of_its_stop() -> None:
    assert Timeouts().stop_wait_seconds == 30
    assert Timeouts(stop_seconds=30).stop_wait_seconds == 7


def test_a_password_may_be_an_output() -> None:
    secret = pulumi.Output.secret("hunter2-and-more")
    assert User(name="app", password=secret).password is secret


def test_passwords_are_put_where_they_belong() -> None:
    secret = pulumi.Output.secret("hunter2-and-more")
    args = MySQLClusterArgs(users=(User(name="app"), User(name="other", password="kept-as-it-is")))
    changed = args.with_passwords({"app": secret, "other": None, "nobody": secret})
    assert changed.users[0].password is secret
    assert changed.users[1].password == "kept-as-it-is"
    assert args.users[0].password is None


def test_every_argument_is_documented() -> None:
    for model in (MySQLClusterArgs, Replication, Storage, Resources, Timeouts, TLS, User):
        assert model.model_fields.keys() - docstrings(model).keys() <= {"kind"}, model.__name__
