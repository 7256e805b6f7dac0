"""The few calls to the Kubernetes API that the sandbox itself makes, by the standard library."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.topology import API_PORT, CONTROL_HOST_ADDRESS

Json = dict[str, Any]
TIMEOUT = 30.0
"""Seconds. A server that has just started on a slow machine takes long over its first answers."""


class KubeApi:
    """The API server, spoken to as the administrator whose keys lie in `pki`."""

    def __init__(self, pki: Path) -> None:
        self._context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def is_ready(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            return self._request("GET", "/readyz", None)[0] == 200
        except OSError:
            return False

    def list(self, path: str) -> list[Json]:
        """The items of a collection. Raises SandboxError if the server does not answer with them."""
        try:
            status, body = self._request("GET", path, None)
        except OSError as error:
            raise SandboxError(f"the API server does not answer GET {path}: {error}") from error
        if status != 200:
            raise SandboxError(f"the API server answers {status} to GET {path}: {_message(body)}")
        items: list[Json] = json.loads(body)["items"]
        return items

    def create(self, path: str, body: Json) -> None:
        """Create an object; one that exists is left as it is. Raises SandboxError if the server does not make it."""
        try:
            status, answer = self._request("POST", path, body)
        except OSError as error:
            raise SandboxError(f"the API server does not answer POST {path}: {error}") from error
        if status not in (200, 201, 409):
            raise SandboxError(f"the API server answers {status} to POST {path}: {_message(answer)}")

    def _request(self, method: str, path: str, body: Json | None) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(CONTROL_HOST_ADDRESS, API_PORT, timeout=TIMEOUT, context=self._context)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


def _message(body: str) -> str:
    try:
        answer: Json = json.loads(body)
    except ValueError:
        return body[:200]
    return str(answer.get("message", body[:200]))
