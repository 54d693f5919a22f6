"""What a worker may answer, with no cluster between: true, late, damaged, invented."""

from __future__ import annotations

import json
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from dsl.diagnostic import DiagnosticError
from prover.cache.codec import Damaged
from prover.cache.store import Store
from prover.cache.whole import known
from prover.pipeline import run, work
from prover.pipeline.cluster import checked, child
from prover.pipeline.cluster import run as running
from prover.pipeline.cluster.checked import answer_of
from prover.pipeline.cluster.worker import decide
from prover.render.json_report import render
from prover.verdict import Broken, FileReport, Report, Request, Unknown, exit_code, name_of

FILE: Final = """models sc, tso, lkmm; int x; int y;
actor a { WRITE_ONCE(x, 1); before: smp_wmb(); WRITE_ONCE(y, 1); }
actor b { int r = READ_ONCE(y); smp_rmb(); int s = READ_ONCE(x); assert(!r || s, "in order"); }
scenario passed { run a, b; expect proved; }
variant unordered in passed {
  drop a.before;
  expect refuted assert under lkmm;
  expect proved under sc, tso;
}
"""
"""Without the barrier, lkmm alone lets the reader see the second store and not the first."""

Change = Callable[[dict[str, Any]], None]

TRUE: dict[str, bytes] = {}
"""Answers, by their questions."""


class Boat:
    """A cluster of one process: this one.

    ``change`` is made in every answer; ``lost`` says how often the worker is lost with a question.
    """

    def __init__(self, change: Change, lost: int) -> None:
        self.change = change
        self.lost = lost
        self.asked: list[int] = []
        self.answers: deque[dict[str, Any]] = deque()
        self.latest = child.Latest()

    def connect(self) -> None:
        pass

    def ask(self, number: int, text: str) -> None:
        question = json.loads(text)
        self.asked.append(sum(map(len, question["groups"])))
        if self.lost:
            self.lost -= 1
            self.answers.append({"id": number, "lost": "KilledWorker"})
            return
        # One true answer is enough for all that is made of it.
        answer = TRUE.get(text) if self.change is not nothing else None
        if answer is None:
            found = child.answered(text, self.latest, "tcp://10.0.0.7:4711")
            answer = TRUE[text] = msgspec.json.encode(found)
        said = json.loads(answer)
        self.change(said)
        self.answers.append({"id": number, "text": json.dumps(said)})

    def hear(self, _seconds: float) -> dict[str, Any] | None:
        return self.answers.popleft() if self.answers else None


def nothing(_: dict[str, Any]) -> None:
    pass


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "f.khp").write_text(FILE, encoding="utf-8")
    # Of one name everywhere, so that questions are equal.
    monkeypatch.chdir(tmp_path)
    return "f.khp"


def asked(
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    change: Change = nothing,
    lost: int = 0,
    store: Store | None = None,
    **more: Any,
) -> tuple[FileReport, int, list[int]]:
    """The report, the exit code, and how many obligations each question was about."""
    boat = Boat(change, lost)

    @contextmanager
    def ferry(_: str) -> Iterator[Boat]:
        yield boat

    monkeypatch.setattr(running, "ferry", ferry)
    shown: list[int] = []
    request = Request((file,), jobs=1, cluster="tcp://nowhere:1", **more)
    report = run(request, lambda progress: shown.append(progress.done), store)
    assert shown == list(range(1, len(shown) + 1))
    return report.files[0], exit_code(report), boat.asked


def plain(report: FileReport) -> object:
    """A report without what differs from run to run."""
    text = json.loads(render(Report((report,))))
    for obligation in text["files"][0]["obligations"]:
        obligation["measured"] = obligation["measured"]["bound"]
    return text["files"]


