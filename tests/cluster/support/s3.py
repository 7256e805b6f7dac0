"""An S3 server in the cluster: rclone, which serves a folder of its pod. And rclone's image on the nodes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from sandbox import pins, rootfs, topology
from sandbox.layout import Layout
from sandbox.oci import write_archive
from sandbox.paths import state_root
from sandbox.progress import Reporter

from .kube import Json, Kube, is_ready
from .waiting import NotYet, wait_for

IMAGE = f"{pins.IMAGE_PREFIX}/rclone-and-shell:{pins.RCLONE}"
BUCKET = "backups"
KEY, SECRET = "an-access-key", "a-secret-key"
ENCRYPTED = "RCLONE\0\0"
"""What every object that rclone has encrypted begins with (rclone.org/crypt, "File format")."""
_PORT = 9000
_FOLDER = "/data/s3"


def ensure_image(folder: Path) -> None:
    """Bring the image to every node of the local Kubernetes that lacks it."""
    sockets = [Layout(state_root()).node(node).socket for node in topology.NODES]
    controls = [["ctr", "--address", str(socket), "--namespace", "k8s.io", "images"] for socket in sockets]
    lacking = [ctr for ctr in controls if IMAGE not in _output([*ctr, "list", "--quiet"]).splitlines()]
    if not lacking:
        return
    built = _output([sys.executable, "-m", "sandbox", "toolchain", "--only", "rclone"]).split()[-1]
    layer, archive = folder / "rclone-layer.tar", folder / "rclone.tar"
    # The upstream image has a shell, too.
    shutil.copy(rootfs.ensure_rootfs(rootfs.PYTHON, Reporter()) / "layer.tar", layer)
    with tarfile.open(layer, "a") as added:
        added.add(Path(built) / "rclone", "usr/local/bin/rclone")
    write_archive(layer, IMAGE, {}, archive)
    for ctr in lacking:
        _output([*ctr, "import", str(archive)])


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def serve(kube: Kube) -> Json:
    """Start the server; returns a backup target on it. Its Secret is `s3`; `s3-wrong` has another key."""
    for name, secret in (("s3", SECRET), ("s3-wrong", "another-key")):
        data = {"access_key_id": KEY, "secret_access_key": secret}
        kube.make({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
    hardened = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    shared = {"imagePullPolicy": "IfNotPresent", "securityContext": hardened}
    shared |= {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    serving = ["rclone", "serve", "s3", f"--addr=:{_PORT}", f"--auth-key={KEY},{SECRET}", "--config=", _FOLDER]
    making = {"name": "bucket", "image": pins.PYTHON_IMAGE, "command": ["mkdir", "-p", f"{_FOLDER}/{BUCKET}"], **shared}
    server = {"name": "s3", "image": IMAGE, "command": serving, "env": [{"name": "HOME", "value": "/data"}], **shared}
    user = {"runAsNonRoot": True, "runAsUser": 999, "fsGroup": 999, "seccompProfile": {"type": "RuntimeDefault"}}
    kube.make({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "s3", "labels": {"app": "s3"}},
        "spec": {
            "securityContext": user, "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 1,
            "initContainers": [making], "containers": [server], "volumes": [{"name": "data", "emptyDir": {}}],
        },
    })  # fmt: skip
    ports = {"selector": {"app": "s3"}, "ports": [{"port": _PORT}]}
    kube.make({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s3"}, "spec": ports})

    def serves() -> None:
        pod = kube.pod("s3")
        if pod is None or not is_ready(pod):
            raise NotYet("its pod is not ready")

    wait_for("an S3 server", serves, 60)
    endpoint = f"http://s3.{kube.namespace}.svc:{_PORT}"
    return {"kind": "s3", "bucket": BUCKET, "prefix": "shop", "secret_name": "s3", "endpoint": endpoint, "image": IMAGE}


BEGINNINGS = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[1])
files = [file for file in root.rglob("*") if file.is_file()]
print(json.dumps({str(file.relative_to(root)): file.read_bytes()[:8].decode("latin-1") for file in files}))
"""


def objects(kube: Kube) -> dict[str, str]:
    """What lies in the bucket, as the server's own disk has it: how each object begins, by its name."""
    ran = kube.run("s3", "s3", "python3", "-c", BEGINNINGS, f"{_FOLDER}/{BUCKET}")
    assert ran.status == 0, str(ran)
    return json.loads(ran.output)
