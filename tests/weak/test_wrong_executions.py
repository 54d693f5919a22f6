"""Executions that are none must be refused, each for a reason that fits.

What the solver shows is judged by the concrete reading before anybody sees it; here that is shown
what no solver would show.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.weak.right import MODELS, executions, programs
from tests.weak.wrong import Corruption
from tests.weak.wrong_waits import CORRUPTIONS

MOST = 3
"""Claims of each corruption from each execution."""


@pytest.mark.parametrize("name", programs())
def test_right_executions_are_allowed(name: str) -> None:
    for model in MODELS:
        for right in executions(name, model):
            assert not right.said(right.claim), f"{model}: {right.claim}"


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda c: c.name)
def test_wrong_ones_are_refused(corruption: Corruption) -> None:
    reasons: Counter[bool] = Counter()
    for name in programs():
        for model in MODELS:
            for right in executions(name, model):
                for claim in corruption.some(right, MOST):
                    said = right.said(claim)
                    assert corruption.fits(said), f"{name} {model}: {said or 'allowed'}\n{claim}"
                    reasons[re.search(corruption.usual, said) is not None] += 1
    assert reasons[True], f"never refused for {corruption.usual}: {reasons}"
