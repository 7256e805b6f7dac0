"""Keeps one comment, or one issue, up to date. It is found again by its first line: a marker that nobody sees.

post.py comment NUMBER FILE     on a pull request: made, or edited in place
post.py issue TITLE FILE        opened, or edited in place
post.py close FILE              the issue with that marker, if one is open
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST = 65_000
"""GitHub takes 65536 characters."""

PAGE = 100


def call(method: str, path: str, document: object = None) -> Any:
    """One call of GitHub's REST API below this repository. Raises OSError if it is refused."""
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}",
        method=method,
        data=None if document is None else json.dumps(document).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def every(path: str) -> Iterator[dict[str, Any]]:
    """All entries of a list that comes in pages."""
    page = 1
    while found := call("GET", f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={page}"):
        yield from found
        page += 1


def marked(entries: Iterator[dict[str, Any]], text: str) -> dict[str, Any] | None:
    """The entry of ours that begins with the marker of ``text``. A person who quotes the marker is not us."""
    marker = text.splitlines()[0]
    if not marker.startswith("<!--"):
        raise SystemExit(f"The text must begin with a marker, <!-- ... -->; it begins with {marker!r}.")
    ours = (each for each in entries if each["user"]["type"] == "Bot" and "pull_request" not in each)
    return next((each for each in ours if (each["body"] or "").startswith(marker)), None)


def comment(number: str, text: str) -> None:
    present = marked(every(f"issues/{number}/comments"), text)
    if present:
        call("PATCH", f"issues/comments/{present['id']}", {"body": text})
    else:
        call("POST", f"issues/{number}/comments", {"body": text})


def issue(title: str, text: str) -> None:
    present = marked(every("issues?state=open"), text)
    document = {"title": title, "body": text}
    if present:
        call("PATCH", f"issues/{present['number']}", document)
    else:
        call("POST", "issues", document)


def close(text: str) -> None:
    present = marked(every("issues?state=open"), text)
    if present:
        call("PATCH", f"issues/{present['number']}", {"state": "closed", "state_reason": "completed"})


def fitting(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n\n... cut off here: the rest is in the log of the run."


def main(arguments: list[str]) -> None:
    match arguments:
        case ["comment", number, file]:
            comment(number, fitting(Path(file).read_text()))
        case ["issue", title, file]:
            issue(title, fitting(Path(file).read_text()))
        case ["close", file]:
            close(Path(file).read_text())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
