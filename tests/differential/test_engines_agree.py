"""Random programs: what the solver says can happen is what the interpreter finds."""

from __future__ import annotations

from collections import Counter

import pytest

from dsl.primitives import PRIMITIVES
from tests.differential.compare import Comparison, compare
from tests.differential.generator import ELSEWHERE, Generated, generate
from tests.differential.shrink import shrink
from tests.soak import Soak

QUICK, PROGRAMS = 600, 2_000
CHUNK = 100
LEAST_USES = 35
LEAST_SHARE = 0.25
LEAST_ENUMERATED = 30
"""Of each hundred programs."""


def smallest(result: Comparison) -> str:
    """A program as small as can be that shows one of the disagreements, with all it shows."""
    wanted = {about(text) for text in result.disagreements}

    def fails(generated: Generated) -> bool:
        try:
            return any(about(text) in wanted for text in compare(generated).disagreements)
        except KeyError:  # a place compared is no longer declared
            return False

    small = shrink(result.generated, fails)
    return "\n".join((*compare(small).disagreements, f"bound {small.bound}", small.text))


def about(disagreement: str) -> tuple[str, str]:
    """What a disagreement is about, and who says what."""
    what, _, who = disagreement.partition(": ")
    return what.split(" ")[0], who


def agree(start: int) -> None:
    """Asserts that the engines agree on the programs of one chunk."""
    yes = no = enumerated = 0
    for seed in range(start, start + CHUNK):
        result = compare(generate(seed))
        if result.disagreements:
            pytest.fail(f"seed {seed}:\n{smallest(result)}")
        yes, no = yes + result.yes, no + result.no
        enumerated += result.enumerated
    assert min(yes, no) >= LEAST_SHARE * (yes + no), "answers that are all alike show little"
    assert enumerated >= LEAST_ENUMERATED


@pytest.mark.parametrize("start", range(0, QUICK, CHUNK))
def test_solver_enumerator_and_interpreter_agree(start: int, soak: Soak) -> None:
    agree(start)
    soak.compared({"sc": CHUNK})


@pytest.mark.soak
@pytest.mark.parametrize("start", range(QUICK, 10 * PROGRAMS, CHUNK))
def test_they_agree_on_many_more(start: int, soak: Soak) -> None:
    agree(start)
    soak.compared({"sc": CHUNK})


def test_every_primitive_is_in_many_programs() -> None:
    uses = Counter(name for seed in range(PROGRAMS) for name in generate(seed).used)
    rare = {name for name in PRIMITIVES if uses[name] < LEAST_USES}
    assert rare == set(ELSEWHERE)


def test_a_program_is_a_function_of_its_seed() -> None:
    assert [generate(seed) for seed in range(50)] == [generate(seed) for seed in range(50)]
    assert len({generate(seed).text for seed in range(PROGRAMS)}) == PROGRAMS
