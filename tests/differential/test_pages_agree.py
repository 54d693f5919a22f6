"""Typesafe pools: the engines agree, and notice where one of them is wrong."""

from __future__ import annotations

import re

import pytest

from prover.execution import hazards, skeleton
from prover.execution.construct import instructions, program
from prover.graph import layout
from prover.smt import memory, violations, waits
from tests.differential.compare import compare
from tests.differential.generator import Generated
from tests.differential.pages import generate_pages
from tests.differential.planted import Planted

PROGRAMS = 200
CHUNK = 50
MOST = 100
"""So many programs that could show a bug are tried."""

STALE = """models sc;
struct obj { int v; };
pool struct obj objs[1] zeroed typesafe_by_rcu; int r;
actor one {
	struct obj *q = alloc(objs); free(q);
	struct obj *next = alloc(objs); free(q);
	if (next && alloc(objs)) r = 1;
}
scenario s { run one; final r != 77777 : "probe"; }
"""
"""An old pointer frees the next object."""

BUGS = (
    Planted(
        "a page goes without a grace period",
        waits,
        "waits",
        "case sk.Deallocate(page=page) if page >= 0:",
        "case sk.Deallocate(page=page) if False:",
    ),
    Planted(
        "what is freed is gone at once",
        hazards,
        "_frees_of",
        "context.pages if looks and typesafe else context.frees",
        "context.frees",
    ),
    Planted(
        "pages are never given back",
        hazards,
        "_frees_of",
        "context.pages if looks and typesafe else context.frees",
        "() if looks and typesafe else context.frees",
    ),
    Planted(
        "a slot given out again is still gone",
        violations,
        "_still",
        "return neg(given_between(frame, hazard.free, slot, event))",
        "return TRUE",
    ),
    Planted(
        "a page goes though its slot is in use",
        memory,
        "_give_back",
        "logic.clause(*gone, neg(again))",
        "pass",
        r"free\(q\); q = alloc\(objs\)",
    ),
    Planted(
        "any free ends a life that begins later",
        memory,
        "_freed_before",
        "if region.typesafe else TRUE",
        "if False else TRUE",
    ),
    Planted(
        "alloc fills the slot",
        instructions,
        "allocate",
        "or region.typesafe",
        "or False",
        "READ_ONCE",
    ),
    Planted(
        "pointers into typesafe pools have a life",
        skeleton,
        "life",
        "0 if region.typesafe else alloc",
        "alloc",
        program=STALE,
    ),
    Planted(
        "there is no constructor",
        layout,
        "_at_first",
        "return _zero(cell) if pool.zeroed",
        "return _zero(cell) if False",
        r"\] zeroed typesafe",
    ),
    Planted(
        "a page never begins to go",
        program,
        "build_pages",
        'draft.terms.both(draft.outcome(page.free, "ok"), page.typesafe)',
        "draft.constant(0)",
    ),
)


def disagreements(generated: Generated) -> tuple[list[str], bool]:
    """Where the engines disagree, and whether the enumerator was one of them."""
    found = compare(generated)
    return found.disagreements, found.enumerated


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_engines_agree_on_pages(start: int) -> None:
    enumerated = 0
    for seed in range(start, start + CHUNK):
        generated = generate_pages(seed)
        found, also = disagreements(generated)
        assert not found, generated.text
        enumerated += also
    assert enumerated > CHUNK / 2


@pytest.mark.soak
@pytest.mark.parametrize("start", range(1000, 6000, 500))
def test_many(start: int) -> None:
    for seed in range(start, start + 500):
        generated = generate_pages(seed)
        assert not disagreements(generated)[0], generated.text


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = (generate_pages(seed) for seed in range(PROGRAMS))
    fitting = [p for p in programs if re.search(bug.needs, p.text)][:MOST]
    if bug.program:
        fitting = [Generated(-1, bug.program, 1, ("r",))]
    bug.is_noticed(monkeypatch, fitting, lambda program: disagreements(program)[0])
