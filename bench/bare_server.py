"""A server without Kubernetes: a process on this machine with the my.cnf of the pods, and nobody beside it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from mysqld_members import PASSWORDS, SETTINGS, RealMember, address, look_at, write_mounts

from mysql_k8s.agent import actions as act
from mysql_k8s.agent import mysqld

ORDINALS = {"mysql": 0, "mariadb": 1}
"""By engine, so that both can run at once: a member's ordinal is its address."""


@dataclass(frozen=True)
class BareServer:
    """Where it is, and its user `app`."""

    host: str
    password: str
    tls: dict[str, str]
    """Files by the names that a cluster's Secret gives them."""


@contextmanager
def bare_server(folder: Path, engine: str, rootfs: Path, resources: Mapping[str, Any]) -> Generator[BareServer]:
    """It runs until the end, and is set up once by the agent's own steps, as a primary without replicas."""
    folder.mkdir(mode=0o755)
    write_mounts(folder)
    settings = replace(SETTINGS, members=1, topology="standalone", durability="async", engine=engine)
    arguments = {"topology": {"kind": "standalone"}, "resources": resources}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mysqld, "MARIADB_USER", "root")  # the server is this process's child: the socket knows it as root
        member = RealMember(ORDINALS[engine], folder, rootfs, settings, arguments)
        look_at(member, patch, folder)
        member.start()
        try:
            member.up()
            for step in (act.Bootstrap(), act.Declare(), act.MakeWritable()):
                member.performer.perform(step)
            tls = {file.name: file.read_text() for file in (folder / "tls").iterdir()}
            yield BareServer(address(member.ordinal), PASSWORDS["user-app"], tls)
        finally:
            member.stop()
