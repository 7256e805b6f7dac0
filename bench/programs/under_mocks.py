"""Runs the program that the first argument names against a recording engine in this process."""

import runpy
import sys

from harness import deploy

program = sys.argv[1]
deploy(lambda: runpy.run_path(program))
