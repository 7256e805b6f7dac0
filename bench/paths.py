"""Where things are."""

import os
from pathlib import Path

BENCH = Path(__file__).parent
CHECKOUT = BENCH.parent
PROGRAMS = BENCH / "programs"
MANIFESTS = BENCH / "manifests"
TESTS = CHECKOUT / "tests"
RESULTS = BENCH / "results"
EARLIER = RESULTS / "earlier"
"""Results of a revision before something was made faster, to be shown beside the present ones."""
FAULTS = "faults"
"""The folder below that of the results with those of fault runs."""
PLOTS = CHECKOUT / "docs" / "benchmarks"
DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"


def python_path() -> str:
    """What measured programs find modules by: this checkout, the tests' helpers, and what was given."""
    return os.pathsep.join([str(CHECKOUT), str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
