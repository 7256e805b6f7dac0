"""A credential plugin for kubeconfigs: asks GitHub for this job's identity token, and prints it for Kubernetes."""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.request
from datetime import UTC, datetime
from urllib.parse import quote

SECONDS = 10


def identity_token(audience: str) -> str:
    """Raises KeyError where the job lacks `permissions: id-token: write`, OSError where GitHub does not answer."""
    request = urllib.request.Request(
        f"{os.environ['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={quote(audience)}",
        headers={"Authorization": f"bearer {os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)["value"]


def credential(token: str) -> dict[str, object]:
    """With the end of its life, so that clients ask for the next one in time."""
    claims = token.split(".")[1]
    end = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
    status = {"token": token, "expirationTimestamp": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}


if __name__ == "__main__":
    try:
        json.dump(credential(identity_token(os.environ.get("KUBE_AUDIENCE") or "kubernetes")), sys.stdout)
    except KeyError as missing:
        sys.exit(f"{missing} is not set: the job needs `permissions: id-token: write`.")
