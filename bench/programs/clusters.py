"""As many clusters as BENCH_COUNT says, with the arguments of BENCH_ARGUMENTS."""

import json
import os

from mysql_k8s import MySQLCluster, MySQLClusterArgs

arguments = json.loads(os.environ.get("BENCH_ARGUMENTS", "{}"))
for number in range(int(os.environ["BENCH_COUNT"])):
    MySQLCluster(f"bench-{number}", MySQLClusterArgs.model_validate(arguments))
