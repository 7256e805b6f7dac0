"""The program in the pods that back up, archive, restore and verify: standard library, PyMySQL and the agent's GTID sets."""
