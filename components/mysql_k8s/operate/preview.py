"""`preview` and `outputs`: what pulumi would do, and what it knows."""

from __future__ import annotations

import json

from .errors import NOTHING_DEPLOYED, OperateError
from .session import Session


def preview(session: Session) -> int:
    if session.pulumi.export() is None:
        session.pulumi.create()
    return session.pulumi.run("preview", "--diff", "--suppress-progress")


def outputs(session: Session) -> str:
    found = session.pulumi.outputs()
    if not found:
        raise OperateError(f"Stack {session.project.stack} has no outputs: nothing is deployed.", NOTHING_DEPLOYED)
    return json.dumps(found, indent=2)
