"""Which actors may change places: those that nothing in the program tells apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from dsl.check import check
from dsl.frozen import fields_of, replace
from dsl.imports import load_text
from prover.execution import alike as it
from prover.execution import skeleton as sk
from prover.execution.alike import alike
from prover.execution.construct.program import build
from prover.execution.nodes import LOOKERS
from prover.execution.terms import Choice, Term
from prover.graph import compile_program

ALIKE = {
    "increments": ("atomic_t n;", "atomic_inc(&n);", "", "user * 3", [3]),
    "two kinds": ("int x;", "WRITE_ONCE(x, 1);", "READ_ONCE(x);", "user * 2, other * 2", [2, 2]),
    "a lock": ("spinlock_t l;", "spin_lock(&l); spin_unlock(&l);", "", "user * 2", [2]),
    "choices": ("int x;", "if (choose(0, 1)) WRITE_ONCE(x, choose(0, 3));", "", "user * 2", [2]),
    "a callback each": (
        "struct o { int v; struct rcu_head h; }; struct o *p; pool struct o os[2];",
        "struct o *q = alloc(os); rcu_read_lock(); rcu_read_unlock(); if (q) kfree_rcu(q, h);",
        "",
        "user * 2",
        [2],
    ),
    "interrupted alike": ("int x;", "WRITE_ONCE(x, 1);", "", "user * 2, tick", [2]),
    "sections": (
        "int x;",
        "rcu_read_lock(); READ_ONCE(x); rcu_read_unlock();",
        "",
        "user * 2",
        [2],
    ),
    "beside another": ("int x;", "WRITE_ONCE(x, 1);", "WRITE_ONCE(x, 2);", "other, user * 2", [2]),
    "looked at after each step": (
        "int x;",
        "WRITE_ONCE(x, 1);",
        "WRITE_ONCE(x, 0);",
        "other, user * 2; invariant x < 2",
        [2],
    ),
    "a claim about all": ("int x;", "x++;", "", "user * 2; final x == 2", [2]),
}
"""Declarations, the bodies of `user` and `other`, who runs; the sizes of the groups."""

NOT_ALIKE = {
    "two declarations": ("int x;", "WRITE_ONCE(x, 1);", "WRITE_ONCE(x, 1);", "user, other"),
    "state of their own": ("ghost int user.s;", "user.s = 1;", "", "user * 2"),
    "a reader's number": (
        "struct srcu_struct d;",
        "int i = srcu_read_lock(&d); srcu_read_unlock(&d, i);",
        "",
        "user * 2",
    ),
    "one each": ("int x;", "WRITE_ONCE(x, 1);", "READ_ONCE(x);", "user, other"),
}


def built(declared: str, user: str, other: str, runs: str) -> sk.Skeleton:
    handler = "actor tick interrupts user { READ_ONCE(x); }" if "tick" in runs else ""
    text = f"""models sc;
{declared}
actor user {{ {user} }}
actor other {{ {other} }}
{handler}
scenario s {{ run {runs}; }}
"""
    return build(compile_program(check(load_text("t.khp", text, None, ())), "s", {}, 1))


@pytest.mark.parametrize("case", ALIKE.values(), ids=ALIKE)
def test_actors_that_nothing_tells_apart(case: tuple[str, str, str, str, list[int]]) -> None:
    *program, sizes = case
    skeleton = built(*program)
    groups = alike(skeleton)
    assert [len(group) for group in groups] == sizes
    for group in groups:
        names = {skeleton.threads[thread].symmetry for thread in group}
        assert len(names) == 1


@pytest.mark.parametrize("case", NOT_ALIKE.values(), ids=NOT_ALIKE)
def test_actors_that_something_tells_apart(case: tuple[str, str, str, str]) -> None:
    assert alike(built(*case)) == []


def test_two_that_are_not_of_one_declaration_cannot_change_places() -> None:
    skeleton = built("int x;", "WRITE_ONCE(x, 1);", "WRITE_ONCE(x, 2);", "user, other")
    one, two = (t.number for t in skeleton.threads if t.kind == "actor")
    assert not it.may_change_places(skeleton, one, two)


def test_every_field_of_every_action_is_compared() -> None:
    known = {*it.TERMS, *it.EVENTS, *it.THREADS, *it.SEVERAL, *it.WORDS}
    for action in get_args(sk.Action):
        assert set(fields_of(action)) <= known, action


RICH = """\
models sc;
struct thing { int v; struct rcu_head rcu; };
pool struct thing things[2];
struct table { int v; };
word pmd_t { split low, high; present 0x1; none = 0; table(struct table *) = 0x67; }
struct table t1 at 0x123456000;
pmd_t w = table(&t1);
spinlock_t l; spinlock_t m; struct mutex k;
int x;
update void clear(pmd_t *q) { WRITE_ONCE(q->low, 0); WRITE_ONCE(q->high, 0); }
static void hit(void) { WRITE_ONCE(x, 2); }
actor user {
	struct thing *it = alloc(things);
	spin_lock(&l);
	spin_lock(&m);
	spin_unlock(&m);
	spin_unlock(&l);
	mutex_lock(&k);
	clear(&w);
	mutex_unlock(&k);
	rcu_read_lock();
	if (choose(0, 2) == READ_ONCE(x))
		assert(x != 7, "seven");
	rcu_read_unlock();
	synchronize_rcu();
	while (READ_ONCE(x) == 5)
		WRITE_ONCE(x, 6);
	if (it)
		kfree_rcu(it, rcu);
}
actor tick interrupts user { hit(); }
scenario s { run user * 2, tick; invariant x < 9; }
"""


OTHERS = """\
models sc;
struct srcu_struct d;
int x; int i; int j;
static void hit(void) { WRITE_ONCE(x, 2); }
actor begins {
	i = srcu_down_read(&d);
	j = srcu_down_read(&d);
}
actor user {
	smp_call_function(hit, 1);
	srcu_up_read(&d, READ_ONCE(i));
	if (READ_ONCE(x))
		srcu_up_read(&d, READ_ONCE(j));
}
scenario s { run begins, user * 2; }
"""


def rich(text: str) -> sk.Skeleton:
    return build(compile_program(check(load_text("t.khp", text, None, ())), "s", {}, 1))


def forged(text: str) -> Iterator[tuple[str, sk.Skeleton]]:
    """The skeleton with one thing of the second actor, or of what it started, otherwise."""
    skeleton = rich(text)
    ((_, second),) = alike(skeleton)
    own = [
        t
        for t in skeleton.threads
        if second in (t.number, t.host) or t.parent in skeleton.threads[second].events
    ]
    steps = {event for thread in own for event in thread.events}
    own += [
        t
        for t in skeleton.threads
        if t.kind in LOOKERS and skeleton.events[t.events[0]].anchor in steps
    ]
    mine = {event for thread in own for event in thread.events}
    last = Term(len(skeleton.rows) - 1)
    for part in ("reads", "writes", "updates", "stored", "lock_edges"):
        for place, each in enumerate(getattr(skeleton, part)):
            names = fields_of(each) if each.event in mine else []
            for name in sorted({*names} - {"number", "event", "held", "taken"}):
                new = exchanged(each, **{name: otherwise(getattr(each, name), last)})
                yield f"{part}.{name}", put(skeleton, part, place, new)
            if names:
                yield f"{part} less", put(skeleton, part, place)
    for number in sorted(mine):
        for name, event in changes(skeleton.events[number], last):
            yield name, put(skeleton, "events", number, event)
    for place, cut in enumerate(skeleton.cuts):
        if cut.thread == second:
            yield "cut", put(skeleton, "cuts", place, replace(cut, guard=last))
    for thread in own:
        shorter = replace(thread, events=thread.events[:-1])
        yield "thread shorter", put(skeleton, "threads", thread.number, shorter)
        if thread.number != second and thread.kind not in LOOKERS:
            for name, new in (
                ("kind", replace(thread, kind="page")),
                ("host", replace(thread, host=-2)),
                ("parent", replace(thread, parent=-2)),
                ("nobody", replace(thread, parent=-1, host=-1)),
            ):
                yield f"thread {name}", put(skeleton, "threads", thread.number, new)
    for place, row in enumerate(skeleton.rows):
        if isinstance(row, Choice) and row.thread == second:
            yield "choice", put(skeleton, "rows", place, replace(row, high=row.high + 1))
            yield "nobody's choice", put(skeleton, "rows", place, replace(row, thread=-1))


exchanged: Any = replace
"""``replace()`` for fields whose names are values."""


def put(skeleton: sk.Skeleton, part: str, place: int, *new: object) -> sk.Skeleton:
    """The skeleton with one of its parts exchanged, or left out."""
    old = getattr(skeleton, part)
    made: sk.Skeleton = exchanged(skeleton, **{part: (*old[:place], *new, *old[place + 1 :])})
    return made


def otherwise(value: object, last: Term) -> object:
    """Another value: of a yes or no, a word, or a term."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value}?"
    return last if value != last else Term(0)


