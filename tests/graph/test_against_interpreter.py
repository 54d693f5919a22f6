"""Random programs of one actor mean the same compiled and interpreted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.imports import load_text
from dsl.interpreter import explore
from prover.graph import compile_program
from prover.graph.ir import Program
from prover.graph.limits import TooLarge
from prover.graph.lower import lower
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words
from prover.graph.unroll import unroll_program
from prover.graph.verify import verify
from tests.graph.programs import Maker
from tests.graph.runs import TooMany, summary

BOUND = 2
MOST_STATES = 3_000


def interpreted(
    text: str, configuration: Mapping[str, str]
) -> tuple[set[str], set[tuple[str, ...]], bool]:
    """The same of the interpreter."""
    protocol = check(load_text("t.khp", text, None, ()))
    found = explore(protocol, "s", configuration, loop_bound=BOUND, max_states=MOST_STATES)
    if found.states >= MOST_STATES:
        raise TooMany
    words = {"w", "n1.w", "n2.w"}
    finals = {
        (actors[0][1], *(f"{k}={'word' if k in words else v}" for k, v in sorted(places)))
        for places, actors in found.outcomes
    }
    return set(found.violations), finals, found.cut_loops


def accepted(seed: int) -> str | None:
    """A program that the checker takes, None if it does not."""
    text = Maker(seed).program()
    try:
        check(load_text("t.khp", text, None, ()))
    except DiagnosticError:
        return None
    return text


def compiled(text: str, configuration: Mapping[str, str]) -> Iterator[Program]:
    """The program as it is, and after every pass that should not change it."""
    protocol = check(load_text("t.khp", text, None, ()))
    lowered = lower(protocol, "s", configuration)
    yield unroll_program(lowered, BOUND)
    yield unroll_program(split_words(simplify(lowered)), BOUND)
    yield compile_program(protocol, "s", configuration, BOUND, waiting=False)


def compare(seed: int) -> bool:
    """Whether the program of ``seed`` could be compared; asserts that all readings agree."""
    text = accepted(seed)
    if text is None:
        return False
    try:
        for value in ("off", "on"):
            configuration = {"PAE": value}
            wanted = interpreted(text, configuration)
            for program in compiled(text, configuration):
                assert verify(program, acyclic=True) == []
                assert summary(program) == wanted, (seed, value, text)
    except (TooMany, TooLarge):
        return False
    return True


@pytest.mark.parametrize("start", range(0, 100, 25))
def test_compiled_programs_do_what_the_interpreter_does(start: int) -> None:
    compared = sum(compare(seed) for seed in range(start, start + 25))
    assert compared >= 10, "most programs are refused: the test would pass by testing nothing"


@pytest.mark.soak
def test_many_compiled_programs_do_what_the_interpreter_does() -> None:
    assert sum(compare(seed) for seed in range(1000, 6000)) >= 1000
