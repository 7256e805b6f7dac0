"""What may be deleted: base backups beyond the newest ones, and segments that no kept base backup needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from .catalogue import Base, Chain, Segment
from .layout import HEAD, MANIFEST, POSITION, VERIFIED, Layout, read_bases, read_chain, read_heads
from .settings import Settings
from .store import Store


def expired(bases: Sequence[Base], keep: int, verified: Collection[str]) -> list[Base]:
    """The base backups to delete, oldest first: all but the newest ``keep`` and the newest verified one (pure)."""
    ordered = sorted(bases, key=lambda base: base.created)
    kept = {base.id for base in ordered[-keep:]}
    proven = [base.id for base in ordered if base.id in verified]
    kept |= set(proven[-1:])
    return [base for base in ordered if base.id not in kept]


def unneeded(chain: Chain, kept: Sequence[Base]) -> list[Segment]:
    """The segments at a chain's beginning that every kept base backup of that chain already holds (pure).

    None of a chain without a base backup: the first one may be on its way.
    """
    of_chain = [base for base in kept if chain.start <= base.gtids <= chain.gtids]
    if not of_chain:
        return []
    found: list[Segment] = []
    for segment in chain.segments[:-1]:
        if not all(segment.gtids <= base.gtids for base in of_chain):
            break
        found.append(segment)
    return found


def apply(settings: Settings, store: Store, say: Callable[[str], None]) -> None:
    """Delete it. A description goes before what it describes: nothing that is listed is ever missing."""
    layout = Layout(settings.cluster)
    bases = read_bases(store, layout)
    verified = {key.split("/")[-2] for key in store.keys(layout.bases) if key.endswith("/" + VERIFIED)}
    gone = expired(bases, settings.keep, verified)
    for base in gone:
        say(f"deleting base backup {base.id}: {settings.keep} newer ones are there")
        delete_base(store, layout, base.id)
    kept = [base for base in bases if base not in gone]
    for id in abandoned(store.keys(layout.bases), bases):
        say(f"deleting what is left of {id}, which was never completed")
        delete_base(store, layout, id)
    _shorten_archive(store, layout, kept, say)


def abandoned(keys: Sequence[str], complete: Sequence[Base]) -> list[str]:
    """Base backups without a manifest that are older than the newest complete one (pure)."""
    newest = max((base.id for base in complete), default="")
    ids = {key.split("/")[-2] for key in keys}
    return sorted(id for id in ids if id < newest and id not in {base.id for base in complete})


def delete_base(store: Store, layout: Layout, id: str) -> None:
    store.delete(layout.base(id, MANIFEST))
    for key in store.keys(layout.base(id, "")):
        store.delete(key)


def _shorten_archive(store: Store, layout: Layout, kept: Sequence[Base], say: Callable[[str], None]) -> None:
    heads = read_heads(store, layout)
    for head in heads:
        runs = read_chain(store, layout, head)
        current = head is heads[-1]
        useful = any(run.start <= base.gtids <= run.gtids for run in runs for base in kept)
        if not current and not useful:
            say(f"deleting chain {head.number} of the archive: no kept base backup belongs to it")
            for name in (HEAD, POSITION):
                store.delete(layout.chain(head.number, name))
            for key in store.keys(layout.chain(head.number, "")):
                store.delete(key)
            continue
        for segment in (segment for run in runs for segment in unneeded(run, kept)):
            store.delete(layout.chain(head.number, f"{segment.number:08d}.json"))
            store.delete(segment.object)
