"""The tables of docs/expel-timeouts.md: from results alone, and put where they belong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import expel_report

ROOT = Path(__file__).parents[1]
RESULTS: dict[str, Any] = {
    "began": "2026-11-22T05:00:00Z",
    "revision": "abc",
    "machine": {"processors": "2 x x", "memory": "24 GiB", "load before": "1.0 1.0 1.0"},
    "versions": {"mysql": "9.7.4"},
    "failovers": [
        {"fault": fault, "expel_timeout": timeout, "until_write": seconds, "until_whole": 2 * seconds}
        for fault in ("kill -9", "freeze")
        for timeout, seconds in ((0, 6.0), (0, 8.0), (0, 7.0), (15, 21.0))
    ],
    "disturbances": [
        {
            "what": "a freeze", "profile": "fast", "expel_timeout": 0, "role_moved": moved, "expelled": 0,
            "without_write": 3.1,
        }
        for moved in (False, True)
    ],
}  # fmt: skip


def test_the_tables_tell_median_and_bounds() -> None:
    text = expel_report.tables(RESULTS)
    assert "| expel timeout | `kill -9` | freeze |" in text
    assert "| 0 | 7.0 (6.0 to 8.0) | 7.0 (6.0 to 8.0) |" in text
    assert "| 0 | 14.0 (12.0 to 16.0) |" in text
    assert "| a freeze | `fast` | 2 | 1 | 0 | 3.1 (3.1 to 3.1) |" in text
    assert "mysql 9.7.4" in text


def test_what_was_not_done_is_a_dash() -> None:
    assert expel_report.spread([]) == "-"


def test_nothing_measured_is_no_report() -> None:
    with pytest.raises(ValueError, match="no result"):
        expel_report.tables(RESULTS | {"failovers": []})


def test_the_document_tells_the_results_that_are_kept() -> None:
    results = json.loads((ROOT / "bench/results/expel-timeouts.json").read_text())
    assert expel_report.tables(results) in (ROOT / "docs/expel-timeouts.md").read_text()
