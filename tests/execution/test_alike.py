"""Which actors may change places: those that nothing in the program tells apart."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution import alike as it
from prover.execution import skeleton as sk
from prover.execution.alike import alike
from prover.execution.construct.program import build
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
    "a claim about all": ("int x;", "x++;", "", "user * 2; final x == 2", [2]),
}
"""Declarations, the bodies of `user` and `other`, who runs; the sizes of the groups."""

NOT_ALIKE = {
    "two declarations": ("int x;", "WRITE_ONCE(x, 1);", "WRITE_ONCE(x, 1);", "user, other"),
    "state of their own": ("ghost int user.s;", "user.s = 1;", "", "user * 2"),
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
        assert {each.name for each in fields(action)} <= known, action
