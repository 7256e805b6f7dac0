"""One fault after the other on one cluster: break, undo, wait until all is well, judge, note."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cluster.support.deployment import Deployment
from cluster.support.history import Outcome
from cluster.support.waiting import wait_for

from . import judges, patience, verdict
from .catalog import BY_NAME
from .keep import keep
from .results import Result
from .scene import RETURN_SECONDS, Fault, Scene
from .schedule import Step, Target, picked
from .statistics import longest_pause
from .workload import Workload

BEFORE_SECONDS = 1
"""So long clients work before anything breaks."""
AFTER_SECONDS = 2
"""So long they go on once all is well again: what a fault causes may come a little later."""


@dataclass(frozen=True)
class Times:
    """Moments of one fault, of the monotonic clock."""

    began: float
    ended: float
    healthy: float


@dataclass
class Runner:
    """Everything that the faults of a run share; ``scene`` with its first member."""

    scene: Scene
    folder: Path

    @property
    def deployment(self) -> Deployment:
        return self.scene.deployment

    def run(self, steps: Iterable[Step]) -> Iterator[Result]:
        """Stops after a result with findings. Raises TimeoutError if the cluster does not become healthy again."""
        for step in steps:
            result = self.once(step)
            yield result
            if result.findings:
                return

    def once(self, step: Step) -> Result:
        """Raises TimeoutError if the cluster does not become healthy again, with the evidence in the folder."""
        self.deployment.wait_healthy(level=False)
        fault, before = BY_NAME[step.fault], self._primary()
        scene = Scene(self.deployment, self.scene.volumes, self.scene.ledger, self._member(step, before))
        began_at = datetime.now(UTC).isoformat(timespec="seconds")
        work = Workload(self.deployment)
        try:
            with work:
                time.sleep(BEFORE_SECONDS)
                times = self._break(fault, scene, step.hold, work)
            self.deployment.wait_healthy(RETURN_SECONDS)
            judgement = verdict.judge(self.deployment, work, times.began)
        except TimeoutError as problem:
            self._keep(step, work, [str(problem)])
            raise
        after = self._primary()
        harmless = fault.harmless and step.hold < patience.seconds(self.deployment.arguments["topology"])
        given_up = judges.failover(self.deployment.pod(before), self.deployment.pod(after)) if harmless else []
        result = self._result(step, scene, times, began_at, work, judgement, (before, after), given_up)
        if result.findings:
            self._keep(step, work, result.findings)
        return result

    def _break(self, fault: Fault, scene: Scene, hold: float, work: Workload) -> Times:
        began = time.monotonic()
        with fault.inject(scene):
            time.sleep(hold)
        ended = time.monotonic()
        # Any pod may be in the longest back-off by now, if it died again and again.
        self.deployment.wait_healthy(RETURN_SECONDS, level=False)
        work.load.wait_for_writes(seconds=RETURN_SECONDS)
        healthy = time.monotonic()
        time.sleep(AFTER_SECONDS)
        return Times(began, ended, healthy)

    def _primary(self) -> int:
        def found() -> int:
            return self.deployment.primary_ordinal

        return wait_for("the primary", found, RETURN_SECONDS)

    def _member(self, step: Step, primary: int) -> int:
        if step.target is not Target.REPLICA:
            return primary
        return picked([ordinal for ordinal in self.deployment.ordinals if ordinal != primary], step.draw)

    def _keep(self, step: Step, work: Workload, findings: list[str]) -> None:
        keep(self.evidence(step.number), self.deployment, work, findings)

    def evidence(self, number: int) -> Path:
        """The folder for what is kept of a fault."""
        return self.folder / f"evidence-{number}"

    def _result(
        self,
        step: Step,
        scene: Scene,
        times: Times,
        began_at: str,
        work: Workload,
        judgement: verdict.Judgement,
        primaries: tuple[int, int],
        given_up: list[str],
    ) -> Result:
        writes = work.load.history.writes()
        accepted = [write.ended for write in writes if write.outcome is Outcome.OK]
        reads = work.reader.reads
        return Result(
            number=step.number,
            fault=step.fault,
            target=str(step.target),
            hold=step.hold,
            member=scene.pod,
            began=began_at,
            write_gap=round(longest_pause(accepted, times.began, times.healthy), 3),
            read_gap=round(longest_pause(reads.good, times.began, times.healthy), 3),
            reads_refused=len(reads.bad),
            stale_reads=len(work.fresh.stale),
            healthy_after=round(times.healthy - times.ended, 3),
            primary_before=self.deployment.pod(primaries[0]),
            primary_after=self.deployment.pod(primaries[1]),
            acknowledged=sum(write.outcome is Outcome.OK for write in writes),
            refused=sum(write.outcome is Outcome.FAILED for write in writes),
            unknown=sum(write.outcome is Outcome.UNKNOWN for write in writes),
            lost=judgement.lost,
            double_primaries=judgement.double_primaries,
            other_findings=[*judgement.stale_reads, *given_up],
        )
