"""Faults on a real cluster under load, judged by what its clients were told: `python -m tests.faults`."""
