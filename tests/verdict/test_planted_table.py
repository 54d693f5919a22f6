"""Every bug that the tests plant is in the table of docs/soundness.md, with who notices it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tests.differential import (
    planted,
    test_awaits_agree,
    test_instances_agree,
    test_lives_agree,
    test_pages_agree,
    test_queued_agree,
    test_readers_agree,
    test_translations_agree,
)
from tests.kin import test_planted_bugs as test_kin
from tests.verdict import planted_in_engine, test_planted_in_library
from tests.weak import test_planted_bugs

ROOT = Path(__file__).parents[2]
ENGINES = (
    ("everything", planted, "test_planted_bugs"),
    ("SRCU", test_readers_agree, "test_readers_agree"),
    ("awaits", test_awaits_agree, "test_awaits_agree"),
    ("typesafe pools", test_pages_agree, "test_pages_agree"),
    ("instances", test_instances_agree, "test_instances_agree"),
    ("flushes", test_translations_agree, "test_translations_agree"),
    ("lives of a slot", test_lives_agree, "test_lives_agree"),
    ("waiting behind", test_queued_agree, "test_queued_agree"),
)
"""Bugs that generated programs show: the tables, and the tests of ``tests/differential``."""


def place(where: ModuleType | type, function: str) -> str:
    """What a bug is planted in, as the table has it."""
    if isinstance(where, type):
        return f"`{where.__module__}.{where.__qualname__}.{function}`"
    return f"`{where.__name__}.{function}`"


def rows() -> Iterator[str]:
    """The lines of the table."""
    for bug in planted_in_engine.BUGS:
        where = place(bug.where, bug.function)
        yield f"| {bug.group}: {bug.name} | {where} | case `{bug.case}` |"
    for group, module, test in ENGINES:
        for bug in module.BUGS:
            where = place(bug.module, bug.function)
            prefix = "" if group == "everything" else f"{group}: "
            yield f"| {prefix}{bug.name} | {where} | `tests/differential/{test}.py` |"
    for case, (inside, function, _, _) in test_awaits_agree.IN_CASES.items():
        where = place(inside, function)
        yield f"| awaits: what `{case}.khp` is there for | {where} | case `awaits/{case}` |"
    for name, weak, function, _ in test_planted_bugs.PLANTED:
        assert isinstance(weak, ModuleType | type)
        yield f"| weak: {name} | {place(weak, function)} | `tests/weak/test_planted_bugs.py` |"
    for merged, _, case in test_kin.BUGS:
        where = place(merged.module, merged.function)
        yield f"| variants: {merged.name} | {where} | case `{case}` |"
    for library in test_planted_in_library.BUGS:
        file = f"`protocols/kernel/{library.file}.khp`"
        yield f"| library: {library.name} | {file} | case `waiting/{library.case}` |"


def test_the_table_has_every_planted_bug() -> None:
    text = (ROOT / "docs" / "soundness.md").read_text(encoding="utf-8")
    table = text.split("\n## Bugs planted")[1].split("| --- | --- | --- |\n")[1].split("\n\n")[0]
    assert table.splitlines() == list(rows())


def test_every_group_of_primitives_has_one() -> None:
    groups = {bug.group for bug in planted_in_engine.BUGS}
    assert len(groups) >= 10
    assert len({bug.name for bug in planted_in_engine.BUGS}) == len(planted_in_engine.BUGS)
