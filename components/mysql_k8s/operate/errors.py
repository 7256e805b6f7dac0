"""The one way in which a command fails: a plain sentence and an exit code."""

from __future__ import annotations

FAILED = 1
DEGRADED = 2
NOTHING_DEPLOYED = 3
DATA_AT_RISK = 4
INTERRUPTED = 130


class OperateError(Exception):
    """Ends the command: the message is all that the user sees, so it says what is wrong and what to do."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
