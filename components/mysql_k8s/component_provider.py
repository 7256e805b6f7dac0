"""MySQLCluster for programs in other Pulumi languages: the same component, its arguments written in any language."""

# No `from __future__ import annotations` here: Pulumi's analyzer reads types, not their names.

from typing import Any

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pydantic import ValidationError

from . import component
from .args import MySQLClusterArgs, explain
from .component_inputs import inputs_of, whole_numbers
from .plan import Plan


class MySQLCluster(component.MySQLCluster):
    """MySQL on Kubernetes: a standalone server, or a primary with replicas that provision and heal themselves.

    The resource's name names every object, in `namespace`, which must exist.
    """

    name: pulumi.Output[str]
    namespace: pulumi.Output[str]
    primary_host: pulumi.Output[str]
    read_host: pulumi.Output[str]
    replicas_host: pulumi.Output[str | None]
    port: pulumi.Output[int]
    router_host: pulumi.Output[str | None]
    router_port: pulumi.Output[int | None]
    router_read_port: pulumi.Output[int | None]
    secret_names: pulumi.Output[dict[str, str]]
    admin_secret_name: pulumi.Output[str]
    ca_certificate: pulumi.Output[str]
    plan: pulumi.Output[Plan]
    stateful_set: StatefulSet

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        try:
            super().__init__(name, MySQLClusterArgs.model_validate(whole_numbers(args)), opts)
        except ValidationError as error:
            raise pulumi.RunError(f"the inputs do not describe a cluster:\n{explain(error)}") from None

    __init__.__annotations__["args"] = inputs_of(MySQLClusterArgs)
