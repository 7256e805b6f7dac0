"""`down`: takes the cluster away and leaves the data, unless the user says its name."""

from __future__ import annotations

from collections.abc import Callable

from . import restore
from .console import say, show
from .errors import OperateError
from .kube import Kube
from .session import Session
from .target import Target

DESTROY = ("destroy", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")


def down(session: Session) -> None:
    target = session.deployed
    kube = session.connect()
    restore.refuse_while_half_done(kube, target)
    _destroy(session)
    claims = claim_names(kube, target)
    if claims:
        show(kept(claims, target, session.project.stack))


def down_with_claims(session: Session, confirm: Callable[[str], str]) -> None:
    """Destroy, then delete the data. The user has to type the cluster's name first."""
    target = session.deployed
    kube = session.connect()
    restore.refuse_while_half_done(kube, target)
    claims = claim_names(kube, target)
    say(f"This deletes all data of {target.name} in namespace {target.namespace}: {', '.join(claims) or 'no claims'}.")
    if confirm("Type the cluster's name to go on: ").strip() != target.name:
        raise OperateError("Nothing was changed: that is not the cluster's name.")
    _destroy(session)
    for claim in claim_names(kube, target):
        kube.delete_claim(target.namespace, claim)
        show(f"Deleted claim {claim}.")


def claim_names(kube: Kube, target: Target) -> list[str]:
    """The claims of the members, also of those that were scaled away."""
    prefix = f"data-{target.name}-"
    names = [claim["metadata"]["name"] for claim in kube.claims(target.namespace)]
    return sorted(name for name in names if name.startswith(prefix) and name.removeprefix(prefix).isdigit())


def kept(claims: list[str], target: Target, stack: str) -> str:
    suffix = "" if stack == "dev" else f" STACK={stack}"
    return (
        f"The data is still there, in {len(claims)} claims: {', '.join(claims)}.\n"
        f"The next `make up{suffix}` finds it again. To delete it for good:\n"
        f"  kubectl --namespace {target.namespace} delete pvc {' '.join(claims)}"
    )


def _destroy(session: Session) -> None:
    from . import recover

    deployment = session.pulumi.export()
    if deployment is None:
        say(f"Stack {session.project.stack} does not exist: nothing to destroy.")
        return
    recover.unlock(session.pulumi, say)
    recover.adopt_interrupted(session.pulumi, deployment, say)
    if session.pulumi.run(*DESTROY) != 0:
        raise OperateError("pulumi did not succeed; its message is above. The data was not touched.")
