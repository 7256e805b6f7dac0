"""Manifests as YAML that people can review: one order, long texts in full (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import yaml

from .manifests import PATCH, Manifest

_FIRST = ("apiVersion", "kind", "metadata", "name", "namespace", "key", "type", "image", "command", "args")
"""Keys that say what a thing is stand before the others, which follow by their names."""

_NUMBER = re.compile(r"[-+]?(0[xob][0-9a-fA-F_]+|[0-9][0-9_]*(:[0-9]+)*\.?[0-9]*([eE][-+]?[0-9]+)?|\.[0-9]+)")
_BOOLEAN_TO_SOME = frozenset({"y", "Y", "n", "N"})


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as Kubernetes' documentation does, and writes no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")  # pyright: ignore[reportUnknownMemberType]
    style = '"' if _needs_quotes(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)


def as_yaml(manifests: Iterable[Manifest], title: str) -> str:
    """One document for each, below a comment."""
    return f"# {title}\n" + "".join(f"---\n{_comment(each)}{_document(each)}" for each in manifests)


def _document(manifest: Manifest) -> str:
    return yaml.dump(_ordered(manifest), Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)


def _comment(manifest: Manifest) -> str:
    metadata: Mapping[str, Any] = manifest.get("metadata") or {}
    return (
        "# A patch: these fields alone, of an object that exists by then.\n"
        if PATCH in (metadata.get("annotations") or ())
        else ""
    )


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        return {key: _ordered(table[key]) for key in sorted(table, key=_rank)}
    return [_ordered(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _rank(key: str) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), key)


def _needs_quotes(text: str) -> bool:
    """Whether a reader of another version of YAML than PyYAML's could take the text for a number or a boolean."""
    return text in _BOOLEAN_TO_SOME or _NUMBER.fullmatch(text) is not None
