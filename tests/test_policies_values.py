"""What the rules are made of: values, images, sizes, selectors, arithmetic of budgets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_judge import UNKNOWN, as_sent

from mysql_policies.images import parse
from mysql_policies.option_files import options
from mysql_policies.option_files import parse as parse_options
from mysql_policies.quantities import mysql_size, quantity
from mysql_policies.quorum import lets_go, majority, may_go, scaled
from mysql_policies.selectors import selects
from mysql_policies.values import UNKNOWN as NOT_KNOWN
from mysql_policies.values import dig, has_unknown, plain, strings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text("abc.-", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner),
    max_leaves=12,
)


@settings(max_examples=15)
@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), JSON))
def test_what_is_known_comes_out_as_it_went_in(props: dict[str, Any]) -> None:
    assert plain(as_sent(props)) == props
    assert not has_unknown(plain(as_sent(props)))


def test_an_unknown_value_hides_nothing_beside_it() -> None:
    body = plain(as_sent({"spec": {"replicas": UNKNOWN, "names": ["a", UNKNOWN], "size": 2}}))
    assert body == {"spec": {"replicas": NOT_KNOWN, "names": ["a", NOT_KNOWN], "size": 2}}
    assert dig(body, "spec", "replicas", "deeper") is NOT_KNOWN
    assert dig(body, "spec", "absent") is None
    assert has_unknown(body)
    assert list(strings(body)) == [("spec.names[0]", "a")]


NAME = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?", fullmatch=True)
REGISTRY = st.sampled_from(["", "localhost:5000/", "registry.example/", "10.0.0.1:443/", "localhost/"])
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True)
DIGEST = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)


@settings(max_examples=30)
@given(REGISTRY, st.lists(NAME, min_size=1, max_size=3), st.none() | TAG, st.none() | DIGEST)
def test_an_image_is_read_as_it_is_written(registry: str, path: list[str], tag: str | None, digest: str | None) -> None:
    repository = registry + "/".join(path)
    image = parse(repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""))
    assert (image.repository, image.tag, image.digest) == (repository, tag, digest)
    if registry:
        assert image.path == path


@given(st.integers(2, 99), st.integers(0, 120), st.booleans(), st.booleans())
def test_a_budget_lets_go_what_kubernetes_would_compute(n: int, value: int, percent: bool, least: bool) -> None:
    said: Any = f"{value}%" if percent else value
    number = scaled(said, n)
    assert number is not None
    # Rounded up: at least the exact share, and less than one more.
    exact = value * n / 100 if percent else value
    assert exact <= number < exact + 1
    gone = lets_go(said, None, n) if least else lets_go(None, said, n)
    assert gone == (max(n - number, 0) if least else min(number, n))


@given(st.integers(3, 99))
def test_what_may_go_leaves_a_majority_and_one_more_would_not(members: int) -> None:
    assert members - may_go(members) >= majority(members) > members - may_go(members) - 1
    assert may_go(members) >= 1


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("1e9", 10**9),
        ("128974848", 128974848),
        ("129M", 129000000),
        (2048, 2048),
        ("1Ki", 1024),
        ("1000m", 1),
        ("", None),
        ("much", None),
        ("5GB", None),
    ],
)
def test_quantities(text: Any, size: int | None) -> None:
    assert quantity(text) == size


@pytest.mark.parametrize(("text", "size"), [("512M", 2**29), ("1g", 2**30), ("8192", 8192), ("x", None), ("", None)])
def test_sizes_of_option_files(text: str, size: int | None) -> None:
    assert mysql_size(text) == size


@pytest.mark.parametrize(
    ("selector", "answer"),
    [
        ({}, True),
        (None, False),
        ({"matchLabels": {"app": "orders"}}, True),
        ({"matchLabels": {"app": "other"}}, False),
        ({"matchLabels": {"app": "orders", "tier": "web"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["orders", "x"]}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["data"]}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"app": NOT_KNOWN}}, None),
        (NOT_KNOWN, None),
    ],
)
def test_selectors(selector: Any, answer: bool | None) -> None:
    assert selects(selector, {"app": "orders", "tier": "data"}) is answer


def test_settings_of_a_server() -> None:
    server = "# no\nmax-connections = 300 # many\nloose_x='y'\nskip_name_resolve"
    file = f"[client]\nport=1\n[mysqld]\n{server}\n[mysql]\nport=2\n"
    assert parse_options(file) == {"max_connections": "300", "x": "y", "skip_name_resolve": ""}
    assert options(["--a-b=1", "--c", "2", "mysqld", "--d"]) == {"a_b": "1", "c": "2"}
