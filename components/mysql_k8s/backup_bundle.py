"""The backup program, PyMySQL and what it shares with the agent, as one zip that Python runs as it is."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from .agent_bundle import Bundle, package_folder, sources, zipped

FILE_NAME = "backup.zip"
_MAIN = "from mysql_k8s.backup.main import main\n\nraise SystemExit(main())\n"
_SHARED = (
    *("__init__.py", "copying.py", "dump.py", "group.py", "gtid.py", "gtid_mariadb.py", "jobs.py", "mounted.py"),
    *("server.py", "settings.py"),
)
"""Of the agent: GTID sets, what data says of its group, the HTTPS endpoints, and how a member's data is asked for."""


@functools.cache
def build() -> Bundle:
    """The bundle of the installed program. A change of the agent that does not concern it leaves it as it is."""
    agent = Path(__file__).with_name("agent")
    files = {
        "__main__.py": _MAIN.encode(),
        "mysql_k8s/__init__.py": b"",
        **{f"mysql_k8s/agent/{name}": (agent / name).read_bytes() for name in _SHARED},
        **sources(Path(__file__).with_name("backup"), "mysql_k8s/backup"),
        **sources(package_folder("pymysql"), "pymysql"),
    }
    content = zipped(sorted(files.items()))
    return Bundle(content, hashlib.sha256(content).hexdigest()[:10])
