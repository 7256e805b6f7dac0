"""The harness of the cluster tests: small modules, one job each."""