def changes(event: sk.Event, other: Term) -> Iterator[tuple[str, sk.Event]]:
    """An event with one thing otherwise."""
    yield "guard", exchanged(event, guard=otherwise(event.guard, other))
    yield "anchor", replace(event, anchor=0)
    yield "rank", replace(event, rank=event.rank + 1)
    for name in ("controls", "surely"):
        said = getattr(event, name)
        more = Term(0) if other in said else other
        yield name, exchanged(event, **{name: (*said, more)})
    if event.checks:
        yield "check less", replace(event, checks=event.checks[1:])
        first = event.checks[0]
        for name, new in (
            ("bad", exchanged(first, bad=otherwise(first.bad, other))),
            ("property", replace(first, property="final")),
            ("message", replace(first, message="?")),
        ):
            yield f"check {name}", replace(event, checks=(new, *event.checks[1:]))
    yield "action", replace(event, action=sk.Local("nothing"))
    for name in fields_of(event.action):
        value = getattr(event.action, name)
        if name in (*it.TERMS, *it.EVENTS, *it.THREADS) and value is not None:
            action = exchanged(event.action, **{name: value + 1})
            yield f"{type(action).__name__}.{name}", replace(event, action=action)
        if name in it.SEVERAL and value:
            action = exchanged(event.action, **{name: value[1:]})
            yield f"{type(action).__name__}.{name}", replace(event, action=action)
        if name in ("kind", "mode", "order", "what", "pool"):
            action = exchanged(event.action, **{name: "?"})
            yield f"{type(action).__name__}.{name}", replace(event, action=action)
        if name == "looks":
            action = exchanged(event.action, looks=not value)
            yield "Access.looks", replace(event, action=action)


SEEN = {
    "rich": (RICH, 250, {"cut", "lock_edges.when", "Grant.address", "Queue.callback", "choice"}),
    "others": (
        OTHERS,
        100,
        {"SrcuEnd.index", "SrcuEnd.closes", "SrcuEnd.rivals", "IpiStart.handlers"},
    ),
}
"""Programs, how many things they have at least, and some of those."""


@pytest.mark.parametrize("case", SEEN.values(), ids=SEEN)
def test_whatever_is_otherwise_tells_two_apart(case: tuple[str, int, set[str]]) -> None:
    text, least, some = case
    seen = Counter[str]()
    for name, skeleton in forged(text):
        assert alike(skeleton) == [], name
        seen[name] += 1
    assert some <= seen.keys()
    assert {"reads.address", "writes.value", "writes less", "thread host"} <= seen.keys()
    assert seen.total() > least
