"""As many clusters as BENCH_COUNT says."""

import os

from mysql_k8s import MySQLCluster, MySQLClusterArgs

for number in range(int(os.environ["BENCH_COUNT"])):
    MySQLCluster(f"bench-{number}", MySQLClusterArgs())
