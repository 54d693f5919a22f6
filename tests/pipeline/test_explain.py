"""Who will see a witness gets the smallest; who will not does not wait for it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Outcome, Refuted, Request

PROGRAM = """
models sc;
u8 x;
u8 y;
actor a { x = 1; y = 1; y = 2; x = 2; }
actor b { y = 3; y = 4; y = 5; }
actor other { x = 0; x = 0; y = 6; x = 0; }
scenario s {
	run a, b, other;
	final x != 2;
	expect %s;
}
"""


def outcome_of(folder: Path, expected: str, *, explain: bool) -> Outcome:
    file = folder / "f.khp"
    file.write_text(PROGRAM % expected, encoding="utf-8")
    (report,) = run(Request((str(file),), jobs=1, explain=explain), lambda _: None).files
    assert not report.diagnostics
    return report.outcomes[0]


def stretches(outcome: Outcome) -> int:
    """How often the witness changes from one thread to another."""
    assert isinstance(outcome.verdict, Refuted)
    columns = [moment.thread for moment in outcome.verdict.witness.moments]
    return sum(one != other for one, other in itertools.pairwise(columns))


@pytest.mark.parametrize(
    ("expected", "explain"), [("refuted final", True), ("proved", False), ("proved", True)]
)
def test_a_witness_that_is_shown_is_the_smallest(
    tmp_path: Path, expected: str, explain: bool
) -> None:
    outcome = outcome_of(tmp_path, expected, explain=explain)
    assert outcome.as_expected == (expected != "proved")
    assert stretches(outcome) <= 2, "each actor in one go"


def test_one_that_is_not_shown_is_a_witness_all_the_same(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "refuted final", explain=False)
    assert outcome.as_expected
    assert isinstance(outcome.verdict, Refuted)
    assert outcome.verdict.witness.moments
