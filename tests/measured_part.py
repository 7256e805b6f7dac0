"""The part of a document that a program writes, between two lines that stay."""

from pathlib import Path

BEGIN = "<!-- measured: begin (written by a program, not by hand) -->"
END = "<!-- measured: end -->"


def put(text: str, file: Path) -> None:
    """Replace it. Raises ValueError if the document has no place for it."""
    before, begin, rest = file.read_text().partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file} has no lines {BEGIN} and {END} for the figures to stand between")
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
