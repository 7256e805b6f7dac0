"""The same decisions, model and faults with MariaDB's GTIDs, private moments and relay logs.

Numbers grow over all writers, a binary log's state stands for everything up to its last number, the agent needs no
window, and what a replica has received and not applied is fetched again after a crash. So a volume may be lost only
while another member has *executed* all that was acknowledged: MariaDB cannot promise more.
"""

from __future__ import annotations

from effort import examples
from hypothesis import settings as run_settings
from test_agent_simulation import Member, Simulation, World

from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.agent.gtid_mariadb import from_state


class MariaDBWorld(World):
    """Members as MariaDB has them."""

    def __init__(self) -> None:
        super().__init__()
        for member in self.members:
            member.keeps_relay = False

    def identity(self, number: int) -> str:
        return f"0-{number + 1000}"

    def write(self, member: Member) -> GtidSet:
        held = member.volume.executed
        number = 1 + max((intervals[-1][1] for intervals in held.intervals.values()), default=0)
        assert not held.intervals.get(member.volume.uuid, ((0, 0),))[-1][1] >= number, "a number is never used again"
        member.volume.executed = held | from_state(f"{member.volume.uuid}-{number}")
        return GtidSet({member.volume.uuid: ((number, number),)})

    def leave_window_open(self, member: Member) -> None:
        """Nothing was opened."""

    def may_lose(self, ordinal: int) -> bool:
        others = [m for o, m in enumerate(self.members) if o != ordinal]
        return not self.acknowledged or any(
            self.acknowledged <= m.volume.executed and m.volume.primary_uuid for m in others
        )


class MariaDBSimulation(Simulation):
    """Faults, rounds and writes in any order; at the end everything must heal."""

    make_world = MariaDBWorld


TestMariaDBSimulation = MariaDBSimulation.TestCase
TestMariaDBSimulation.settings = run_settings(max_examples=examples(40), stateful_step_count=25)
