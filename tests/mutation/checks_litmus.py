"""Checks of the engine of litmus tests, and of protocols against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.litmus_engine import test_engines_agree, test_own, test_relations
from tests.models import test_rows
from tests.weak import test_against_litmus, test_random_litmus, test_random_srcu
from tests.weak.compare import compare_file, wrong_race

TERMS = 25
"""Random terms, sets, axioms, flags and recursions, of each so many."""
PROGRAMS = 40
"""Random litmus tests by solver and enumerator."""
TRANSLATED = 24
"""Random litmus tests as such and as protocols, under each weak model."""

READINGS = {
    "terms": test_relations.test_terms_read_the_same_both_ways,
    "sets": test_relations.test_sets_read_the_same_both_ways,
    "axioms": test_relations.test_an_axiom_holds_where_the_concrete_reading_says_so,
    "flags": test_relations.test_a_flag_is_raised_where_the_concrete_reading_says_so,
    "least": test_relations.test_a_recursion_is_the_least_where_it_must_not_hold,
    "differences": test_relations.test_a_recursion_is_the_least_under_a_difference_too,
}

ROWS = {
    "rows/terms": test_rows.test_terms_and_sets,
    "rows/axioms": test_rows.test_axioms,
    "rows/definitions": test_rows.test_definitions,
}


def warm_up_litmus() -> None:
    """The models, which are the same for all."""
    for name in ("sc", "tso", "lkmm"):
        test_own.model(name)
        test_engines_agree.model(name)
        test_against_litmus.under(name)
        test_random_litmus.under(name)


def litmus_checks() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Names, and functions that say whether all is as it should be."""
    for name, test in {**READINGS, **ROWS}.items():
        for seed in range(TERMS):
            yield f"{name}/{seed}", partial(_passes, test, seed)
    circle = test_rows.test_equations_that_go_round_for_ever_are_left_where_they_close
    yield "rows/circle", partial(_passes, circle)
    for seed in range(PROGRAMS):
        yield f"litmus/{seed}", partial(_agrees, seed)
    for model in ("tso", "lkmm"):
        for seed in range(TRANSLATED):
            one = range(seed, seed + 1)
            yield f"random/{model}/{seed}", partial(_passes, test_random_litmus.rows_of, one, model)
        for seed in range(300_000, 300_000 + 20 * TRANSLATED):
            one = range(seed, seed + 1)
            if test_random_srcu.of_domains(seed):
                yield f"srcu/{model}/{seed}", partial(_passes, test_random_srcu.rows_of, one, model)
    for file in test_own.FILES:
        yield f"own/{file.stem}", partial(_passes, test_own.test_result, file)
        yield f"translated/{file.stem}", partial(_alike, file)


def _passes(test: Callable[..., object], *arguments: object) -> bool:
    """A test that raises where something does not hold."""
    test(*arguments)
    return True


def _agrees(seed: int) -> bool:
    test_engines_agree.compare(seed, test_engines_agree.Tally(), test_engines_agree.MOST)
    return True


def _alike(file: Path) -> bool:
    """Whether a litmus test and its protocol have one verdict and the same races."""
    for row in compare_file(file, test_against_litmus.under("lkmm"), "lkmm", weaken=1):
        if row.outcome == "different" or row.why.startswith("no answer") or wrong_race(row):
            return False
    return True


__all__ = ["litmus_checks", "warm_up_litmus"]
