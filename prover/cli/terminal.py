"""Standard output and error: colour, progress, and readers that leave early."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, Self, TextIO, TypeAlias

from prover.cli.entry import write, write_error

if TYPE_CHECKING:
    from prover.verdict import Progress

Color: TypeAlias = Literal["auto", "always", "never"]

_CLEAR_LINE: Final = "\r\x1b[K"
_WIDTH: Final = 79


def use_color(choice: Color, stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour what goes to ``stream``: NO_COLOR and FORCE_COLOR count where ``auto``."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def plain(text: str) -> str:
    """``text`` in ASCII, whatever names of files it repeats.

    What a terminal makes of other characters may not be what they are (U+202E turns text round).
    """
    return text if text.isascii() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    return character if character.isascii() else f"<U+{ord(character):04X}>"


def emit(text: str) -> None:
    """Writes ``text`` to standard output; a reader that stops reading changes no verdict."""
    write(plain(text))


def emit_source(text: str) -> None:
    """Writes the text of a file to standard output as it is, in UTF-8 like the file."""
    # What stands in for it in tests need not have an encoding.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8")
    write(text)


def complain(text: str) -> None:
    """Writes ``text`` to standard error."""
    write_error(plain(text))


class ProgressLine:
    """One line on a terminal that says what runs and is wiped at the end; silent elsewhere.

    A context manager, so that an interrupt leaves the terminal clean too.
    """

    def __init__(self, stream: TextIO, *, enabled: bool) -> None:
        self._stream = stream
        self._enabled = enabled and stream.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def show(self, progress: Progress) -> None:
        """Shows ``progress`` in place of what was shown before."""
        self._write(f"[{progress.done}/{progress.total}] {progress.current}"[:_WIDTH])

    def _write(self, text: str) -> None:
        if self._enabled:
            # The terminal may be gone.
            with contextlib.suppress(OSError):
                self._stream.write(_CLEAR_LINE + text)
                self._stream.flush()
