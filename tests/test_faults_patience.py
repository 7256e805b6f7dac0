"""After how long a pause a primary may lose its role without that being a finding."""

from __future__ import annotations

import math
import re

import pytest
from faults import patience
from faults.campaign import TOPOLOGIES

from mysql_k8s import MySQLClusterArgs, my_cnf
from mysql_k8s.args.topology import Galera


@pytest.mark.parametrize("name", ["semi-sync", "async", "mariadb"])
def test_a_fixed_primary_is_never_given_up(name: str) -> None:
    assert patience.seconds(TOPOLOGIES[name]) == math.inf


def test_a_group_bears_a_short_pause() -> None:
    assert patience.seconds(TOPOLOGIES["group-replication"]) == 5
    assert patience.seconds({"kind": "group-replication", "profile": "tolerant"}) > 15


@pytest.mark.parametrize("profile", ["fast", "tolerant"])
def test_galera_bears_what_it_is_configured_for(profile: str) -> None:
    arguments = {"engine": {"kind": "mariadb"}, "topology": {"kind": "galera", "profile": profile}}
    config = my_cnf.render(MySQLClusterArgs.model_validate(arguments))
    configured = re.search(r"evs\.suspect_timeout=PT(\d+)S", config)
    assert configured and patience.seconds({"kind": "galera", "profile": profile}) == float(configured[1])
    assert patience.seconds({"kind": "galera"}) == patience.seconds({"kind": "galera", "profile": Galera().profile})
