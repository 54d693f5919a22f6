"""Two opinions at a time: what the other process says, and what is said where it ends."""

from __future__ import annotations

import os
import signal
import time

import pytest

from prover.parametric.invariant import Invariant
from prover.parametric.system import System
from prover.pipeline.anynumber.beside import NoResultError, beside
from prover.pipeline.anynumber.engine import Confirmed, Contradicted, Engine, Opinion, Unfinished


def ended() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def without_end() -> int:
    while True:
        time.sleep(60)


def no_memory() -> int:
    raise MemoryError


def test_it_is_worked_out_in_another_process() -> None:
    with beside(os.getpid) as other:
        assert other() != os.getpid()


@pytest.mark.parametrize("job", [ended, no_memory])
def test_a_process_that_ends_has_no_result(job: object, capfd: pytest.CaptureFixture[str]) -> None:
    assert callable(job)
    with beside(job) as other, pytest.raises(NoResultError):
        other()
    assert "Traceback" not in capfd.readouterr().err


def test_what_is_not_asked_for_is_given_up() -> None:
    before = time.monotonic()
    with beside(without_end):
        pass
    assert time.monotonic() - before < 30
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_where_no_process_can_be_started_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    with beside(os.getpid) as other:
        assert other() == os.getpid()


def engine(several: bool, *opinions: Opinion | None) -> Engine:
    """An engine whose checkers have these opinions; None: its process ends."""

    def checker(opinion: Opinion | None) -> object:
        def says(_s: System, _i: Invariant, _t: float) -> Opinion:
            if opinion is None:
                ended()
            assert opinion is not None
            return opinion

        return says

    checkers = {f"c{k}": checker(opinion) for k, opinion in enumerate(opinions)}
    never: object = None
    return Engine(never, never, checkers, several=several)  # type: ignore[arg-type]


@pytest.mark.parametrize("several", [False, True])
def test_opinions_come_in_the_order_of_the_checkers(several: bool) -> None:
    said = (Confirmed("c0"), Contradicted("c1", "no"), Unfinished("c2", "late"))
    found = engine(several, *said).opinions(None, None, 1.0)  # type: ignore[arg-type]
    assert tuple(found) == said


def test_a_checker_whose_process_ends_has_not_confirmed() -> None:
    found = engine(True, Confirmed("c0"), None).opinions(None, None, 1.0)  # type: ignore[arg-type]
    first, second = found
    assert first == Confirmed("c0")
    assert isinstance(second, Unfinished)
    assert second.by == "c1"
