"""A stack whose namespace is gone is not built anew in silence."""

import pytest

from mysql_k8s.operate import tools
from mysql_k8s.operate.project import Project
from mysql_k8s.operate.vanished import is_vanished, lacks_stateful_set, refusal

NAMESPACE = {"metadata": {"name": "shop"}}
DEPLOYED = {"resources": [{"type": "pulumi:pulumi:Stack"}, {"type": "kubernetes:core/v1:Service"}]}


def test_objects_without_their_namespace_have_vanished() -> None:
    assert is_vanished(DEPLOYED, None)


@pytest.mark.parametrize("deployment", [{}, {"resources": None}, {"resources": [{"type": "pulumi:pulumi:Stack"}]}])
def test_a_new_or_destroyed_stack_has_not(deployment: dict[str, object]) -> None:
    assert not is_vanished(deployment, None)


def test_a_stack_in_its_namespace_has_not() -> None:
    assert not is_vanished(DEPLOYED, NAMESPACE)


def test_the_refusal_says_what_is_where_and_the_way_out() -> None:
    message = refusal("prod", "shop", "https://10.0.0.1:6443").message
    assert "Stack prod" in message
    assert "https://10.0.0.1:6443 has no namespace shop" in message
    assert "kubectl create namespace shop" in message


def test_only_a_cluster_that_nobody_named_is_the_local_one(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Project(tools.Path.cwd(), "dev", {})
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert tools.is_local(here)
    monkeypatch.setenv("KUBECONFIG", "/elsewhere")
    assert not tools.is_local(here)


def test_a_stateful_set_is_missed_where_pulumi_made_one() -> None:
    made = {"resources": [{"type": "kubernetes:apps/v1:StatefulSet"}]}
    assert lacks_stateful_set(made, None)
    assert not lacks_stateful_set(made, {"metadata": {"name": "orders"}})
    assert not lacks_stateful_set(DEPLOYED, None)
