"""A worker that dies, hangs or takes too much memory costs what brought it down, and no more."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from dsl.source import Source
from prover.litmus import batch
from prover.litmus import decide as litmus
from prover.pipeline import decide, pool, run, work
from prover.pipeline.again import run_twice, twice, worth_again
from prover.pipeline.case import Case
from prover.pipeline.decision import Decision
from prover.pipeline.pool import Lost, run_pool
from prover.verdict import Obligation, Progress, Request, Unknown, name_of


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


@pytest.mark.parametrize("workers", [1, 2])
def test_fresh_workers_do_one_job_each(workers: int) -> None:
    found = dict(
        run_pool(lambda _: os.getpid(), 4, workers=workers, seconds=5, memory=256, fresh=True)
    )
    assert len(set(found.values())) == 4
    found = dict(run_pool(lambda _: os.getpid(), 4, workers=1, seconds=5, memory=256))
    assert len(set(found.values())) == 1


def shares(letters: str, workers: int) -> list[str]:
    """What each worker does that takes its turn; a letter is a kind, with its capital a group."""
    kinds = pool.held_together([(letter.lower(), letter) for letter in letters], workers)
    lasts: list[pool.Kind | None] = [None] * workers
    pending, done = list(range(len(kinds))), [""] * workers
    while pending:
        for worker in range(min(workers, len(pending))):
            others = [kind for n, kind in enumerate(lasts) if n != worker and kind is not None]
            number = pool.next_job(pending, kinds, lasts[worker], others)
            pending.remove(number)
            lasts[worker] = kinds[number]
            done[worker] += letters[number]
    return done


def test_a_worker_keeps_to_one_group_of_kinds() -> None:
    assert shares("AAaBBb", 2) == ["AAa", "BBb"]


def test_who_has_nothing_else_to_do_helps_out() -> None:
    assert shares("AAaBBbCCc", 2) == ["AAaCC", "BBbc"]
    assert shares("AAAA", 2) == ["AA", "AA"]


def test_what_is_too_much_for_one_worker_is_shared() -> None:
    assert shares("AAab", 2) == ["AA", "ab"]


def test_a_worker_that_died_idle_is_replaced() -> None:
    def job(number: int) -> int:
        return os.getpid() if number == 0 else number

    answers = run_pool(job, 3, workers=1, seconds=5.0, memory=256)
    _, worker = next(answers)
    assert isinstance(worker, int)
    os.kill(worker, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
    assert list(answers) == [(1, 1), (2, 2)]


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    lost = dict(run_pool(int, 2, workers=2, seconds=5.0, memory=256))
    assert lost.keys() == {0, 1}
    assert all("no process could be started" in str(why) for why in lost.values())


def test_workers_that_die_at_once_are_not_started_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        os._exit(3)

    monkeypatch.setattr(pool, "_serve", dies)
    found = dict(run_pool(int, 3, workers=2, seconds=5.0, memory=256))
    assert found.keys() == {0, 1, 2}
    assert all(isinstance(lost, Lost) for lost in found.values())


# --- obligations: what a worker had is tried again, each by itself ---------------------------


@pytest.mark.parametrize("fault", [killed, crashed, hungry])
def test_a_job_whose_worker_died_is_tried_once_more(
    fault: Callable[[], None], tmp_path: Path
) -> None:
    def job(number: int) -> int:
        tried = tmp_path / str(number)
        if number == 2 or (number == 1 and not tried.exists()):
            tried.touch()
            fault()
        return number

    found = dict(run_twice(job, 4, workers=2, seconds=5.0, memory=256))
    lost = found.pop(2)
    assert isinstance(lost, Lost)
    assert lost.why.endswith("and again when tried alone")
    assert found == {0: 0, 1: 1, 3: 3}


TEXT = """models sc, tso, lkmm; int x;
actor a { WRITE_ONCE(x, 1); }
scenario first { run a; }
scenario second { run a; }
scenario third { run a; }
"""

Asked: TypeAlias = list[tuple[Obligation, object]]


def outcomes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: Callable[[Asked], None], jobs: int = 1
) -> dict[tuple[str, str], str]:
    """What comes of every obligation, where ``before`` is called first of all in the worker."""
    original = decide.decide_group

    def decide_group(protocol: object, asked: Asked, *rest: object) -> object:
        before(asked)
        return original(protocol, asked, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "decide_group", decide_group)
    file = folder / "f.khp"
    file.write_text(TEXT, encoding="utf-8")
    shown: list[Progress] = []
    (report,) = run(Request((str(file),), jobs=jobs, memory=256), shown.append).files
    assert [progress.done for progress in shown] == list(range(1, 10))
    return {
        (outcome.obligation.scenario, outcome.obligation.model): outcome.verdict.why
        if isinstance(outcome.verdict, Unknown)
        else name_of(outcome.verdict)
        for outcome in report.outcomes
    }


ALL = {(s, m): "proved" for s in ("first", "second", "third") for m in ("sc", "tso", "lkmm")}
GUILTY = ("second", "tso")


def accused(asked: Asked) -> bool:
    return GUILTY in {(o.scenario, o.model) for o, _ in asked}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("fault", [killed, crashed, hungry])
def test_a_lost_worker_costs_one_obligation(
    fault: Callable[[], None], jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = outcomes(tmp_path, monkeypatch, lambda asked: fault() if accused(asked) else None, jobs)
    assert found.pop(GUILTY).endswith("and again when tried alone")
    assert found == {key: verdict for key, verdict in ALL.items() if key != GUILTY}


def test_what_dies_once_is_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def once(asked: Asked) -> None:
        if accused(asked) and len(asked) > 1:
            killed()

    assert outcomes(tmp_path, monkeypatch, once) == ALL


def test_a_worker_worn_out_by_others_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def third_group(asked: Asked) -> None:
        seen.append(asked)
        if len(seen) == 3:
            killed()

    assert outcomes(tmp_path, monkeypatch, third_group) == ALL


def test_where_memory_runs_out_in_one_of_them_it_is_tried_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Path] = [tmp_path / "tried"]
    original = decide._decide

    def starved(case: Case) -> Decision:
        if (case.obligation.scenario, case.obligation.model) == GUILTY and not tries[0].exists():
            tries[0].touch()
            raise MemoryError
        return original(case)

    monkeypatch.setattr(decide, "_decide", starved)
    assert outcomes(tmp_path, monkeypatch, lambda _: None) == ALL
    assert tries[0].exists()


def test_what_overstays_is_tried_alone_once_and_no_more() -> None:
    late, dead = Lost("timeout", late=True), Lost("killed")
    assert worth_again(late, [1, 2])
    assert not worth_again(late, [1])
    assert worth_again(dead, [1])
    assert twice(late) == late
    assert twice(dead) != dead


def test_a_lost_worker_costs_one_litmus_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = litmus.decide

    def deadly(source: Source, *rest: object, **options: object) -> object:
        if source.name.endswith("t5.litmus"):
            killed()
        return original(source, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("prover.litmus.batch.decide", deadly)
    files = [tmp_path / f"t{number}.litmus" for number in range(20)]
    for file in files:
        text = f"C {file.stem}\n{{}}\nP0(int *x) {{ *x = 1; }}\nexists (x=1)\n"
        file.write_text(text, encoding="utf-8")
    request = batch.LitmusRequest(tuple(map(str, files)), jobs=1)
    tests = batch.run_litmus(request, lambda _: None).tests
    assert [test.file for test in tests] == [str(file) for file in files]
    unanswered = {test.file: test.decided.why for test in tests if not test.decided.observation}
    assert unanswered.keys() == {str(files[5])}
    assert "again when tried alone" in unanswered[str(files[5])]
