"""As many bare StatefulSets as BENCH_COUNT says."""

import os

from pulumi_kubernetes.apps.v1 import StatefulSet

for number in range(int(os.environ["BENCH_COUNT"])):
    labels = {"app": f"bench-{number}"}
    StatefulSet(
        f"bench-{number}",
        metadata={"name": f"bench-{number}"},
        spec={
            "service_name": f"bench-{number}",
            "replicas": 3,
            "selector": {"match_labels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "mysqld", "image": "docker.io/library/mysql:9.7.4"}]},
            },
        },
    )
