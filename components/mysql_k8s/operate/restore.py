"""`restore`, `restore-back` and `restore-done`: the cluster's data as it was at a moment, in place."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from ..backup.settings import BASE, UNTIL
from . import backups, observe, restore_plan, volume_moves
from .console import say, show
from .documents import Json, name_of, text
from .errors import OperateError
from .kube import Kube
from .restore_state import SETTLED, InPlace, Order, Phase, as_new, members_claims, volume_of
from .restore_steps import Steps
from .session import Session
from .target import Target

PLAN_SECONDS = 1800.0
WAYS_ON = "`make restore` goes on with it, `make restore-back` undoes it."

Confirm = Callable[[str], str]


def restore(session: Session, order: Order, confirm: Confirm) -> None:
    """Begin, or go on after a crash. Raises OperateError if it is refused, or if a step fails."""
    target, kube = session.deployed, session.connect()
    steps = Steps(kube, target)
    state = steps.read()
    if state is None:
        state = steps.enter(_planned(kube, target, order, confirm))
    else:
        _refuse_another(state, order)
        say(f"Going on with the restore of {target.name} to {state.order}: {state.phase}.")
    if state.phase is Phase.STOPPING or state.phase is Phase.FILLING:
        state = _first_half(steps, state)
    if state.phase is Phase.SWAPPING:
        state = steps.enter(steps.swap(state))
    if state.phase is Phase.STARTING:
        state = steps.enter(steps.start(state))
    kept = ", ".join(sorted(state.aside))
    show(f"{target.name} is what it was: {state.order}. The volumes from before are kept: {kept}.")
    show("Look at the data. Then `make restore-done` deletes them, or `make restore-back` puts them back.")


def _first_half(steps: Steps, state: InPlace) -> InPlace:
    if state.phase is Phase.FILLING:
        try:
            state = steps.enter(steps.fill(state))
        except OperateError as error:
            raise OperateError(
                f"{error.message} The cluster was not touched. `make restore-back` removes what was begun."
            ) from error
    return steps.enter(steps.stop(state))


def _refuse_another(state: InPlace, order: Order) -> None:
    if state.phase in (Phase.RETURNING, Phase.REMOVING, *SETTLED):
        ways = {Phase.RETURNING: "restore-back", Phase.REMOVING: "restore-done"}
        way = ways.get(state.phase, "restore-done` or `make restore-back")
        raise OperateError(f"The restore to {state.order} comes first: {state.phase}. Run `make {way}`.")
    if order not in (Order(), state.order):
        raise OperateError(f"A restore to {state.order} is under way: {state.phase}. {WAYS_ON}")


def back(session: Session, confirm: Confirm) -> None:
    """Put the data from before back, from wherever the restore has come to."""
    target, kube = session.deployed, session.connect()
    steps = Steps(kube, target)
    state = _under_way(steps, target)
    if state.phase is Phase.REMOVING:
        raise OperateError("The old volumes are being deleted already: there is no way back. Run `make restore-done`.")
    if state.phase is Phase.RETURNED:
        raise OperateError("The old data is back already. `make restore-done` deletes what was restored.")
    if state.phase is Phase.FILLING:
        steps.abandon(state)
        show(f"{target.name} was not touched. What the restore had begun is removed.")
        return
    if state.phase is not Phase.RETURNING:
        say("This stops the members and puts the volumes from before back. What was written since is kept aside.")
        _ask(confirm, target)
        state = steps.enter(state.at(Phase.RETURNING, members=steps.replicas() or state.members))
    state = steps.enter(steps.put_back(state))
    show(f"{target.name} has its data from before. What was restored is kept: {', '.join(sorted(state.aside))}.")


def done(session: Session, confirm: Confirm) -> None:
    """Delete the volumes that were kept."""
    target, kube = session.deployed, session.connect()
    steps = Steps(kube, target)
    state = _under_way(steps, target)
    if state.phase not in (Phase.REMOVING, *SETTLED):
        raise OperateError(f"The restore has not ended: {state.phase}. `make restore` goes on with it.")
    if state.phase is not Phase.REMOVING:
        say(f"This deletes for good: {', '.join(sorted(state.aside))}.")
        _ask(confirm, target)
        state = steps.enter(state.at(Phase.REMOVING))
    steps.remove(state)
    show("The volumes that were kept are deleted.")


def refuse_while_half_done(kube: Kube, target: Target) -> None:
    """For commands that start members or change their volumes. Raises OperateError while a restore does."""
    state = Steps(kube, target).read()
    if state is not None and state.phase not in SETTLED:
        raise OperateError(f"A restore of {target.name} is half done: {state.phase}. {WAYS_ON}")


def _under_way(steps: Steps, target: Target) -> InPlace:
    state = steps.read()
    if state is None:
        raise OperateError(f"No restore of {target.name} is under way, and none is to be let go.")
    return state


def _ask(confirm: Confirm, target: Target) -> None:
    if confirm(f"Type {target.name} to go on: ").strip() != target.name:
        raise OperateError("Nothing was changed: that is not the cluster's name.")


# --- before it begins -------------------------------------------------------------------------------------------------


def _planned(kube: Kube, target: Target, order: Order, confirm: Confirm) -> InPlace:
    """Everything that can be checked is, before the first question and the first change."""
    stateful_set = kube.stateful_set(target.namespace, target.name)
    if stateful_set is None:
        raise OperateError(f"There is no {target.name} in namespace {target.namespace}: `make up` first.")
    if kube.cron_job(target.namespace, f"{target.name}-backup") is None:
        raise OperateError(f"{target.name} has no backups: there is nothing to restore from.")
    claims = [as_new(claim) for claim in members_claims(kube.claims(target.namespace), target.name)]
    volumes = {
        name_of(claim): volume
        for claim in claims
        if (volume := volume_of(kube.claim(target.namespace, name_of(claim))))
    }
    if not volumes:
        raise OperateError(f"No member of {target.name} has a volume: use the argument `restore` for a new cluster.")
    for volume in volumes.values():
        volume_moves.refuse_unless_allowed(kube, volume)
    plan = ask_plan(kube, target, order)
    restore_plan.refuse_without_room(plan, claims[0])
    states = observe.ask(kube, target.namespace, observe.objects(kube, target).pods).states
    for line in restore_plan.lines(target.name, order, plan, volumes, restore_plan.lost(states, plan)):
        say(line)
    _ask(confirm, target)
    environment = {BASE: order.base} if order.base else {UNTIL: text(plan, "gtids")}
    return InPlace(
        cluster=target.name,
        stamp=datetime.now(UTC).strftime("%Y%m%dt%H%M%S"),
        order=order,
        environment=environment,
        members=int(text(stateful_set, "spec", "replicas")),
        claims={name_of(claim): claim for claim in claims},
        volumes=volumes,
        policies={volume: volume_moves.policy_of(kube, volume) for volume in volumes.values()},
    )


def ask_plan(kube: Kube, target: Target, order: Order) -> Json:
    """What the archive says of it. Raises OperateError if the moment cannot be restored exactly."""
    given = {BASE: order.base} if order.base else {UNTIL: order.until}
    code, output, errors = backups.run_in_keeper(kube, target, "plan", given, PLAN_SECONDS)
    if code != 0:
        raise OperateError(f"This cannot be restored: {backups.reason(errors)} Nothing was changed.")
    found: Json = json.loads(output)
    return found
