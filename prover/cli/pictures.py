"""``prove FILE... --format svg|mermaid|dot``: witnesses as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, assert_never

from dsl.diagnostic import Diagnostic
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about
from prover.cli.output import Output
from prover.cli.refuted import Found, of_what_stands, options, witnesses
from prover.cli.terminal import Color, complain
from prover.execution.witness import Witness
from prover.render.letters import printable
from prover.verdict import FileReport, Report, exit_code

Picture: TypeAlias = Literal["svg", "mermaid", "dot"]

LISTED: Final = 12
"""At most so many selections are listed; more are counted."""


def draw(report: Report, picture: Picture, color: Color, out: Output, *, full: bool) -> int:
    """Prints the pictures of what is refuted, or says why there is none; the exit code."""
    found = witnesses(report)
    if not found:
        if any(file.diagnostics for file in report.files):
            return exit_code(report)
        return _refused("no-witness", "nothing is refuted, so there is nothing to draw", color)
    match picture:
        case "svg":
            return _svg(report, found, color, out, full=full)
        case "mermaid" | "dot":
            out.write(_all(found, picture, full=full))
            return exit_code(report)
        case _:
            assert_never(picture)


def _svg(report: Report, found: Sequence[Found], color: Color, out: Output, *, full: bool) -> int:
    """One picture: of what stands, where that is refuted too, rather than of its variants."""
    from prover.render.svg import standalone

    chosen = of_what_stands(found)
    if len(chosen) > 1:
        message = f"{len(chosen)} witnesses are selected, and a picture shows one"
        return _refused("several-witnesses", message, color, f"one of {_selections(chosen)}")
    (one,) = chosen
    out.write(standalone(one.witness, one.file.sources, about=_about(one), full=full))
    if one.others:
        names = ", ".join(other.property for other in one.others)
        complain(f"note: refuted by {names} too; --format mermaid draws all\n")
    return exit_code(report)


def _selections(found: Sequence[Found]) -> str:
    """The options that select each of the witnesses, as far as they differ."""
    texts = [options(one) for one in found]
    shown = [
        " ".join(part for part in text if not all(part in other for other in texts))
        for text in texts
    ]
    listed = list(dict.fromkeys(text for text in shown if text))
    more = len(listed) - LISTED
    return "; ".join(listed[:LISTED]) + (f"; and {more} more" if more > 0 else "")


def _all(found: Sequence[Found], picture: Literal["mermaid", "dot"], *, full: bool) -> str:
    """Every witness; where there are more than one, each with a heading."""
    drawn = [
        (_heading(one, witness), _drawn(witness, one.file, picture, full=full))
        for one in found
        for witness in (one.witness, *one.others)
    ]
    if len(drawn) == 1:
        return drawn[0][1]
    if picture == "dot":
        return "\n".join(f"// {heading}\n{text}" for heading, text in drawn)
    return "\n".join(f"### {heading}\n\n```mermaid\n{text}```\n" for heading, text in drawn)


def _drawn(
    witness: Witness, file: FileReport, picture: Literal["mermaid", "dot"], *, full: bool
) -> str:
    if picture == "dot":
        from prover.render.dot import render

        return render(witness, file.sources, full=full)
    from prover.render.mermaid import render as render_mermaid

    return render_mermaid(witness, file.sources, full=full)


def _heading(one: Found, witness: Witness) -> str:
    """What is refuted, by what."""
    return printable(f"{_about(one)}, {one.outcome.obligation.model}: {witness.property}")


def _about(one: Found) -> str:
    """File, scenario, variant, and values of configs."""
    obligation = one.outcome.obligation
    values = [f"{name}={value}" for name, value in obligation.configuration]
    return ", ".join([one.file.name, obligation.question, *values])


def _refused(code: str, message: str, color: Color, hint: str = "") -> int:
    hint = hint or "`prove FILE...` prints what was found out"
    complain_about((Diagnostic(code, message, None, (), hint),), {}, color)
    return USAGE_ERROR
