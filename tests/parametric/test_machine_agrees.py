"""The rules find exactly the violations that the interpreter finds, with so many actors."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.imports import load, load_text
from prover.parametric.system import Infinite, Refused
from tests.differential.awaits import generate_awaits
from tests.differential.callbacks import generate_callbacks
from tests.differential.generator import generate
from tests.differential.pages import generate_pages
from tests.differential.readers import generate_readers
from tests.graph.programs import Maker
from tests.parametric.comparing import compare, configurations, system
from tests.parametric.configurations import explore

ROUGHER = ("whole_in_life_that_is_over",)
"""Cases in which the machine finds what is not there: docs/roadmap.md, "Known wrong"."""

EVERY = sorted((Path(__file__).parent.parent / "cases" / "verdict").rglob("*.khp"))
CASES = [path for path in EVERY if path.stem not in ROUGHER]
LEFT_OUT = [path for path in EVERY if path.stem in ROUGHER]

THEMES = (generate, generate_awaits, generate_callbacks, generate_readers, generate_pages)


def of_case(path: Path) -> int:
    """How many obligations of a case were compared."""
    protocol = check(load(path, (library_root(),)))
    return sum(
        compare(protocol, scenario, configuration)
        for scenario in protocol.scenarios
        for configuration in configurations(protocol)
    )


def of_text(text: str) -> int:
    """How many configurations of a program were compared; none of one that is refused."""
    try:
        protocol = check(load_text("t.khp", text, None, ()))
    except DiagnosticError:
        return 0
    return sum(compare(protocol, "s", each) for each in configurations(protocol))


@pytest.mark.parametrize("start", range(3))
def test_cases(start: int) -> None:
    assert sum(of_case(path) for path in CASES[start::60]) >= 4


@pytest.mark.parametrize("path", LEFT_OUT, ids=lambda path: path.stem)
def test_what_is_left_out_is_still_rougher(path: Path) -> None:
    with pytest.raises(AssertionError):
        of_case(path)


@pytest.mark.soak
def test_all_cases() -> None:
    assert sum(of_case(path) for path in CASES) >= 600


@pytest.mark.parametrize("theme", THEMES)
def test_generated(theme) -> None:
    assert sum(of_text(theme(seed).text) for seed in range(5)) >= 2


@pytest.mark.soak
@pytest.mark.parametrize("theme", THEMES)
def test_many_generated(theme) -> None:
    assert sum(of_text(theme(seed).text) for seed in range(1000, 1500)) >= 200


def test_programs_of_one_actor() -> None:
    assert sum(of_text(Maker(seed).program()) for seed in range(3)) >= 2


@pytest.mark.soak
def test_many_programs_of_one_actor() -> None:
    assert sum(of_text(Maker(seed).program()) for seed in range(2000, 3000)) >= 400


def for_ever(seed: int, most: int = 1500) -> bool:
    """Whether a program that begins anew could be explored; joined steps find what others find."""
    protocol = check(load_text("t.khp", generate(seed).text, None, ()))
    try:
        joined, apart = (
            explore(system(protocol, forever=True, joined=each), most, existence=True)
            for each in (True, False)
        )
    except (Infinite, Refused):
        return False
    if not (joined.complete and apart.complete):
        return False
    assert joined.violations == apart.violations, seed
    return True


def test_joined_steps_find_what_others_find() -> None:
    assert sum(for_ever(seed) for seed in range(14)) >= 2


@pytest.mark.soak
def test_joined_steps_find_what_others_find_often() -> None:
    assert sum(for_ever(seed, 20_000) for seed in range(1000, 1200)) >= 60
