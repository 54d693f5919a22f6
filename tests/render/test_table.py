"""The table of verdicts: at most 79 columns, and nothing lost in them."""

from __future__ import annotations

from prover.render.table import render_report
from prover.verdict import (
    FileReport,
    Measured,
    Obligation,
    Outcome,
    Proved,
    Report,
    Unknown,
    Verdict,
)


def lines_for(scenario: str, verdict: Verdict, *, color: bool = False) -> list[str]:
    obligation = Obligation(scenario, "", (), "sc")
    as_expected = isinstance(verdict, Proved)
    outcome = Outcome(obligation, verdict, None, as_expected, (), Measured())
    report = Report((FileReport("f.khp", (outcome,), (), {}),))
    return render_report(report, verbose=False, quiet=False, color=color).splitlines()


def test_a_short_line_stays_one() -> None:
    lines = lines_for("s", Proved())
    assert lines[1].split() == "proved s all executions, loops complete".split()


def test_a_long_name_has_a_line_of_its_own() -> None:
    lines = lines_for("s" * 60, Proved())
    assert lines[1] == f"  proved   {'s' * 60}"
    assert lines[2].strip() == "all executions, loops complete"


def test_long_reasons_go_on_in_their_column() -> None:
    why = "the solver gave up because " + "of one thing and of another " * 8
    lines = lines_for("scenario", Unknown(why.strip()))[1:-1]
    assert all(len(line) <= 79 for line in lines)
    told = " ".join(line[48:] for line in lines)
    assert told.startswith(why.strip()[:40])
    assert "NOT EXPECTED" in told
    assert {line[:48].strip() for line in lines[1:]} == {""}


def test_colour_moves_nothing() -> None:
    plain, coloured = lines_for("s", Proved()), lines_for("s", Proved(), color=True)
    assert coloured[1] != plain[1]
    assert coloured[1].replace("\x1b[32m", "").replace("\x1b[0m", "") == plain[1]
