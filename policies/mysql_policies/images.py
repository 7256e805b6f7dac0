"""References to container images (grammar: the distribution project's ``reference`` package)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")


@dataclass(frozen=True)
class Image:
    repository: str
    tag: str | None
    digest: str | None

    @property
    def path(self) -> list[str]:
        """``docker.io/library/mysql`` without its registry, in parts."""
        first, *rest = self.repository.split("/")
        has_registry = bool(rest) and ("." in first or ":" in first or first == "localhost")
        return rest if has_registry else [first, *rest]


def parse(reference: str) -> Image:
    """A colon starts a tag only after the last slash: before it, it is a registry's port."""
    name, _, digest = reference.strip().partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return Image(head + slash + last, tag or None, digest if _DIGEST.fullmatch(digest) else None)
