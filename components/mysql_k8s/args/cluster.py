"""The arguments of a whole cluster, and how they must fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Unpack, overload

import pulumi
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from .. import quantity
from . import fit
from .access import TLS, DatabaseName, User
from .backup import Backup, Restore, check_without_binary_log
from .base import Arguments, DnsLabel, misfit
from .engine import Engine, MariaDB, MySQL, check_galera, check_pair
from .labels import Annotations, Labels
from .pairs import Others, OthersOfMySQL, TopologyOfMariaDB, TopologyOfMySQL
from .placement import Network, Scheduling, Timeouts
from .resources import Agent, Resources
from .router import Router, check_router
from .settings import Settings, check_for_engine
from .storage import Storage
from .topology import Replication, Topology


def _one_each(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice; name each once")
    return names


def _named(user: object) -> object:
    return {"name": user} if isinstance(user, str) else user


Databases = Annotated[tuple[DatabaseName, ...], AfterValidator(_one_each)]


class MySQLClusterArgs(Arguments):
    """What a cluster is to be. Every argument has a default that fits a small production database.

    The shape is plain values, checked when the object is made (``pydantic.ValidationError``; ``explain`` makes it
    readable). Only passwords may be outputs.
    """

    namespace: DnsLabel = "default"
    """An existing namespace. The component never makes one: deleting a namespace deletes the claims in it."""

    engine: Engine = MySQL()
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

    backup: Backup | None = None
    """Backups; none unless given."""

    restore: Restore | None = None
    """What a new cluster begins with; from nothing unless given."""

    router: Router | None = None
    """MySQL Router in front; none unless given."""

    if TYPE_CHECKING:  # at run time pydantic makes it

        @overload
        def __init__(
            self, *, engine: MySQL = ..., topology: TopologyOfMySQL = ..., **others: Unpack[OthersOfMySQL]
        ) -> None: ...

        @overload
        def __init__(self, *, engine: MariaDB, topology: TopologyOfMariaDB = ..., **others: Unpack[Others]) -> None: ...

        def __init__(self, **arguments: Any) -> None: ...

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

    @field_validator("my_cnf")
    @classmethod
    def _settings_of_the_engine(cls, settings: Settings, info: ValidationInfo) -> Settings:
        engine: MySQL | MariaDB | None = info.data.get("engine")
        if engine is not None:  # else its own error is told
            check_for_engine(settings, engine.kind)
        return settings

    @model_validator(mode="after")
    def _engine_has_the_topology(self) -> Self:
        check_pair(self.engine.kind, self.topology.kind)
        check_galera(self.engine.version, self.topology.kind)
        return self

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
    def _backups_fit(self) -> Self:
        if self.topology.kind == "galera":
            check_without_binary_log(self.backup, self.restore)
        return self

    @model_validator(mode="after")
    def _router_fits(self) -> Self:
        if self.router:
            check_router(self.engine.kind, self.topology.kind)
        return self

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        fit.check_buffer_pool(self.my_cnf, self.resources)
        fit.check_connections(self.my_cnf, self.resources)
        fit.check_redo_log(self.my_cnf, self.storage, self.engine.kind)
        fit.check_archive(self.my_cnf, self.backup)
        return self

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        resources = self.resources
        limit = resources.cpu_limit
        if limit and quantity.to_millicores(limit) < quantity.to_millicores(resources.cpu):
            problem = f"is below resources.cpu = {resources.cpu}; raise it, or leave it out: then there is no limit"
            raise misfit("resources.cpu_limit", limit, problem)
        return self

    @model_validator(mode="after")
    def _agent_memory_fits(self) -> Self:
        if quantity.to_bytes(self.agent.memory_limit) < quantity.to_bytes(self.agent.memory):
            raise misfit("agent.memory_limit", self.agent.memory_limit, f"is below agent.memory = {self.agent.memory}")
        return self
