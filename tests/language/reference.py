"""What docs/language.md says, taken apart: its sections, and the names in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    """The text under each heading of the second level."""
    parts = re.split(r"^## (.+)$", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def expand(text: str) -> list[str]:
    """What braces stand for, as in a shell: `a_{b,c}` is a_b and a_c."""
    found = re.search(r"\{([^{}]*)\}", text)
    if found is None:
        return [text]
    head, tail = text[: found.start()], text[found.end() :]
    return [name for part in found[1].split(",") for name in expand(head + part + tail)]


def listed(text: str) -> list[str]:
    """The functions that a text lists as `name()`, with braces expanded."""
    return [name for span in re.findall(r"`([\w{},]+)\(\)`", text) for name in expand(span)]


def words() -> set[str]:
    """Every word that the page has anywhere, with braces expanded."""
    plain = re.findall(r"\w+", TEXT)
    return {*plain, *listed(TEXT)}
