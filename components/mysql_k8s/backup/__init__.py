"""The program in the pods that back up: standard library, PyMySQL and the agent's GTID sets."""
