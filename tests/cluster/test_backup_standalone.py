"""Backups of a MariaDB that stands alone: from itself under load, and a new one restored from them to a moment."""

from __future__ import annotations

from .conftest import Deploy
from .test_backup import back_up_lose_and_restore
from .test_backup_mariadb import PRECISION


def test_a_server_that_is_lost_is_restored_to_a_moment(own: Deploy) -> None:
    back_up_lose_and_restore(own("mariadb", kind="standalone"), PRECISION)
