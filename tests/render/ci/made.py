"""Runs made by hand: every verdict, places in imports, and names that want to be something else."""

from __future__ import annotations

from dsl import frozen
from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import replace
from dsl.protocol import ALWAYS, Expect
from dsl.source import Span
from prover.verdict import (
    Bounded,
    Broken,
    FileReport,
    Measured,
    Obligation,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    Vacuous,
    Verdict,
    meets,
)
from tests.render.hand_made import at, hostile, source, use_after_free

EVIL = "a\n::error::b]]>\x1b[31m<!-- | `` # SKIP %0A,:\u202e\udcff.khp"
"""The name of a file; the last but four is a byte that is no UTF-8."""


def outcome(verdict: Verdict, expected: str = "", scenario: str = "one") -> Outcome:
    """An obligation of which a proof is expected, unless ``expected`` says what."""
    wanted = None
    if expected:
        properties = ("use-after-free",) if expected == "refuted" else ()
        wanted = Expect(expected, properties, (), ALWAYS, (), at(2))
    obligation = Obligation(scenario, "", (("PAE", "on"),), "lkmm")
    return Outcome(obligation, verdict, wanted, meets(verdict, wanted), ("a note",), Measured())


def file(*outcomes: Outcome, name: str = "made.khp") -> FileReport:
    return FileReport(name, outcomes, (), source(name))


def every_verdict() -> Report:
    """Two that pass and six that do not."""
    refuted = Refuted(use_after_free())
    return Report(
        (
            file(
                outcome(Proved(), "", "proved"),
                outcome(refuted, "refuted", "refuted"),
                outcome(refuted, "", "unexpected"),
                outcome(Proved(), "refuted", "no_longer"),
                outcome(Bounded(2, (at(3),)), "", "bounded"),
                outcome(Vacuous("no run ends"), "", "vacuous"),
                outcome(Unknown("out of time"), "", "unknown"),
                outcome(Broken("it does not replay"), "", "broken"),
            ),
            FileReport("library.khp", (), (), {}),
        )
    )


def in_an_import(*, called: bool = True) -> Report:
    """A violation in an import, which the file calls in its fourth line, or an actor of it has."""
    made = use_after_free()
    call = replace(made.moments[3].calls[0], site=at(4))
    bad = replace(made.moments[-1], span=at(2, name="lib.khp"), calls=(call,) if called else ())
    witness = replace(made, moments=(*made.moments[:-1], bad))
    report = file(outcome(Refuted(witness)))
    return Report((frozen.replace(report, sources={**source(), **source("lib.khp")}),))


def evil() -> Report:
    """Hostile names and texts everywhere."""
    witness = hostile()
    outcomes = (outcome(Refuted(witness), "", EVIL), outcome(Unknown(EVIL), "", "two"))
    wrong = Diagnostic(EVIL, EVIL, Label(Span(EVIL, 0, 3), EVIL), (), EVIL)
    broken = FileReport(EVIL, (), (wrong, wrong), source(EVIL, (EVIL,)))
    return Report((file(*outcomes, name=EVIL), broken))


def many(count: int) -> Report:
    """As many files, each with a refutation and an answer that is missing."""
    one, two = outcome(Refuted(use_after_free())), outcome(Unknown("out of time"), "", "two")
    return Report(tuple(file(one, two, name=f"f{number}.khp") for number in range(count)))
