"""Which database server runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from .base import Arguments, Image

SUPPORTED_SERIES = ("9.7",)


def _supported(version: str) -> str:
    series, _, patch = version.rpartition(".")
    if series in SUPPORTED_SERIES and patch.isdecimal():
        return version
    known = " or ".join(f"{each}.x" for each in SUPPORTED_SERIES)
    raise ValueError(
        f"is not a version that this library knows; use {known}. Settings come and go between series, and a server "
        "refuses to start with one that it does not know"
    )


class MySQL(Arguments):
    """Oracle's MySQL Community Server."""

    kind: Literal["mysql"] = "mysql"
    """Tells engines apart."""

    version: Annotated[str, AfterValidator(_supported)] = "9.7.4"
    """The full version, such as ``9.7.4``."""

    image: Image | None = None
    """The server's image, which must hold ``version``; ``docker.io/library/mysql:<version>`` unless given."""

    @property
    def image_reference(self) -> str:
        """The image that the pods run."""
        return self.image or f"docker.io/library/mysql:{self.version}"
