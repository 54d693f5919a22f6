"""What a worker may answer, with no cluster between: true, late, damaged, invented."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from dsl.diagnostic import DiagnosticError
from prover.cache.codec import Damaged
from prover.pipeline import run
from prover.pipeline.cluster import checked, child
from prover.pipeline.cluster.checked import answer_of
from prover.pipeline.cluster.worker import decide
from prover.verdict import Broken, Request, name_of
from tests.cluster.ferry import Boat, Change, asked, plain


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
    here = run(Request((file,), jobs=1), lambda _: None).files[0]
    there, code, questions = asked(monkeypatch, file, lost=10_000)
    assert (code, questions) == (0, [6, 3, 3, 3, 3])
    assert plain(there) == plain(here)


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
    there, code, _ = asked(monkeypatch, file)
    assert code == 4
    for outcome in there.outcomes:
        assert isinstance(outcome.verdict, Broken)
        assert "the answer of a worker is none: it has " in outcome.verdict.what


def test_a_worker_that_fails_is_not_asked_for_ever(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(self: Boat, number: int, _: str) -> None:
        self.asked.append(number)
        self.answers.append({"id": number, "failed": "OSError: No space left on device"})

    monkeypatch.setattr(Boat, "ask", ask)
    there, code, questions = asked(monkeypatch, file)
    assert (code, len(questions)) == (0, 5)
    assert [o.as_expected for o in there.outcomes] == [True] * 6


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
