"""Validation errors as one line per problem: the argument, its value, what is wrong, and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[int | str, ...]

_UNION_TAGS = ("mysql", "mariadb", "standalone", "replication", "group-replication", "galera", "s3", "volume")
_KINDS = "`kind: standalone`, `kind: replication`, `kind: group-replication` or `kind: galera`"
_VALUES_OF_USERS = ("name", "databases", "privileges")

_WAY_OUT = {
    "int_type": "must be a whole number, without quotes",
    "string_type": "must be text; put it in quotes",
    "bool_type": "must be true or false",
    "missing": "is required",
    "union_tag_not_found": f"must say which kind it is; add {_KINDS}",
    "union_tag_invalid": f"is not a known kind; use {_KINDS}",
    "model_type": "must be a table of arguments, not a single value",
    "model_attributes_type": "must be a table of arguments, not a single value",
    "dict_type": "must be a table of names and values",
    "tuple_type": "must be a list",
}


def explain(error: ValidationError) -> str:
    """One line per problem, such as ``topology.members = 4: must be an odd number ...; use 3 or 5``.

    Values below ``users`` are shown for names, databases and privileges only, so that no password can appear.
    """
    problems = {_path(detail): detail for detail in reversed(error.errors(include_url=False))}
    return "\n".join(
        _line(path, detail) for path, detail in reversed(problems.items()) if not _has_below(problems, path)
    )


def _line(path: Path, detail: ErrorDetails) -> str:
    if detail["type"] == "misfit":
        return detail["msg"]
    if detail["type"] == "extra_forbidden":
        return f"{_dotted(path)}: {_unknown(path, [tag for tag in _UNION_TAGS if tag in detail['loc']])}"
    return f"{_dotted(path)}{_shown(path, detail)}: {_problem(detail)}"


def _path(detail: ErrorDetails) -> Path:
    """Where the argument is. Pydantic adds the tag or branch of a union as if it were a part of the path; that goes."""
    parts = [part for part in detail["loc"] if part not in _UNION_TAGS]
    if "password" in parts:
        parts = parts[: parts.index("password") + 1]
    return tuple(parts)


def _has_below(problems: Iterable[Path], path: Path) -> bool:
    """Whether something below ``path`` is wrong too, which then is the cause."""
    return any(len(other) > len(path) and other[: len(path)] == path for other in problems)


def _problem(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    context = detail.get("ctx", {})
    match detail["type"]:
        case "union_tag_not_found" if "target" in detail["loc"]:
            return "must say which kind it is; add `kind: volume` or `kind: s3`"
        case "union_tag_invalid" if "target" in detail["loc"]:
            return "is not a known kind; use `kind: volume` or `kind: s3`"
        case "union_tag_invalid" if "engine" in detail["loc"]:
            return "is not a known kind; use `kind: mysql` or `kind: mariadb`"
        case "greater_than_equal":
            return f"is too small; use {context['ge']} or more"
        case "less_than_equal":
            return f"is too large; use {context['le']} or less"
        case "literal_error":
            return f"is not one of the choices; use {context['expected']}"
        case "too_short":
            return "must not be empty"
        case other:
            return _WAY_OUT.get(other, message)


def _unknown(path: Path, kinds: list[str]) -> str:
    """What to write instead of an argument that does not exist; ``kinds``: which of a union was chosen."""
    from .cluster import MySQLClusterArgs

    if path[-1] in _fields_at(MySQLClusterArgs, path[:-1], []):
        return "there is no such argument for this kind; leave it out, or use another `kind`"
    known = sorted(_fields_at(MySQLClusterArgs, path[:-1], kinds))
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    advice = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
    return f"there is no such argument; {advice}"


def _fields_at(model: type[BaseModel], path: Path, kinds: list[str]) -> set[str]:
    """The names that may stand below ``path``: of these kinds only, or of all where none is named."""
    models = [model]
    for part in path:
        if isinstance(part, str):
            models = [below for each in models if part in each.model_fields for below in _models_in(each, part)]
    models = [each for each in models if not kinds or _kind_of(each) in (None, *kinds)]
    return {name for each in models for name in each.model_fields}


def _kind_of(model: type[BaseModel]) -> str | None:
    kind = model.model_fields.get("kind")
    return kind.default if kind else None


def _models_in(model: type[BaseModel], field: str) -> Iterator[type[BaseModel]]:
    waiting: list[Any] = [model.model_fields[field].annotation]
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        waiting.extend(get_args(annotation))


def _shown(path: Path, detail: ErrorDetails) -> str:
    value = detail["input"]
    if detail["type"] == "missing" or not isinstance(value, str | int | float | bool):
        return ""
    if any("password" in str(part) for part in path):
        return ""
    if path and path[0] == "users" and not any(part in _VALUES_OF_USERS for part in path):
        return ""
    return f" = {value}"


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)
