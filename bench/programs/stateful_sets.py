"""As many bare StatefulSets as BENCH_COUNT says, with the image BENCH_IMAGE in the namespace BENCH_NAMESPACE."""

import os

from pulumi_kubernetes.apps.v1 import StatefulSet

image = os.environ.get("BENCH_IMAGE", "docker.io/library/mysql:9.7.4")
namespace = os.environ.get("BENCH_NAMESPACE", "default")
for number in range(int(os.environ["BENCH_COUNT"])):
    labels = {"app": f"bench-{number}"}
    StatefulSet(
        f"bench-{number}",
        metadata={"name": f"bench-{number}", "namespace": namespace},
        spec={
            "service_name": f"bench-{number}",
            "replicas": 3,
            "selector": {"match_labels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "mysqld", "image": image}]},
            },
        },
    )
