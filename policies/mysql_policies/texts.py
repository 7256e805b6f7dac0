"""Credentials in the text of a file, of whatever format: option files, YAML, JSON, properties, shell, SQL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .command_lines import leaks_in_shell
from .credentials import holds_credential, is_plain_word, names_credential

_ASSIGNMENT = re.compile(
    r"""^\s*(?:export\s+|set\s+|-\s+|ENV\s+)?["']?(?!self\.|this\.)([A-Za-z_][\w.-]*)["']?\s*(?::=|=>|[:=])"""
    r"""\s*(\S.*?)\s*(?:[ \t]\#.*)?$"""
)
_INLINE = re.compile(r"""["']([A-Za-z_][\w.-]*)["']\s*\]?\s*(?::|=>|=)\s*(["'](?:[^"'\\]|\\.)*["'])""")
_CALL = re.compile(r"""\bdefine\(\s*["'](\w+)["']\s*,\s*(["'](?:[^"'\\]|\\.)*["'])""")
_REDIS = re.compile(r"^\s*(requirepass|masterauth)\s+(\S+)\s*$")
_COMMENT = ("#", "//", ";", "--")
_PROGRAM = re.compile(r"^#!|\b(?:mysql|mariadb|mysqladmin|mysqldump|mongo|psql|curl|redis-cli)\b")


def leaks(text: str) -> Iterator[str]:
    """What is given away, by the name that holds it; never the value."""
    if found := holds_credential(text):
        yield found
    for line in text.splitlines():
        if line.lstrip().startswith(_COMMENT):
            continue
        if (found := _ASSIGNMENT.match(line)) and names_credential(found[1]) and is_plain_word(found[2]):
            yield f"a value of {found[1]}"
        for pair in (*_INLINE.finditer(line), *_CALL.finditer(line), *_REDIS.finditer(line)):
            if names_credential(pair[1]) and is_plain_word(pair[2]):
                yield f"a value of {pair[1]}"
    if _PROGRAM.search(text):
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        yield from (each for each in leaks_in_shell("\n".join(lines)) if not each.startswith("a value of "))
