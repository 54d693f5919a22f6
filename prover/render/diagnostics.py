"""Diagnostics as text for people: code, place, source line, caret, trail, hint.

::

    error[unknown-name]: no function or primitive is called `pte_free_dfer`
      --> retract.khp:12:9
       |
    12 |         pte_free_dfer(pgt);
       |         ^^^^^^^^^^^^^ not declared
    note: in this call
      --> retract.khp:30:20
       |
    30 | actor khugepaged { retract_page_tables(&v); }
       |                    ----------------------- inlined here
       |
       = hint: did you mean `pte_free_defer`?

Plain ASCII, at most :data:`WIDTH` columns (a file's name alone may be wider, so
that it can be copied).  What is in the source is never sent to the terminal as
it is: control and other characters that are not ASCII are shown as ``<U+201C>``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dsl.diagnostic import Diagnostic, Label
from dsl.source import Source, Span
from prover.render.letters import printable

WIDTH: Final = 100
"""The most columns a line may have."""

SHOWN: Final = 50
"""The most diagnostics that are shown in full; the rest are counted."""

STEPS: Final = 8
"""The most places of a trail that are shown; those in the middle are counted."""

_TAB: Final = 8
_LONGEST_WORD: Final = 72
_CUT: Final = "..."

_STYLES: Final = {
    "error": "\x1b[1;31m",
    "note": "\x1b[1;36m",
    "hint": "\x1b[1;32m",
    "gutter": "\x1b[34m",
    "message": "\x1b[1m",
}
_RESET: Final = "\x1b[0m"


def render(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, Source],
    *,
    color: bool = False,
    word: str = "error",
) -> str:
    """Every diagnostic, in the order given, then how many there were.  Ends with a newline.

    ``word`` is what each is called: ``error``, or ``fixme`` for what ``prove new`` leaves to do.
    """
    shown = diagnostics[:SHOWN]
    blocks = ["\n".join(_block(diagnostic, sources, color, word)) for diagnostic in shown]
    if len(diagnostics) > len(shown):
        blocks.append(f"{len(diagnostics)} {word}s, {len(shown)} of them shown")
    elif len(diagnostics) > 1:
        blocks.append(f"{len(diagnostics)} {word}s")
    return "\n\n".join(blocks) + "\n"


def _block(
    diagnostic: Diagnostic, sources: Mapping[str, Source], color: bool, word: str
) -> Iterator[str]:
    labels = [*diagnostic.trail, *([diagnostic.primary] if diagnostic.primary else [])]
    gutter = max((_gutter(label, sources) for label in labels), default=1)
    yield from _headline(
        "error", f"{word}[{printable(diagnostic.code)}]", diagnostic.message, color
    )
    if diagnostic.primary is not None:
        yield from _snippet(diagnostic.primary, sources, gutter, "^", color)
    for label in _both_ends(diagnostic.trail):
        yield from _headline("note", "note", label.text, color)
        if label.span.file:
            yield from _snippet(Label(label.span, ""), sources, gutter, "-", color)
    if diagnostic.hint:
        margin = " " * (gutter + 1)
        first, *others = _wrapped(diagnostic.hint, WIDTH - len(margin) - len("= hint: "))
        if labels:
            yield margin + _styled("|", "gutter", color)
        yield f"{margin}{_styled('=', 'gutter', color)} {_styled('hint', 'hint', color)}: {first}"
        yield from (f"{margin}        {line}" for line in others)


def _both_ends(trail: tuple[Label, ...]) -> tuple[Label, ...]:
    """The trail; of a long one both ends, and how much is between them."""
    if len(trail) <= STEPS + 1:
        return trail
    half = STEPS // 2
    between = Label(Span("", 0, 0), f"and {len(trail) - STEPS} more in between")
    return (*trail[:half], between, *trail[-half:])


def _headline(style: str, title: str, message: str, color: bool) -> Iterator[str]:
    """``title: message``, wrapped under itself."""
    lines = _wrapped(message, WIDTH - len(title) - 2, rest=WIDTH - 4)
    yield f"{_styled(title, style, color)}: {_styled(lines[0], 'message', color)}"
    yield from ("    " + _styled(line, "message", color) for line in lines[1:])


def _gutter(label: Label, sources: Mapping[str, Source]) -> int:
    """How many columns the line number of ``label`` takes."""
    source = sources.get(label.span.file)
    return 1 if source is None else len(str(source.line_column(label.span.start)[0]))


def _snippet(
    label: Label, sources: Mapping[str, Source], gutter: int, mark: str, color: bool
) -> Iterator[str]:
    """The place, its line and the underline with the label's text."""
    source = sources.get(label.span.file)
    arrow = _styled("-->", "gutter", color)
    if source is None:
        yield f"{'':{gutter}}{arrow} {printable(label.span.file)}"
        if label.text:
            yield from (
                f"{'':{gutter}}     {line}" for line in _wrapped(label.text, WIDTH - gutter - 5)
            )
        return
    number, column = source.line_column(min(label.span.start, len(source.text)))
    yield f"{'':{gutter}}{arrow} {printable(label.span.file)}:{number}:{column}"
    length = max(1, label.span.end - label.span.start)
    line = _display(source.line(number), column - 1, column - 1 + length, WIDTH - gutter - 3)
    bar = _styled("|", "gutter", color)
    style = "error" if mark == "^" else "note"
    yield f"{'':{gutter}} {bar}"
    yield f"{_styled(f'{number:>{gutter}}', 'gutter', color)} {bar} {line.text}".rstrip()
    under = " " * line.start + _styled(mark * (line.end - line.start), style, color)
    room = WIDTH - gutter - 3 - line.end - 1
    texts = _wrapped(label.text, max(room, 1)) if label.text else [""]
    if len(texts) == 1 and len(texts[0]) <= room:
        yield f"{'':{gutter}} {bar} {under} {_styled(texts[0], style, color)}".rstrip()
    else:
        yield f"{'':{gutter}} {bar} {under}"
        for text in _wrapped(label.text, WIDTH - gutter - 3):
            yield f"{'':{gutter}} {bar} {_styled(text, style, color)}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it is shown, and the columns ``[start, end)`` to underline; never empty."""

    text: str
    start: int
    end: int


