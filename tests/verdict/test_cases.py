"""Every case has the verdict that it expects, by two engines that share nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from dsl.interpreter import explore
from dsl.parse import parse
from dsl.primitives import PROPERTIES
from dsl.printer import format_file
from dsl.protocol import Protocol
from dsl.source import Source
from prover.verdict import Bounded, Broken, Outcome, Proved, Refuted, Unknown, Vacuous, name_of
from tests.verdict.numbers import agrees_in_numbers

VERDICTS = ("proved", "refuted", "bounded", "vacuous")

MOST_STATES = 60_000
"""The interpreter is asked about scenarios of at most so many states."""


def test_there_are_cases(library) -> None:
    folders = Counter(case.folder for case in library.cases)
    assert folders["litmus"] >= 40
    assert sum(folders.values()) >= 200
    for folder in (
        "lifetimes",
        "words",
        "sections",
        "locks",
        "bounds",
        "awaits",
        "anynumber",
        "waiting",
        "hardware",
        "vacuity",
        "obligations",
        "weak",
    ):
        assert folders[folder] >= 5
    results = Counter(case.result for case in library.cases)
    assert set(results) == set(VERDICTS)
    assert min(results["proved"], results["refuted"]) >= 80


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_has_a_refuted_and_a_proved_case(library, name: str) -> None:
    cases = {case.name: case for case in library.cases}
    assert cases[f"checks/{name}"].result == "refuted"
    assert cases[f"checks/{name}_not"].result == "proved"
    (outcome,) = library.report(cases[f"checks/{name}"]).outcomes
    assert outcome.verdict.properties == (name,)


def test_a_case_asks_one_question(case) -> None:
    first, blank, question, *rest = case.text.split("\n")
    assert first == f"// Result: {case.result}"
    assert case.result in VERDICTS
    assert (blank, rest[0]) == ("//", "")
    assert question.startswith("// ")
    assert question.endswith(("?", "?)"))
    assert any(line.startswith("models ") for line in rest)


def test_a_case_is_in_the_one_format(case) -> None:
    source = Source(case.path.name, case.text)
    assert format_file(parse(source), source) == case.text


def test_a_case_has_the_verdict_it_expects(case, library) -> None:
    report = library.report(case)
    assert not report.diagnostics
    assert report.outcomes
    for outcome in report.outcomes:
        assert outcome.expected is not None, outcome.obligation
        assert outcome.as_expected, (outcome.obligation, outcome.verdict)
    assert case.result in {name_of(outcome.verdict) for outcome in report.outcomes}


def test_an_open_case_is_still_open(open_case, library) -> None:
    """What is met now belongs with the others: move the file out of ``open``."""
    report = library.report(open_case)
    assert not report.diagnostics
    (outcome,) = report.outcomes
    assert not outcome.as_expected
    assert not isinstance(outcome.verdict, Broken | Unknown)


def test_the_interpreter_agrees(case, library) -> None:
    program = load(case.path, (library_root(),))
    asked = 0
    for outcome in library.report(case).outcomes:
        protocol = check(program, outcome.obligation.variant)
        if protocol.scenarios[outcome.obligation.scenario].unbounded:
            asked += agrees_in_numbers(protocol, outcome)
        elif outcome.obligation.model == "sc":
            asked += agrees(protocol, outcome)
        else:
            asked += allows_less(protocol, outcome)
    assert asked == len(library.report(case).outcomes)


def allows_less(protocol: Protocol, outcome: Outcome) -> bool:
    """What interleavings violate a weaker model violates too; data races are its own."""
    o = outcome.obligation
    found = explore(protocol, o.scenario, dict(o.configuration), max_states=MOST_STATES)
    seen = outcome.verdict.properties if isinstance(outcome.verdict, Refuted) else ()
    assert found.violations <= set(seen)
    return True


def agrees(protocol: Protocol, outcome: Outcome) -> bool:
    """Explores the obligation with loops that go back as often as the prover's did."""
    found = explore(
        protocol,
        outcome.obligation.scenario,
        dict(outcome.obligation.configuration),
        max_states=MOST_STATES,
        loop_bound=max(1, outcome.measured.bound),
    )
    if found.cut_loops and not isinstance(outcome.verdict, Bounded):
        # Awaits have no bound: the interpreter goes round and round until nothing is new.
        found = explore(
            protocol,
            outcome.obligation.scenario,
            dict(outcome.obligation.configuration),
            max_states=MOST_STATES,
        )
    assert found.states < MOST_STATES, "too large: make the case smaller"
    match outcome.verdict:
        case Refuted():
            assert set(outcome.verdict.properties) == found.violations
        case Proved():
            assert (found.violations, found.complete) == (frozenset(), True)
            assert found.some_run_ends
        case Bounded():
            assert (found.violations, found.cut_loops) == (frozenset(), True)
        case Vacuous():
            assert (found.violations, found.complete) == (frozenset(), True)
        case _:
            pytest.fail(f"not settled: {outcome.verdict}")
    return True
