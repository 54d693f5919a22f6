"""A second opinion: what it says, and what becomes of a verdict where it says nothing or no."""

from __future__ import annotations

import errno
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.frozen import replace
from dsl.source import Span
from prover.cache.store import Store
from prover.pipeline import run
from prover.pipeline.certify import Rests, Second, certified, relied_on
from prover.pipeline.decision import Decision
from prover.pipeline.pool import Lost
from prover.smt.backends.cvc5 import ask
from prover.smt.backends.z3 import Session
from prover.smt.claim import Claim
from prover.smt.reply import GaveUp, Reply, Sat, Unsat
from prover.verdict import (
    Broken,
    Measured,
    Outcome,
    Progress,
    Proved,
    Report,
    Request,
    exit_code,
    name_of,
)

HEAD = "models lkmm, tso, sc;\nint x;\nspinlock_t lock;\n"

COUNTS = """
actor adds {
	spin_lock(&lock);
	x = x + 1;
	spin_unlock(&lock);
}
scenario counts { run adds * 2; final x == 2; expect proved; }
"""

BETWEEN = """
actor writes { WRITE_ONCE(x, 1); WRITE_ONCE(x, 2); }
actor between { if (READ_ONCE(x) == 1) assert(READ_ONCE(x) > 0); }
scenario sees { run writes, between; expect proved; }
"""

LOSES = """
actor loses { int old = READ_ONCE(x); WRITE_ONCE(x, old + 1); }
scenario lost { run loses * 2; final x == 2; expect refuted final; }
"""

ALONE = """
actor alone { WRITE_ONCE(x, 1); }
scenario quiet { run alone; expect proved; }
"""

SPINS = """
actor polls { spin_lock(&lock); while (READ_ONCE(x) < 2) WRITE_ONCE(x, x + 1); spin_unlock(&lock); }
scenario brief { run polls * 2; final x == 2; expect proved; }
scenario cut { run polls * 2; bound 1; expect bounded; }
"""

VARIANTS = """
actor twice { spin_lock(&lock); x = x + 1; a: barrier(); x = x + 1; spin_unlock(&lock); }
scenario both { run twice * 2; final x == 4; expect proved; }
variant bare in both { drop twice.a; expect proved; }
variant bare_too in both { replace twice.a with { smp_mb(); } expect proved; }
"""

Ask = Callable[[str, float], Reply]


def prove(
    folder: Path,
    text: str,
    solver: Ask = ask,
    *,
    name: str = "other 1",
    store: Store | None = None,
    timeout: float = 20,
    memory: int = 2048,
) -> Report:
    file = folder / "f.khp"
    file.write_text(HEAD + text, encoding="utf-8")
    request = Request((str(file),), jobs=1, timeout=timeout, memory=memory)
    second = Second(name, solver, "first 1", folder / "kept")
    return run(request, lambda _: None, store, second)


def outcomes(report: Report) -> tuple[Outcome, ...]:
    (file,) = report.files
    assert not file.diagnostics, file.diagnostics
    return file.outcomes


def states(report: Report) -> set[tuple[str, str]]:
    """The verdicts, each with what the second solver says of it."""
    return {
        (name_of(o.verdict), o.certificate.state)
        for o in outcomes(report)
        if o.certificate is not None
    }


def opposite(script: str, seconds: float) -> Reply:
    return Sat({}) if isinstance(ask(script, seconds), Unsat) else Unsat()


def silent(_script: str, _seconds: float) -> Reply:
    return GaveUp("no idea")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (COUNTS, {("proved", "certified")}),
        (BETWEEN, {("proved", "certified")}),
        (LOSES, {("refuted", "replayed")}),
        (ALONE, {("proved", "no solver")}),
        (VARIANTS, {("proved", "certified")}),
    ],
)
def test_what_is_certified(text: str, wanted: set[tuple[str, str]], tmp_path: Path) -> None:
    report = prove(tmp_path, text)
    assert states(report) == wanted
    assert exit_code(report) == 0
    assert all(o.certificate and o.certificate.by == "other 1" for o in outcomes(report))


def test_bounded_verdicts_and_loops_are_certified(tmp_path: Path) -> None:
    report = prove(tmp_path, SPINS)
    assert states(report) == {("proved", "certified"), ("bounded", "certified")}
    asked = {name_of(o.verdict): o.certificate.answers for o in outcomes(report) if o.certificate}
    # A proof rests on its loops' ends, too.
    assert asked["proved"] > asked["bounded"] >= 1
    assert exit_code(report) == 0


def test_a_disagreement_is_a_bug_and_keeps_question_and_answers(tmp_path: Path) -> None:
    report = prove(tmp_path, COUNTS, opposite)
    assert states(report) == {("broken", "disagreement")}
    assert exit_code(report) == 4
    kept = sorted((tmp_path / "kept").iterdir())
    assert kept
    for folder in kept:
        assert {path.name for path in folder.iterdir()} == {"question.smt2", "answers.txt"}
        script = (folder / "question.smt2").read_text(encoding="utf-8")
        said = (folder / "answers.txt").read_text(encoding="utf-8")
        assert said == "first 1: unsat\nother 1: sat\n"
        assert ask(script, 20) == Unsat()
    for outcome in outcomes(report):
        assert isinstance(outcome.verdict, Broken)
        assert str(tmp_path / "kept") in outcome.verdict.what


