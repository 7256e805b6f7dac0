"""What a tag names can change between two starts of the same pod; what a digest names cannot."""

from __future__ import annotations

from collections.abc import Iterator

from ..images import parse
from ..manifest import Manifest
from ..pods import pod_of
from ..production import is_production
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, dig, mappings

FLOATING = ("latest",)
ABOUT = About(
    "images-pinned",
    "Images have a tag that is not `latest`, and a digest in production.",
    "Give the image a version's tag; in production the digest too: repository:tag@sha256:... "
    "(`docker buildx imagetools inspect repository:tag` prints it).",
    {
        **EXCEPTIONS,
        "digestStacks": {
            "type": "array",
            "items": {"type": "string"},
            "description": "stacks whose images need a digest; those called prod or production unless given",
        },
    },
)


def pinned_images(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    if pod is None:
        return
    yield from pod.not_known
    needs_digest = is_production(manifest.stack, config.get("digestStacks"))
    for container in pod.all_containers:
        reference, where = container.body.get("image"), f"{container.title} of {manifest.title}"
        if reference is UNKNOWN:
            yield NotKnown(f"image of {where}")
        elif isinstance(reference, str) and reference:
            if problem := _problem(reference, needs_digest, manifest.stack):
                yield Violation(f"{where} {problem}")
        elif not manifest.partial:
            yield Violation(f"{where} must have an image, with a tag or a digest.")
    for volume in mappings(pod.spec.get("volumes")):
        reference = dig(volume, "image", "reference")
        if isinstance(reference, str) and (problem := _problem(reference, needs_digest, manifest.stack)):
            yield Violation(f"image volume '{volume.get('name')}' of {manifest.title} {problem}")


def _problem(reference: str, needs_digest: bool, stack: str) -> str | None:
    image = parse(reference)
    if image.digest:
        return None
    if "@" in reference:
        return f"must have a digest such as @sha256:... after the @, got '{reference}'."
    if needs_digest:
        return (
            f"must be pinned by digest in stack '{stack}', got '{reference}'. Write {image.repository}"
            f":{image.tag or 'version'}@sha256:..., or leave the stack out of the policy's `digestStacks`."
        )
    if image.tag is None:
        return f"must have a tag or a digest, got '{reference}', which stands for its `latest`."
    if image.tag.lower() in FLOATING:
        return f"must name a version, got '{reference}': nobody knows which one that will be."
    return None


POLICY = resource_policy(ABOUT, pinned_images)
