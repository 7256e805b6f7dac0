"""README.md names every argument with its default, and every target of the Makefile that people run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mysql_k8s import MySQLClusterArgs
from mysql_k8s.args.topology import Replication, Standalone

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ROWS = {match[1]: match[2] for match in re.finditer(r"^\| `([^`]+)` \| (.*?) \|", README, re.MULTILINE)}


def arguments(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every argument that a stack file can hold, by its path."""
    for name, field in model.model_fields.items():
        inner = [each for each in models(field.annotation) if each is not Standalone]
        many = "[]" if get_origin(field.annotation) is tuple else ""
        if not inner or many:
            yield f"{prefix}{name}", field
        for each in inner:
            yield from arguments(each, f"{prefix}{name}{many}.")


def models(annotation: Any) -> list[type[BaseModel]]:
    """The argument models within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    wrappers = (tuple, Union, UnionType)
    if get_origin(annotation) in wrappers or hasattr(annotation, "__metadata__"):
        return [model for argument in get_args(annotation) for model in models(argument)]
    return []


def shown(field: FieldInfo) -> str:
    """The default as README writes it."""
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(getattr(item, 'name', item) for item in value)}]`"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return f"`{value}`"


# Of what several kinds share, the first kind's default is shown.
ARGUMENTS = dict(reversed(list(arguments(MySQLClusterArgs))))


def test_the_arguments_are_found() -> None:
    assert {"namespace", "users[].name", "topology.members", "scheduling.tolerations[].key"} <= ARGUMENTS.keys()
    assert set(Standalone.model_fields) <= set(Replication.model_fields)


@pytest.mark.parametrize("path", ARGUMENTS)
def test_every_argument_is_named_with_its_default(path: str) -> None:
    assert ROWS.get(path) == shown(ARGUMENTS[path])


def test_no_argument_is_named_that_does_not_exist() -> None:
    section = README.split("## Arguments")[1].split("\n## ")[0]
    named = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert named == set(ARGUMENTS)


def test_every_target_of_the_readme_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in (README, (ROOT / "docs" / "operations.md").read_text()):
        assert set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)\b", code(text))) <= targets


def code(text: str) -> str:
    """What is marked as code."""
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))


def test_links_lead_somewhere() -> None:
    for name in ("README.md", "docs/operations.md"):
        file = ROOT / name
        for target in re.findall(r"\]\(((?!https?:|#)[^)#]+)", file.read_text()):
            assert (file.parent / target).exists(), f"{name}: {target}"


def test_the_example_program_builds_valid_arguments() -> None:
    example = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "MySQLCluster" in block)
    call = re.search(r"MySQLClusterArgs\(.*?\n    \)", example, re.DOTALL)
    assert call
    import mysql_k8s

    made = eval(call[0], {name: getattr(mysql_k8s, name) for name in mysql_k8s.__all__})
    assert made.topology.members == 3
    compile(example, "README.md", "exec")
