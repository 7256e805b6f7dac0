"""What differs between two lists of manifests, object by object and property by property (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from .manifests import Manifest

_DIGEST = re.compile(r"-[0-9a-f]{8,12}$")
"""At the end of the name of an object that is made anew for every content."""

_ITEM_KEYS = ("name", "containerPort", "mountPath", "port", "key", "topologyKey")
"""What tells the items of a list apart, as in Kubernetes' strategic merge; the first that all items have."""


class Identity(NamedTuple):
    """What makes an object the same one in two revisions."""

    kind: str
    group: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Property:
    """``path``: such as ``spec.template.spec.containers[mysqld].image``. None stands for a value that is not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """An object that is new (no ``before``), gone (no ``after``), or differs in ``properties``."""

    before: Identity | None
    after: Identity | None
    properties: tuple[Property, ...] = ()


def changes(before: Iterable[Manifest], after: Iterable[Manifest]) -> list[Change]:
    """Every object that is not the same. A name that ends in a digest is matched with its successor."""
    old = {identity(each): each for each in before}
    new = {identity(each): each for each in after}
    pairs = {(each, each) for each in old.keys() & new.keys()} | _renamed(old.keys() - new, new.keys() - old)
    kept, found = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    changed = (Change(was, now, tuple(_properties(old[was], new[now]))) for was, now in pairs)
    gone = (Change(each, None) for each in old.keys() - kept)
    fresh = (Change(None, each) for each in new.keys() - found)
    return sorted([*(each for each in changed if each.properties), *gone, *fresh], key=_sort_key)


def identity(manifest: Manifest) -> Identity:
    """The version of the API is no part of it: the object behind it is the same."""
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    metadata: Mapping[str, Any] = manifest.get("metadata") or {}
    return Identity(manifest["kind"], group, str(metadata.get("namespace", "")), str(metadata.get("name", "")))


def _renamed(gone: set[Identity], fresh: set[Identity]) -> set[tuple[Identity, Identity]]:
    """One object that is gone and one that is new, whose names differ in their digest alone."""
    pairs: set[tuple[Identity, Identity]] = set()
    for was in gone:
        before = [each for each in gone if _family(each) == _family(was)]
        after = [each for each in fresh if _family(each) == _family(was)]
        if _DIGEST.search(was.name) and len(before) == len(after) == 1:
            pairs.add((was, after[0]))
    return pairs


def _family(of: Identity) -> Identity:
    return of._replace(name=_DIGEST.sub("", of.name))


def _properties(before: Any, after: Any, path: str = "") -> Iterator[Property]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        old, new = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", after)
        for key in sorted(old.keys() | new.keys()):
            yield from _properties(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(before, list) and isinstance(after, list):
        old_items, new_items = _items(cast("list[Any]", before), cast("list[Any]", after))
        if list(old_items) != list(new_items) and old_items.keys() == new_items.keys():
            yield Property(f"{path} (order)", list(old_items), list(new_items))
        for key in [*old_items, *(key for key in new_items if key not in old_items)]:
            yield from _properties(old_items.get(key), new_items.get(key), f"{path}[{key}]")
    else:
        yield Property(path, before, after)


def _items(before: Sequence[Any], after: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The items by what tells them apart; by their place where nothing does."""
    for key in _ITEM_KEYS:
        old, new = _by(key, before), _by(key, after)
        if old is not None and new is not None:
            return old, new
    return {str(at): item for at, item in enumerate(before)}, {str(at): item for at, item in enumerate(after)}


def _by(key: str, items: Sequence[Any]) -> dict[str, Any] | None:
    tables = [cast("Mapping[str, Any]", item) for item in items if isinstance(item, Mapping) and key in item]
    found = {str(table[key]): table for table in tables}
    return found if len(found) == len(items) else None


def _sort_key(change: Change) -> tuple[str, str, str]:
    of = change.after or change.before
    assert of
    return of.namespace, of.kind, of.name
