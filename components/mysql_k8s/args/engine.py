"""Which database server runs."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from .base import Arguments, Image, image_tag, misfit

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

    @model_validator(mode="after")
    def _image_holds_the_version(self) -> Self:
        """Only where the tag is a version of MySQL's own image; what an image of another name holds is not known."""
        tag = image_tag(self.image) if self.image and re.search(r"(^|/)mysql:", self.image) else ""
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
        return self.image or f"docker.io/library/mysql:{self.version}"
