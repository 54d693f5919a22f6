"""Whatever a file holds, the end is a verdict or a diagnostic."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.inputs import KINDS, maker
from tests.hostile.judge import Tally, judge_all
from tests.soak import PARTS, Soak


def report(tally: Tally) -> str:
    faults = [f"{given.kind} {given.number}: {fault}" for given, fault in tally.faults]
    return "\n".join([str(tally), *faults])


def test_inputs_are_the_same_every_time() -> None:
    one, two = maker(1), maker(1)
    made = [one.make(number) for number in range(100)]
    assert made == [two.make(number) for number in reversed(range(100))][::-1]
    assert {given.kind for given in made} == set(KINDS)
    assert made != [maker(2).make(number) for number in range(100)]


def test_a_few_hundred(tmp_path: Path) -> None:
    make = maker(20231)
    tally = judge_all((make.make(number) for number in range(300)), tmp_path)
    assert not tally.faults, report(tally)
    assert tally.inputs == 300
    assert tally.reached >= 30, report(tally)
    assert len(tally.codes) >= 20, report(tally)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand(part: int, tmp_path: Path, soak: Soak) -> None:
    make = maker(7)
    count = 20_000 // PARTS
    first = soak.first + part * count
    tally = judge_all(map(make.make, range(first, first + count)), tmp_path, workers=1)
    print(tally)
    soak.keep(tally.figures)
    assert tally.reached >= count // 10, report(tally)
