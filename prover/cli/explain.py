"""``prove explain``: what a code, a property or a verdict means."""

from __future__ import annotations

from difflib import get_close_matches
from textwrap import fill
from typing import Annotated, Final

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.terminal import complain, emit

_WIDTH: Final = 80


def explain(
    code: Annotated[
        str,
        typer.Argument(
            metavar="[CODE]", help="As in error[CODE], a property such as torn-value, or a verdict."
        ),
    ] = "",
) -> None:
    """Explain a code, property or verdict; without CODE list all."""
    from dsl.codes import CODES
    from dsl.primitives import PROPERTIES
    from dsl.property_texts import PROPERTY_TEXTS, VERDICT_TEXTS
    from prover.models.cat.codes import CAT_CODES

    codes = {**CODES, **CAT_CODES}
    if not code:
        emit("Properties (what a refuted protocol breaks):\n")
        emit(_rows(PROPERTIES))
        emit("\nVerdicts:\n")
        emit(_rows({name: text.split(".", 1)[0] for name, text in VERDICT_TEXTS.items()}))
        emit("\nCodes (what is wrong with a file):\n")
        emit(_rows({name: text.split("\n", 1)[0] for name, text in codes.items()}))
        return
    texts = {
        name: f"{text}\n\n{_wrapped(PROPERTY_TEXTS[name])}" for name, text in PROPERTIES.items()
    }
    verdicts = {name: _wrapped(text) for name, text in VERDICT_TEXTS.items()}
    found = [
        f"{code} ({kind})\n\n{table[code]}\n"
        for kind, table in (("property", texts), ("verdict", verdicts), ("error", codes))
        if code in table
    ]
    if not found:
        near = get_close_matches(code, [*texts, *VERDICT_TEXTS, *codes], n=1, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `prove explain` lists them"
        complain(f"error: no code, property or verdict is called {code!r}{hint}\n")
        raise typer.Exit(USAGE_ERROR)
    emit("\n".join(found))


def _wrapped(text: str) -> str:
    return fill(" ".join(text.split()), _WIDTH - 1)


def _rows(table: dict[str, str]) -> str:
    """A row for each name, wrapped under itself."""
    width = max(len(name) for name in table) + 4
    return "".join(
        fill(text, _WIDTH, initial_indent=f"  {name}".ljust(width), subsequent_indent=" " * width)
        + "\n"
        for name, text in sorted(table.items())
    )
