"""Serves the pack to the engine. `PolicyPack` never returns, so nothing else is done here."""

from pulumi_policy import EnforcementLevel, PolicyPack

from mysql_policies import earlier
from mysql_policies.pack import POLICIES

# Before the first change: what the last deployment left is what there is to protect.
earlier.begin()
PolicyPack(name="mysql-policies", enforcement_level=EnforcementLevel.MANDATORY, policies=POLICIES)
