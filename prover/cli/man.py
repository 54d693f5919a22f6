"""``prove man``: the manual page, made from what the commands say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from prover.cli.surface import Argument, Command, Option, surface
from prover.cli.terminal import emit
from prover.version import VERSION

_EXIT: Final = (
    ("0", "every obligation came out as its file expects"),
    ("1", "a refutation that was not expected, or another settled verdict than the expected one"),
    ("2", "usage, an error in a file, or output that cannot be written"),
    ("3", "unknown, vacuous or bounded where that was not expected"),
    ("4", "a bug in prove: an internal error, or a witness that does not replay"),
    ("130", "interrupted (143 by SIGTERM, 129 by SIGHUP)"),
)
_ALWAYS: Final = (
    ("--help, -h", "Show what prove, or the command before it, takes, and exit."),
    ("--version, -V", "Show the versions of prove, the solver and the memory models, and exit."),
)
ENVIRONMENT: Final = (
    ("PROVE_CACHE", "The folder in which verdicts are remembered; `off` is none."),
    ("PROVE_DEBUG", "1: an internal error shows where it came up."),
    ("NO_COLOR", "Not empty: nothing is coloured, unless --color=always asks for it."),
    ("FORCE_COLOR, CLICOLOR_FORCE", "Output is coloured also where it is no terminal."),
)


def man() -> None:
    """Print the manual page, for `man -l`.

    `prove man > ~/.local/share/man/man1/prove.1` is where man finds it.
    """
    emit(page(surface()))


def page(commands: tuple[Command, ...]) -> str:
    """The page, in the man macros of roff."""
    return "".join(f"{line}\n" for line in _lines(commands))


def _lines(commands: tuple[Command, ...]) -> Iterator[str]:
    proving, *others = commands
    yield f'.TH PROVE 1 "" "prove {_text(VERSION)}" "User Commands"'
    yield ".SH NAME"
    yield "prove \\- prove kernel locking protocols, or show what breaks them"
    yield ".SH SYNOPSIS"
    yield from _synopsis(proving)
    for command in others:
        yield ".br"
        yield from _synopsis(command)
    yield ".SH DESCRIPTION"
    yield from _paragraphs(proving.about[:-1])
    yield from _parts(proving)
    yield from _table(_ALWAYS)
    yield ".SH COMMANDS"
    for command in others:
        yield f".SS prove {_text(command.name)}"
        yield from _paragraphs(command.about)
        yield from _parts(command)
    yield ".SH EXIT STATUS"
    yield from _table(_EXIT)
    yield ".SH ENVIRONMENT"
    yield from _table(ENVIRONMENT)


def _synopsis(command: Command) -> Iterator[str]:
    name = "" if command.name == "run" else f" {_text(command.name)}"
    arguments = " ".join(_text(argument.metavar) for argument in command.arguments)
    options = " [\\fIOPTIONS\\fR]" if command.options else ""
    shown = f" \\fI{arguments}\\fR" if arguments else ""
    yield f"\\fBprove{name}\\fR{options}{shown}"


def _paragraphs(paragraphs: tuple[str, ...]) -> Iterator[str]:
    for number, text in enumerate(paragraphs):
        if number:
            yield ".PP"
        yield _line(text)


def _parts(command: Command) -> Iterator[str]:
    for argument in command.arguments:
        yield ".TP"
        yield f"\\fI{_text(argument.metavar)}\\fR"
        yield _line(_said(argument))
    for option in command.options:
        yield ".TP"
        value = f" \\fI{_text(option.metavar)}\\fR" if option.metavar else ""
        yield ", ".join(f"\\fB{_text(name)}\\fR" for name in option.names) + value
        yield _line(_said(option))


def _said(part: Argument | Option) -> str:
    default = part.default if isinstance(part, Option) else ""
    return f"{part.help}  Default: {default}." if default else part.help


def _table(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, text in rows:
        yield ".TP"
        yield f"\\fB{_text(name)}\\fR"
        yield _line(text)


def _line(text: str) -> str:
    """A line of text: one that begins with a dot would be a request; sentences are two."""
    escaped = re.sub(r"(?<=[.:;]) +(?=\S)", " ", _text(text))
    return f"\\&{escaped}" if escaped[:1] in {".", "'"} else escaped


def _text(text: str) -> str:
    """``text`` with what roff would read otherwise: hyphens are those of a command line."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
