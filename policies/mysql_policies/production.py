"""Which stacks are production."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PRODUCTION = {"prod", "production"}
_BEFORE_IT = {"non", "not", "no", "pre"}


def is_production(stack: str, named: Iterable[str] | None) -> bool:
    """As the configuration names them; else those with the word in their name: ``prod``, ``eu-production``."""
    if named is not None:
        return stack in named
    words = set(re.split(r"[-_.]", stack.lower()))
    return not words.isdisjoint(_PRODUCTION) and words.isdisjoint(_BEFORE_IT)
