"""Writes a kubeconfig without a secret in it, for the API server that KUBE_SERVER and KUBE_CA (PEM) name.

Whoever uses the file gets a token of GitHub's for this job, good for minutes, from `kube_token.py`. The API server must
trust the issuer https://token.actions.githubusercontent.com for the audience KUBE_AUDIENCE.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path

TOKEN = Path(__file__).with_name("kube_token.py")


def kubeconfig(server: str, ca_certificate: str) -> dict[str, object]:
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca_certificate.encode()).decode()}
    ask = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(TOKEN.resolve())],
        "interactiveMode": "Never",
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "github", "user": {"exec": ask}}],
        "contexts": [{"name": "github", "context": {"cluster": "cluster", "user": "github"}}],
        "current-context": "github",
    }


def main() -> None:
    missing = [name for name in ("KUBE_SERVER", "KUBE_CA") if not os.environ.get(name)]
    if missing:
        sys.exit(f"The GitHub environment of this job lacks {' and '.join(missing)}; see docs/pull-requests.md.")
    document = kubeconfig(os.environ["KUBE_SERVER"], os.environ["KUBE_CA"])
    Path(os.environ["KUBECONFIG"]).write_text(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
