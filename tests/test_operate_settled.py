"""Only a plan that would not even change pulumi's state makes the update superfluous."""

import json
from typing import Any

import pytest

from mysql_k8s.operate.settled import is_settled, recorded_outputs

ROOT = {"op": "same", "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "oldState": {"outputs": {"a": 1}}}
SERVICE = {"urn": "urn:pulumi:dev::shop::kubernetes:core/v1:Service::web", "inputs": {"spec": {}}, "protect": False}


def step(op: str = "same", **changes: Any) -> dict[str, Any]:
    return {"op": op, "urn": SERVICE["urn"], "oldState": SERVICE, "newState": {**SERVICE, **changes}}


def outputs(old: dict[str, Any], new: dict[str, Any]) -> str:
    metadata = {"type": "pulumi:pulumi:Stack", "old": {"outputs": old}, "new": {"outputs": new}}
    return json.dumps({"resOutputsEvent": {"metadata": metadata}})


SAME = outputs({"host": "web"}, {"host": "web"})


def test_nothing_differs() -> None:
    assert is_settled({"steps": [ROOT, step()]}, ["", "not json", '{"summaryEvent": {}}', SAME])


@pytest.mark.parametrize(
    ("steps", "events"),
    [
        ([ROOT, step("update")], [SAME]),
        ([ROOT, step(), {"op": "delete", "urn": SERVICE["urn"], "oldState": SERVICE}], [SAME]),
        ([ROOT, step(protect=True)], [SAME]),
        ([ROOT, step()], [outputs({"host": "web"}, {"host": "shop"})]),
        ([ROOT, step()], [outputs({"host": "web"}, {})]),
        ([ROOT, step()], [outputs({"token": "[secret]"}, {"token": "[secret]"})]),
        ([ROOT, step()], []),
    ],
    ids=["an update", "a deletion", "an option", "an output", "no output any more", "a secret output", "no event"],
)
def test_anything_else_is_left_to_the_update(steps: list[dict[str, Any]], events: list[str]) -> None:
    assert not is_settled({"steps": steps}, events)


def test_the_outputs_are_in_the_state() -> None:
    stack = {"type": "pulumi:pulumi:Stack", "outputs": {"name": "orders"}}
    assert recorded_outputs({"resources": [{"type": "pulumi:providers:kubernetes"}, stack]}) == {"name": "orders"}
    assert recorded_outputs({}) == {}
