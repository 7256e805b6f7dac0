"""A deployed Galera cluster: its writer may be any member."""

from __future__ import annotations

from .checker import Verdict, check
from .deployment import Deployment
from .group import GroupDeployment
from .load import Load


class GaleraDeployment(GroupDeployment):
    """One cluster in a namespace of its own."""

    @staticmethod
    def of(deployment: Deployment) -> GaleraDeployment:
        """The same deployment."""
        return GaleraDeployment(deployment.kube, deployment.project, deployment.arguments)

    def check(self, load: Load) -> Verdict:
        """Every acknowledged write is on the writer, by its value, and every member has the same.

        Without a binary log the server tells no GTID with an acknowledgement.
        """
        found = self.service("primary").rows(f"SELECT value FROM {load.table} FOR UPDATE", seconds=30)
        verdict = check(load.history.writes(), [row["value"] for row in found])
        print(f"\n  {verdict}")
        assert verdict.clean, str(verdict)
        for ordinal in self.ordinals:
            self._check_same(ordinal, load.table, [row["value"] for row in found])
        return verdict
