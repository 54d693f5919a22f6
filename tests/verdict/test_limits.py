"""What was not expected, what was not settled, and what the run exits with."""

from __future__ import annotations

import pytest

from prover.verdict import (
    Bounded,
    FileReport,
    Outcome,
    Refuted,
    Report,
    Unknown,
    exit_code,
    name_of,
)

PROVED = "int x; actor a { x = 1; } scenario s { run a; final x == 1; EXPECT }"
REFUTED = "int x; actor a { x = 1; } scenario s { run a; final x == 0; EXPECT }"
BOUNDED = "int x; actor a { while (true) x = 1; } scenario s { run a; bound 2; EXPECT }"
VACUOUS = "int x; actor a { assume(x == 1); } scenario s { run a; EXPECT }"
BROKEN_FILE = "actor a { y = 1; } scenario s { run a; }"
LARGE = """int x; int y; spinlock_t l;
actor a { for (int i = 0; i < 4; i++) { spin_lock(&l); x = x + y; y = x ^ 3; spin_unlock(&l); } }
scenario s { run a * 3; final x != 77; EXPECT }"""


def text_of(text: str, expect: str = "") -> str:
    return "models sc;\n" + text.replace("EXPECT", expect)


@pytest.mark.parametrize(
    ("text", "expect", "verdict", "code"),
    [
        (PROVED, "", "proved", 0),
        (PROVED, "expect proved;", "proved", 0),
        (PROVED, "expect refuted final;", "proved", 1),
        (PROVED, "expect bounded;", "proved", 1),
        (PROVED, "expect vacuous;", "proved", 1),
        (PROVED, "expect unknown;", "proved", 1),
        (REFUTED, "", "refuted", 1),
        (REFUTED, "expect proved;", "refuted", 1),
        (REFUTED, "expect refuted final;", "refuted", 0),
        (REFUTED, "expect refuted assert;", "refuted", 1),
        (REFUTED, "expect refuted assert, final;", "refuted", 1),
        (REFUTED, "expect refuted assert allowing final;", "refuted", 1),
        (REFUTED, "expect refuted final allowing assert;", "refuted", 0),
        (REFUTED, "expect bounded;", "refuted", 1),
        (BOUNDED, "", "bounded", 3),
        (BOUNDED, "expect proved;", "bounded", 3),
        (BOUNDED, "expect bounded;", "bounded", 0),
        (BOUNDED, "expect refuted final;", "bounded", 3),
        (VACUOUS, "", "vacuous", 3),
        (VACUOUS, "expect proved;", "vacuous", 3),
        (VACUOUS, "expect vacuous;", "vacuous", 0),
    ],
)
def test_expectations(library, text: str, expect: str, verdict: str, code: int) -> None:
    report = library.prove(text_of(text, expect))
    outcome = only(report)
    assert name_of(outcome.verdict) == verdict
    assert outcome.as_expected == (code == 0)
    assert exit_code(report) == code


def only(report: Report) -> Outcome:
    (file,) = report.files
    (outcome,) = file.outcomes
    return outcome


def test_an_unlisted_violation_is_not_expected(library) -> None:
    text = "int x; actor a { if (choose(0, 1)) BUG(); x = 1; } scenario s { run a; final x == 0; EXPECT }"
    assert exit_code(library.prove(text_of(text, "expect refuted final;"))) == 1
    assert exit_code(library.prove(text_of(text, "expect refuted bug-on;"))) == 1
    assert exit_code(library.prove(text_of(text, "expect refuted bug-on, final;"))) == 0
    assert exit_code(library.prove(text_of(text, "expect refuted bug-on allowing final;"))) == 0


@pytest.mark.parametrize(("expect", "code"), [("", 3), ("expect unknown;", 0)])
def test_a_tiny_timeout_is_unknown(library, expect: str, code: int) -> None:
    report = library.prove(text_of(LARGE, expect), timeout=0.005)
    verdict = only(report).verdict
    assert isinstance(verdict, Unknown)
    assert verdict.why
    assert exit_code(report) == code


def test_a_bounded_verdict_names_the_loop(library) -> None:
    text = text_of(BOUNDED, "expect bounded;")
    report = library.prove(text)
    verdict = only(report).verdict
    assert isinstance(verdict, Bounded)
    (loop,) = verdict.loops
    assert text[loop.start :].startswith("while (true)")
    assert verdict.bound == 2


def test_max_bound_limits_what_the_scenario_says(library) -> None:
    text = text_of(BOUNDED.replace("bound 2", "bound 6"), "expect bounded;")
    verdict = only(library.prove(text, max_bound=1)).verdict
    assert isinstance(verdict, Bounded)
    assert verdict.bound == 1


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ((PROVED, VACUOUS), 3),
        ((VACUOUS, REFUTED), 1),
        ((REFUTED, BROKEN_FILE, VACUOUS), 2),
        ((PROVED, PROVED), 0),
    ],
)
def test_the_worst_of_all_files_is_the_exit_code(
    library, texts: tuple[str, ...], code: int
) -> None:
    assert exit_code(library.prove(*(text_of(text) for text in texts))) == code


def test_a_file_with_errors_does_not_keep_others_from_being_proved(library) -> None:
    report = library.prove(text_of(BROKEN_FILE), text_of(PROVED), "models sc;\nactor {")
    first, second, third = report.files
    assert [d.code for d in first.diagnostics] == ["unknown-name"]
    assert third.diagnostics
    assert verdicts(first) == verdicts(third) == []
    assert verdicts(second) == ["proved"]


def verdicts(file: FileReport) -> list[str]:
    return [name_of(outcome.verdict) for outcome in file.outcomes]


def classes(count: int, body: str) -> str:
    declared = "\n".join(
        f"struct t{n}_t {{ spinlock_t l; }};\nstruct t{n}_t o{n};" for n in range(count)
    )
    return f"{declared}\nactor a {{\n{body}}}\nscenario s {{ run a; }}\n"


def nested(one: int, other: int) -> str:
    locks = f"spin_lock(&o{one}.l); spin_lock(&o{other}.l);"
    return f"{locks} spin_unlock(&o{other}.l); spin_unlock(&o{one}.l);\n"


@pytest.mark.parametrize(("count", "verdict"), [(8, "refuted"), (9, "unknown")])
def test_a_long_circle_of_lock_classes_is_no_proof(library, count: int, verdict: str) -> None:
    body = "".join(nested(n, (n + 1) % count) for n in range(count))
    outcome = only(library.prove("models sc;\n" + classes(count, body)))
    assert name_of(outcome.verdict) == verdict
    if isinstance(outcome.verdict, Unknown):
        assert "lock classes in a circle of more than 8" in outcome.verdict.why


def test_a_long_chain_of_lock_classes_takes_no_time(library) -> None:
    down = "".join(f"spin_lock(&o{n}.l);\n" for n in range(30))
    up = "".join(f"spin_unlock(&o{n}.l);\n" for n in reversed(range(30)))
    report = library.prove("models sc;\n" + classes(30, down + up + nested(29, 28)))
    verdict = only(report).verdict
    assert isinstance(verdict, Refuted)
    assert verdict.properties == ("lock-order",)
