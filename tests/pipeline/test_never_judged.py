"""An invariant in a file that names no model under which it is judged: no proof is one of it."""

from __future__ import annotations

import pytest

from prover.pipeline import run
from prover.verdict import Request, name_of

TEXT = """\
models {models};
int x = 3;

actor writer {{
	x = 4;
}}

scenario test {{
	run writer;
	{claim}
}}
"""
INVARIANT = 'invariant x == 7 : "x is seven";'


def verdicts(models: str, claim: str) -> list[str]:
    text = TEXT.format(models=models, claim=claim)
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    return [name_of(outcome.verdict) for outcome in file.outcomes]


@pytest.mark.parametrize("models", ["lkmm", "tso"])
def test_what_would_be_a_proof_is_none(models: str) -> None:
    assert verdicts(models, INVARIANT) == ["vacuous"]


def test_where_it_is_judged_the_others_are_proofs() -> None:
    assert verdicts("lkmm, sc", INVARIANT) == ["proved", "refuted"]


def test_without_an_invariant_there_is_nothing_to_judge() -> None:
    assert verdicts("lkmm", "final x == 4;") == ["proved"]


def test_a_refutation_stays_one() -> None:
    assert verdicts("lkmm", f"{INVARIANT} final x == 5;") == ["refuted"]
