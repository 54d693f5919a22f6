"""A .drift file: a row for each kernel function that a function of the .khp beside it models.

::

    # comment
    FUNCTION KERNEL-FUNCTION FILE MODELLED RECORDED SUM LINES
    retract_page_tables retract_page_tables mm/khugepaged.c v6.6 - - -
    retract_page_tables_v64 retract_page_tables mm/khugepaged.c =v6.4 - - -
    pmd_none_both_halves own

``-`` where nothing is recorded; ``=`` before the version of a model of an older kernel, which later
ones are not compared with.  A function may have several rows: then it models several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsl.diagnostic import Diagnostic, Label
from dsl.paste.locate import heads
from dsl.paste.tokens import tokens
from dsl.source import Source, Span
from prover.drifted import Origin

SUFFIX: Final = ".drift"
MAX_ROWS: Final = 5_000

SUM: Final = 32
"""Hexadecimal digits of a function's sum."""
LINE: Final = 4
"""Hexadecimal digits of a line's sum: enough to tell which lines changed, not whether any did."""

_NAME: Final = re.compile(r"[A-Za-z_]\w{0,199}")
_PATH: Final = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[\w+.,-]+(?:/[\w+.,-]+)*", re.ASCII)
_VERSION: Final = re.compile(r"[\w.+~-]{1,60}", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]*")
_NONE: Final = "-"
_FIXED: Final = "="
_OWN: Final = "own"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a .drift file says; ``text`` is all of it, to be written again."""

    text: str
    origins: tuple[tuple[int, Origin], ...]
    """With the line of each."""
    own: tuple[str, ...]


def functions(source: Source) -> frozenset[str]:
    """The functions and iterators that a protocol file defines.  Raises DiagnosticError."""
    return frozenset(heads(tokens(source)))


def beside(protocol: Path) -> Path:
    """The .drift file that belongs to a .khp file."""
    return protocol.with_suffix(SUFFIX)


def read(source: Source, defined: frozenset[str]) -> tuple[Rows, tuple[Diagnostic, ...]]:
    """The rows of a .drift file, and what is wrong with them; ``defined`` are the functions."""
    wrong: list[Diagnostic] = []
    origins: list[tuple[int, Origin]] = []
    own: list[str] = []
    known: set[tuple[str, ...]] = set()
    start = 0
    for number, line in enumerate(source.text.split("\n")):
        words = line.split()
        span = Span(source.name, start, start + len(line))
        start += len(line) + 1
        if not words or words[0].startswith("#"):
            continue
        if len(known) >= MAX_ROWS:
            wrong.append(_row(f"more than {MAX_ROWS} rows", span, "split the protocol file"))
            break
        why = _why_not(words)
        key = tuple(words[:3])
        if why:
            wrong.append(_row(why, span, "FUNCTION KERNEL-FUNCTION FILE VERSION - - -"))
        elif key in known:
            wrong.append(_row("this row is there twice", span, "delete one of the two"))
        elif words[0] not in defined:
            wrong.append(_unknown(words[0], source.name, span))
        elif words[1:] == [_OWN]:
            own.append(words[0])
        else:
            origins.append((number, _origin(words)))
        known.add(key)
    return Rows(source.text, tuple(origins), tuple(own)), tuple(wrong)


def written(rows: Rows, changed: dict[int, Origin]) -> str:
    """The text of the file with the rows of these lines as they are now."""
    lines = rows.text.split("\n")
    for number, origin in changed.items():
        lines[number] = _text(origin)
    return "\n".join(lines)


def _text(origin: Origin) -> str:
    modelled = _FIXED * origin.fixed + origin.modelled
    parts = (origin.function, origin.kernel, origin.path, modelled)
    return " ".join((*parts, origin.tree or _NONE, origin.sum or _NONE, "".join(origin.lines)))


def _why_not(words: list[str]) -> str:
    """What is wrong with a row, "" if nothing is."""
    if not _NAME.fullmatch(words[0]):
        return "a row begins with the name of a function"
    if words[1:] == [_OWN]:
        return ""
    if len(words) != 7:
        return f"a row has 7 parts, or is `NAME {_OWN}`; this one has {len(words)}"
    _, kernel, path, modelled, tree, whole, lines = words
    if not _NAME.fullmatch(kernel):
        return "the second part is the name of the kernel's function"
    if not _PATH.fullmatch(path):
        return "the third part is a path within the kernel's sources"
    if not _VERSION.fullmatch(modelled.removeprefix(_FIXED)):
        return "the fourth part is the version that the model was made from"
    if (tree, whole, lines) == (_NONE, _NONE, _NONE):
        return ""
    if not _VERSION.fullmatch(tree) or tree == _NONE:
        return "the fifth part is the version that was recorded, or `-`"
    if len(whole) != SUM or not _HEX.fullmatch(whole):
        return f"the sixth part is a sum of {SUM} hexadecimal digits, or `-`"
    if len(lines) % LINE or not _HEX.fullmatch(lines):
        return f"the last part is sums of {LINE} hexadecimal digits each, or `-`"
    return ""


def _origin(words: list[str]) -> Origin:
    function, kernel, path, version, tree, whole, lines = words
    modelled, fixed = version.removeprefix(_FIXED), version.startswith(_FIXED)
    if tree == _NONE:
        return Origin(function, kernel, path, modelled, fixed=fixed)
    each = tuple(lines[at : at + LINE] for at in range(0, len(lines), LINE))
    return Origin(function, kernel, path, modelled, tree, whole, each, fixed)


def _row(message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic("drift-row", message, Label(span, "here"), hint=hint)


def _unknown(name: str, file: str, span: Span) -> Diagnostic:
    protocol = Path(file).with_suffix(".khp").name
    message = f"`{protocol}` does not define `{name}`"
    hint = "delete the row, or give it the function's new name"
    return Diagnostic("drift-unknown-function", message, Label(span, "here"), hint=hint)
