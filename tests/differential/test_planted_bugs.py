"""The suite notices bugs in the engine: for each planted one some program disagrees."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.differential.compare import compare
from tests.differential.generator import Generated, generate
from tests.differential.planted import BUGS, Planted
from tests.differential.test_engines_agree import PROGRAMS

MOST = 200
"""So many programs that could show a bug are tried."""


@cache
def programs() -> list[Generated]:
    return [generate(seed) for seed in range(PROGRAMS)]


def fitting(bug: Planted) -> list[Generated]:
    """The programs that could show a bug."""
    if bug.program:
        return [Generated(-1, bug.program, 1, ())]
    return [p for p in programs() if re.search(bug.needs, p.text)][:MOST]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.is_noticed(monkeypatch, fitting(bug), lambda program: compare(program).disagreements)
