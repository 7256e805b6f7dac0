"""What a fault is, and what it gets to work with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cluster.support.deployment import Deployment
from cluster.support.small_volumes import SmallVolume, VolumePool

from sandbox.topology import NODES, Node

from .debts import Ledger
from .schedule import Choice, Target

RETURN_SECONDS = 330
"""A container that died again and again is started again after up to five minutes (the kubelet's longest back-off)."""


@dataclass(frozen=True)
class Scene:
    """One fault at one member."""

    deployment: Deployment
    volumes: VolumePool | None
    """Where the cluster's claims come from; None: from the default StorageClass, whose volumes cannot become full."""
    ledger: Ledger
    ordinal: int
    """The member that is hit, or the first of them."""

    @property
    def namespace(self) -> str:
        return self.deployment.namespace

    @property
    def pod(self) -> str:
        return self.deployment.pod(self.ordinal)

    @property
    def node(self) -> Node:
        """Where the member's pod runs."""
        name = self.deployment.node(self.ordinal)
        return next(node for node in NODES if node.name == name)

    @property
    def volume(self) -> SmallVolume:
        """The member's."""
        assert self.volumes, "the cluster's volumes are folders on the machine's own disk, which must not be filled"
        claim = self.deployment.kube.claims()[self.deployment.claim(self.ordinal)]
        return self.volumes[claim["spec"]["volumeName"]]


Inject = Callable[[Scene], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """Something that breaks, from entering what ``inject`` returns to leaving it."""

    name: str
    what: str
    """In one line, for people."""
    inject: Inject
    targets: tuple[Target, ...]
    shortest: float = 0
    longest: float = 0
    """Between which bounds it lasts, in seconds; 0: it happens at once."""
    harmless: bool = False
    """Too short to give a primary up for it."""
    beyond: bool = False
    """It also hits what does not belong to the cluster under test: a node, the control plane."""

    def choices(self) -> list[Choice]:
        return [Choice(self.name, target, self.shortest, self.longest) for target in self.targets]
