"""What counts the inputs of a soak notices what must not happen."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.hostile import measure
from tests.hostile.inputs import Input
from tests.hostile.judge import Judgement, Tally, judge_all
from tests.hostile.measure import in_workers, measured
from tests.soak import Figures, Soak, kept, together


def fine(_: int) -> None:
    pass


def at_three(fault: Callable[[], None]) -> Callable[[int], None]:
    def give(number: int) -> None:
        if number == 3:
            fault()

    return give


def wrong() -> None:
    raise ValueError("what")


def busy() -> None:
    while True:
        pass


def crashed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def large() -> None:
    assert len(bytes(64 << 20)) == 64 << 20


def test_nothing_is_wrong_with_what_is_fine() -> None:
    found = measured("fine", fine, range(5))
    assert (found.inputs, found.faults) == (5, ())
    assert found.mib > 0


@pytest.mark.parametrize(
    ("fault", "said"), [(wrong, "ValueError"), (busy, "TooLongError"), (large, "MiB")]
)
def test_each_fault_is_noticed_with_its_number(
    fault: Callable[[], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "SECONDS", 0.02)
    monkeypatch.setattr(measure, "MEMORY", 30 if fault is large else 4096)
    found = in_workers("odd", at_three(fault), 0, 5)
    assert found.inputs == 5
    assert any(said in text and text.startswith("odd 3:") for text in found.faults)


def test_a_crash_is_noticed() -> None:
    found = in_workers("odd", at_three(crashed), 0, 5)
    assert len(found.faults) == 1
    assert "killed" in found.faults[0]


def test_the_worst_of_all_is_kept() -> None:
    one = Figures(2, 0.5, "a 1", 80, "a 0", faults=("a 0: what",))
    two = Figures(3, 0.2, "b 7", 90, "b 9", stopped=1)
    both = Figures(5, 0.5, "a 1", 90, "b 9", 1, ("a 0: what",))
    assert one + two == two + one == both
    assert kept([("other", 1), ("soak", asdict(both))]) == both
    assert together([]) == Figures()


def test_a_fault_shows_the_input_that_it_is_of() -> None:
    tally = Tally()
    tally.add(Input(5, "noisy", b"int x;\xff"), Judgement(fault="broken"))
    assert tally.figures.faults == ("decided 5: broken\nint x;\\xff",)


def test_faults_fail_the_test_that_keeps_them() -> None:
    recorded: list[object] = []
    soak = Soak(0, lambda _, value: recorded.append(value))
    soak.keep(Figures(1))
    with pytest.raises(AssertionError, match="odd 3"):
        soak.keep(Figures(1, faults=("odd 3: what",)))
    assert len(recorded) == 2


def test_a_file_is_judged_with_its_time(tmp_path: Path) -> None:
    text = b"models sc; int x;\nactor a { x = 1; }\nscenario s { run a; }\n"
    tally = judge_all([Input(0, "good", text), Input(1, "bad", b"{")], tmp_path, workers=1)
    assert (tally.figures.inputs, tally.figures.faults) == (2, ())
    assert tally.figures.slowest == "decided 0"
    assert tally.figures.seconds > 0
    assert dict(tally.verdicts) == {"proved": 1}
