"""The rules of the pack, in the order of docs/policies.md."""

from __future__ import annotations

from pulumi_policy.policy import Policy

from .rules import (
    access_modes,
    backup,
    data_not_deleted,
    data_not_replaced,
    disruption_budget,
    host_names,
    memory_fits,
    network_policy,
    odd_replicas,
    pinned_images,
    plain_text_passwords,
    probes_set,
    resources_set,
    restricted_pods,
    spread,
    startup_budget,
)

RULES = (
    odd_replicas,
    access_modes,
    data_not_replaced,
    data_not_deleted,
    plain_text_passwords,
    pinned_images,
    restricted_pods,
    resources_set,
    memory_fits,
    disruption_budget,
    network_policy,
    probes_set,
    startup_budget,
    spread,
    backup,
    host_names,
)
POLICIES: list[Policy] = [rule.POLICY for rule in RULES]
