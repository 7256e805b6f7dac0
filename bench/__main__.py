"""`python -m bench`: with the tests' helpers on the path, as under pytest."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.cli import main

main()
