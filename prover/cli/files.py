"""What the commands share: reading input, and saying what is wrong with it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.terminal import Color, complain, use_color
from prover.features import FEATURES, Feature

if TYPE_CHECKING:
    from dsl.diagnostic import Diagnostic
    from dsl.imports import Program
    from dsl.protocol import Protocol
    from dsl.source import Source

STANDARD_INPUT: Final = "-"
"""The file name that means standard input."""

_LIMIT: Final = 2 << 20
"""How much of standard input is read, in bytes; the parser refuses less."""


def read_standard_input() -> str:
    """All of standard input as text; a usage error where it is not UTF-8."""
    try:
        return _decoded(sys.stdin.buffer.read(_LIMIT)).removeprefix("\ufeff")
    except OSError as error:
        complain(f"error: standard input cannot be read: {error.strerror}\n")
        raise typer.Exit(USAGE_ERROR) from None


def read_source(name: str) -> Source:
    """The text of one file, imports not followed; says what is wrong and exits if need be."""
    from dsl.files import Refusal, read_text
    from dsl.source import Source

    if name == STANDARD_INPUT:
        return Source("<stdin>", read_standard_input())
    try:
        return Source(name, read_text(Path(name))[0])
    except Refusal as refusal:
        complain_about((refusal.about(name),), {})
        raise typer.Exit(USAGE_ERROR) from None


def _decoded(content: bytes) -> str:
    try:
        # What was cut at the limit may end inside a character.
        return getincrementaldecoder("utf-8")().decode(content, final=len(content) < _LIMIT)
    except UnicodeDecodeError as error:
        complain(f"error: standard input is not UTF-8 (byte {error.start})\n")
        raise typer.Exit(USAGE_ERROR) from None


def complain_about(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], color: Color = "auto"
) -> None:
    """Writes ``diagnostics``, if any, to standard error."""
    if diagnostics:
        from prover.render.diagnostics import render

        complain(render(diagnostics, sources, color=use_color(color, sys.stderr)) + "\n")


def replace_file(path: Path, text: str) -> None:
    """As :func:`write_whole`, but where it cannot be written, says so and exits."""
    try:
        write_whole(path, text)
    except OSError as error:
        refuse_to_write(path, error.strerror or str(error))


def refuse_to_write(path: Path, why: str) -> NoReturn:
    """Says that a file cannot be written, and exits."""
    from dsl.diagnostic import Diagnostic

    message = f"`{path}` cannot be written: {why}"
    hint = "check the permissions of its folder, and the space that is left"
    complain_about((Diagnostic("unwritable-file", message, None, hint=hint),), {})
    raise typer.Exit(USAGE_ERROR)


def resolved(path: Path) -> Path:
    """Where the links in a path lead; itself where they lead nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links in a circle, or no working folder
        return path


def write_whole(path: Path, text: str | bytes) -> None:
    """Gives ``path`` the content ``text``, whole or not at all; links and modes stay.

    Devices and pipes take it as is.  Raises OSError.
    """
    target = resolved(path)
    content = text.encode("utf-8") if isinstance(text, str) else text
    try:
        mode: int | None = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        path.write_bytes(content)
        return
    # Short, whatever the file's own name: names have a limit.
    beside = target.parent / f".prove-{os.getpid()}.tmp"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        raise


def not_writable(path: Path) -> str:
    """Why a file cannot be written, as far as that can be known without writing; "" if it can."""
    folder = resolved(path).parent
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        return error.strerror or str(error)
    if stat.S_ISDIR(mode):
        return "it is a folder"
    if not stat.S_ISREG(mode):
        return ""
    if not folder.is_dir():
        return "its folder does not exist"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "its folder takes no new file"


def settings(texts: Iterable[str] | None) -> tuple[tuple[str, str], ...]:
    """Values of configs, each named once; a usage error where one is named again."""
    found = tuple(setting(text) for text in texts or ())
    names = [name for name, _ in found]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise typer.BadParameter(f"{name} has two values", param_hint="'--config'")
    return found


def setting(text: str) -> tuple[str, str]:
    """``PAE=on`` as a pair; a usage error where it is none."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="'--config'")
    return name, value


def address(text: str) -> str:
    """A scheduler's address; says what is wrong with it and exits if need be."""
    from dsl.diagnostic import DiagnosticError
    from prover.pipeline.cluster.address import address_of

    try:
        return address_of(text)
    except DiagnosticError as error:
        complain_about(error.diagnostics, {})
        raise typer.Exit(USAGE_ERROR) from None


def feature(text: str) -> Feature:
    """A feature that can be switched off; a usage error where there is none of that name."""
    for name in FEATURES:
        if text == name:
            return name
    message = f"there is no feature {text!r}: there are {', '.join(FEATURES)}"
    raise typer.BadParameter(message, param_hint="'--without'")


def load_program(name: str) -> Program:
    """The file called ``name`` with its imports; says what is wrong and exits if need be."""
    from dsl.files import library_root
    from dsl.imports import LoadError, load, load_text

    try:
        if name == STANDARD_INPUT:
            return load_text("<stdin>", read_standard_input(), Path.cwd(), (library_root(),))
        return load(Path(name), (library_root(),))
    except LoadError as error:
        complain_about(error.diagnostics, error.sources)
        raise typer.Exit(USAGE_ERROR) from None


def check_program(program: Program, variant: str = "") -> Protocol:
    """The checked protocol; says what is wrong with it and exits if need be."""
    from dsl.check import check
    from dsl.diagnostic import DiagnosticError

    try:
        return check(program, variant)
    except DiagnosticError as error:
        complain_about(error.diagnostics, program.sources)
        raise typer.Exit(USAGE_ERROR) from None
