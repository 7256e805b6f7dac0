"""The arguments as other Pulumi languages see them: types for Pulumi's schema, made from the models themselves.

The analyzer behind ``component_provider_host`` knows neither pydantic's defaults nor unions other than ``X | None``. So
each model becomes a ``TypedDict`` of optional keys. Values come back as plain dicts and are checked by the models.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypedDict, Union, cast, get_args, get_origin

import pulumi
from pydantic import BaseModel
from pydantic.alias_generators import to_camel, to_pascal

from .args.docstrings import docstrings


def inputs_of(model: type[BaseModel]) -> type:
    """A ``TypedDict`` with the fields of ``model``, in types that Pulumi's analyzer knows."""
    return _typed_dict(f"{model.__name__.removesuffix('Args')}Inputs", [model])


def whole_numbers(value: object) -> object:
    """``value`` with 3 for 3.0, however deep: between languages, every number travels as a float."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: whole_numbers(item) for key, item in cast("Mapping[str, object]", value).items()}
        case list():
            return [whole_numbers(item) for item in cast("list[object]", value)]
        case _:
            return value


def _typed_dict(name: str, models: list[type[BaseModel]]) -> type:
    """One for all ``models`` that may stand in the same place."""
    fields = {field: info for model in models for field, info in model.model_fields.items()}
    texts = {field: text for model in models for field, text in docstrings(model).items()}
    made = TypedDict(name, {field: _type(info.annotation, field) for field, info in fields.items()}, total=False)  # pyright: ignore
    # Here, as the analyzer reads attributes' docstrings out of source code, and there is none.
    made.__doc__ = "\n\n".join(
        [
            *(inspect.cleandoc(model.__doc__ or "") for model in models),
            *(f"`{to_camel(field)}`: {texts[field]}" for field in fields if field in texts),
        ]
    )
    return made


def _type(annotation: Any, field: str) -> Any:
    """The simplest type that holds all values that ``annotation`` allows."""
    if hasattr(annotation, "__metadata__"):
        return _type(annotation.__origin__, field)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return str
    if origin is tuple:
        return list[_type(arguments[0], field)]
    if origin is dict:
        return dict[str, _type(arguments[1], field)]
    if origin in (Union, UnionType):
        return _union([each for each in arguments if each is not NoneType], field)
    return _typed_dict(annotation.__name__, [annotation]) if _is_model(annotation) else annotation


def _union(members: list[Any], field: str) -> Any:
    if pulumi.Output[str] in members:
        return pulumi.Input[str]
    if all(_is_model(each) for each in members):
        return _typed_dict(to_pascal(field), members)
    kinds = {_type(each, field) for each in members}
    return kinds.pop() if len(kinds) == 1 else Any


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
