"""Obligations as test cases: what the reports for continuous integration have in common.

What is refuted as its file expects passes.  Nothing passes that the exit code does not let pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, TypeAlias

from dsl.diagnostic import Diagnostic
from dsl.source import Span
from prover.execution.witness import Moment
from prover.render.diagnostics import render as render_diagnostics
from prover.render.letters import printable
from prover.render.table import certificate_of, groups_of, plainest, summary_of
from prover.render.witness_table import witness_table
from prover.verdict import (
    Bounded,
    Broken,
    FileReport,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    is_settled,
    name_of,
)

State: TypeAlias = Literal["pass", "failure", "error"]


@dataclass(frozen=True, slots=True)
class Place:
    """A range of the file that was proved; lines and columns count from 1, the end is past it."""

    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Obligations that differ in nothing but config and model, none of them as expected."""

    file: FileReport
    outcome: Outcome
    state: State
    name: str
    scope: str
    found: str
    text: tuple[str, ...]
    place: Place


def files_of(report: Report) -> list[FileReport]:
    """The files that something is said about; not libraries that were only checked."""
    return [file for file in report.files if file.outcomes or file.diagnostics]


def state_of(outcome: Outcome) -> State:
    """Whether a test case passes; without an answer, or with a bug of prove, it is an error."""
    if isinstance(outcome.verdict, Broken):
        return "error"
    if outcome.as_expected:
        # Nothing passes that the exit code does not let pass.
        return "pass" if is_settled(outcome) else "error"
    return "error" if isinstance(outcome.verdict, Unknown) else "failure"


def case_name(outcome: Outcome) -> str:
    """``scenario / variant, PAE=on, lkmm``: different for every obligation of a file."""
    obligation = outcome.obligation
    config = " ".join(f"{name}={value}" for name, value in obligation.configuration)
    parts = (obligation.question, config, obligation.model)
    return printable(", ".join(part for part in parts if part))


def found_in(outcome: Outcome) -> str:
    """``refuted: use-after-free; expected: proved``."""
    said = f"{name_of(outcome.verdict)}: {summary_of(outcome.verdict)}"
    missing = "" if is_settled(outcome) or not outcome.as_expected else certificate_of(outcome)
    return printable("; ".join(filter(None, (said, f"expected: {_expected(outcome)}", missing))))


def _expected(outcome: Outcome) -> str:
    expected = outcome.expected
    if expected is None:
        return "proved (nothing said)"
    words = f"{expected.verdict} {', '.join(expected.properties)}".strip()
    return words + (f" allowing {', '.join(expected.allowing)}" if expected.allowing else "")


def details(outcome: Outcome, file: FileReport) -> tuple[str, ...]:
    """The table of every witness, or the loops of a bound."""
    lines: list[str] = []
    match outcome.verdict:
        case Refuted(witness=first, others=others):
            for witness in (first, *others):
                lines += ["", *witness_table(witness, file.sources, plainly=True)]
        case Bounded(loops=loops):
            lines += [f"loop at {named(loop, file)} can go further" for loop in loops]
        case _:
            pass
    return tuple(map(printable, lines[1:] if lines and not lines[0] else lines))


def errors_of(file: FileReport) -> tuple[str, ...]:
    """A file's diagnostics as they are printed."""
    if not file.diagnostics:
        return ()
    text = render_diagnostics(file.diagnostics, file.sources, color=False)
    return tuple(map(printable, text.splitlines()))


def notes_of(file: FileReport) -> list[str]:
    """What the verdicts of a file do not cover, each once, and what proofs take for granted."""
    notes = (*file.notes, *(note for outcome in file.outcomes for note in outcome.notes))
    limits = (
        f"{path_of(file)}: {case_name(outcome)}: proved, {outcome.verdict.number.limited}"
        for outcome in file.outcomes
        if isinstance(outcome.verdict, Proved)
        and outcome.verdict.number is not None
        and outcome.verdict.number.limited
    )
    return [printable(note) for note in dict.fromkeys((*notes, *limits))]


def findings(file: FileReport) -> Iterator[Finding]:
    """What is not as expected in a file."""
    for group in groups_of(file.outcomes):
        # Of a group all have one verdict and one expectation, so they have one state.
        outcome = plainest(group)
        state = state_of(outcome)
        if state != "pass":
            yield Finding(
                file=file,
                outcome=outcome,
                state=state,
                name=printable(outcome.obligation.question),
                scope=printable(scope(group)),
                found=found_in(outcome),
                text=details(outcome, file),
                place=place(spans_of(outcome), file),
            )


def scope(group: Sequence[Outcome]) -> str:
    """The configs and models of a group: ``PAE=off or PAE=on; sc, tso``."""
    texts = [" ".join(f"{n}={v}" for n, v in o.obligation.configuration) for o in group]
    configs = " or ".join(text for text in dict.fromkeys(texts) if text)
    models = ", ".join(dict.fromkeys(o.obligation.model for o in group))
    return "; ".join(part for part in (configs, models) if part)


def spans_of(outcome: Outcome) -> list[Span]:
    """The places that an outcome is about, the best of them last: where it goes wrong."""
    spans: list[Span] = []
    if outcome.expected is not None:
        spans.append(outcome.expected.span)
    match outcome.verdict:
        case Refuted(witness=witness):
            for moment in witness.moments:
                if moment.bad:
                    spans += way_to(moment)
        case Bounded(loops=loops):
            spans += loops[:1]
        case _:
            pass
    return spans


def way_to(moment: Moment) -> list[Span]:
    """The calls that a step is made in, the outermost first, and the step."""
    return [*(call.site for call in moment.calls), moment.span]


def place_of_error(diagnostic: Diagnostic, file: FileReport) -> Place:
    """Where a diagnostic is; one about an import is where the file leads there."""
    labels = (*diagnostic.trail, *([diagnostic.primary] if diagnostic.primary else []))
    return place((label.span for label in labels), file)


def place(spans: Iterable[Span], file: FileReport) -> Place:
    """The last of the spans that is in the file itself; the file's first line if none is.

    Imports are known by what the import says, not by a path that a forge could open.
    """
    own = [range_of(span, file) for span in spans if is_own(span, file)]
    return (own[-1] if own else None) or Place()


def is_own(span: Span, file: FileReport) -> bool:
    """Whether a span is in the file itself, also where it was named as ``-`` or ``./p.khp``."""
    return span.file == ("<stdin>" if file.name == "-" else str(PurePath(file.name)))


def range_of(span: Span, file: FileReport) -> Place | None:
    """A span by lines and columns; None where its text is not known."""
    source = file.sources.get(span.file)
    if source is None:
        return None
    line, column = source.line_column(span.start)
    end_line, end_column = source.line_column(max(span.start, span.end))
    return Place(line, column, end_line, end_column)


def named(span: Span, file: FileReport) -> str:
    """``kernel/pgtable.khp:12``, also of an import."""
    source = file.sources.get(span.file)
    return span.file if source is None else f"{span.file}:{source.line_column(span.start)[0]}"


def path_of(file: FileReport) -> str:
    """A file's name as a path of its repository has it: without ``./``."""
    return PurePath(file.name).as_posix()
