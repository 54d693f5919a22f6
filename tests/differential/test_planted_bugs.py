"""The suite notices bugs in the engine: for each planted one some program disagrees."""

from __future__ import annotations

import re

import pytest

from tests.differential.compare import compare
from tests.differential.generator import Generated, generate
from tests.differential.planted import BUGS, Planted
from tests.differential.test_engines_agree import PROGRAMS

MOST = 200
"""So many programs that could show a bug are tried."""


def shown(bug: Planted) -> int | None:
    """The seed of a program on which the engines disagree."""
    if bug.program:
        return -1 if compare(Generated(-1, bug.program, 1, ())).disagreements else None
    programs = (generate(seed) for seed in range(PROGRAMS))
    fitting = [p for p in programs if re.search(bug.needs, p.text)]
    for generated in fitting[:MOST]:
        if compare(generated).disagreements:
            return generated.seed
    return None


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planting:
        bug.plant(planting)
        seed = shown(bug)
    assert seed is not None, f"no program shows: {bug.name}"
    program = generate(seed) if seed >= 0 else Generated(-1, bug.program, 1, ())
    assert compare(program).disagreements == [], "without the bug the engines agree"
