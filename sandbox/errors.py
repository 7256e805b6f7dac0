"""What goes wrong, in words for the person at the terminal."""

from pathlib import Path

UNREACHABLE = (
    "no such host",
    "dial tcp",
    "Temporary failure resolving",
    "Temporary failure in name resolution",
    "Could not resolve",
    "Name or service not known",
    "Network is unreachable",
    "Failed to establish a new connection",
    "(from versions: none)",  # what pip says in the end when it could ask no index
    "Could not connect to",
    "Unable to connect to",
)


class SandboxError(Exception):
    """Something that the user can act on. Its text is the whole message; no traceback is shown."""


class StepFailed(SandboxError):
    """A step of the work ended with an error; carries the end of its log."""


def describe_failure(step: str, reason: str, log: Path, log_text: str, lines: int = 20) -> str:
    """Say which step failed, why, the last `lines` lines of its log, and where the whole log lies."""
    tail = "\n".join(f"    {line}" for line in log_text.splitlines()[-lines:])
    advice = (
        "\nA package registry cannot be reached: check the network and run the command again."
        if (blames_the_network(log_text))
        else ""
    )
    return f"step failed: {step} ({reason})\n{tail}\nwhole log: {log}{advice}"


def blames_the_network(log_text: str) -> bool:
    """Whether the end of a log says that a registry could not be reached."""
    tail = "\n".join(log_text.splitlines()[-40:])
    return any(phrase in tail for phrase in UNREACHABLE)
