"""Names of events by letters, and text in which nothing is hidden."""

from __future__ import annotations


def letter(number: int) -> str:
    """``a``, ``b``, ..., ``z``, ``aa``: how herd7 names events."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("a") + rest) + name
    return name


def printable(text: str) -> str:
    """``text`` in printable ASCII: all else is shown by its number, as ``<U+202E>``."""
    return "".join(c if c.isascii() and c.isprintable() else f"<U+{ord(c):04X}>" for c in text)
