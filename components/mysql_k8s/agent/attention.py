"""When a person should look at a member, although the agent goes on: a pure function of what has lasted how long."""

from __future__ import annotations

from . import actions as act
from .facts import Facts
from .setbacks import MOST_FALLS

FAILING_SECONDS = 30.0
"""A step that has failed for so long will not succeed by itself."""


def attention(
    facts: Facts, action: act.Action, waited: float, failure: str | None, unserved: float, slow_failure: str | None
) -> str | None:
    """What to tell a person; None: nothing.

    ``failure`` is why the step of this round failed, ``slow_failure`` why the last one failed that takes longer than a
    round. ``waited`` is for how long the decision has been the same, ``unserved`` for how long the member has not
    served its role, in seconds.
    """
    if isinstance(action, act.Blocked):
        return action.doing
    if isinstance(action, act.Wait) and action.patience is not None and waited > action.patience:
        return action.doing
    if failure is not None and waited > FAILING_SECONDS:
        return f"{action.doing}; {failure}"
    if slow_failure is not None and unserved > FAILING_SECONDS:
        return f"{action.doing}; {slow_failure}"
    if facts.setbacks.falls >= MOST_FALLS:
        return f"{action.doing}; it fell out of the group {facts.setbacks.falls} times since it last served"
    return None
