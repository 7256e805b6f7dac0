"""Stands in for the engine: records what a program registers and answers as a preview of a new stack would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from . import autoname
from .errors import RenderError
from .generated import as_outputs, with_outputs

STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Registered:
    """A resource as the program asked for it. ``inputs`` still marks secrets and what is not known yet."""

    type: str
    name: str
    urn: str
    custom: bool
    remote: bool
    inputs: Struct


class _Nobody(Mocks):
    """MockMonitor wants someone to ask; nothing is left to ask here but functions of providers."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise RenderError(f"{args.typ} {args.name} cannot be rendered.")

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise RenderError(
            f"The program calls the function {args.token}, which needs its provider: rendering has none. Give the "
            "program the value by its configuration, or use `pulumi preview`."
        )


@dataclass
class _Parent:
    urn: str
    transforms: tuple[callback_pb2.Callback, ...]


class RecordingMonitor(MockMonitor):
    """Keeps every registration as it came, after the program's transforms. Calls come from several threads."""

    def __init__(self) -> None:
        super().__init__(_Nobody())
        self.registered: list[Registered] = []
        self._of_stack: list[callback_pb2.Callback] = []
        self._parents: dict[str, _Parent] = {}

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        urn: str = self.make_urn(request.parent, request.type, request.name)
        own = cast("Sequence[callback_pb2.Callback]", request.transforms)  # pyright: ignore[reportUnknownMemberType]
        self._parents[urn] = _Parent(request.parent, tuple(own))
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = self._transformed(request, [*own, *self._inherited(request.parent), *self._of_stack])
        if request.custom and request.type.startswith("kubernetes:"):
            autoname.ensure_name(inputs, request.name, urn)
        self.registered.append(Registered(request.type, request.name, urn, request.custom, request.remote, inputs))
        state = with_outputs(request.type, inputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, id="", object=state)

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:
        """An object that exists already: nothing is known of it but its name."""
        urn: str = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=Struct())

    def RegisterStackTransform(self, request: callback_pb2.Callback) -> Empty:
        self._of_stack.append(request)
        return Empty()

    def _transformed(
        self, request: resource_pb2.RegisterResourceRequest, transforms: Iterable[callback_pb2.Callback]
    ) -> Struct:
        """As the engine does it: the resource's own transforms, then those of its parents, then the stack's."""
        inputs = Struct()
        inputs.CopyFrom(request.object)
        for callback in transforms:
            as_outputs(inputs)
            asked = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=inputs,
            )
            answer = _ask(callback, asked)
            if answer.HasField("properties"):
                inputs = answer.properties
        return inputs

    def _inherited(self, urn: str) -> Iterable[callback_pb2.Callback]:
        while parent := self._parents.get(urn):
            yield from parent.transforms
            urn = parent.urn


def _ask(callback: callback_pb2.Callback, asked: resource_pb2.TransformRequest) -> resource_pb2.TransformResponse:
    """The program serves its transforms to the engine on a local port."""
    with grpc.insecure_channel(callback.target) as channel:
        stub = callback_pb2_grpc.CallbacksStub(channel)
        request = callback_pb2.CallbackInvokeRequest(token=callback.token, request=asked.SerializeToString())
        answer = cast("callback_pb2.CallbackInvokeResponse", stub.Invoke(request))  # pyright: ignore[reportUnknownMemberType]
        return resource_pb2.TransformResponse.FromString(answer.response)
