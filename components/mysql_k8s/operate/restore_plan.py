"""What an in-place restore would do, said and checked before anything is touched (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from .. import quantity
from ..agent.gtid import GtidSet
from .documents import Json, part, rows, text
from .errors import OperateError
from .restore_state import Order
from .sizes import size

BATCH_BYTES = 1 << 30
"""Binary logs that lie beside the data while they are applied."""


def refuse_without_room(plan: Json, claim: Json) -> None:
    """Raises OperateError if the restored data cannot fit on a volume as large as the claim asks for."""
    volume = quantity.to_bytes(text(claim, "spec", "resources", "requests", "storage"))
    needed = int(plan["raw_bytes"]) + min(int(plan["segment_bytes"]), BATCH_BYTES)
    if needed > volume:
        raise OperateError(
            f"The restore needs at least {size(needed)}, and a member's volume has {size(volume)}. Raise storage.size, "
            "run `make up`, and try again. Nothing was changed."
        )


def lost(states: Mapping[str, Json], plan: Json) -> int | None:
    """How many transactions the cluster has now that the restored state lacks; None if nobody says what it has."""
    told = [GtidSet.parse(text(state, "gtid_executed")) for state in states.values() if state.get("version")]
    if not told:
        return None
    target = GtidSet.parse(text(plan, "gtids"))
    return max(len(gtids - target) for gtids in told)


def lines(cluster: str, order: Order, plan: Json, volumes: Mapping[str, str], less: int | None) -> list[str]:
    """What is going to happen, for whoever has to agree."""
    gone = "nobody can tell how many transactions" if less is None else f"{less} transactions"
    return [
        f"{cluster} is going to be what it was at {text(plan, 'until')} ({order}):",
        f"  base backup {text(plan, 'base')}, {size(int(plan['raw_bytes']))}, and {plan['segments']} segments of the "
        f"archive, {size(int(plan['segment_bytes']))}",
        f"  {gone} of the present data are not part of that.",
        "What happens:",
        "  1. A new volume is filled and checked. The cluster goes on as it is.",
        "  2. The members stop: no reads, no writes.",
        f"  3. The {len(volumes)} volumes of the members are put aside and kept: {', '.join(sorted(volumes))}.",
        "  4. The members start: the first one on the restored volume, the others copy it.",
        "`make restore-back` puts the kept volumes back; `make restore-done` deletes them, when you are sure.",
    ]


def job(cron_job: Json, name: str, claim: str, environment: Mapping[str, str]) -> Json:
    """The Job that fills ``claim``: as a base backup's, but that it restores."""
    template = part(cron_job, "spec", "jobTemplate")
    pod = part(template, "spec", "template")
    labels = {**part(pod, "metadata", "labels"), "app.kubernetes.io/component": "restore"}
    spec = part(pod, "spec")
    data = {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
    volumes = [data if text(each, "name") == "data" else each for each in rows(spec, "volumes")]
    changed = {
        **spec,
        "volumes": [each for each in volumes if text(each, "name") != "passwords"],
        "containers": [_restoring(each, environment) for each in rows(spec, "containers")],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            **part(template, "spec"),
            "template": {**pod, "metadata": {**part(pod, "metadata"), "labels": labels}, "spec": changed},
        },
    }


def _restoring(container: Json, environment: Mapping[str, str]) -> Json:
    """It connects to nobody: it needs no password."""
    return {
        **container,
        "command": [*list(container["command"])[:-1], "restore"],
        "env": [*rows(container, "env"), *({"name": key, "value": environment[key]} for key in sorted(environment))],
        "volumeMounts": [each for each in rows(container, "volumeMounts") if text(each, "name") != "passwords"],
    }
