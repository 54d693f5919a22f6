"""Typesafe pools by rules: the interpreter finds the same, and errors planted in them are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.imports import load, load_text
from prover.graph.values import Location, Pointer
from prover.parametric.certificate.binding import bound
from prover.parametric.certificate.checker import check as check_table
from prover.parametric.certificate.document import read, written
from prover.parametric.certificate.table import tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import Safe, Suspect
from prover.parametric.machine import pages
from prover.parametric.machine.local import Local
from prover.parametric.machine.points import Points
from prover.parametric.machine.shared import FREE, GONE, USED
from prover.parametric.machine.system import Compiled
from prover.parametric.machine.work import Work
from prover.parametric.search import Limits, search
from prover.parametric.system import IDLE
from prover.smt.none import first_yes
from prover.smt.reply import Sat
from tests.parametric.certificate.test_document import ABOUT
from tests.parametric.comparing import compare, system

CASES = Path(__file__).parent.parent / "cases"
TYPESAFE = [
    *sorted((CASES / "executions").glob("typesafe_*.khp")),
    *(
        CASES / "verdict" / "pools" / f"{name}.khp"
        for name in ("slot_as_it_was", "lock_at_allocation")
    ),
]

AGAIN = """models sc;
struct n { int x; };
pool struct n ns[1] zeroed typesafe_by_rcu;
struct n *p;
int r;
actor owner {
	struct n *n = alloc(ns);
	rcu_assign_pointer(p, n);
	WRITE_ONCE(p, NULL);
	free(n);
	n = alloc(ns);
	synchronize_rcu();
	r = READ_ONCE(n->x);
}
actor reader { rcu_read_lock(); struct n *n = rcu_dereference(p); if (n) READ_ONCE(n->x); rcu_read_unlock(); }
scenario s { run owner, reader; }
"""
"""A slot that is given out again before the page of its first life can go."""

TWICE = """models sc;
struct n { int x; };
pool struct n ns[1] zeroed typesafe_by_rcu;
actor owner { struct n *n = alloc(ns); rcu_read_lock(); free(n); free(n); rcu_read_unlock(); }
scenario s { run owner; }
"""
"""A slot that is freed while it is free, and its page is there."""

SET_UP = """models sc;
struct n { int x; spinlock_t l; };
pool struct n ns[1] zeroed typesafe_by_rcu;
struct n *p;
actor owner { struct n *n = alloc(ns); rcu_assign_pointer(p, n); spin_lock_init(&n->l); }
actor user {
	struct n *n = READ_ONCE(p);
	if (!n) return;
	spin_lock(&n->l);
	spin_unlock(&n->l);
}
scenario s { run owner, user; }
"""
"""A lock that is set up while somebody has it who does nothing under it."""

LEFT = """models sc;
struct n { int x; };
pool struct n ns[1] zeroed typesafe_by_rcu;
struct n *p;
actor owner { struct n *n = alloc(ns); if (!n) return; rcu_assign_pointer(p, n); WRITE_ONCE(p, NULL); free(n); }
actor reader { rcu_read_lock(); struct n *n = rcu_dereference(p); if (n) READ_ONCE(n->x); rcu_read_unlock(); }
scenario s { run owner, reader *; forever; }
"""
"""Readers of what is freed and given out again."""


def agree() -> bool:
    """Whether rules and interpreter find the same, on cases and on the texts above."""
    protocols = [check(load(path, ())) for path in TYPESAFE]
    protocols += [check(load_text("t.khp", text, None, ())) for text in (AGAIN, TWICE, SET_UP)]
    try:
        return all(compare(each, next(iter(each.scenarios)), {}) for each in protocols)
    except AssertionError:
        return False


def test_rules_and_interpreter_agree() -> None:
    assert agree()


def many(text: str) -> Compiled:
    found = check(load_text("t.khp", text, None, ()))
    names = frozenset(found.scenarios["s"].many)
    return system(found, many=names, forever=True)


def test_a_page_waits_for_readers_and_goes_when_the_slot_is_given_out() -> None:
    found = many(LEFT)
    assert isinstance(search(found, 2, Limits()), Safe)
    bodies = [body.name for body in found.parts.bodies if body.kind == "page"]
    assert bodies == ["page of ns[0]"]
    waiting = [n for n in found.all_locals() if found.actor(n) == "page of ns[0]"]
    assert len(waiting) == 1
    (page,) = waiting
    assert found.awaits(page) >= 0
    assert found.place(page) is not None
    assert found.local_text(page) == "page of ns[0] waits to begin"
    (sent,) = [n for n, change in enumerate(found.parts.changes) if change[0] == "given"]
    assert found.changed(sent, page) == IDLE
    others = [n for n in found.all_locals() if n not in (page, IDLE)]
    assert all(found.changed(sent, other) == other for other in others)
    # Nobody waits for a page.
    assert not any(found.waited_for(wait, page) for wait in range(len(found.parts.waits)))


def test_without_a_section_the_page_may_be_gone() -> None:
    text = LEFT.replace("rcu_read_lock();", "").replace("rcu_read_unlock();", "")
    said = search(many(text), 2, Limits())
    assert isinstance(said, Suspect)
    assert said.violated.properties[0] == "use-after-free"


def _no_page(work: Work, name: str) -> None:
    FREED(work, name)
    work.spawned = []


def _at_once(work: Work, name: str) -> None:
    FREED(work, name)
    work.write(Location(name, ()), "whole", GONE, "life")
    work.spawned = []


def _no_period(work: Work, name: str) -> None:
    FREED(work, name)
    page = Local(body=work.parts.pages[name], who=-1, position=0)
    work.spawned = [work.parts.locals.number(page)]


def _twice(work: Work, name: str) -> None:
    if work.look("life", Location(name, ())) == USED:
        FREED(work, name)


def _page_stays(work: Work, name: str) -> Pointer:
    found = GIVEN(work, name)
    work.change = -1
    return found


def _emptied(work: Work, name: str) -> Pointer:
    for cell in work.parts.layout.regions[name].cells:
        if cell.kind == "scalar":
            work.write(Location(name, cell.path), "whole", 0)
    return GIVEN(work, name)


def _still_free(work: Work, name: str) -> Pointer:
    found = GIVEN(work, name)
    work.write(Location(name, ()), "whole", FREE, "life")
    return found


FREED, GIVEN = pages.freed, pages.given_out

PLANTED: tuple[tuple[str, object, str, object], ...] = (
    ("a page never goes", pages, "freed", _no_page),
    ("a page goes at once", pages, "freed", _at_once),
    ("a page waits for nobody", pages, "freed", _no_period),
    ("what is free is freed once more", pages, "freed", _twice),
    ("the page of a slot in use goes", pages, "given_out", _page_stays),
    ("alloc fills the slot", pages, "given_out", _emptied),
    ("a slot given out is still free", pages, "given_out", _still_free),
    ("a lock in a slot given out again is fresh", Points, "_fresh", lambda *_: True),
)


@pytest.mark.parametrize(("name", "where", "what", "wrong"), PLANTED)
def test_planted_errors_are_noticed(
    name: str, where: object, what: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, what, wrong)
    assert not agree(), name


@pytest.mark.parametrize(
    ("what", "wrong", "text"),
    [
        ("freed", _no_page, LEFT.replace("rcu_read_lock();", "").replace("rcu_read_unlock();", "")),
        ("freed", _no_page, LEFT),
    ],
)
def test_what_wrong_rules_prove_both_checkers_refuse(
    what: str, wrong: object, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(pages, what, wrong)
        system_ = many(text)
        said = search(system_, 2, Limits())
        assert isinstance(said, Safe)
        lines = b"".join(written(system_, tabled(said.invariant), ABOUT))
    right = many(text)
    table = bound(right, read(lines, "a"), ABOUT)
    assert check_table(right, table) is not None
    answer = first_yes(questions(right, table), 60)
    assert answer is not None
    assert isinstance(answer[1], Sat)
