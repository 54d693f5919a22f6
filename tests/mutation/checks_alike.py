"""Checks of who is alike, and of what is asked of them in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from unittest.mock import patch

from prover.execution.alike import alike
from prover.smt import alike as engine
from tests.differential.generator import generate
from tests.execution.test_alike import ALIKE, NOT_ALIKE, SEEN, built, forged
from tests.pipeline.test_symmetry import OTHERS, answers, twice
from tests.weak.themes import THEMES, text

PROGRAMS = 20


def alike_checks() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Each with its name."""
    for name, (*program, sizes) in ALIKE.items():
        yield f"alike/{name}", partial(_in_groups, program, sizes)
    for name, others in NOT_ALIKE.items():
        yield f"alike/{name}", partial(_in_groups, others, [])
    for name, (text_, _, _) in SEEN.items():
        yield f"alike/forged {name}", partial(_are_told_apart, text_)
    yield "alike/order", _an_order_counts
    for seed in range(PROGRAMS):
        yield f"alike/sc {seed}", partial(_in_one_order, twice(generate(seed).text), "sc")
    for theme in THEMES:
        yield f"alike/lkmm {theme}", partial(_in_one_order, twice(text(theme, 0)), "lkmm")


def _an_order_counts() -> bool:
    """Whether something is lost where two are ordered that are not alike."""
    with patch.object(engine, "alike", lambda _: [(0, 1)]):
        name, plain, in_order = answers.__wrapped__(OTHERS.format(model="sc"), "sc")
    return name == engine.ALIKE and type(plain) is not type(in_order)


def _in_groups(program: list[str] | tuple[str, ...], sizes: list[int]) -> bool:
    declared, user, other, runs = program
    return [len(group) for group in alike(built(declared, user, other, runs))] == sizes


def _are_told_apart(program: str) -> bool:
    return all(not alike(skeleton) for _, skeleton in forged(program))


def _in_one_order(program: str, model: str) -> bool:
    """Whether the answer is the one that there is in all orders."""
    _, plain, in_order = answers.__wrapped__(program, model)
    return type(plain) is type(in_order)