def test_what_is_true_is_as_here(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = run(Request((file,), jobs=1), lambda _: None).files[0]
    assert [o.as_expected for o in here.outcomes] == [True] * 6
    there, code, questions = asked(monkeypatch, file)
    assert (code, questions) == (0, [6])
    assert plain(there) == plain(here)


@pytest.mark.parametrize(("lost", "questions"), [(1, [6, 3, 3]), (2, [6, 3, 3, 3])])
def test_what_is_lost_is_asked_again_in_parts(
    lost: int, questions: list[int], file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run(Request((file,), jobs=1), lambda _: None).files[0]
    there, code, found = asked(monkeypatch, file, lost=lost)
    assert (code, found) == (0, questions)
    assert plain(there) == plain(here)


def test_what_is_lost_for_ever_is_decided_here(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there, code, questions = asked(monkeypatch, file, lost=10_000)
    assert (code, questions) == (0, [6, 3, 3, 3, 3])
    assert [o.as_expected for o in there.outcomes] == [True] * 6


# --- answers that are not to be believed


def refute(said: dict[str, Any]) -> None:
    """Claims of every obligation what is true of one."""
    true = next(t for t in said["found"] if t["verdict"]["kind"] == "Refuted")
    for told in said["found"]:
        told["verdict"] = true["verdict"]


def first_refuted(said: dict[str, Any]) -> dict[str, Any]:
    true = next(t for t in said["found"] if t["verdict"]["kind"] == "Refuted")
    found: dict[str, Any] = true["verdict"]["rest"][0]
    return found


def test_a_refutation_of_what_is_proved_is_refused(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, code, _ = asked(monkeypatch, file, refute)
    assert code == 4
    verdicts = {(o.obligation.variant, o.obligation.model): o.verdict for o in there.outcomes}
    assert name_of(verdicts["unordered", "lkmm"]) == "broken"  # the answer as a whole is none
    assert all(isinstance(v, Broken) and "need not be allowed" in v.what for v in verdicts.values())


def lie_in(name: str, value: object) -> Change:
    def change(said: dict[str, Any]) -> None:
        first_refuted(said)["parts"][name] = value

    return change


def without_its_steps(said: dict[str, Any]) -> None:
    del first_refuted(said)["record"]["events"][1:]


def read_otherwise(said: dict[str, Any]) -> None:
    for event in first_refuted(said)["record"]["events"]:
        event["reads"] = [None for _ in event["reads"]]


def only_lkmm(said: dict[str, Any]) -> None:
    """The proof under lkmm, turned into the refutation that is true without the barrier."""
    true = next(t for t in said["found"] if t["verdict"]["kind"] == "Refuted")
    said["found"][2]["verdict"] = true["verdict"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lie_in("property", "deadlock"), "does not replay"),
        (lie_in("property", "no-such"), "a property that there is not"),
        (lie_in("model", "armv8"), "need not be allowed"),
        (without_its_steps, "does not replay"),
        (read_otherwise, "does not replay"),
        (only_lkmm, "does not replay"),
    ],
)
def test_an_invented_witness_is_refused(
    change: Change, why: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, code, _ = asked(monkeypatch, file, change)
    assert code == 4
    broken = [o.verdict.what for o in there.outcomes if isinstance(o.verdict, Broken)]
    assert broken
    assert all(why in what for what in broken), broken
    for outcome in there.outcomes:
        if name_of(outcome.verdict) == "refuted":
            assert (outcome.obligation.variant, outcome.obligation.model) == ("unordered", "lkmm")


def test_what_is_shown_of_a_witness_is_made_here(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run(Request((file,), jobs=1), lambda _: None).files[0]

    def retell(said: dict[str, Any]) -> None:
        parts = first_refuted(said)["parts"]
        parts["message"] = "\x1b[2J all is well"
        parts["explanation"] = ["nothing happened"]

    there, code, _ = asked(monkeypatch, file, retell)
    assert (code, plain(there)) == (0, plain(here))


def put(place: str, value: object) -> Change:
    def change(said: dict[str, Any]) -> None:
        said["found"][0][place] = value

    return change


def shorter(said: dict[str, Any]) -> None:
    said["found"].pop()


def no_verdict(said: dict[str, Any]) -> None:
    said["found"][0]["verdict"]["kind"] = "Certified"


@pytest.mark.parametrize(
    "change",
    [
        shorter,
        no_verdict,
        put("asserts", [{"file": "/etc/passwd", "start": 0, "end": 1}]),
        put("asserts", [{"file": "f.khp", "start": 0, "end": 10**9}]),
        put("unmarked", [["a", "\x1b[31m"]]),
        put("suppressed", ["x" * 10_000]),
        put("measured", {"bound": 99}),
        put("measured", {"bound": "one"}),
        put("surprise", 1),
    ],
)
def test_a_damaged_answer_is_none(
    change: Change, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, code, _ = asked(monkeypatch, file, change)
    assert code == 4
    for outcome in there.outcomes:
        assert isinstance(outcome.verdict, Broken)
        assert "the answer of a worker is none: " in outcome.verdict.what


@pytest.mark.parametrize("text", ["", "no text", "{", "\ud800", "[" * 100_000, '{"at": 1}'])
def test_what_is_no_answer_is_none(text: str) -> None:
    with pytest.raises(Damaged):
        answer_of(text)


def test_an_answer_that_is_too_long_is_none(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "LONGEST", 1000)
    there, _, _ = asked(monkeypatch, file)
    assert all("worker is none: it has " in str(o.verdict) for o in there.outcomes)


def test_a_task_is_the_name_of_one_function() -> None:
    named = pickle.dumps(decide)
    assert b"prover.pipeline.cluster.worker" in named
    assert len(named) < 100


def other(said: dict[str, Any]) -> None:
    said["versions"]["z3-solver"] = "4.8.12"
    said["found"] = []


def test_another_solver_ends_the_run(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiagnosticError) as caught:
        asked(monkeypatch, file, other)
    (found,) = caught.value.diagnostics
    assert found.code == "cluster-version"
    assert "z3-solver 4.8.12, not " in found.message


def test_a_worker_without_prove_ends_the_run(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(self: Boat, number: int, _: str) -> None:
        self.answers.append(
            {"id": number, "failed": "ModuleNotFoundError: No module named 'prover'"}
        )

    monkeypatch.setattr(Boat, "ask", ask)
    with pytest.raises(DiagnosticError) as caught:
        asked(monkeypatch, file)
    assert [d.code for d in caught.value.diagnostics] == ["cluster-version"]


def test_a_question_of_another_version_is_not_answered() -> None:
    for text in ("{}", "[", json.dumps({"versions": {}, "files": [], "groups": []})):
        answer = child.answered(text, child.Latest(), "here")
        assert (answer.found, bool(answer.failed)) == ((), True)
        assert answer.versions["z3-solver"]


# --- limits, mistakes, and what is remembered


def slow() -> None:
    time.sleep(30)


def hungry() -> None:
    raise MemoryError


def dead() -> None:
    os._exit(7)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (slow, "timeout after 0.4 s"),
        (dead, "and again when tried alone"),
        (hungry, "out of memory"),
    ],
)
def test_limits_and_accidents_are_told(
    fault: Callable[[], None], why: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prover.pipeline import decide

    monkeypatch.setattr(decide, "_decide", lambda _: fault())
    monkeypatch.setattr(work.Work, "_shared", lambda *_: None)
    there, code, _ = asked(monkeypatch, file, timeout=0.2, variant="unordered", model="lkmm")
    assert code == 3
    for outcome in there.outcomes:
        assert isinstance(outcome.verdict, Unknown)
        assert why in outcome.verdict.why


def test_a_mistake_in_a_variant_is_told_as_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.khp"
    wrong = FILE + "variant odd in passed { drop a.nowhere; expect proved; }\n"
    path.write_text(wrong, encoding="utf-8")
    here = run(Request((str(path),), jobs=1), lambda _: None).files[0]
    there, code, _ = asked(monkeypatch, str(path))
    assert code == 2
    assert there.diagnostics == here.diagnostics != ()


def test_what_a_cluster_decided_answers_no_local_run(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "cache")
    first, _, questions = asked(monkeypatch, file, store=store)
    assert questions == [6]
    again, _, questions = asked(monkeypatch, file, store=store)
    assert questions == []
    assert plain(again) == plain(first)
    here = Request((file,), jobs=1)
    assert known(store, [(file, "")], here) == {}
    Path(file).write_text(FILE + "// said later\n", encoding="utf-8")
    _, _, questions = asked(monkeypatch, file, store=store)
    assert questions == []
    store.close()


def test_what_was_decided_here_is_asked_of_nobody(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "cache")
    run(Request((file,), jobs=1), lambda _: None, store)
    assert asked(monkeypatch, file, store=store)[2] == []
    Path(file).write_text(FILE + "// said later\n", encoding="utf-8")
    assert asked(monkeypatch, file, store=store)[2] == []
    store.close()
