"""Credentials in command lines: options, `-psecret` of MySQL's clients, assignments before a command. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .credentials import holds_credential, is_literal, names_credential

_MYSQL = re.compile(
    r"(?:.*/)?(?:(?:mysql|mariadb)(?:d|sh|admin|dump|import|check|show|slap|binlog|pump|-[a-z]+)?"
    r"|xtrabackup|mariabackup|innobackupex|mydumper|myloader|mysqld_safe)"
)
_SPACED = {"mongo": "-p", "mongosh": "-p", "mongodump": "-p", "mongorestore": "-p", "redis-cli": "-a", "sshpass": "-p",
           "mydumper": "-p", "myloader": "-p", "sqlcmd": "-P"}  # fmt: skip
_WITH_USER = {"curl", "wget", "etcdctl"}
"""Programs whose user option takes `user:password`."""

_ADMIN = {"mysqladmin", "mariadb-admin"}
_WORDS = re.compile(r"""(?:[^\s"'|;&\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+|[|;&\n]+""")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)=(.+)", re.DOTALL)
_ENDS = re.compile(r"[|;&\n]+")


def leaks(arguments: Sequence[str]) -> Iterator[str]:
    """What is given away by a command and its arguments, each of which may itself be shell text."""
    plain = [argument for argument in arguments if not _shell_text(argument)]
    yield from _in_command(plain)
    for argument in arguments:
        if _shell_text(argument):
            yield from leaks_in_shell(argument)


def leaks_in_shell(text: str) -> Iterator[str]:
    if found := holds_credential(text):
        yield found
    command: list[str] = []
    for word in (*_WORDS.findall(text.replace("\\\n", " ")), ";"):
        if _ENDS.fullmatch(word):
            yield from _in_command(command)
            command = []
        else:
            command.append(word)


def _shell_text(argument: str) -> bool:
    return any(character in argument for character in " \n;|&")


def _in_command(words: Sequence[str]) -> Iterator[str]:
    mysql = any(_MYSQL.fullmatch(word) for word in words)
    spaced = next((flag for word in words if (flag := _SPACED.get(word.rpartition("/")[2]))), None)
    programs = {word.rpartition("/")[2] for word in words}
    user, admin = not programs.isdisjoint(_WITH_USER), not programs.isdisjoint(_ADMIN)
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if option := _OPTION.fullmatch(word):
            if names_credential(option[1]) and is_literal(option[2]) and not _substituted(option[2]):
                yield f"a value of the option --{option[1]}"
        elif assignment := _ASSIGNMENT.fullmatch(word):
            if names_credential(assignment[1]) and is_literal(assignment[2]) and not _substituted(assignment[2]):
                yield f"a value of {assignment[1]}"
        elif word.startswith("--") and names_credential(word[2:]) and not mysql and _is_value(following):
            yield f"a value of the option {word}"
        elif mysql and re.fullmatch(r"-p(?!ort\b).+", word, re.DOTALL) and _is_value(word[2:]):
            yield "a password after -p"
        elif word == spaced and _is_value(following):
            yield f"a password after {word}"
        elif found := holds_credential(word):
            yield found
        elif user and word in ("-u", "--user") and _is_value(re.sub(r"^[\w.-]+:?", "", following)):
            yield f"a password after {word}"
        elif admin and word == "password" and _is_value(following):
            yield "a password after `password`"


def _is_value(word: str) -> bool:
    return bool(word) and not word.startswith("-") and is_literal(word) and not _substituted(word)


def _substituted(word: str) -> bool:
    """The shell puts in something else here; within single quotes it does not."""
    return bool(re.search(r"\$[\w({]|`", word)) and not re.fullmatch(r"'[^']*'", word)
