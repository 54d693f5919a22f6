"""The process that proves one scenario for the server: the ordinary pipeline, and what to show.

It is asked on standard input and answers on standard output; it ends when the server does.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from dsl.files import library_root
from dsl.source import Source, Span, sum_of
from prover.lsp.asked import Answer, Asked, Found, Going, Line, Message, Related, Weight, written
from prover.lsp.paths import real
from prover.lsp.places import UNITS, Lines, Range
from prover.pipeline import run
from prover.render.ci.cases import is_own, scope, spans_of
from prover.render.letters import printable
from prover.render.table import groups_of, plainest, summary_of
from prover.render.witness_rows import shortened, shown_rows, source_text
from prover.render.witness_table import explained, shown_by, title_of
from prover.verdict import (
    Bounded,
    Broken,
    FileReport,
    Outcome,
    Progress,
    Proved,
    Refuted,
    Request,
    name_of,
)

PR_SET_PDEATHSIG: Final = 1
"""prctl(2): the signal that a process gets when its parent dies."""


PARTLY: Final = "whether some scenario of the file reaches each assertion: `prove FILE` says"
"""What a proof of a part of a file leaves open."""


def end_with(parent: int) -> bool:
    """Asks the kernel to end this process when its parent does; False where that is gone."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


def prove(asked: Asked, say: Callable[[bytes], None]) -> None:
    """Proves what is asked; says how far it is, then the answer."""
    request = Request(
        (asked.path,),
        scenario=asked.scenario or None,
        variant=asked.variant or None,
        explain=bool(asked.variant),
        reasons=True,
        texts=asked.texts,
    )

    def going(progress: Progress) -> None:
        now = Going(progress.done, progress.total, printable(progress.current))
        say(written(Line(going=now)))

    (file,) = run(request, going).files
    say(written(Line(answer=_answer(file, asked))))


def _answer(file: FileReport, asked: Asked) -> Answer:
    read = tuple(
        (real(Path(_path(name))), sum_of(source.text))
        for name, source in sorted(file.sources.items())
    )
    if file.diagnostics:
        first = file.diagnostics[0]
        return Answer(read=read, refused=printable(f"{first.code}: {first.message}"))
    shown = _Shown(file, asked)
    groups = groups_of(file.outcomes)
    return Answer(
        messages=tuple(shown.message(group) for group in groups),
        found=tuple(map(_found, file.outcomes)),
        read=read,
        said=_said(file, groups),
    )


def _path(name: str) -> str:
    """Where a file is that a span names: imports of the library are named from its root."""
    return name if os.path.isabs(name) else str(library_root() / name)  # noqa: PTH117


def _found(outcome: Outcome) -> Found:
    o, verdict = outcome.obligation, outcome.verdict
    properties = verdict.properties if isinstance(verdict, Refuted) else ()
    return Found(
        o.scenario,
        o.variant,
        dict(o.configuration),
        o.model,
        name_of(verdict),
        properties,
        outcome.as_expected,
    )


def _said(file: FileReport, groups: list[list[Outcome]]) -> str:
    """``walk_fault: proved (all executions, loops complete)``, and how much is as expected."""
    total = len(file.outcomes)
    good = sum(outcome.as_expected for outcome in file.outcomes)
    if len(groups) == 1:
        outcome = plainest(groups[0])
        verdict = f"{name_of(outcome.verdict)} ({summary_of(outcome.verdict)})"
        return printable(f"{outcome.obligation.question}: {verdict}; {good} of {total} as expected")
    names = sorted({outcome.obligation.scenario for outcome in file.outcomes})
    return printable(f"{', '.join(names)}: {good} of {total} obligations as expected")


class _Shown:
    """Verdicts as messages at places of the file."""

    def __init__(self, file: FileReport, asked: Asked) -> None:
        self._file = file
        self._lines: dict[str, Lines] = {}
        self._units = UNITS.get(asked.units, UNITS["utf-16"])

    def message(self, group: list[Outcome]) -> Message:
        """One verdict, of obligations that differ in config and model only."""
        outcome = plainest(group)
        verdict = outcome.verdict
        lines = [f"{outcome.obligation.question}: {name_of(verdict)} ({scope(group)})"]
        related: list[Related] = []
        code = name_of(verdict)
        match verdict:
            case Refuted(witness=witness, others=others):
                code = witness.property
                for each in (witness, *others):
                    said = "; ".join((*explained(each), *each.because))
                    lines.append(f"{each.property}: {said}")
                shows = shown_by(witness)
                lines += [shows] if shows else []
                related += self._steps(verdict)
            case Bounded(loops=loops):
                lines.append(summary_of(verdict))
                related += [self._related(loop, "this loop can go further") for loop in loops]
            case _:
                lines.append(summary_of(verdict))
        lines.append(_expectation(outcome))
        notes = dict.fromkeys(note for each in group for note in each.notes)
        if isinstance(verdict, Proved):
            notes[PARTLY] = None
        lines += [f"not covered: {note}" for note in notes]
        text = "\n".join(map(printable, lines))
        return Message(_weight(outcome), code, text, self._place(outcome), tuple(related))

    def _steps(self, verdict: Refuted) -> Iterator[Related]:
        """The decisive steps of the execution, in order."""
        witness, sources = verdict.witness, self._file.sources
        for number, row in enumerate(shown_rows(witness, sources, full=False), 1):
            moment = row.moment
            if moment.span.file not in sources:
                continue
            title = title_of(witness.columns[moment.thread], moment.thread)
            said = shortened(source_text(moment, sources))
            facts = f" [{', '.join(row.facts())}]" if row.facts() else ""
            yield self._related(moment.span, f"{number}. {title}: {said}{facts}")

    def _related(self, span: Span, text: str) -> Related:
        return Related(_path(span.file), self._range(span), printable(text))

    def _range(self, span: Span) -> Range:
        source = self._file.sources.get(span.file) or Source(span.file, "")
        if span.file not in self._lines:
            self._lines[span.file] = Lines(source.text, self._units)
        return self._lines[span.file].range(span)

    def _place(self, outcome: Outcome) -> Range:
        """Where it goes wrong, in the file itself; else what is expected; else its beginning."""
        own = [span for span in spans_of(outcome) if is_own(span, self._file)]
        return self._range(own[-1]) if own else (0, 0, 0, 0)


def _expectation(outcome: Outcome) -> str:
    if outcome.as_expected:
        return "as expected"
    expected = outcome.expected
    if expected is None:
        return "expected: proved (nothing said)"
    return f"expected: {expected.verdict} {', '.join(expected.properties)}".rstrip()


def _weight(outcome: Outcome) -> Weight:
    match outcome.verdict:
        case Broken():
            return "error"
        case _ if outcome.as_expected:
            return "information"
        case Refuted() | Proved():
            return "error"
        case _:
            return "warning"
