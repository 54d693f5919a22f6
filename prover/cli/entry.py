"""Where the command starts: what needs no parser is answered here, at once.

This module imports nothing but the interpreter's own: ``prove --help`` takes as
long as Python does.  It is also the last guard: whatever goes wrong below ends
in an exit code and a sentence, never in a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

USAGE_ERROR: Final = 2
INTERNAL_ERROR: Final = 4
INTERRUPTED: Final = 130

COMMANDS: Final = (
    "run",
    "fmt",
    "dump",
    "export",
    "explain",
    "list",
    "locks",
    "needs",
    "new",
    "why",
)
"""Every command.  ``run`` is the one meant where none is named."""


class Interrupted(BaseException):
    """SIGINT has arrived.

    Not KeyboardInterrupt: when that passes through ``exec`` of a string, as it does in the
    middle of an import that makes a dataclass, CPython remembers it and ends the process by
    the signal, although it was caught.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line ``arguments`` (the process's own if None) and answers its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    before = signal.signal(signal.SIGINT, _interrupt)
    try:
        code = _answer(given)
        sys.stdout.flush()
    except (Interrupted, KeyboardInterrupt):
        print("prove: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        close_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last guard: see the module's docstring
        return _internal_error(error)
    else:
        return code
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(_number: int, _frame: object) -> None:
    raise Interrupted


def close_output() -> None:
    """Lets what is still buffered go nowhere: the reader of standard output has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def with_command(arguments: list[str]) -> list[str]:
    """``arguments`` with ``run`` before them where they do not begin with a command."""
    return arguments if arguments and arguments[0] in COMMANDS else ["run", *arguments]


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
    return f"prove {VERSION} ({', '.join(parts)}, Python {python})\n"


def _answer(arguments: list[str]) -> int:
    match arguments:
        case []:
            sys.stderr.write(help_text())
            return USAGE_ERROR
        case ["-h" | "--help"]:
            sys.stdout.write(help_text())
            return 0
        case ["-V" | "--version"]:
            sys.stdout.write(version_text())
            return 0
        case _:
            from prover.cli.app import run_app

            return run_app(with_command(arguments))


def _internal_error(error: Exception) -> int:
    if os.environ.get("PROVE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    text = " ".join(str(error).split())[:300]
    print(
        f"internal error: this is a bug in prove ({type(error).__name__}: {text})", file=sys.stderr
    )
    print("PROVE_DEBUG=1 shows where; please report it with the file.", file=sys.stderr)
    return INTERNAL_ERROR
