from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s import quantity

POSITIVE = st.integers(min_value=1, max_value=2**60)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("10Gi", 10 * 1024**3),
        ("10G", 10 * 1000**3),
        ("1.5Gi", 3 * 512 * 1024**2),
        ("128k", 128_000),
        ("1e3", 1000),
        ("1E3", 1000),
        ("2E", 2 * 10**18),
        ("1Ei", 2**60),
        (".5Ki", 512),
        ("1.Ki", 1024),
        ("1500m", 2),
        ("1n", 1),
    ],
)
def test_bytes(text: str, count: int) -> None:
    assert quantity.to_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "millicores"), [("1", 1000), ("500m", 500), ("0.1", 100), ("1.0005", 1001), ("2k", 2_000_000)]
)
def test_millicores(text: str, millicores: int) -> None:
    assert quantity.to_millicores(text) == millicores


@pytest.mark.parametrize(
    "text", ["", "10G i", "10 Gi", "Gi", "10gi", "10KB", "1e", "-1Gi", "+1Gi", "1..5", "ten", "1Gi\n", "\u0661Gi"]
)
def test_what_kubernetes_would_refuse(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity; write"):
        quantity.to_bytes(text)


@pytest.mark.parametrize("text", ["0", "0Gi", "0.0m"])
def test_nothing_is_not_an_amount(text: str) -> None:
    with pytest.raises(ValueError, match="more than zero"):
        quantity.parse(text)


@given(POSITIVE)
def test_bytes_survive_being_written(count: int) -> None:
    assert quantity.to_bytes(quantity.from_bytes(count)) == count


@given(POSITIVE, st.sampled_from(["Ki", "Mi", "Gi", "k", "M", "G", "", "m"]))
def test_rounding_goes_up_by_less_than_one(number: int, suffix: str) -> None:
    text = f"{number}{suffix}"
    assert Decimal(0) <= quantity.to_bytes(text) - quantity.parse(text) < 1


@given(st.text(max_size=8))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert quantity.parse(text) > 0
    except ValueError as error:
        assert "is not a Kubernetes quantity" in str(error) or "more than zero" in str(error)
