"""The arguments of a whole cluster, and how they must fit together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pulumi
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .. import quantity, server_settings
from .access import TLS, DatabaseName, User
from .base import Arguments, DnsLabel, misfit
from .engine import MySQL
from .placement import Network, Scheduling, Timeouts
from .resources import Agent, Resources
from .storage import Storage
from .topology import Replication, Topology

_OWN_LABELS = ("app.kubernetes.io/", "mysql-k8s/")
_LABEL_KEY = re.compile(r"([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?")
_SETTING = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


Scalar = str | int | float | bool


def _allowed_labels(labels: dict[str, str]) -> dict[str, str]:
    for key, value in labels.items():
        if key.startswith(_OWN_LABELS):
            raise misfit(f"labels.{key}", value, "the library sets the labels below this prefix; use another one")
        if not _LABEL_KEY.fullmatch(key):
            raise misfit(f"labels.{key}", value, "is not a label's name; write [prefix/]name, such as example.com/team")
        if not _LABEL_VALUE.fullmatch(value):
            raise misfit(f"labels.{key}", value, "is not a label's value; use up to 63 letters, digits, '-', '_', '.'")
    return labels


def _allowed_annotations(annotations: dict[str, str]) -> dict[str, str]:
    for key in annotations:
        if not _LABEL_KEY.fullmatch(key):
            raise misfit(f"annotations.{key}", "...", "is not an annotation's name; write [prefix/]name")
    return annotations


def _allowed_settings(settings: dict[str, Scalar]) -> dict[str, Scalar]:
    seen: dict[str, str] = {}
    for key, value in settings.items():
        if not _SETTING.fullmatch(key):
            raise misfit(
                f"my_cnf.{key!r}", value, "is not a setting of mysqld; use its name alone, such as sort_buffer_size"
            )
        if not str(value).isprintable():
            raise misfit(f"my_cnf.{key}", "...", "must be one line of printable characters")
        if why := server_settings.why_reserved(key):
            raise misfit(f"my_cnf.{key}", value, f"is fixed: {why}; leave it out")
        name = server_settings.canonical(key)
        if name in seen:
            raise misfit(f"my_cnf.{key}", value, f"is the same setting as {seen[name]}; keep one of them")
        seen[name] = key
    return settings


def _one_each(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice; name each once")
    return names


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError("must be text, a number, true or false")
    return value


def _named(user: object) -> object:
    return {"name": user} if isinstance(user, str) else user


Labels = Annotated[dict[str, str], AfterValidator(_allowed_labels)]
Annotations = Annotated[dict[str, str], AfterValidator(_allowed_annotations)]
Settings = Annotated[dict[str, Annotated[Scalar, BeforeValidator(_scalar)]], AfterValidator(_allowed_settings)]
Databases = Annotated[tuple[DatabaseName, ...], AfterValidator(_one_each)]


class MySQLClusterArgs(Arguments):
    """What a cluster is to be. Every argument has a default that fits a small production database.

    The shape is plain values, checked when the object is made (``pydantic.ValidationError``; ``explain`` makes it
    readable). Only passwords may be outputs.
    """

    namespace: DnsLabel = "default"
    """An existing namespace. The component never makes one: deleting a namespace deletes the claims in it."""

    engine: MySQL = MySQL()
    """The database server and its version."""

    topology: Topology = Replication()
    """How many members, and how they work together."""

    storage: Storage = Storage()
    """The volume of each member."""

    resources: Resources = Resources()
    """CPU and memory of mysqld."""

    agent: Agent = Agent()
    """Image, CPU and memory of the agent beside it."""

    my_cnf: Settings = Field(default_factory=dict)
    """Settings of mysqld by name, on top of the defaults. What the design fixes is refused, with the reason."""

    databases: Databases = ("app",)
    """Databases that the cluster makes. One that is taken off this list is kept."""

    users: Annotated[tuple[Annotated[User, BeforeValidator(_named)], ...], Field()] = (User(name="app"),)
    """Accounts that the cluster makes; a plain string is a user with all defaults."""

    tls: TLS = TLS()
    """Certificates."""

    labels: Labels = Field(default_factory=dict)
    """Labels for every object and pod. Claims have the selector's labels only, as theirs can never change."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations for every object and pod."""

    scheduling: Scheduling = Scheduling()
    """Nodes to run on."""

    timeouts: Timeouts = Timeouts()
    """How long starting, stopping and waiting may take."""

    network: Network = Network()
    """Who may connect."""

    @property
    def durability(self) -> Literal["async", "semi-sync"]:
        """What a commit waits for; a single member has nobody to wait for."""
        return self.topology.durability if self.topology.kind == "replication" else "async"

    @property
    def start_order(self) -> Literal["parallel", "ordered"]:
        """A single member has no order; ``parallel`` lets it become a Replication without a replacement."""
        return self.topology.start_order if self.topology.kind == "replication" else "parallel"

    def with_passwords(self, passwords: Mapping[str, pulumi.Output[str] | None]) -> Self:
        """The same cluster, with ``passwords`` by user; a user without one there keeps what it has."""
        users = tuple(
            user if (password := passwords.get(user.name)) is None else user.model_copy(update={"password": password})
            for user in self.users
        )
        return self.model_copy(update={"users": users})

    @model_validator(mode="after")
    def _users_fit(self) -> Self:
        secrets: dict[str, str] = {}
        for index, user in enumerate(self.users):
            for database in user.databases:
                if database not in self.databases:
                    declared = ", ".join(self.databases) or "none"
                    problem = f"is not among the databases ({declared}); add it to `databases` or take it off here"
                    raise misfit(f"users.{index}.databases", database, problem)
            other = secrets.setdefault(user.name.replace("_", "-"), user.name)
            if index and other in (each.name for each in self.users[:index]):
                problem = f"would have the same Secret as user {other}; choose another name"
                raise misfit(f"users.{index}.name", user.name, problem)
        return self

    @model_validator(mode="after")
    def _buffer_pool_fits(self) -> Self:
        override = _lookup(self.my_cnf, "innodb_buffer_pool_size")
        if override is None:
            return self
        argument, value = override
        try:
            size = server_settings.size_in_bytes(str(value))
        except ValueError as error:
            raise misfit(argument, value, str(error)) from None
        largest = self.resources.largest_buffer_pool_bytes
        if size > largest:
            problem = (
                f"does not fit resources.memory = {self.resources.memory}, as mysqld needs 512Mi beside it; use "
                f"{quantity.from_bytes(largest).removesuffix('i')} or less, or raise the memory"
            )
            raise misfit(argument, value, problem)
        return self

    @model_validator(mode="after")
    def _agent_memory_fits(self) -> Self:
        if quantity.to_bytes(self.agent.memory_limit) < quantity.to_bytes(self.agent.memory):
            raise misfit("agent.memory_limit", self.agent.memory_limit, f"is below agent.memory = {self.agent.memory}")
        return self


def _lookup(settings: Mapping[str, Scalar], name: str) -> tuple[str, Scalar] | None:
    """The argument's path and value of a setting, however it is spelled."""
    for key, value in settings.items():
        if server_settings.canonical(key) == name:
            return f"my_cnf.{key}", value
    return None
