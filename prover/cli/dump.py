"""``prove dump``: print an intermediate form."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, assert_never

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import (
    STANDARD_INPUT,
    check_program,
    complain_about,
    load_program,
    read_standard_input,
    settings,
)
from prover.cli.options import ProtocolFile
from prover.cli.terminal import emit

LaterForm: TypeAlias = Literal["graph", "unrolled", "events", "smt2"]
Form: TypeAlias = Literal["syntax", "protocol"] | LaterForm

FORMS = "syntax, protocol, graph, unrolled, events or smt2, in the order they are made."


def dump(
    form: Annotated[
        Literal["syntax", "protocol", "graph", "unrolled", "events", "smt2"],
        typer.Argument(metavar="FORM", help=FORMS),
    ],
    file: ProtocolFile,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="Of this scenario; else the first.")
    ] = "",
    variant: Annotated[
        str, typer.Option(metavar="NAME", help="With this variant applied; else with none.")
    ] = "",
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="With this value of a config; repeatable."),
    ] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help="For this memory model.")] = "",
    bound: Annotated[int, typer.Option(metavar="N", min=1, help="Loops unrolled so often.")] = 1,
) -> None:
    """Print what a protocol looks like inside the prover."""
    configuration = settings(config)
    match form:
        case "syntax" | "protocol":
            from prover.render import tree

            program = load_program(file)
            if form == "syntax":
                emit(tree.render(program.main, program.sources))
            else:
                emit(tree.render(check_program(program, variant), program.sources))
        case "graph" | "unrolled" | "events" | "smt2":
            emit(_later(form, file, scenario, variant, configuration, model, bound))
        case _:
            assert_never(form)


def _later(
    form: LaterForm,
    file: str,
    scenario: str,
    variant: str,
    configuration: tuple[tuple[str, str], ...],
    model: str,
    bound: int,
) -> str:
    from dsl.imports import LoadError
    from prover.pipeline.dump import dump as dump_form
    from prover.verdict import Request

    request = Request(
        files=(file,),
        stdin_text=read_standard_input() if file == STANDARD_INPUT else None,
        scenario=scenario or None,
        variant=variant or None,
        config=configuration,
        model=model or None,
        max_bound=bound,
    )
    try:
        return dump_form(form, request)
    except LoadError as error:
        complain_about(error.diagnostics, error.sources)
        raise typer.Exit(USAGE_ERROR) from None
