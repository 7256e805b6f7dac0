"""What looks like a credential: by the name of what holds it, and by what it is. Pure; never tells the value.

Names are judged by their words. `MYSQL_ROOT_PASSWORD` and `rootPassword` name a password; `PASSWORD_FILE`,
`validate_password.policy` and `password_history` name something about passwords.
"""

from __future__ import annotations

import re

from .vocabulary import ABOUT_PASSWORDS, KEYS_THAT_ARE_SECRET, NO_HOLDERS

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = {"PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "PASSPHRASES", "PASSWRD"}
_GLUED = re.compile(r"(?:[A-Z]*)(PASSWORD|PASSWD|PASSPHRASE)\d*|(?:DB|MYSQL|PG|SQL|ROOT|USER|ADMIN)(?:PWD|PASS)")
_AT_THE_END = {"PWD", "PASS", "SECRET", "TOKEN", "CREDENTIAL", "CREDENTIALS", "APIKEY", "PW"}

_SETTINGS = {"wsrep_sst_auth", "requirepass", "masterauth"}
"""Settings of Galera and Redis that hold a password and are not called so."""

_FLAGS = {"", "true", "false", "yes", "no", "on", "off", "0", "1", "none", "null", "nil", "~", "undefined", "enabled",
          "disabled", "required", "optional", "prompt", "ask"}  # fmt: skip
_TYPES = {"str", "string", "bytes", "int", "integer", "bool", "boolean", "any", "[]", "{}", "|", ">", "|-", ">-"}
"""What stands behind a name in a declaration or before a block of text."""

_REFERENCE = re.compile(
    r"\$\(|\$\{|\{\{|`|<%|%\(|^\$[A-Za-z_]\w*$|^<[^>]*>$|^\*+$|^\[?(?i:redacted|masked)\]?$|^\[(?i:secret)\]$|"
    r"^(?i:file|vault|ref\+|op|secretref|arn|env|awssm|gcpsm|aws-sm|projects)(?::|\+|/)|^%\w+%$|^__\w+__$|^@\w+@$"
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/(?:run|var|etc|opt|mnt|secrets?|home|root|tmp|data|vault|usr|app|srv|dev|proc)\b[\w./-]*"
)
_CODE = re.compile(r"[({\[;]|^[a-zA-Z_]\w*\.\w+")

URL = re.compile(r"\b[a-z][a-z0-9+.-]*://([^\s/:@\"'<>]*):([^\s/@\"'<>]+)@", re.IGNORECASE)
DSN = re.compile(r"(?:^|[\s\"'=])[\w.-]+:([^\s/@:\"']+)@(?:tcp|unix)\(")
QUERY = re.compile(r"(?i)(?<=[?&;])(?:password|passwd|pwd|token|secret|api_?key)=([^&;\s\"']+)")
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
SQL = re.compile(
    r"(?i)\bidentified\s+(?:with\s+[\w'\"`]+\s+)?(?:by|as)\s+(?:password\s+)?(['\"])(.+?)\1|"
    r"\bset\s+password\b[^;=]*=\s*(?:password\s*\(\s*)?(['\"])(.+?)\3|"
    r"\b(?:master|source)_password\s*=\s*(['\"])(.+?)\5"
)


def words(name: str) -> list[str]:
    return [word.upper() for word in _WORD.findall(name)]


def names_credential(name: str) -> bool:
    if name.lower().replace("-", "_") in _SETTINGS:
        return True
    named = words(name)
    while named and named[-1].isdecimal():
        named.pop()
    for index, word in enumerate(named):
        before, after = set(named[:index]), set(named[index + 1 :])
        if word in _PASSWORDS or _GLUED.fullmatch(word):
            return before.isdisjoint(NO_HOLDERS) and after.isdisjoint(ABOUT_PASSWORDS)
    return _ends_with_credential(named)


def _ends_with_credential(named: list[str]) -> bool:
    """Words that mean something else in the middle of a name: SECRET_NAME, TOKEN_URL, PASS_THROUGH."""
    if not named or not NO_HOLDERS.isdisjoint(named[:-1]):
        return False
    if named[-1] == "PASS" and "PROXY" in named:
        return False
    if named[-1] == "KEY":
        return len(named) > 1 and named[-2] in KEYS_THAT_ARE_SECRET
    return named[-1] in _AT_THE_END


def is_literal(value: str) -> bool:
    """Whether a value under a credential's name is one: not empty, no switch, no path, no reference to elsewhere."""
    text = value.strip().strip("'\"").strip()
    if text.lower() in _FLAGS:
        return False
    return not _REFERENCE.search(text) and not _PATH.fullmatch(text)


def is_plain_word(value: str) -> bool:
    """For free text, where much stands behind a colon: one word, or something in quotes, that is no code."""
    text = value.strip().rstrip(",;")
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    if not quoted and (" " in text or text.lower() in _TYPES or _CODE.search(text)):
        return False
    return is_literal(text) and not text.startswith(("$", "&", "*", "!", "#"))


def holds_credential(text: str) -> str | None:
    """What gives a text away whatever it is called: ``a password in a URL``, ``a private key``."""
    if any(is_literal(found[2]) for found in URL.finditer(text)):
        return "a password in a URL"
    if any(is_literal(found[1]) for pattern in (DSN, QUERY) for found in pattern.finditer(text)):
        return "a password in a connection string"
    if PRIVATE_KEY.search(text):
        return "a private key"
    if any(is_literal(found[2] or found[4] or found[6]) for found in SQL.finditer(text)):
        return "a password in an SQL statement"
    return None