def _display(text: str, start: int, end: int, width: int) -> _Line:
    """``text``, tabs expanded, cut to ``width`` columns around its characters ``[start, end)``."""
    # What is far from the place cannot be shown; do not expand a line of a megabyte.
    first = max(0, start - width)
    cut_left = first > 0
    cut_right = len(text) > start + width
    pieces: list[str] = []
    columns = [0]
    for character in text[first : start + width]:
        piece = " " * (_TAB - columns[-1] % _TAB) if character == "\t" else printable(character)
        pieces.append(piece)
        columns.append(columns[-1] + len(piece))
    shown = "".join(pieces)
    last = len(columns) - 1
    begin = columns[min(start - first, last)]
    finish = max(columns[min(max(end - first, 0), last)], begin + 1)
    return _window(shown, begin, finish, width, cut_left=cut_left, cut_right=cut_right)


def _window(
    shown: str, begin: int, finish: int, width: int, *, cut_left: bool, cut_right: bool
) -> _Line:
    """The part of ``shown`` around ``[begin, finish)`` that fits, dots where more was."""
    if not cut_left and not cut_right and max(len(shown), begin + 1) <= width:
        return _Line(shown, begin, min(finish, width))
    inner = width - 2 * len(_CUT)
    left = max(0, min(begin - inner // 3, len(shown) - inner))
    piece = shown[left : left + inner]
    prefix = _CUT if cut_left or left > 0 else ""
    suffix = _CUT if cut_right or left + inner < len(shown) else ""
    start = begin - left + len(prefix)
    end = min(finish - left, inner) + len(prefix)
    return _Line(prefix + piece + suffix, start, max(end, start + 1))


def _wrapped(text: str, width: int, rest: int | None = None) -> list[str]:
    """One or more lines of at most ``width`` columns (``rest`` from the second on)."""
    words = [
        _short(word, max(8, width // 2)) for word in printable(text.replace("\n", " ")).split(" ")
    ]
    whole = " ".join(words).strip()
    if len(whole) <= width:
        return [whole]
    first, *others = textwrap.wrap(whole, max(8, width)) or [""]
    if rest is None or not others:
        return [first, *others]
    return [first, *textwrap.wrap(" ".join(others), rest)]


def _short(word: str, longest: int) -> str:
    """``word``, its middle left out where it is longer than any name should be."""
    longest = min(longest, _LONGEST_WORD)
    if len(word) <= longest:
        return word
    half = (longest - len(_CUT)) // 2
    return word[:half] + _CUT + word[-half:]


def _styled(text: str, style: str, color: bool) -> str:
    return f"{_STYLES[style]}{text}{_RESET}" if color and text else text
