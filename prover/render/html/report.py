"""A run as one page: every obligation, and of those refuted the execution, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dsl.primitives import PROPERTIES
from prover.execution.witness import Witness
from prover.render.diagnostics import render as render_diagnostics
from prover.render.html.page import embedded, page, visible
from prover.render.html.sources import Shelf, Shown
from prover.render.html.witness import Writer
from prover.render.json_parts import Json
from prover.render.table import certificate_of, counted, counts_of, summary_of
from prover.verdict import Bounded, FileReport, Outcome, Refuted, Report, is_settled, name_of

OPEN_ROWS = 60
"""A file with more obligations than this is folded at first, unless it is the only one."""


@dataclass(frozen=True, slots=True)
class Line:
    """An obligation in the index."""

    number: int
    name: str
    config: str
    model: str
    verdict: str
    found: str
    expected: str
    good: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A file in the index."""

    name: str
    counts: str
    wrong: int
    folded: bool
    errors: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Data:
    """What the page's script reads: texts that repeat are there once."""

    shelf: Shelf = field(default_factory=Shelf)
    notes: dict[tuple[str, ...], int] = field(default_factory=dict[tuple[str, ...], int])
    witnesses: dict[str, int] = field(default_factory=dict[str, int])
    obligations: list[Json] = field(default_factory=list[Json])

    def outcome(self, outcome: Outcome, file: FileReport) -> int:
        """The number of an obligation, whose details are kept."""
        shown = Shown(self.shelf, file.sources)
        details: dict[str, Json] = {
            "notes": self.notes.setdefault(tuple(map(visible, outcome.notes)), len(self.notes))
        }
        match outcome.verdict:
            case Refuted(witness=first, others=others):
                writer = Writer(shown)
                details["witnesses"] = [self._witness(each, writer) for each in (first, *others)]
            case Bounded(loops=loops):
                details["loops"] = [[shown.place(loop), shown.at(loop)] for loop in loops]
            case _:
                pass
        self.obligations.append(details)
        return len(self.obligations) - 1

    def _witness(self, witness: Witness, writer: Writer) -> Json:
        text = embedded(writer.witness(witness))
        number = self.witnesses.setdefault(text, len(self.witnesses))
        return [witness.property, number]


def render(report: Report) -> str:
    """The page."""
    data = _Data()
    files = [file for file in report.files if file.outcomes or file.diagnostics]
    parts = [_part(file, data, alone=len(files) == 1) for file in files]
    outcomes = [outcome for file in files for outcome in file.outcomes]
    title = f"prove: {_title(report.files)}"
    context: dict[str, object] = {
        "title": title,
        "heading": _title(report.files),
        "summary": _summary(report.files, outcomes),
        "counts": counts_of([name_of(outcome.verdict) for outcome in outcomes]),
        "parts": parts,
        "verdicts": _order(line.verdict for part in parts for line in part.lines),
        "models": _order(line.model for part in parts for line in part.lines),
        "properties": sorted(PROPERTIES.items()),
        "witnesses": list(data.witnesses),
    }
    return page(
        "report",
        context,
        {
            "title": title,
            "sources": data.shelf.document(),
            "notes": [list(notes) for notes in data.notes],
            "obligations": data.obligations,
        },
    )


def _part(file: FileReport, data: _Data, *, alone: bool) -> Part:
    lines = tuple(_line(outcome, data.outcome(outcome, file)) for outcome in file.outcomes)
    wrong = sum(not line.good for line in lines)
    errors = render_diagnostics(file.diagnostics, file.sources, color=False)
    return Part(
        name=visible(file.name),
        counts=counts_of([line.verdict for line in lines]),
        wrong=wrong,
        folded=not (alone or wrong or file.diagnostics) and len(lines) > OPEN_ROWS,
        errors=visible(errors) if file.diagnostics else "",
        lines=lines,
    )


def _line(outcome: Outcome, number: int) -> Line:
    obligation, expected = outcome.obligation, outcome.expected
    wanted = "" if expected is None else ", ".join(expected.properties)
    said = summary_of(outcome.verdict), certificate_of(outcome)
    return Line(
        number=number,
        name=visible(obligation.question),
        config=visible(" ".join(f"{name}={value}" for name, value in obligation.configuration)),
        model=visible(obligation.model),
        verdict=name_of(outcome.verdict),
        found=visible("; ".join(filter(None, said))),
        expected="proved (nothing said)"
        if expected is None
        else visible(f"{expected.verdict} {wanted}".strip()),
        good=is_settled(outcome),
    )


def _title(files: Sequence[FileReport]) -> str:
    folders = list(dict.fromkeys(file.folder or file.name for file in files))
    return visible(", ".join(folders)) if len(folders) <= 3 else counted(len(files), "file")


def _summary(files: Sequence[FileReport], outcomes: Sequence[Outcome]) -> str:
    wrong = sum(not outcome.as_expected for outcome in outcomes)
    broken = sum(bool(file.diagnostics) for file in files)
    proved = sum(bool(file.outcomes) for file in files)
    where = f" in {counted(proved, 'file')}" if proved > 1 else ""
    text = f"{counted(len(outcomes), 'obligation')}{where}: {len(outcomes) - wrong} as expected"
    text += f", {wrong} NOT as expected" if wrong else ""
    return text + (f"; {counted(broken, 'file')} with errors" if broken else "")


def _order(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