def test_what_is_reached_on_the_word_of_a_solver_is_asked_too(tmp_path: Path) -> None:
    def reaches_nothing(script: str, seconds: float) -> Reply:
        reply = ask(script, seconds)
        return Unsat() if isinstance(reply, Sat) else reply

    assert states(prove(tmp_path, BETWEEN, reaches_nothing)) == {("broken", "disagreement")}


def test_each_answer_that_is_kept_matters(tmp_path: Path) -> None:
    """Whichever question is answered otherwise, some proof falls."""
    folder = tmp_path / "asked"
    folder.mkdir()

    def noted(script: str, seconds: float) -> Reply:
        (folder / str(hash(script))).write_text(script, encoding="utf-8")
        return ask(script, seconds)

    prove(tmp_path, COUNTS + VARIANTS, noted)
    scripts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    assert len(scripts) >= 2
    for wrong in scripts:

        def planted(script: str, seconds: float, wrong: str = wrong) -> Reply:
            return (opposite if script == wrong else ask)(script, seconds)

        assert ("broken", "disagreement") in states(prove(tmp_path, COUNTS + VARIANTS, planted))


def test_the_first_solver_says_the_same_of_what_the_second_is_asked(tmp_path: Path) -> None:
    """One script without assumptions is the question that was asked with them."""

    def first(script: str, seconds: float) -> Reply:
        return Session(script.removesuffix("(check-sat)\n"), seconds).ask("true", values=False)

    assert states(prove(tmp_path, COUNTS + BETWEEN + VARIANTS, first)) == {("proved", "certified")}


def test_without_an_answer_the_proof_stands_and_is_not_certified(tmp_path: Path) -> None:
    report = prove(tmp_path, COUNTS + LOSES, silent)
    assert states(report) == {("proved", "not certified"), ("refuted", "replayed")}
    assert exit_code(report) == 3
    assert all(outcome.as_expected for outcome in outcomes(report))
    (why,) = {o.certificate.why for o in outcomes(report) if o.certificate and o.certificate.why}
    assert why == "no idea"


def test_who_does_not_come_back_is_ended_from_outside(tmp_path: Path) -> None:
    def stuck(_script: str, _seconds: float) -> Reply:
        time.sleep(60)
        return Unsat()

    start = time.monotonic()
    report = prove(tmp_path, COUNTS, stuck, timeout=0.5)
    assert time.monotonic() - start < 20
    assert states(report) == {("proved", "not certified")}
    assert {o.certificate.why for o in outcomes(report) if o.certificate} == {"timeout after 0.5 s"}


def test_who_takes_too_much_memory_is_ended_from_outside(tmp_path: Path) -> None:
    def hungry(_script: str, _seconds: float) -> Reply:
        assert len([bytes(64 << 20) for _ in range(64)]) == 64
        return Unsat()

    report = prove(tmp_path, COUNTS, hungry)
    assert states(report) == {("proved", "not certified")}
    for outcome in outcomes(report):
        assert outcome.certificate is not None
        assert outcome.certificate.why.endswith("and again when tried alone")


def test_a_question_that_cannot_be_read_has_no_answer() -> None:
    for script in (
        "",
        "(set-logic QF_IDL)\n(assert b)\n(check-sat)",
        "(assert (",
        "(check-sat)" * 2,
    ):
        assert isinstance(ask(script, 5), GaveUp)


def test_the_time_limit_reaches_the_solver() -> None:
    """Pigeons: twelve of them in eleven holes take longer than that."""
    holes, pigeons = range(11), range(12)
    lines = ["(set-logic QF_IDL)"]
    lines += [f"(declare-const p{p}_{h} Bool)" for p in pigeons for h in holes]
    lines += [f"(assert (or {' '.join(f'p{p}_{h}' for h in holes)}))" for p in pigeons]
    lines += [
        f"(assert (or (not p{p}_{h}) (not p{q}_{h})))"
        for h in holes
        for p in pigeons
        for q in range(p)
    ]
    start = time.monotonic()
    assert ask("\n".join([*lines, "(check-sat)"]), 0.3) == GaveUp("timeout after 0.3 s")
    assert time.monotonic() - start < 10


def test_a_script_has_everything_that_was_told_and_assumed() -> None:
    claim = Claim(("(declare-const a Bool)\n", "(declare-const b! Bool)"), ("a", "!b!", "a"), False)
    assert claim.script() == (
        "(declare-const a Bool)\n(declare-const b! Bool)\n(assert a)\n(assert (not b!))\n(check-sat)\n"
    )
    assert claim.answer == "unsat"
    assert replace(claim, holds=True).answer == "sat"


