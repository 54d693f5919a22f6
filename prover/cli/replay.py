"""``prove replay``: does a saved witness still hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover.cli.entry import INTERNAL_ERROR, USAGE_ERROR, write_error
from prover.cli.files import STANDARD_INPUT, complain_about, read_standard_input
from prover.cli.options import Memory, Timeout
from prover.cli.terminal import emit


def replay(
    witness: Annotated[
        str, typer.Argument(metavar="WITNESS", help="What `prove FILE --format witness` printed.")
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]",
            help="The protocol; without it the one that the witness names, below this folder.",
        ),
    ] = "",
    timeout: Timeout = 60,
    memory: Memory = 2048,
) -> None:
    """Replay a saved witness on today's protocol, without the solver.

    Exit: 0 no longer possible, 1 still a violation, 2 usage, or no witness of this file, 3 cannot
    be carried over to the file, 4 a bug in prove.
    """
    from dsl.files import Refusal, read_text
    from dsl.frozen import replace
    from dsl.source import Source
    from prover.replay.run import replay as answered
    from prover.replay.strict import MAX_SIZE
    from prover.replayed import exit_code
    from prover.verdict import Request

    if witness == STANDARD_INPUT:
        what = "would be standard input, and a witness is a file"
        hint = "save it: `prove FILE --format witness > W.json`"
        complain_about((Refusal("not-a-file", what, hint).about(witness),), {})
        raise typer.Exit(USAGE_ERROR)
    try:
        saved = Source(witness, read_text(Path(witness), MAX_SIZE)[0])
    except Refusal as refusal:
        found = refusal.about(witness)
        if refusal.code == "not-a-file":
            found = replace(found, hint="a witness is a file: save it, and name that")
        complain_about((found,), {})
        raise typer.Exit(USAGE_ERROR) from None
    request = Request(
        files=(file,),
        stdin_text=read_standard_input() if file == STANDARD_INPUT else None,
        timeout=timeout,
        memory=memory,
    )
    answer = answered(saved, file, request, below=Path.cwd())
    complain_about(answer.diagnostics, answer.sources)
    if answer.bug:
        write_error(f"internal error: this is a bug in prove ({answer.bug[:300]})\n")
        raise typer.Exit(INTERNAL_ERROR)
    if answer.obligation is not None and not answer.diagnostics:
        from prover.render.replay import render_replay

        emit(render_replay(answer))
    raise typer.Exit(exit_code(answer))
