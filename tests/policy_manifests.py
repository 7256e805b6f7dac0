"""A database that every policy is content with, and ways to spoil it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from policy_judge import load

DIGEST = "sha256:" + "ab12" * 16

STATEFUL_SET = load(f"""
kind: StatefulSet
metadata: {{name: orders, namespace: shop}}
spec:
  replicas: 3
  serviceName: orders
  selector: {{matchLabels: {{app: orders}}}}
  template:
    metadata: {{labels: {{app: orders, tier: data}}}}
    spec:
      securityContext: {{runAsNonRoot: true, runAsUser: 999, fsGroup: 999, seccompProfile: {{type: RuntimeDefault}}}}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector: {{matchLabels: {{app: orders}}}}
      initContainers:
        - name: exporter
          image: registry.example:5000/prom/mysqld-exporter:v0.15.1@{DIGEST}
          restartPolicy: Always
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
          resources: {{requests: {{cpu: 10m, memory: 32Mi}}, limits: {{memory: 64Mi}}}}
      containers:
        - name: mysqld
          image: docker.io/library/mysql:9.7.2@{DIGEST}
          args: [--innodb-buffer-pool-size=1G]
          env:
            - name: MYSQL_ROOT_PASSWORD
              valueFrom: {{secretKeyRef: {{name: orders, key: root}}}}
            - {{name: MYSQL_DATABASE, value: shop}}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
          resources: {{requests: {{cpu: 500m, memory: 2Gi}}, limits: {{memory: 2Gi}}}}
          startupProbe: {{exec: {{command: [mysqladmin, ping]}}, periodSeconds: 10, failureThreshold: 60}}
          readinessProbe: {{tcpSocket: {{port: 3306}}}}
          livenessProbe: {{exec: {{command: [mysqladmin, ping]}}}}
          volumeMounts: [{{name: data, mountPath: /var/lib/mysql}}]
      volumes: [{{name: tmp, emptyDir: {{}}}}]
  volumeClaimTemplates:
    - metadata: {{name: data}}
      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 20Gi}}}}}}
""")
BUDGET = load("""
kind: PodDisruptionBudget
metadata: {name: orders, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: orders}}}
""")
NETWORK_POLICY = load("""
kind: NetworkPolicy
metadata: {name: orders, namespace: shop}
spec:
  podSelector: {matchLabels: {app: orders}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 3306}]}]
""")
BACKUP = load(f"""
kind: CronJob
metadata: {{name: orders-backup, namespace: shop}}
spec:
  schedule: 0 3 * * *
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
          containers:
            - name: dump
              image: docker.io/library/mysql:9.7.2@{DIGEST}
              command: [sh, -c, 'mysqldump --defaults-extra-file=/etc/credentials/my.cnf shop > /out/all.sql']
              securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
              resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{memory: 256Mi}}}}
""")
SECRET = load("""
kind: Secret
metadata: {name: orders, namespace: shop}
stringData: {root: not-for-the-eyes, url: 'mysql://root:not-for-the-eyes@orders/shop'}
""")
SERVICE = load("""
kind: Service
metadata: {name: orders, namespace: shop}
spec: {clusterIP: None, selector: {app: orders}, ports: [{port: 3306}]}
""")
STACK = [SERVICE, SECRET, STATEFUL_SET, BUDGET, NETWORK_POLICY, BACKUP]

POD = "spec.template.spec"
MYSQLD = f"{POD}.containers.0"
ABSENT = object()


def changed(manifest: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy, with other values at some paths (``spec.template.spec.containers.0.image``); ``ABSENT`` removes one."""
    made: dict[str, Any] = copy.deepcopy(dict(manifest))
    for path, value in changes.items():
        *parents, last = (int(key) if key.isdecimal() else key for key in path.split("."))
        owner: Any = made
        for key in parents:
            owner = owner[key] if isinstance(owner, list) else owner.setdefault(key, {})
        if value is ABSENT:
            del owner[last]
        else:
            owner[last] = value
    return made


def stateful_set(**changes: Any) -> dict[str, Any]:
    return changed(STATEFUL_SET, changes)
