"""Words in slots that are given out again: the engines agree on what is torn."""

from __future__ import annotations

import pytest

from prover.smt import violations
from tests.differential.compare import compare
from tests.differential.lives import generate_lives
from tests.differential.planted import Planted

PROGRAMS = 60
BUGS = (
    Planted(
        "an update in another life counts",
        violations,
        "_stored",
        "value.source == hazard.place",
        "value.location == hazard.place.location",
    ),
)


def test_engines_agree_on_lives_of_a_slot() -> None:
    enumerated = 0
    for seed in range(PROGRAMS):
        generated = generate_lives(seed)
        found = compare(generated)
        assert not found.disagreements, (found.disagreements, generated.text)
        enumerated += found.enumerated
    assert enumerated > PROGRAMS / 2


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = [generate_lives(seed) for seed in range(PROGRAMS)]
    bug.is_noticed(monkeypatch, programs, lambda program: compare(program).disagreements)
