"""Every witness as a table that survives a mail, and eight of them read by a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prover.execution.witness import Witness
from prover.render.table import render_report
from prover.render.witness_table import WIDTH, witness_table
from prover.verdict import FileReport, Refuted, Report

GOLDEN = (
    "checks/final",
    "checks/torn-value",
    "lifetimes/aba_cmpxchg",
    "litmus/iriw_swapped",
    "locks/abba",
    "locks/handler_wants_lock_of_its_cpu",
    "locks/rwsem_recursive_read",
    "sections/call_rcu_early",
    "words/update_low_first",
)


def _witnesses(report: FileReport) -> Iterator[Witness]:
    for outcome in report.outcomes:
        if isinstance(outcome.verdict, Refuted):
            yield outcome.verdict.witness
            yield from outcome.verdict.others


def test_the_table_can_be_mailed(case, library) -> None:
    report = library.report(case)
    refuted = sum(isinstance(o.verdict, Refuted) for o in report.outcomes)
    witnesses = list(_witnesses(report))
    assert len(witnesses) >= refuted
    for witness in witnesses:
        lines = witness_table(witness, report.sources)
        for line in lines:
            assert len(line) <= WIDTH == 75, line
            assert line == line.rstrip(), line
            assert line.isascii(), line
            assert "\t" not in line, line
            assert line.isprintable(), line


def test_the_table_has_its_parts(case, library) -> None:
    """Columns with a rule under each, the bad step marked, and what went wrong, in this order."""
    report = library.report(case)
    for witness in _witnesses(report):
        lines = witness_table(witness, report.sources)
        if not witness.moments:
            assert lines[:2] == ["(in the initial state)", ""]
            assert lines[2].startswith("invariant: ")
            continue
        rule = next(i for i, line in enumerate(lines) if line and set(line) <= set("= "))
        marks = [i for i, line in enumerate(lines) if line and set(line) <= set("^ ")]
        # What no interleaving shows says so above the columns.
        gap = lines.index("", rule)
        heads = " ".join(lines[:rule])
        for number, column in enumerate(witness.columns):
            assert (f"CPU{number}:" in heads) == (column.kind == "actor")
        assert rule < gap
        assert all(rule < mark < gap for mark in marks)
        assert marks
        assert lines[gap + 1].startswith(f"{witness.property}: ")
        assert all(lines[gap + 1 :])


def test_every_witness_marks_a_bad_step(case, library) -> None:
    """One; of a deadlock, everybody who waits."""
    for witness in _witnesses(library.report(case)):
        bad = sum(moment.bad for moment in witness.moments)
        assert bad == 1 or (witness.property == "deadlock" and bad > 1) or not witness.moments


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_tables(library, golden, name: str) -> None:
    (case,) = [c for c in library.cases if c.name == name]
    report = library.report(case)
    (outcome,) = report.outcomes
    assert isinstance(outcome.verdict, Refuted)
    table = "\n".join(witness_table(outcome.verdict.witness, report.sources)) + "\n"
    golden.check(case.path.with_suffix(".expected"), table)


def test_no_golden_table_is_left_over(library) -> None:
    folder = library.cases[0].path.parent.parent
    kept = {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.expected")}
    assert kept == set(GOLDEN)


def test_the_report_says_what_was_found(library) -> None:
    """Without ``-v``: a title and a line per verdict, and the sum."""
    chosen = [c for c in library.cases if c.folder in {"bounds", "vacuity", "obligations"}]
    report = Report(tuple(library.report(case) for case in chosen))
    text = render_report(report, verbose=False, quiet=False, color=False)
    outcomes = sum(len(file.outcomes) for file in report.files)
    assert text.endswith(f"{outcomes} obligations: {outcomes} as expected\n")
    for file in report.files:
        assert f"{file.name}: sc" in text
    for word in ("proved", "refuted", "bounded", "vacuous"):
        assert f"\n  {word} " in text
    assert "can go further" not in text
    assert "^^^^" not in text
    verbose = render_report(report, verbose=True, quiet=False, color=False)
    assert verbose.count("^^^^") >= 5
    assert verbose.count("can go further") >= 4
    assert "note: data races are not checked under sc" in verbose
    quiet = render_report(report, verbose=False, quiet=True, color=False)
    assert "as expected)" not in quiet
