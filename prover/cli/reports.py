"""``--report FORMAT=PATH``: what a command found out, into files beside what it prints.

Each command has a table of the formats that it knows.  What is wrong with a path is said before
anything is proved, as far as it can be known; a report is written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Generic, NoReturn, TypeAlias, TypeVar

import typer

from dsl.frozen import Frozen
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about, not_writable, resolved, write_whole

if TYPE_CHECKING:
    from prover.answers import LitmusReport
    from prover.explained import Why
    from prover.needed import Needs
    from prover.verdict import Report

Found = TypeVar("Found")

ReportOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=PATH",
        help="Also write a file: html=PATH, json=PATH; repeatable.",
    ),
]


ProofReportOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=PATH",
        help="Also write a file: html=PATH, json, junit, ktap, sarif, github or summary; "
        "repeatable.",
    ),
]


def _html(report: Report) -> str:
    from prover.render.html.report import render

    return render(report)


def _json(report: Report) -> str:
    from prover.render.json_report import render

    return render(report)


def _junit(report: Report) -> str:
    from prover.render.ci.junit import render

    return render(report)


def _ktap(report: Report) -> str:
    from prover.render.ci.ktap import render

    return render(report)


def _sarif(report: Report) -> str:
    from prover.render.ci.sarif import render

    return render(report)


def _github(report: Report) -> str:
    from prover.render.ci.github import render

    return render(report)


def _summary(report: Report) -> str:
    from prover.render.ci.summary import render

    return render(report)


def _needs_html(found: Needs) -> str:
    from prover.render.html.needs import render

    return render(found)


def _needs_json(found: Needs) -> str:
    from prover.render.json_needs import render

    return render(found)


def _why_html(found: Why) -> str:
    from prover.render.html.why import render

    return render(found)


def _why_json(found: Why) -> str:
    from prover.render.json_why import render

    return render(found)


def _litmus_json(report: LitmusReport) -> str:
    from prover.litmus.batch import exit_code
    from prover.render.json_litmus import render

    return render(report, exit_code(report))


PROOFS: Final[Mapping[str, Callable[[Report], str]]] = {
    "html": _html,
    "json": _json,
    "junit": _junit,
    "ktap": _ktap,
    "sarif": _sarif,
    "github": _github,
    "summary": _summary,
}
NEEDS: Final[Mapping[str, Callable[[Needs], str]]] = {"html": _needs_html, "json": _needs_json}
WHY: Final[Mapping[str, Callable[[Why], str]]] = {"html": _why_html, "json": _why_json}
LITMUS: Final[Mapping[str, Callable[[LitmusReport], str]]] = {"json": _litmus_json}


_READ: Final = {".khp", ".litmus", ".cat"}
"""Ends of names that no report has: a slip of the hand costs no protocol."""


class Reports(Frozen, Generic[Found], frozen=True):
    """The files that were asked for, each with what writes it."""

    asked: tuple[tuple[Path, Callable[[Found], str]], ...]

    def __bool__(self) -> bool:
        return bool(self.asked)

    @property
    def every_witness(self) -> bool:
        """Whether one shows refutations that are expected."""
        return any(render in (_html, _json) for _, render in self.asked)

    def write(self, found: Found) -> None:
        """Writes each; says so and exits where one cannot be written."""
        for path, render in self.asked:
            text = render(found)
            try:
                write_whole(path, text)
            except OSError as error:
                _refuse(path, error.strerror or str(error))


def reports(
    texts: Sequence[str] | None,
    formats: Mapping[str, Callable[[Found], str]],
    inputs: Sequence[str],
) -> Reports[Found]:
    """The reports that ``texts`` ask for; a usage error where one cannot be meant.

    ``inputs`` are the files of the command: none of them is written over.
    """
    asked: dict[Path, tuple[Path, Callable[[Found], str]]] = {}
    read = {resolved(Path(name)) for name in inputs if texts}
    for text in texts or ():
        name, equals, where = text.partition("=")
        if not (equals and where):
            raise _usage(f"{text!r} is not FORMAT=PATH, such as html=report.html")
        if name not in formats:
            raise _usage(f"there is no report of format {name!r} here, but {', '.join(formats)}")
        if where == "-":
            raise _usage(f"{text!r}: a report is a file; --format says what is printed")
        path = Path(where)
        target = resolved(path)
        if target in asked:
            raise _usage(f"two reports would be written to {where!r}")
        if target in read:
            raise _usage(f"{where!r} is read: a report would be written over it")
        if target.suffix in _READ:
            raise _usage(f"{where!r} is the name of a file that prove reads, not of a report")
        why = not_writable(path)
        if why:
            _refuse(path, why)
        asked[target] = path, formats[name]
    return Reports(tuple(asked.values()))


def _usage(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="'--report'")


def _refuse(path: Path, why: str) -> NoReturn:
    from dsl.diagnostic import Diagnostic

    hint = "name a file in a folder that you may write to, with space that is left"
    message = f"the report `{path}` cannot be written: {why}"
    complain_about((Diagnostic("unwritable-file", message, None, hint=hint),), {})
    raise typer.Exit(USAGE_ERROR)
