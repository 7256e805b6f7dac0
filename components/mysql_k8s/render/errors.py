"""How rendering fails: with a sentence that says what is wrong and what to do."""

from __future__ import annotations


class RenderError(Exception):
    """The message is all that the user sees."""
