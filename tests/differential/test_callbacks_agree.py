"""Callbacks on actors' CPUs: the engines agree, and notice where one of them is wrong."""

from __future__ import annotations

import re

import pytest

from prover.smt import interrupts, waits
from tests.differential.callbacks import generate_callbacks
from tests.differential.compare import compare
from tests.differential.planted import Planted

QUICK, PROGRAMS = 100, 200
CHUNK = 50
MOST = 100
"""So many programs that could show a bug are tried."""

BUGS = (
    Planted(
        "callbacks begin with softirqs off",
        interrupts,
        "_softirqs_on",
        "section.kind in MASKS",
        "False",
        r"_bh|_irq",
    ),
    Planted(
        "softirqs off only with interrupts off",
        interrupts,
        "_softirqs_on",
        "section.kind in MASKS",
        'section.kind == "irq"',
        r"_bh",
    ),
    Planted(
        "hosts stop before the callback begins",
        waits,
        "interrupted",
        "frame.logic.all_of((h.lit, frame.before(h.begin, event)))",
        "h.lit",
    ),
    Planted(
        "hosts go on beside the callback",
        waits,
        "interrupted",
        "if h.host == thread",
        "if False",
    ),
)


def agree(start: int) -> None:
    """Asserts that the engines agree on the programs of one chunk."""
    enumerated = 0
    for seed in range(start, start + CHUNK):
        generated = generate_callbacks(seed)
        found = compare(generated)
        assert not found.disagreements, generated.text
        enumerated += found.enumerated
    assert enumerated > CHUNK / 2


@pytest.mark.parametrize("start", range(0, QUICK, CHUNK))
def test_engines_agree_on_callbacks(start: int) -> None:
    agree(start)


@pytest.mark.soak
@pytest.mark.parametrize("start", range(QUICK, PROGRAMS, CHUNK))
def test_they_agree_on_some_more(start: int) -> None:
    agree(start)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = (generate_callbacks(seed) for seed in range(PROGRAMS))
    fitting = [p for p in programs if re.search(bug.needs, p.text)][:MOST]
    bug.plant(monkeypatch)
    assert any(compare(generated).disagreements for generated in fitting)
