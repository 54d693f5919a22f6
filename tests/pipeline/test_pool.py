"""A worker that dies, hangs or takes too much memory costs the job it was at, and no other."""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prover.pipeline import decide, run
from prover.pipeline.pool import Lost, run_pool
from prover.verdict import Request, name_of


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashed() -> None:
    faulthandler.disable()
    os.abort()


def hungry() -> None:
    assert len([bytes(64 << 20) for _ in range(64)]) == 64


def stuck() -> None:
    time.sleep(60)


FAULTS = (killed, crashed, hungry, stuck)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_lost_worker_costs_one_job(fault: Callable[[], None], workers: int) -> None:
    def job(number: int) -> int:
        if number == 3:
            fault()
        return number * number

    found = dict(run_pool(job, 8, workers=workers, seconds=2.0, memory=256))
    lost = found.pop(3)
    assert isinstance(lost, Lost)
    assert lost.why
    assert found == {n: n * n for n in range(8) if n != 3}


TEXT = """models sc; int x;
actor a { x = 1; }
scenario first { run a; }
scenario second { run a; }
scenario third { run a; }
"""


@pytest.mark.parametrize("fault", [killed, hungry])
def test_a_lost_worker_costs_one_obligation(
    fault: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = decide.decide_group

    def decide_group(protocol: object, asked: list[tuple[object, object]], *rest: object) -> object:
        if "second" in str(asked[0][0]):
            fault()
        return original(protocol, asked, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(decide, "decide_group", decide_group)
    file = tmp_path / "f.khp"
    file.write_text(TEXT, encoding="utf-8")
    (report,) = run(Request((str(file),), jobs=1, memory=256), lambda _: None).files
    verdicts = [name_of(outcome.verdict) for outcome in report.outcomes]
    assert verdicts[0] == verdicts[2] == "proved"
    assert verdicts[1] != "proved"
