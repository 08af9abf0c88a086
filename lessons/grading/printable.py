"""Text that comes from a submission, made fit for a terminal, a table and a page."""

from __future__ import annotations

LONGEST = 400
"""Characters, at most."""
JOINERS = "\u200c\u200d"
"""Invisible, but Persian, Hindi and other languages spell with them."""


def printable(text: str, longest: int = LONGEST) -> str:
    """The text as one line that only shows: nothing in it controls a terminal or turns the direction of writing.

    Tabs, line breaks and other white space become spaces, bytes that are not UTF-8 become U+FFFD, and whatever else
    does not show becomes a question mark.

    Args:
        text: Any text, such as a message, a name of a file or of a student.
        longest: Characters of the result, at most; what was cut ends in an ellipsis.
    """
    line = "".join(map(_shown, text[:longest]))
    return line if len(text) <= longest else f"{line[:-1]}…"


def _shown(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    if character.isspace():
        return " "
    return "\ufffd" if "\ud800" <= character <= "\udfff" else "?"
