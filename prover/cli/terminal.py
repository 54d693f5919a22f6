"""Standard output and error: colour, progress, and readers that leave early."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Literal, Self, TextIO, TypeAlias

from prover.cli.entry import write, write_error

if TYPE_CHECKING:
    from prover.verdict import Progress

Color: TypeAlias = Literal["auto", "always", "never"]

_CLEAR_LINE: Final = "\r\x1b[K"
_WIDTH: Final = 79
_BAR: Final = 20
_SECONDS: Final = 30.0
"""Between two lines where there is no terminal."""


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
    """How far a run is: a bar on a terminal, wiped at the end; elsewhere a line now and then.

    The log of a long run shows that it goes on, that of a short one has nothing of it.  A context
    manager, so that an interrupt leaves the terminal clean too.
    """

    def __init__(
        self, stream: TextIO, *, enabled: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._enabled = enabled and stream.isatty()
        self._lines = enabled and not stream.isatty()
        self._clock = clock
        self._begun = self._said = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def show(self, progress: Progress) -> None:
        """Shows ``progress`` in place of what was shown before."""
        count = f"{progress.done}/{progress.total}"
        what = plain(f"{progress.file}: {progress.current}" if progress.file else progress.current)
        full = _BAR * progress.done // max(progress.total, 1)
        self._write(f"[{'#' * full}{'.' * (_BAR - full)}] {count} {what}"[:_WIDTH])
        now = self._clock()
        if self._lines and now - self._said >= _SECONDS:
            self._said = now
            with contextlib.suppress(OSError):
                self._stream.write(f"prove: {count} after {now - self._begun:.0f} s, {what}\n")
                self._stream.flush()

    def _write(self, text: str) -> None:
        if self._enabled:
            # The terminal may be gone.
            with contextlib.suppress(OSError):
                self._stream.write(_CLEAR_LINE + text)
                self._stream.flush()
