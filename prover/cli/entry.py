"""Where the command starts: what needs no parser is answered here, at once.

This module imports nothing but the interpreter's own: ``prove --help`` takes as
long as Python does.  It is also the last guard: whatever goes wrong below ends
in an exit code and a sentence, never in a traceback.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

USAGE_ERROR: Final = 2
INTERNAL_ERROR: Final = 4
INTERRUPTED: Final = 130
ENDED: Final = 128
"""With the number of a signal added, the exit code of a run that it ended."""

SELDOM: Final = (50_000, 20, 50)
"""When garbage in circles is looked for, of which there is little."""

COMMANDS: Final = (
    "run",
    "cache",
    "certificate",
    "completion",
    "diff",
    "drift",
    "dump",
    "explain",
    "export",
    "fmt",
    "list",
    "locks",
    "lsp",
    "man",
    "needs",
    "new",
    "replay",
    "why",
)
"""Every command.  ``run`` is the one meant where none is named."""


class Interrupted(BaseException):
    """SIGINT has arrived, or another signal that is to end the run: what is open is closed first.

    Not KeyboardInterrupt: when that passes through ``exec`` of a string, as it does in the
    middle of an import that makes a dataclass, CPython remembers it and ends the process by
    the signal, although it was caught.
    """

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line ``arguments`` (the process's own if None) and answers its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # What is imported stays, and is a tenth of the time of a run in which nothing has changed.
    gc.set_threshold(*SELDOM)
    _open_streams()
    before = {signal.SIGINT: signal.signal(signal.SIGINT, _interrupt)}
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Under nohup a terminal that goes ends nothing; who calls this has handlers of their own.
        if signal.getsignal(number) == signal.SIG_DFL:
            before[number] = signal.signal(number, _interrupt)
    try:
        code = _answer(given)
        write("")
    except Interrupted as ended:
        by_hand = ended.number == signal.SIGINT
        how = "interrupted" if by_hand else f"ended by {signal.Signals(ended.number).name}"
        write_error(f"prove: {how}\n")
        return ENDED + ended.number
    except KeyboardInterrupt:
        write_error("prove: interrupted\n")
        return INTERRUPTED
    except OutputError as error:
        write_error(f"error: standard output cannot be written: {error}\n")
        return USAGE_ERROR
    except Exception as error:  # noqa: BLE001 - the last guard: see the module's docstring
        return _internal_error(error)
    else:
        return code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _frame: object) -> None:
    if number != signal.SIGINT:
        # Often it comes more than once: closing what is open is not to be cut short.
        signal.signal(number, signal.SIG_IGN)
    raise Interrupted(number)


class OutputError(Exception):
    """Standard output takes nothing more, for another reason than that its reader has left."""


def write(text: str) -> None:
    """Writes ``text`` to standard output; a reader that stops reading changes no verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        output_failed(error)


def output_failed(error: OSError) -> None:
    """What is still buffered goes nowhere; raises OutputError unless the reader has left."""
    _to_nowhere(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        raise OutputError(error.strerror or str(error)) from None


def write_error(text: str) -> None:
    """Writes ``text`` to standard error, if anybody takes it: the exit code says it too."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _to_nowhere(sys.stderr)


def _to_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _open_streams() -> None:
    """Opens what the caller has closed of standard input, output and error, to nowhere.

    Else the next file opened would take its place, and be written to by what means the terminal.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def with_command(arguments: list[str]) -> list[str]:
    """``arguments`` with ``run`` before them where they do not begin with a command."""
    if arguments and arguments[0] in COMMANDS and arguments[0] != "run":
        return arguments
    return ["run", *with_revision(arguments[1:] if arguments[:1] == ["run"] else arguments)]


def with_revision(arguments: list[str]) -> list[str]:
    """``arguments`` with the word after ``--changed`` joined to it where it is a revision.

    It is none where it is an option or a file; ``--changed=`` is without any.
    """
    if "--changed" not in arguments:
        return arguments
    at = arguments.index("--changed")
    if "--" in arguments[:at]:
        return arguments
    before, after = arguments[:at], arguments[at + 1 :]
    word = after[0] if after else "-"
    if word.startswith("-") or word.endswith((".khp", ".litmus")) or os.path.lexists(word):
        return [*before, "--changed=", *after]
    return [*before, f"--changed={word}", *after[1:]]


def help_text() -> str:
    """What ``prove --help`` prints: kept in a file, so that no parser has to be built for it."""
    return (Path(__file__).parent / "help.txt").read_text(encoding="utf-8")


def version_text() -> str:
    """The versions that a bug report needs."""
    from importlib.metadata import version

    from prover.version import VERSION

    python = ".".join(str(part) for part in sys.version_info[:3])
    parts = [
        f"{name} {version(package)}" for name, package in (("z3", "z3-solver"), ("lark", "lark"))
    ]
    models = ", ".join(f"{name} {_model_sum(name)}" for name in ("lkmm", "tso", "sc"))
    return f"prove {VERSION} ({', '.join(parts)}, Python {python})\nmodels: {models}\n"


def _model_sum(name: str) -> str:
    """The start of a sum over the files of a memory model that comes with prove."""
    from hashlib import sha256

    folder = Path(__file__).parents[1] / "models/shipped"
    files = sorted(folder.glob(f"{name}.*"))
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _answer(arguments: list[str]) -> int:
    match arguments:
        case []:
            write_error(help_text())
            return USAGE_ERROR
        case ["-h" | "--help"]:
            write(help_text())
            return 0
        case ["-V" | "--version"]:
            write(version_text())
            return 0
        case _:
            from prover.cli.app import run_app

            return run_app(with_command(arguments))


def _internal_error(error: Exception) -> int:
    if os.environ.get("PROVE_DEBUG") == "1":
        import traceback

        write_error("".join(traceback.format_exception(error)))
    text = " ".join(str(error).split())[:300]
    write_error(
        f"internal error: this is a bug in prove ({type(error).__name__}: {text})\n"
        "PROVE_DEBUG=1 shows where; please report it with the file.\n"
    )
    return INTERNAL_ERROR
