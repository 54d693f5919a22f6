"""What an author is told of the enumerator's cases, under every memory model.

The enumerator and the interpreter say what can be the first to go wrong under sequential
consistency (tests/execution/test_enumerate_cases.py): the command says that, too.  All of it goes
wrong under weaker models, too, but for an invariant, which is about the states of an interleaving:
there an execution goes on where one is broken, and what comes later counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsl.source import Source
from prover.execution.recall.outcome import Holds
from prover.pipeline import run
from prover.render.json_witness import render
from prover.replay.run import replay
from prover.verdict import Bounded, FileReport, Proved, Refuted, Request, Vacuous
from tests.execution.test_enumerate_cases import BOUND, CASES, Case

MODELS = ("sc", "tso", "lkmm")

BEHIND_AN_INVARIANT = {
    "deadlock_before_handler": {"deadlock", "lock-order"},
    "deadlock_of_three_late": {"deadlock", "lock-order"},
    "invariant_start_deadlock": {"deadlock", "lock-order"},
}

BESIDE_A_BUG = {"deadlock_beside_bug", "folio_after_end"}
"""Another actor violates something else in every run: the deadlock is not reported."""


def asking(case: Case) -> str:
    """The case with its scenario decided under all models."""
    assert "\nmodels " not in case.text, case.name
    return f"models {', '.join(MODELS)};\n{case.text}"


def reports(folder: Path, cases: list[Case]) -> Iterator[tuple[Case, FileReport]]:
    """What is said of each case in its configuration."""
    for config in {tuple(case.configuration.items()) for case in cases}:
        chosen = [case for case in cases if tuple(case.configuration.items()) == config]
        names: list[str] = []
        for case in chosen:
            file = folder / f"{case.name}.khp"
            file.write_text(asking(case), encoding="utf-8")
            names.append(str(file))
        request = Request(tuple(names), config=config, max_bound=BOUND, timeout=60, jobs=2)
        yield from zip(chosen, run(request, lambda _: None).files, strict=True)


def properties(file: FileReport, model: str) -> set[str]:
    """What can be the first to go wrong; nothing ends but with a proof, a bound or that."""
    assert not file.diagnostics, file.diagnostics
    (verdict,) = (o.verdict for o in file.outcomes if o.obligation.model == model)
    if isinstance(verdict, Refuted):
        return set(verdict.properties)
    assert isinstance(verdict, Proved | Bounded | Vacuous), (file.name, verdict)
    return set()


def test_the_command_says_what_the_enumerator_does(tmp_path: Path) -> None:
    cases = [case for case in CASES if not case.open]
    wrong: list[tuple[object, ...]] = []
    for case, file in reports(tmp_path, cases):
        found = {model: properties(file, model) for model in MODELS}
        missed = {"deadlock"} if case.name in BESIDE_A_BUG else set[str]()
        if found["sc"] != (case.violations | case.also) - missed:
            wrong.append((case.name, found["sc"], set(case.violations)))
        stays = found["sc"] - {"invariant", "transition"}
        wrong.extend((case.name, m, found[m]) for m in ("tso", "lkmm") if not stays <= found[m])
    assert not wrong, wrong


@pytest.mark.parametrize("name", BEHIND_AN_INVARIANT)
def test_what_comes_behind_a_broken_invariant(name: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == name)
    ((_, file),) = reports(tmp_path, [case])
    for model in ("tso", "lkmm"):
        assert properties(file, model) == BEHIND_AN_INVARIANT[name]
    for outcome in file.outcomes:
        assert isinstance(outcome.verdict, Refuted)
        for found in (outcome.verdict.witness, *outcome.verdict.others):
            assert found.model == "sc"
            bound = max(outcome.measured.bound, 1)
            text = render(file.name, outcome.obligation, bound, found, file.sources)
            answer = replay(Source("w.json", text), file.name, Request(files=(), timeout=60))
            assert isinstance(answer.recalled, Holds), (outcome.obligation, answer.diagnostics)
            assert answer.recalled.witness.moments == found.moments
