"""Which database server runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, cast

from pydantic import AfterValidator, Discriminator, Tag, model_validator

from .base import Arguments, Image, image_tag, misfit

SUPPORTED_SERIES = ("9.7",)
MARIADB_SERIES = ("11.8",)
MARIADB_OLDEST = 7
"""The patch from which on a write-write conflict can no longer go unnoticed (MDEV-39263)."""

TOPOLOGIES: Mapping[str, tuple[str, ...]] = {
    "mysql": ("standalone", "replication", "group-replication"),
    "mariadb": ("standalone", "replication", "galera"),
}
"""The matrix: which topologies an engine has, by their kinds. ``MySQLClusterArgs`` says the same in types."""


GALERA_OLDEST = 8
"""The patch from which on a joining member cannot make its donor run a shell command (MDEV-39648, -39676, -39721)."""


def _of_series(version: str, known: tuple[str, ...]) -> str:
    series, _, patch = version.rpartition(".")
    if series in known and patch.isdecimal():
        return version
    fitting = " or ".join(f"{each}.x" for each in known)
    raise ValueError(
        f"is not a version that this library knows; use {fitting}. Settings come and go between series, and a server "
        "refuses to start with one that it does not know"
    )


def _mysql(version: str) -> str:
    return _of_series(version, SUPPORTED_SERIES)


def _mariadb(version: str) -> str:
    patch = int(_of_series(version, MARIADB_SERIES).rpartition(".")[2])
    if patch < MARIADB_OLDEST:
        raise ValueError(
            f"lets one of two transactions that change the same row win unnoticed (MDEV-39263); use "
            f"{MARIADB_SERIES[-1]}.{MARIADB_OLDEST} or newer"
        )
    return version


class _Engine(Arguments):
    """What engines share. ``repository``: the stock image, by the name that its tags follow."""

    repository: ClassVar[str]
    version: str
    image: Image | None = None

    @model_validator(mode="after")
    def _image_holds_the_version(self) -> Self:
        """Only where the tag is a version of the stock image; what an image of another name holds is not known."""
        stock = rf"(^|/){self.repository}:"
        tag = image_tag(self.image) if self.image and re.search(stock, self.image) else ""
        numbers = re.match(r"\d+(\.\d+)*", tag)
        if self.image and numbers and not f"{self.version}.".startswith(f"{numbers[0]}."):
            problem = (
                f"holds another version than engine.version = {self.version}; give both the same. An image that holds "
                "it under a tag of your own may be named by its digest alone"
            )
            raise misfit("engine.image", self.image, problem)
        return self

    @property
    def image_reference(self) -> str:
        """The image that the pods run."""
        return self.image or f"docker.io/library/{self.repository}:{self.version}"


class MySQL(_Engine):
    """Oracle's MySQL Community Server."""

    repository: ClassVar[str] = "mysql"

    kind: Literal["mysql"] = "mysql"
    """Tells engines apart."""

    version: Annotated[str, AfterValidator(_mysql)] = "9.7.4"
    """The full version, such as ``9.7.4``."""

    image: Image | None = None
    """The server's image, which must hold ``version``; ``docker.io/library/mysql:<version>`` unless given."""


class MariaDB(_Engine):
    """MariaDB Community Server."""

    repository: ClassVar[str] = "mariadb"

    kind: Literal["mariadb"] = "mariadb"
    """Tells engines apart."""

    version: Annotated[str, AfterValidator(_mariadb)] = "11.8.9"
    """The full version, such as ``11.8.9``."""

    image: Image | None = None
    """The server's image, which must hold ``version``; ``docker.io/library/mariadb:<version>`` unless given."""


def _kind(engine: object) -> object:
    """Without a kind it is MySQL."""
    if isinstance(engine, Mapping):
        return cast("Mapping[str, object]", engine).get("kind", "mysql")
    return getattr(engine, "kind", None)


Engine = Annotated[
    Annotated[MySQL, Tag("mysql")] | Annotated[MariaDB, Tag("mariadb")],
    Discriminator(_kind),
]


def check_pair(engine: str, topology: str) -> None:
    """Raises a misfit for a topology that the engine does not have. Both by their kinds."""
    fitting = TOPOLOGIES[engine]
    if topology not in fitting:
        others = [other for other, topologies in TOPOLOGIES.items() if topology in topologies]
        problem = (
            f"is not a topology of engine.kind = {engine}; use {', '.join(fitting[:-1])} or {fitting[-1]}, "
            f"or engine.kind = {' or '.join(others)}"
        )
        raise misfit("topology.kind", topology, problem)


def check_galera(version: str, topology: str) -> None:
    """Raises a misfit for a Galera cluster of a version with known holes. ``topology``: its kind."""
    series, _, patch = version.rpartition(".")
    if topology == "galera" and int(patch) < GALERA_OLDEST:
        problem = (
            "lets a joining member make the sender of its data run a command (MDEV-39648, MDEV-39676); use "
            f"{series}.{GALERA_OLDEST} or newer for topology.kind = galera"
        )
        raise misfit("engine.version", version, problem)
