"""Backups: when, where to, how many, and what a new cluster is restored from."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from .base import Arguments, Bytes, Cpu, DnsLabel, DnsSubdomain, Image, misfit
from .cron import schedule

RCLONE = "docker.io/rclone/rclone:1.76.0"


def _bucket(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text):
        raise ValueError("is not a bucket's name: 3 to 63 lower-case letters, digits, '-' and '.'")
    return text


def _prefix(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9!_.'()-]+(/[A-Za-z0-9!_.'()-]+)*", text):
        raise ValueError("must be folder names with '/' between them, and none at either end")
    return text


def _endpoint(text: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", text):
        raise ValueError("must be the server's URL, such as https://s3.example.com")
    return text


def _moment(text: str) -> str:
    from ..backup import planning  # not loaded by the many programs that restore nothing

    try:
        planning.read_moment(text)
    except planning.Refused:
        raise ValueError(
            "is neither a time with its zone, such as 2026-11-22T03:00:00Z, nor a GTID set, such as <uuid>:1-77 "
            "(MariaDB: 0-7-77)"
        ) from None
    return text


class S3(Arguments):
    """A bucket on S3 or on a server that speaks its protocol. rclone carries everything there."""

    kind: Literal["s3"] = "s3"

    bucket: Annotated[str, AfterValidator(_bucket)]
    """An existing bucket."""

    prefix: Annotated[str, AfterValidator(_prefix)] = ""
    """Folders within it."""

    secret_name: DnsSubdomain
    """A Secret in the same namespace with ``access_key_id`` and ``secret_access_key``."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    """The server's URL; Amazon's unless given."""

    region: str = "us-east-1"
    """The bucket's region."""

    encryption: Literal["none", "AES256", "aws:kms"] = "none"
    """What the server is told to encrypt objects with."""

    encryption_secret_name: DnsSubdomain | None = None
    """A Secret in the same namespace with ``encryption_key``: everything is encrypted with it before it leaves the pod.
    Nothing is unless given."""

    image: Image = RCLONE
    """rclone's image."""


class Volume(Arguments):
    """A volume: a claim that exists, one that the cluster makes, or an NFS export."""

    kind: Literal["volume"] = "volume"

    claim: DnsSubdomain | None = None
    """An existing claim in the same namespace; say its ``access_mode`` too."""

    size: Bytes = "20Gi"
    """Of the claim ``target-<cluster>-backup-0`` that is made where neither ``claim`` nor ``nfs_server`` is given. It
    is kept when the cluster is deleted."""

    storage_class: DnsSubdomain | None = None
    """Of that claim; the cluster's default one unless given."""

    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = "ReadWriteOnce"
    """Of the claim. What mounts a ReadWriteOnce one runs on one node."""

    nfs_server: DnsSubdomain | None = None
    """Name or address of an NFS server."""

    nfs_path: str = "/"
    """What it exports. User and group 999 must be able to write there."""

    encryption_secret_name: DnsSubdomain | None = None
    """A Secret in the same namespace with ``encryption_key``: everything is encrypted with it before it leaves the pod.
    Nothing is unless given."""

    image: Image = RCLONE
    """rclone's image, which encrypts; unused without ``encryption_secret_name``."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.claim and self.nfs_server:
            raise misfit("target.nfs_server", self.nfs_server, "there is a `claim` too; keep one of them")
        if not self.nfs_path.startswith("/"):
            raise misfit("target.nfs_path", self.nfs_path, "must begin with '/'")
        return self


Target = Annotated[Volume | S3, Field(discriminator="kind")]

Schedule = Annotated[str, AfterValidator(schedule)]


class Backup(Arguments):
    """Base backups on a schedule, and binary logs all the time."""

    target: Target = Volume()
    """Where to."""

    schedule: Schedule = "0 3 * * *"
    """When a base backup is taken."""

    keep: Annotated[int, Field(strict=True, ge=1)] = 7
    """How many base backups are kept. The newest that a drill has proven is kept beyond that."""

    point_in_time: bool = True
    """Archive binary logs while they are written, so that every moment can be restored. A Galera cluster has none, and
    takes ``false`` only: then what can be restored is each base backup, as it is."""

    drill_schedule: Schedule | None = "30 4 * * 0"
    """When the newest backup is restored and read on a volume that is thrown away."""

    time_limit_seconds: Annotated[int, Field(strict=True, ge=300)] = 21600
    """After so long a base backup, a drill or a restore is given up."""

    storage_class: DnsSubdomain | None = None
    """Of the volumes that base backups and drills work on, each as large as a member's; as ``storage`` has it unless
    given."""

    cpu: Cpu = "100m"
    """CPU request of the program that backs up."""

    memory: Bytes = "128Mi"
    """Its memory request."""

    memory_limit: Bytes = "512Mi"
    """Its memory limit."""


class Restore(Arguments):
    """What a new cluster begins with. An existing claim is never written to."""

    target: Target
    """Where the backups are."""

    cluster: DnsLabel
    """The name that the cluster had that was backed up."""

    until: Annotated[str, AfterValidator(_moment)] = ""
    """A time with its zone, or transactions by GTID that are to be the last ones; the newest state unless given."""

    backup: Annotated[str, Field(pattern=r"^(\d{8}T\d{6}\.\d{6}Z)?$")] = ""
    """A base backup just as it is, by its id in ``make backups``, such as ``20261122T030007.123456Z``."""

    @model_validator(mode="after")
    def _one_state(self) -> Self:
        if self.until and self.backup:
            raise misfit("restore.backup", self.backup, "there is `until` too; keep one of them")
        return self


def check_without_binary_log(backup: Backup | None, restore: Restore | None) -> None:
    """Raises a misfit for what is restored from an archive of binary logs, which a Galera cluster does not write."""
    if backup and backup.point_in_time:
        problem = (
            "topology.kind = galera has no binary log, so nothing is kept of what is written between two base backups; "
            "set it to false, and let backup.schedule take them as often as you need"
        )
        raise misfit("backup.point_in_time", True, problem)
    if restore and restore.until:
        problem = (
            "topology.kind = galera has no binary log, so only base backups can be restored; leave it out for the "
            "newest one, or name one with restore.backup"
        )
        raise misfit("restore.until", restore.until, problem)