# --- what is remembered ----------------------------------------------------------------------


def test_a_verdict_that_is_remembered_is_not_certified_for_that(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    file = tmp_path / "f.khp"
    file.write_text(HEAD + COUNTS, encoding="utf-8")
    run(Request((str(file),), jobs=1, timeout=20, memory=512), lambda _: None, store)
    assert states(prove(tmp_path, COUNTS, silent, store=store)) == {("proved", "not certified")}
    assert states(prove(tmp_path, COUNTS, opposite, store=store)) == {("broken", "disagreement")}
    # And nothing of that is told to those who ask for no second opinion.
    plain = run(Request((str(file),), jobs=1, timeout=20, memory=512), lambda _: None, store)
    assert {(name_of(o.verdict), o.certificate) for o in outcomes(plain)} == {("proved", None)}


def test_answers_are_remembered_by_who_gave_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    asked = tmp_path / "asked"

    def counting(script: str, seconds: float) -> Reply:
        with asked.open("a", encoding="utf-8") as file:
            file.write("x")
        return ask(script, seconds)

    assert states(prove(tmp_path, COUNTS, counting, store=store)) == {("proved", "certified")}
    once = len(asked.read_text(encoding="utf-8"))
    assert once
    assert states(prove(tmp_path, COUNTS, counting, store=store)) == {("proved", "certified")}
    assert len(asked.read_text(encoding="utf-8")) == once
    prove(tmp_path, COUNTS, counting, name="other 2", store=store)
    assert len(asked.read_text(encoding="utf-8")) == 2 * once


# --- what cannot be shown is not certified ---------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "said", "state"),
    [
        (Decision(Proved(), Measured()), {}, "not certified"),
        (Decision(Proved(), Measured(), grounds=("a-unsat",)), {}, "not certified"),
        (Decision(Proved(), Measured(), grounds=("a-unsat",)), {"a": "unknown"}, "not certified"),
        (Decision(Proved(), Measured(), grounds=("a-unsat",)), {"a": "unsat"}, "certified"),
        (
            Decision(Proved(), Measured(), grounds=("a-unsat",), reaching=("b-sat",)),
            {"a": "unsat"},
            "not certified",
        ),
        (
            Decision(Proved(), Measured(), grounds=("a-unsat", "b-unsat")),
            {"a": "unsat", "b": "no idea"},
            "not certified",
        ),
    ],
)
def test_all_that_a_proof_rests_on_has_to_be_there(
    decision: Decision, said: dict[str, str], state: str, tmp_path: Path
) -> None:
    second = Second("other 1", silent, "first 1", tmp_path / "kept")
    ((_, certificate),) = certified(second, tmp_path, [decision], relied_on([decision], [0]), said)
    assert certificate.state == state


def test_what_another_obligation_reaches_counts_where_one_does_not_reach_it() -> None:
    here, span = Measured(), Span("f.khp", 0, 1)
    reaches = Decision(Proved(), here, grounds=("a-unsat",), reaching=("b-sat",))
    does_not = Decision(Proved(), here, (span,), (span,), grounds=("c-unsat",))
    whole = Decision(Proved(), here, grounds=("d-unsat",))
    lost = Lost("gone")
    assert relied_on([reaches, does_not, whole, lost, does_not], [0, 0, 0, 0, 1]) == [
        Rests(("a-unsat", "b-sat")),
        Rests(("c-unsat", "b-sat")),
        Rests(("d-unsat",)),
        Rests(),
        Rests(("c-unsat",)),
    ]


# --- whole folders ---------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]


@pytest.mark.soak
@pytest.mark.parametrize("folder", ["protocols/teaching", "tests/cases/verdict"])
def test_whole_folders_are_certified(folder: str, tmp_path: Path) -> None:
    """Nothing that is proved there is wrong, and little too hard for the second solver."""
    second = Second("cvc5", ask, "z3", tmp_path)
    report = run(Request((str(ROOT / folder),)), lambda _: None, None, second)
    found = [o for file in report.files for o in file.outcomes]
    told = Counter(o.certificate.state for o in found if o.certificate is not None)
    assert told.total() == len(found) > 100
    assert not told["disagreement"]
    assert told["not certified"] <= told["certified"] // 20


def test_where_no_question_can_be_kept_nothing_is_certified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    report = prove(tmp_path, COUNTS)
    assert states(report) == {("proved", "not certified")}
    assert exit_code(report) == 3


def test_progress_goes_on(tmp_path: Path) -> None:
    shown: list[Progress] = []
    file = tmp_path / "f.khp"
    file.write_text(HEAD + COUNTS, encoding="utf-8")
    second = Second("other 1", ask, "first 1", tmp_path / "kept")
    run(Request((str(file),), jobs=1, timeout=20, memory=512), shown.append, None, second)
    assert shown[-1].done == shown[-1].total
    assert shown[-1].current.startswith("other 1")
