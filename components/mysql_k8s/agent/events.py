"""Events about the pod, written in a thread of their own: an API server that does not answer must delay no decision."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from .kubernetes import Kubernetes, KubernetesError
from .log import log

MOST_WAITING = 100


@dataclass(frozen=True)
class Event:
    """What is told about a pod; ``kind`` is Normal or Warning."""

    pod: str
    pod_uid: str
    reason: str
    message: str
    kind: str


class Events:
    """Writes Events in the order in which they were told. What the API server refuses, or has no time for, is lost."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._waiting: queue.Queue[Event] = queue.Queue(MOST_WAITING)
        threading.Thread(target=self._write, name="events", daemon=True).start()

    def tell(self, event: Event) -> None:
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            log("an Event is lost: the API server takes none", reason=event.reason)

    def _write(self) -> None:
        while True:
            event = self._waiting.get()
            try:
                self._kubernetes.write_event(event.pod, event.pod_uid, event.reason, event.message, event.kind)
            except KubernetesError as error:
                log("cannot write an Event", error=str(error))
