"""Random programs: what the solver says can happen is what the interpreter finds."""

from __future__ import annotations

from collections import Counter

import pytest

from dsl.primitives import PRIMITIVES
from tests.differential.compare import compare
from tests.differential.generator import Generated, generate
from tests.differential.shrink import shrink

PROGRAMS = 2_000
CHUNK = 100
LEAST_USES = 50
LEAST_SHARE = 0.3


def disagrees(generated: Generated) -> bool:
    """Whether the engines disagree on a program."""
    try:
        return bool(compare(generated).disagreements)
    except KeyError:  # a place compared is no longer declared
        return False


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_solver_and_interpreter_agree(start: int) -> None:
    yes = no = 0
    for seed in range(start, start + CHUNK):
        result = compare(generate(seed))
        if result.disagreements:
            smallest = shrink(result.generated, disagrees)
            found = "\n".join(compare(smallest).disagreements)
            pytest.fail(f"seed {seed}, bound {smallest.bound}:\n{found}\n{smallest.text}")
        yes, no = yes + result.yes, no + result.no
    assert min(yes, no) >= LEAST_SHARE * (yes + no), "answers that are all alike show little"


def test_every_primitive_is_in_many_programs() -> None:
    uses = Counter(name for seed in range(PROGRAMS) for name in generate(seed).used)
    assert {name: uses[name] for name in PRIMITIVES if uses[name] < LEAST_USES} == {}


def test_a_program_is_a_function_of_its_seed() -> None:
    assert [generate(seed) for seed in range(50)] == [generate(seed) for seed in range(50)]
    assert len({generate(seed).text for seed in range(PROGRAMS)}) == PROGRAMS
