"""``prove lsp``: the language server, for editors."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from prover.cli.entry import INTERNAL_ERROR, USAGE_ERROR
from prover.cli.terminal import complain

_START: Final = (
    "import sys\n"
    "root = sys.argv.pop(1)\n"
    "sys.path[:0] = [] if root in sys.path else [root]\n"
    "from prover.__main__ import main\n"
    "sys.exit(main())\n"
)
"""Starts this very program, whatever the folder is called in which the editor was started."""


def lsp(
    *,
    stdio: Annotated[  # noqa: ARG001 - what many clients say, and the only way there is
        bool, typer.Option("--stdio", hidden=True, help="Serve on standard streams, as ever.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker", hidden=True, help="Prove what standard input asks.")
    ] = False,
) -> None:
    """Serve an editor: the language server, on standard streams.

    Exit: 0 after the client's shutdown, 1 where it left without one, 2 without pygls.
    """
    if worker:
        raise typer.Exit(_prove())
    if sys.stdin.isatty():
        complain("prove lsp is started by an editor (docs/editor.md); end it with Ctrl-C\n")
    try:
        from prover.lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        complain("error: prove lsp needs pygls: pip install 'prove-khp[lsp]'\n")
        raise typer.Exit(USAGE_ERROR) from None
    # What it would say belongs to no protocol, and tracebacks to no user.
    logging.getLogger("pygls").addHandler(logging.NullHandler())
    logging.getLogger("pygls").propagate = False
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    logging.getLogger("asyncio").propagate = False
    # The protocol has an end of its own; an interrupt ends this at once.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    root = str(Path(__file__).resolve().parents[2])
    command = (sys.executable, "-P", "-c", _START, root, "lsp", "--worker")
    try:
        ends = os.dup(sys.stdin.fileno()), os.dup(sys.stdout.fileno())
    except (AttributeError, OSError):  # closed
        complain("error: prove lsp talks on standard input and output\n")
        raise typer.Exit(USAGE_ERROR) from None
    with os.fdopen(ends[0], "rb") as into, os.fdopen(ends[1], "wb") as out:
        raise typer.Exit(serve(into, out, command))


def _prove() -> int:
    """Answers one question of the server."""
    from prover.lsp.asked import Malformed, asked_of
    from prover.lsp.worker import end_with, prove

    try:
        asked = asked_of(sys.stdin.buffer.readline())
    except Malformed:
        complain("error: --worker is for the language server itself\n")
        return USAGE_ERROR

    def say(line: bytes) -> None:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()

    if not end_with(asked.parent):
        return INTERNAL_ERROR
    prove(asked, say)
    return 0
