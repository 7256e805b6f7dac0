"""What stands beside databases and is none: no rule may take it for one."""

from __future__ import annotations

import pytest
import yaml
from policy_judge import BY_NAME, judge

HARDENED = "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}"
RESOURCES = "resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}"
POD = "securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}"
BYSTANDERS = list(
    yaml.safe_load_all(f"""
kind: Deployment
metadata: {{name: web, labels: {{app.kubernetes.io/component: database}}}}
spec:
  replicas: 2
  template:
    metadata: {{labels: {{app: mysql-web, app.kubernetes.io/part-of: mysql}}}}
    spec:
      {POD}
      initContainers:
        - name: wait
          image: mysql:9.7
          command: [sh, -c, "until mysqladmin ping -h db; do sleep 1; done"]
          {HARDENED}
          {RESOURCES}
      containers:
        - {{name: web, image: "ghcr.io/acme/web:1.2.3", {HARDENED}, {RESOURCES}}}
---
kind: StatefulSet
metadata: {{name: cache}}
spec:
  replicas: 2
  template:
    metadata: {{labels: {{app: redis}}}}
    spec:
      {POD}
      containers:
        - {{name: redis, image: "redis:8.2.1", {HARDENED}, {RESOURCES}}}
---
kind: Service
metadata: {{name: elsewhere}}
spec: {{type: ExternalName, externalName: db.example.com}}
---
kind: Job
metadata: {{name: migrate}}
spec:
  template:
    metadata: {{labels: {{app: mysql}}}}
    spec:
      {POD}
      containers:
        - name: mysql
          image: mysql:9.7.2
          env: [{{name: MYSQL_PWD, valueFrom: {{secretKeyRef: {{name: orders, key: root}}}}}}]
          command: [sh, -c, "mysql -h db -u root -e 'select 1'"]
          {HARDENED}
          {RESOURCES}
""")
)


@pytest.mark.parametrize("name", [name for name in BY_NAME if not name.startswith("data-not-")])
def test_a_bystander_is_left_alone(name: str) -> None:
    verdict = judge(name, BYSTANDERS)
    assert (verdict.violations, verdict.note) == ([], "")
