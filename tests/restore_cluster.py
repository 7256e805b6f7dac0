"""Stands for the API server and its controllers, as far as an in-place restore sees them; it may crash at any call.

What it holds data to: a volume whose claim goes is lost unless it is retained; no claim moves under a member that runs;
members never start with some volumes old and some restored.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
OLD = {f"data-orders-{ordinal}": f"pv-{ordinal}" for ordinal in range(3)}


class Crashed(Exception):
    """The restore's own process was killed."""


class Cluster:
    """A cluster of three with backups. ``data``: what each volume holds; a volume that is deleted is not there."""

    def __init__(self, *, deletes_claims: bool = False) -> None:
        self.data = {volume: f"old-{volume[-1]}" for volume in OLD.values()}
        self.policies = dict.fromkeys(OLD.values(), "Delete")
        self.bound = {volume: claim for claim, volume in OLD.items()}
        self.claims_by_name = {claim: self._claim(claim, volume) for claim, volume in OLD.items()}
        self.replicas = 3
        self.managers = ["pulumi-1"]
        self.documents: dict[str, Json] = {}
        self.jobs: dict[str, Json] = {}
        self.calls_left: int | None = None
        self.deletes_claims = deletes_claims
        self.starts: list[dict[str, str]] = []
        """What the members had whenever they started."""
        self._made = 0

    # --- what the tests look at ---------------------------------------------------------------------------------------

    def members_data(self) -> dict[str, str]:
        return {name: self.data[self._volume(c)] for name, c in self.claims_by_name.items() if name in OLD}

    def _volume(self, claim: Json) -> str:
        return claim["spec"]["volumeName"]

    def _claim(self, name: str, volume: str, made: Json | None = None) -> Json:
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": volume}
        labels = made["metadata"].get("labels", {}) if made else {"app": "mysql"}
        notes = {"mysql-k8s/held": volume, "pv.kubernetes.io/bind-completed": "yes"} if not made else {}
        notes = made["metadata"].get("annotations", {}) if made else notes
        metadata = {"name": name, "labels": labels, "annotations": notes}
        return {"metadata": metadata, "spec": spec, "status": {"phase": "Bound"}}

    def _new_volume(self, claim: str, holds: str) -> str:
        self._made += 1
        volume = f"pv-new-{self._made}"
        self.data[volume], self.policies[volume], self.bound[volume] = holds, "Delete", claim
        return volume

    def _call(self) -> None:
        if self.calls_left is not None:
            if self.calls_left == 0:
                raise Crashed
            self.calls_left -= 1

    # --- the API ------------------------------------------------------------------------------------------------------

    def stateful_set(self, _namespace: str, name: str) -> Json | None:
        if name != "orders":
            return None
        fields = [{"manager": manager} for manager in self.managers]
        selector = {"matchLabels": {"app": "mysql"}}
        return {"metadata": {"managedFields": fields}, "spec": {"replicas": self.replicas, "selector": selector}}

    def patch_stateful_set(self, _namespace: str, _name: str, change: Json, field_manager: str) -> None:
        self._call()
        if "metadata" in change:
            self.managers = [each["manager"] for each in change["metadata"]["managedFields"]]
            return
        if field_manager not in self.managers:
            self.managers.append(field_manager)
        before, self.replicas = self.replicas, change["spec"]["replicas"]
        if self.replicas and not before:
            self._start()
        if not self.replicas and self.deletes_claims:
            for name in [name for name in self.claims_by_name if name in OLD]:
                self._drop_claim(name)

    def _start(self) -> None:
        for name in list(OLD)[: self.replicas]:
            if name not in self.claims_by_name:
                assert name != "data-orders-0", "the first member would start from nothing"
                source = self.data[self._volume(self.claims_by_name["data-orders-0"])]
                self.claims_by_name[name] = self._claim(name, self._new_volume(name, f"copy of {source}"))
        self.starts.append(self.members_data())

    def pods(self, _namespace: str, _selector: str) -> list[Json]:
        labels = lambda o: {"mysql-k8s/role": "primary" if o == 0 else "replica"}  # noqa: E731
        ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        names = (f"orders-{ordinal}" for ordinal in range(self.replicas))
        return [{"metadata": {"name": name, "labels": labels(o)}, "status": ready} for o, name in enumerate(names)]

    def claims(self, _namespace: str) -> list[Json]:
        return list(self.claims_by_name.values())

    def claim(self, _namespace: str, name: str) -> Json | None:
        return self.claims_by_name.get(name)

    def create_claim(self, _namespace: str, claim: Json) -> None:
        self._call()
        name = claim["metadata"]["name"]
        assert name not in self.claims_by_name
        volume = claim["spec"].get("volumeName") or self._new_volume(name, "empty")
        assert self.bound.get(volume) == name, "the volume does not wait for this claim"
        self.claims_by_name[name] = self._claim(name, volume, claim)

    def delete_claim(self, _namespace: str, name: str) -> None:
        self._call()
        if name in self.claims_by_name:
            assert not (name in OLD and self.replicas), "a member runs on it"
            self._drop_claim(name)

    def _drop_claim(self, name: str) -> None:
        volume = self._volume(self.claims_by_name.pop(name))
        if self.policies[volume] != "Retain":
            del self.data[volume], self.policies[volume], self.bound[volume]

    def volume(self, name: str) -> Json | None:
        if name not in self.policies:
            return None
        claim = self.bound[name]
        uid = "u" if claim in self.claims_by_name else ""
        reference = {"namespace": "shop", "name": claim, "uid": uid}
        return {"spec": {"persistentVolumeReclaimPolicy": self.policies[name], "claimRef": reference}}

    def patch_volume(self, name: str, change: Json, *, only_ask: bool = False) -> None:
        self._call()
        if only_ask:
            return
        spec = change["spec"]
        self.policies[name] = spec.get("persistentVolumeReclaimPolicy", self.policies[name])
        if "claimRef" in spec:
            assert self.bound[name] not in self.claims_by_name or spec["claimRef"]["name"] == self.bound[name]
            self.bound[name] = spec["claimRef"]["name"]

    def config_map(self, _namespace: str, name: str) -> Json | None:
        return self.documents.get(name)

    def put_config_map(self, _namespace: str, name: str, data: dict[str, str]) -> None:
        self._call()
        self.documents[name] = {"data": data}

    def delete_config_map(self, _namespace: str, name: str) -> None:
        self._call()
        self.documents.pop(name, None)

    def cron_job(self, _namespace: str, name: str) -> Json | None:
        container = {"name": "backup", "command": ["python3", "x.zip", "base"], "volumeMounts": [{"name": "passwords"}]}
        volumes = [{"name": "data", "ephemeral": {}}, {"name": "passwords", "secret": {}}]
        pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container], "volumes": volumes}}
        return {"metadata": {"name": name}, "spec": {"jobTemplate": {"spec": {"backoffLimit": 2, "template": pod}}}}

    def job(self, _namespace: str, name: str) -> Json | None:
        return self.jobs.get(name)

    def create_job(self, _namespace: str, job: Json) -> Json:
        self._call()
        volumes = {each["name"]: each for each in job["spec"]["template"]["spec"]["volumes"]}
        claim = volumes["data"]["persistentVolumeClaim"]["claimName"]
        self.data[self._volume(self.claims_by_name[claim])] = "restored"
        self.jobs[job["metadata"]["name"]] = job | {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
        return job

    def delete_job(self, _namespace: str, name: str) -> None:
        self._call()
        self.jobs.pop(name, None)
