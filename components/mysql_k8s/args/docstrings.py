"""What the arguments' docstrings say, read out of the source when somebody asks: programs that deploy never do.

Pydantic can collect them while it makes the models (``use_attribute_docstrings``), at a third of the time that all the
models take to import.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator

from pydantic import BaseModel


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """By field, those of the model and of the models that it inherits from. Raises OSError if there is no source."""
    bases = [each for each in reversed(model.__mro__) if issubclass(each, BaseModel) and each is not BaseModel]
    return {field: text for each in bases for field, text in _own(each)}


def _own(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """A docstring of a field is a text on its own right below it."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    if not isinstance(definition, ast.ClassDef):
        return
    for field, below in itertools.pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass
