"""Families of tests of which the large members have no reference: docs/litmus.md argues for them.

What the argument says is what comes out; the members that the enumerator can do come out the
same there.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest

from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.source import Source
from prover.answers import NEVER, SOMETIMES
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel, decide
from prover.litmus.enumerate import candidates, holds
from prover.models.concrete import breaches
from tests.litmus_engine.families import (
    LINKS,
    TAKE,
    counted,
    locked_buffering,
    ring,
    two_levels,
)

CHOICES = 400_000
"""So many choices of sources and orders the enumerator may look at for one test."""


@cache
def lkmm() -> LitmusModel:
    return load_litmus_model("lkmm")


def decided(text: str) -> str:
    found = decide(Source("member", text), lkmm(), 30.0, explain=False)
    assert not found.diagnostics, found.diagnostics
    return found.observation or found.why


def enumerated(text: str) -> str:
    """The same by going through all executions."""
    litmus = expand(parse_litmus(Source("member", text)), lkmm().macros)
    seen = {
        holds(litmus.condition, candidate.final)
        for candidate in candidates(litmus, CHOICES)
        if litmus.filter is None or holds(litmus.filter, candidate.final)
        if not breaches(lkmm().model, candidate.structure)
    }
    return SOMETIMES if True in seen else NEVER


def by_law(kinds: str) -> str:
    """A ring closes unless it has at least as many grace periods as readers."""
    return NEVER if kinds.upper().count("G") >= kinds.upper().count("R") else SOMETIMES


SMALL = ["".join(kinds) for size in (2, 3) for kinds in product("GR", repeat=size)]
SRCU = ["gr", "rg", "grr", "grg", "rgr"]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("kinds", [*SMALL, *SRCU])
def test_small_rings(kinds: str, link: str) -> None:
    text = ring(kinds, link)
    assert decided(text) == enumerated(text) == by_law(kinds)


LARGE = ("GRGRRRGG", "GGGGRRRR", "GGGGGGGG", "RRRRGGGR", "RRRRRRR", "GGRRRRGGGRGR", "grrggrrg")


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("kinds", LARGE)
def test_large_rings(kinds: str, link: str) -> None:
    assert decided(ring(kinds, link)) == by_law(kinds)


@pytest.mark.parametrize("how", TAKE)
def test_two_sections_of_a_lock(how: str) -> None:
    text = locked_buffering(2, how)
    assert decided(text) == enumerated(text) == NEVER


@pytest.mark.parametrize("how", TAKE)
@pytest.mark.parametrize("size", [3, 4, 5])
def test_more_sections_of_a_lock(size: int, how: str) -> None:
    assert decided(locked_buffering(size, how)) == NEVER


def test_a_local_lock_and_one_global_holder() -> None:
    text = two_levels(1, "spin")
    assert decided(text) == enumerated(text) == NEVER


@pytest.mark.soak
@pytest.mark.parametrize("how", ["xchg", "cmpxchg"])
def test_the_same_with_locks_made_of_updates(how: str) -> None:
    text = two_levels(1, how)
    assert decided(text) == enumerated(text) == NEVER


@pytest.mark.parametrize("how", ["spin", "xchg"])
def test_a_local_lock_and_two_global_holders(how: str) -> None:
    assert decided(two_levels(2, how)) == NEVER


def test_a_counter_and_one_writer() -> None:
    assert decided(counted(1)) == enumerated(counted(1)) == NEVER


def test_a_counter_and_two_writers() -> None:
    assert decided(counted(2)) == NEVER


@pytest.mark.parametrize(
    ("text", "part", "instead"),
    [
        (two_levels(1, "spin"), "WRITE_ONCE(*busy, 1);", ""),
        (two_levels(1, "spin"), "smp_load_acquire(busy)", "READ_ONCE(*busy)"),
        (counted(1), "smp_mb();", "barrier();"),
        (counted(1), "spin_lock(l);\n\tr1 = READ_ONCE(*seq);\n\tWRITE_ONCE(*seq, r1 + 1);", ""),
        (locked_buffering(2, "xchg"), "xchg_acquire", "xchg_relaxed"),
        (locked_buffering(2, "cmpxchg"), "smp_store_release(l, 0)", "WRITE_ONCE(*l, 0)"),
    ],
)
def test_what_the_arguments_use_is_needed(text: str, part: str, instead: str) -> None:
    without = text.replace(part, instead)
    assert without != text
    assert decided(without) == enumerated(without) == SOMETIMES
