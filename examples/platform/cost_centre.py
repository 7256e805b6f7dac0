"""Who pays: a label on every object of a component, and on the pods that are made from it."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

LABEL = "example.com/cost-centre"
Transform = Callable[[pulumi.ResourceTransformArgs], pulumi.ResourceTransformResult | None]


def charge_to(cost_centre: str) -> Transform:
    """A transform for the options of a component: Pulumi applies it to all children, whoever wrote them."""

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if not args.type_.startswith("kubernetes:") or args.type_.endswith("Patch"):  # patches: others' objects
            return None
        return pulumi.ResourceTransformResult(props=labelled(args.props, cost_centre), opts=args.opts)

    return transform


def labelled(manifest: Mapping[str, Any], cost_centre: str) -> dict[str, Any]:
    """``manifest`` with the label, and so its pod template. A claim template is for life: it stays as it is."""
    labels = {**manifest["metadata"].get("labels", {}), LABEL: cost_centre}
    made = {**manifest, "metadata": {**manifest["metadata"], "labels": labels}}
    spec = manifest.get("spec", {})
    if "template" in spec:
        made["spec"] = {**spec, "template": labelled(spec["template"], cost_centre)}
    return made
