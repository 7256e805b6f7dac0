"""One run of a command: its project, its pulumi, and its connection to the cluster when that is needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import project, stack_config, target, tools
from .kube import Kube
from .project import Project
from .pulumi import Pulumi
from .target import Target


@dataclass
class Session:
    project: Project

    @classmethod
    def of(cls, stack: str) -> Session:
        return cls(project.find(Path.cwd(), stack))

    @cached_property
    def kubeconfig(self) -> str:
        return tools.kubeconfig(self.project)

    @cached_property
    def pulumi(self) -> Pulumi:
        with ThreadPoolExecutor(max_workers=1) as pool:
            tool_chain = pool.submit(tools.tool_chain, self.project)
            kubeconfig = self.kubeconfig
        environment = tools.environment(self.project, tool_chain.result(), kubeconfig)
        return Pulumi(self.project, environment, stack_config.prepare(self.project))

    @cached_property
    def declared(self) -> Target:
        return target.declared(self.project.program, self.project.config())

    @cached_property
    def deployed(self) -> Target:
        """The cluster that the last run made; what is declared, where none has ended yet."""
        return target.deployed(self.pulumi.outputs() or {}, self.declared)

    def connect(self) -> Kube:
        """To the cluster that pulumi would use: the same kubeconfig, the same context."""
        return Kube.connect(self.kubeconfig, target.context(self.project.config()))
