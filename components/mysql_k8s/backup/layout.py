"""Where things lie on a backup target, and how they are read from there.

``<cluster>/base/<id>/manifest.json``, ``part-00000``, ...; ``<cluster>/binlog/<chain>/chain.json``, ``position.json``,
``<segment>.json`` and the object that it names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .catalogue import Base, Chain, ChainHead, Position, Segment, chains
from .store import Store

MANIFEST, VERIFIED = "manifest.json", "verified.json"
HEAD, POSITION = "chain.json", "position.json"


@dataclass(frozen=True)
class Layout:
    """The keys of one cluster."""

    cluster: str

    @property
    def bases(self) -> str:
        return f"{self.cluster}/base/"

    @property
    def archive(self) -> str:
        return f"{self.cluster}/binlog/"

    def base(self, id: str, name: str) -> str:
        return f"{self.bases}{id}/{name}"

    def chain(self, number: int, name: str) -> str:
        return f"{self.archive}{number:04d}/{name}"


def read_bases(store: Store, layout: Layout) -> list[Base]:
    """Every complete base backup, oldest first. Raises DamagedCatalogue if a manifest cannot be read."""
    found = store.documents(layout.bases, MANIFEST)
    return sorted((Base.parse(text) for text in found.values()), key=lambda base: base.created)


def read_heads(store: Store, layout: Layout) -> list[ChainHead]:
    """Where each chain of the archive begins, oldest first."""
    found = store.documents(layout.archive, HEAD)
    return sorted((ChainHead.parse(text) for text in found.values()), key=lambda head: head.number)


def read_chain(store: Store, layout: Layout, head: ChainHead) -> list[Chain]:
    """A chain as it can be used; the segments' ``object`` are keys of the store."""
    segments: list[Segment] = []
    position: Position | None = None
    for key, text in store.documents(layout.chain(head.number, ""), ".json").items():
        name = key.rpartition("/")[2]
        if name == POSITION:
            position = Position.parse(text)
        elif name != HEAD:
            segment = Segment.parse(text)
            segments.append(replace(segment, object=layout.chain(head.number, segment.object)))
    return chains(head, segments, position)


def read_chains(store: Store, layout: Layout) -> list[Chain]:
    """Every chain of the archive, oldest first."""
    return [chain for head in read_heads(store, layout) for chain in read_chain(store, layout, head)]
