"""Backups of MariaDB on a real cluster: taken under load, and a new cluster restored from them to a moment."""

from __future__ import annotations

import pytest

from sandbox import on_demand
from sandbox.progress import Reporter

from .conftest import Deploy
from .test_backup import back_up_lose_and_restore

PRECISION = 1.5
"""Seconds: MariaDB's binary log does not tell more exactly when something was committed."""


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    """On every node; it is not among those that each cluster has."""
    on_demand.provide("mariadb", Reporter())


def test_a_cluster_that_is_lost_is_restored_to_a_moment(own: Deploy) -> None:
    cluster = own("mariadb", kind="replication", members=3, durability="semi-sync")
    back_up_lose_and_restore(cluster, PRECISION)
