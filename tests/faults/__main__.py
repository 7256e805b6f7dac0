"""`python -m tests.faults`: the same modules under the same names as under pytest, which has `tests` on its path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.cli import main

main()
