"""rclone beside the program that backs up: it carries to S3, and it encrypts. Reached over the pod's loopback interface
alone; it has the credentials and the key, the program has not.
"""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    ResourceRequirementsArgs,
    SecretKeySelectorArgs,
)

from ..args import S3, Volume
from . import backup_volumes as volumes
from .backup_config import REMOTE, place
from .containers import HARDENED

_PLAIN = "plain"
"""The remote behind the one that encrypts."""
_DAEMON = "rclone rcd --rc-addr=127.0.0.1:5572 --rc-no-auth --config="
_WITH_KEY = f"""set -eu
[ -n "$ENCRYPTION_KEY" ] || {{ echo 'the Secret has an empty encryption_key' >&2; exit 1; }}
RCLONE_CONFIG_{REMOTE.upper()}_PASSWORD="$(printf %s "$ENCRYPTION_KEY" | rclone obscure -)"
export RCLONE_CONFIG_{REMOTE.upper()}_PASSWORD
unset ENCRYPTION_KEY
exec {_DAEMON}
"""
"""rclone takes the key in a form of its own only. It is in no argument of a process."""


def rclone(where: S3 | Volume) -> list[ContainerArgs]:
    """Nothing for a volume that holds backups as they are."""
    encrypts = where.encryption_secret_name is not None
    if where.kind == "volume" and not encrypts:
        return []
    return [
        ContainerArgs(
            name="rclone",
            image=where.image,
            image_pull_policy="IfNotPresent",
            restart_policy="Always",
            command=["sh", "-c", _WITH_KEY] if encrypts else _DAEMON.split(" "),
            env=[
                *(_s3(where, _PLAIN if encrypts else REMOTE) if where.kind == "s3" else []),
                *(_encryption(where, where.encryption_secret_name) if where.encryption_secret_name else []),
                EnvVarArgs(name="HOME", value="/spool"),
            ],
            resources=ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "64Mi"}, limits={"memory": "512Mi"}),
            security_context=HARDENED,
            volume_mounts=[volumes.SPOOL, *([volumes.TARGET] if where.kind == "volume" else [])],
        )
    ]


def _s3(where: S3, remote: str) -> list[EnvVarArgs]:
    plain = {
        "TYPE": "s3",
        "PROVIDER": "Other" if where.endpoint else "AWS",
        "REGION": where.region,
        "NO_CHECK_BUCKET": "true",
        **({"ENDPOINT": where.endpoint} if where.endpoint else {}),
        **({"SERVER_SIDE_ENCRYPTION": where.encryption} if where.encryption != "none" else {}),
    }
    secret = {"ACCESS_KEY_ID": "access_key_id", "SECRET_ACCESS_KEY": "secret_access_key"}
    from_secret = [_from_secret(_option(remote, name), where.secret_name, key) for name, key in secret.items()]
    return [*_options(remote, plain), *from_secret]


def _encryption(where: S3 | Volume, secret_name: str) -> list[EnvVarArgs]:
    """Names stay readable: they tell times and sizes, and rules of a bucket need them."""
    plain = {
        "TYPE": "crypt",
        "REMOTE": f"{_PLAIN}:{place(where)}" if where.kind == "s3" else volumes.TARGET_FOLDER,
        "FILENAME_ENCRYPTION": "off",
        "DIRECTORY_NAME_ENCRYPTION": "false",
    }
    return [*_options(REMOTE, plain), _from_secret("ENCRYPTION_KEY", secret_name, "encryption_key")]


def _option(remote: str, name: str) -> str:
    return f"RCLONE_CONFIG_{remote.upper()}_{name}"


def _options(remote: str, values: dict[str, str]) -> list[EnvVarArgs]:
    return [EnvVarArgs(name=_option(remote, name), value=value) for name, value in values.items()]


def _from_secret(name: str, secret: str, key: str) -> EnvVarArgs:
    selector = SecretKeySelectorArgs(name=secret, key=key)
    return EnvVarArgs(name=name, value_from=EnvVarSourceArgs(secret_key_ref=selector))
