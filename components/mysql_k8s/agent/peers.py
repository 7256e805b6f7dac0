"""Asks the other members' agents for their reports, all at once, over HTTPS with their identity verified."""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import ssl
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from . import clock
from .facts import Report, Silent
from .kubernetes import CLOSED_BY_SERVER, Kubernetes, KubernetesError
from .settings import AGENT_PORT, TLS_FOLDER, Settings
from .wire import report_from_json

TIMEOUT_SECONDS = 2.0
STALE_SECONDS = 10.0
"""In steady state members that are not compared with are asked this often."""


class Peer:
    """One other member. The connection is kept, because a handshake a second would cost more than all the rest."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._connection: http.client.HTTPSConnection | None = None
        self.clock_ahead = 0.0
        """How far its clock is ahead of this member's, in seconds, when it last answered."""

    def ask(self) -> Report | Silent:
        """The member's report, made when asked, or why there is none."""
        try:
            try:
                return self._ask()
            except CLOSED_BY_SERVER:
                self.close()
                return self._ask()
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            self.close()
            return Silent(f"{self._host}: {error}")

    def close(self) -> None:
        """Forget the connection, e.g. because the certificates changed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _ask(self) -> Report | Silent:
        if self._connection is None:
            context = ssl.create_default_context(cafile=str(TLS_FOLDER / "ca.crt"))
            self._connection = http.client.HTTPSConnection(
                self._host, AGENT_PORT, timeout=TIMEOUT_SECONDS, context=context
            )
        sent = time.time()
        self._connection.request("GET", "/report")
        response = self._connection.getresponse()
        body = response.read()
        date = email.utils.parsedate_to_datetime(response.headers["Date"])
        self.clock_ahead = clock.ahead(date.timestamp(), sent, time.time())
        if response.status != http.client.OK:
            return Silent(f"{self._host}: {body.decode(errors='replace').strip()}", answered=True)
        return report_from_json(body)


class Peers:
    """All the other members."""

    def __init__(self, settings: Settings, ordinal: int, kubernetes: Kubernetes) -> None:
        self._settings = settings
        self._kubernetes = kubernetes
        self._peers = {o: Peer(settings.host(o)) for o in range(settings.members) if o != ordinal}
        self._answers: Mapping[int, Report | Silent] = {}
        self._all_asked_at = -STALE_SECONDS
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(self._peers)), thread_name_prefix="peer")

    @property
    def answers(self) -> Mapping[int, Report | Silent]:
        """What each member answered last."""
        return self._answers

    @property
    def clocks_ahead(self) -> list[float]:
        """How far the clocks of those that reported last are ahead of this member's, in seconds."""
        return [self._peers[o].clock_ahead for o, answer in self._answers.items() if isinstance(answer, Report)]

    def ask_all(self) -> Mapping[int, Report | Silent]:
        """Each member's answer, asked for now."""
        self._all_asked_at = time.monotonic()
        return self._ask(self._peers) if self._peers else {}

    def ask(self, fresh: Collection[int]) -> Mapping[int, Report | Silent]:
        """Each member's answer: asked for now of ``fresh``, and of the others at most some seconds old."""
        if time.monotonic() - self._all_asked_at > STALE_SECONDS:
            return self.ask_all()
        return self._ask(fresh) if fresh else self._answers

    def with_claims(self, answers: Mapping[int, Report | Silent]) -> Mapping[int, Report | Silent]:
        """The answers, with whether a silent member can hold data at all."""
        return {ordinal: self._with_claim(ordinal, answer) for ordinal, answer in answers.items()}

    def _ask(self, ordinals: Iterable[int]) -> Mapping[int, Report | Silent]:
        """All at the same time: this thread asks the last one itself, as in steady state it is the only one."""
        *others, last = ordinals
        asked = {ordinal: self._pool.submit(self._peers[ordinal].ask) for ordinal in others}
        answers = {last: self._peers[last].ask()} | {ordinal: future.result() for ordinal, future in asked.items()}
        self._answers = {**self._answers, **answers}
        return self._answers

    def forget_connections(self) -> None:
        for peer in self._peers.values():
            peer.close()

    def close(self) -> None:
        """Nobody is asked any more."""
        self._pool.shutdown()
        self.forget_connections()

    def _with_claim(self, ordinal: int, answer: Report | Silent) -> Report | Silent:
        if isinstance(answer, Report):
            return answer
        try:
            return Silent(answer.why, self._kubernetes.claim_exists(self._settings.claim(ordinal)))
        except KubernetesError as error:
            return Silent(f"{answer.why}; {error}")
