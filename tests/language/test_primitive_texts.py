"""docs/primitives.md is the table that editors show."""

from __future__ import annotations

from pathlib import Path

from dsl.primitive_texts import MEANINGS, signature_text
from dsl.primitives import PRIMITIVES, PROPERTIES, SIGNATURES, SYNONYMS

PAGE = Path(__file__).parents[2] / "docs" / "primitives.md"
HEAD = """\
# The primitives, one by one

What each means, and the file of the kernel that says so; [an editor](editor.md) shows it where the
name stands.  Arguments are named by their kinds, which `dsl/primitives.py` lists; `?` marks one
that may be left out.  This page is for reading: verdicts do not come from it.  Names that begin
with `atomic_long_` or `atomic64_` mean what those with `atomic_` do.
"""
GROUPS = {
    "access": "Access",
    "atomic": "Counters",
    "bitop": "Bits",
    "barrier": "Barriers",
    "lock": "Locks",
    "rcu": "RCU",
    "srcu": "SRCU",
    "context": "Contexts",
    "memory": "Memory",
    "check": "Checks",
}


def page() -> str:
    parts = [HEAD]
    for group, title in GROUPS.items():
        parts.append(f"\n## {title}\n\n")
        names = [n for n, row in SIGNATURES.items() if row.group == group]
        for name in names:
            if not name.startswith(("atomic_long_", "atomic64_")):
                meaning = MEANINGS[name]
                source = meaning.source if " " in meaning.source else f"`{meaning.source}`"
                parts.append(f"- `{signature_text(name)}`: {meaning.text} ({source})\n")
    return "".join(parts)


def test_every_primitive_has_a_meaning_by_each_of_its_names() -> None:
    assert MEANINGS.keys() == SIGNATURES.keys()
    assert {row.group for row in PRIMITIVES.values()} == GROUPS.keys()
    for name, meaning in MEANINGS.items():
        assert meaning.text.endswith("."), name
        assert meaning.text.isascii() and "  " not in meaning.text, name
        assert meaning.source, name


def test_synonyms_say_what_they_are() -> None:
    for name, other in SYNONYMS.items():
        assert MEANINGS[name].text == f"As {other}(). {MEANINGS[other].text}"


def test_properties_that_are_named_exist() -> None:
    named = {part for m in MEANINGS.values() for part in m.text.split("`")[1::2]}
    assert named and named <= PROPERTIES.keys()


def test_sleeping_is_said_of_what_sleeps() -> None:
    """The texts are written by hand; this much of them can be held against the engine's names."""
    for name in ("mutex_lock", "down_read", "down_write_killable", "folio_lock", "synchronize_rcu"):
        assert "May sleep." in MEANINGS[name].text
    for name in ("spin_lock", "read_lock_bh", "write_lock_irqsave", "spin_lock_nested"):
        assert "Not to be slept under." in MEANINGS[name].text


def test_the_page_is_the_table(golden) -> None:
    golden.check(PAGE, page())
