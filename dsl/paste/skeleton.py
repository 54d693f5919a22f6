"""``paste(source, functions)``: the skeleton of a protocol, and what in it is left to do.

The checker is asked about every attempt; what it refuses is marked, and the next attempt
is made, until it has nothing to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load_text
from dsl.parse import parse
from dsl.paste.attempt import Attempt, Input, attempt
from dsl.paste.cursor import Cursor
from dsl.paste.library import Offer, imported, index
from dsl.paste.locate import Found, heads, locate, located, signature
from dsl.paste.rewrite_expressions import Mark
from dsl.paste.rewrite_marks import Reasons
from dsl.paste.scopes import Outside, constants_of
from dsl.paste.setups import setups
from dsl.paste.statements import block
from dsl.paste.structs import Structs
from dsl.paste.together import Part, together
from dsl.paste.tokens import Token, Tokens, refusal, tokens
from dsl.paste.tree import Signature
from dsl.paste.unfold import Unfolded, unfold
from dsl.printer import format_file
from dsl.scan import number_value
from dsl.source import Source, Span

_ROUNDS: Final = 60
_TRIES: Final = 4
_FEW: Final = 10
"""Imports are kept where at most one line in so many is marked."""


@dataclass(frozen=True, slots=True)
class File:
    """The C file and the functions in it, as they are written."""

    source: Source
    parts: tuple[Part, ...]
    unfolded: Unfolded | None = None

    def marks(self, made: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """What is marked, in places of the file, each of them once, function by function."""
        if self.unfolded is not None:
            found = {(m.start, m.end, m.what): m for m in self.unfolded.marks}
            for mark in map(self.unfolded.back, made):
                found.setdefault((mark.start, mark.end, mark.what), mark)
            made = tuple(sorted(found.values(), key=lambda m: (m.start, m.end)))
        return tuple(sorted(made, key=self._rank)) if len(self.parts) > 1 else made

    def _rank(self, mark: Mark) -> int:
        """The number of the function that a mark is in; what is in none comes first."""
        inside = (n for n, p in enumerate(self.parts) if p.body.start <= mark.start < p.body.end)
        return next(inside, -1)


@dataclass(frozen=True, slots=True)
class Share:
    """How many lines a function's body has in the C file, and how many of them have a mark."""

    function: str
    lines: int
    marked: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A protocol to be filled in.

    ``marks`` are what the language does not have, in the C file, ``shares`` how much that is of
    each function; ``rest`` is what the checker still says about ``text``: nothing, as far as we
    know.  ``fits`` says whether what is imported is about the structs that it is given.
    """

    text: str
    marks: tuple[Diagnostic, ...]
    shares: tuple[Share, ...]
    rest: tuple[Diagnostic, ...]
    fits: bool = True

    @property
    def lines(self) -> int:
        """The lines of all functions."""
        return sum(share.lines for share in self.shares)

    @property
    def marked(self) -> int:
        """How many of them are marked."""
        return sum(share.marked for share in self.shares)


def paste(source: Source, functions: tuple[str, ...], version: str = "") -> Skeleton:
    """The skeleton of ``functions``; raises :class:`DiagnosticError` if there is none to make."""
    found = tokens(source)
    places = located(source, found, functions)
    parts = _parts(source, places)
    file = File(source, parts)
    bodies = [part.body for part in parts]
    unfolded = unfold(source, found, [*zip(places, bodies, strict=True)])
    if unfolded is not None:
        file = File(source, parts, unfolded)
        source = unfolded.source
        found, places, parts = _again(source, functions, places)
    numbers = (number_value(t.text) for p in places for t in p.body if t.kind == "number")
    used = frozenset(number for number in numbers if number is not None)
    outside = _outside(source, found, frozenset(functions), used)
    where, wrappers = index()
    calls = together(parts)
    best: Skeleton | None = None
    for imports in (*_candidates([p.body for p in places], where, frozenset(functions)), ()):
        library = imported(imports, wrappers)
        if not library.signatures.keys().isdisjoint(functions):
            continue
        given = Input(source, found, parts, calls, outside, version, library)
        made = _settled(given, file)
        if best is None or (_rank(made) < _rank(best) and not _good(best)):
            best = made
        if _good(best):
            return best
    assert best is not None
    return best


def _parts(source: Source, places: Sequence[Found]) -> tuple[Part, ...]:
    return tuple(Part(p.signature, block(Cursor(source.name, p.body))) for p in places)


def _again(
    source: Source, functions: tuple[str, ...], before: Sequence[Found]
) -> tuple[Tokens, tuple[Found, ...], tuple[Part, ...]]:
    """Reads a text in which guards are written out; what is too much is so because of them."""
    head = before[0].signature
    places: list[Found] = []
    parts: list[Part] = []
    try:
        found = tokens(source)
        for number, name in enumerate(functions):
            head = before[number].signature
            places.append(locate(source, found, name))
            parts += _parts(source, places[-1:])
        return found, tuple(places), tuple(parts)
    except DiagnosticError as error:
        span = Span(source.name, head.start, head.end)
        (why, *_) = error.diagnostics
        message = f"with its guards written out: {why.message}"
        raise refusal(why.code, message, span, why.hint or "cut the function down") from None


def _good(made: Skeleton) -> bool:
    """Whether a skeleton with imports is as good as any: it fits, and little of it is marked."""
    return made.fits and not made.rest and made.marked * _FEW <= made.lines


def _rank(made: Skeleton) -> tuple[int, bool]:
    return made.marked, not made.fits


def _candidates(
    bodies: Sequence[tuple[Token, ...]],
    where: Mapping[str, Sequence[Offer]],
    functions: frozenset[str],
) -> list[tuple[str, ...]]:
    """Imports to be tried: all files that have something that is called, then each alone.

    What takes another number of arguments is something else of the same name.
    """
    files: set[str] = set()
    for body in bodies:
        for at, (name, then) in enumerate(pairwise(body)):
            if then.text == "(" and name.text not in functions and name.text in where:
                count = _arguments(body, at + 1)
                files.update([o.file for o in where[name.text] if count in o.counts][:1])
    tried = sorted(files)
    each = [(name,) for name in tried] if len(tried) > 1 else []
    return [tuple(tried), *each][:_TRIES] if tried else []


def _arguments(body: Sequence[Token], at: int) -> int:
    """How many arguments stand in the parentheses that open at a token."""
    depth = commas = 0
    for place in range(at, len(body)):
        text = body[place].text
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if not depth:
            return commas + (place > at + 1)
        commas += text == "," and depth == 1
    return commas


def _outside(
    source: Source, found: Tokens, functions: frozenset[str], used: frozenset[int]
) -> Outside:
    values, enums = constants_of(found)
    signatures: dict[str, Signature] = {}
    defined = heads(found)
    for name, at in defined.items():
        head = signature(source, found, at)
        if head is not None and name not in functions:
            signatures[name] = head
    structs = Structs(source.name, found)
    return Outside(values, signatures, enums, used, structs, setups(found, defined))


def _settled(given: Input, file: File) -> Skeleton:
    """Attempts until the checker has nothing to say, or nothing more can be marked."""
    marked: dict[int, int] = {}
    reasons: Reasons = {}
    made = attempt(given, marked, reasons)
    fits = made.fits
    complaints = _complaints(made.text)
    for _ in range(_ROUNDS):
        if not complaints or not _more(given, made, complaints, marked, reasons):
            break
        made = attempt(given, marked, reasons)
        complaints = _complaints(made.text)
    text = made.text
    if not complaints:
        source = Source("<skeleton>", text)
        text = format_file(parse(source), source)
    return replace(_skeleton(file, made, text, complaints), fits=fits)


def _complaints(text: str) -> tuple[Diagnostic, ...]:
    try:
        check(load_text("<skeleton>", text, None, (library_root(),)))
    except DiagnosticError as error:
        return error.diagnostics
    return ()


def _more(
    given: Input,
    made: Attempt,
    complaints: tuple[Diagnostic, ...],
    marked: dict[int, int],
    reasons: Reasons,
) -> bool:
    """Marks what the checker complained about; whether there was anything to mark."""
    raised: set[int] = set()
    for complaint in complaints:
        for key in _keys(given, made, complaint):
            if key in raised or marked.get(key, 0) >= 3:
                continue
            raised.add(key)
            marked[key] = marked.get(key, 0) + 1
            hint = complaint.hint or "write it in the language by hand"
            if complaint.code == "unknown-field" and given.library.imports:
                hint = "the imported struct is without it: leave it out, or declare the struct here"
            reasons.setdefault(key, (complaint.code, complaint.message, hint))
    return bool(raised)


def _keys(given: Input, made: Attempt, complaint: Diagnostic) -> list[int]:
    """The parts of the body that a complaint is about."""
    if complaint.code == "missing-return":
        return [_ending(made, complaint)]
    labels = [complaint.primary, *reversed(complaint.trail)]
    for label in labels:
        at = label.span.start if label is not None else -1
        placed = next((p for p in made.placed if p.start <= at < p.end), None)
        if placed is not None:
            origin = placed.body.origin(at - placed.start)
            inside = [u for u in made.units if u.start <= origin < u.end]
            if inside:
                smallest = min(u.end - u.start for u in inside)
                return [u.key for u in inside if u.end - u.start == smallest]
    primary = complaint.primary
    if primary is None:
        return []
    # A declaration is wrong: then all is, that made it necessary.
    name = next((n for s, e, n in made.named if s <= primary.span.start < e), "")
    if not name:
        return []
    word = re.compile(rf"\b{re.escape(name)}\b")
    text = given.source.text
    return [u.key for u in made.units if word.search(text, u.start, u.end)]


def _ending(made: Attempt, complaint: Diagnostic) -> int:
    """The key of the end of the function whose head a complaint is at."""
    at = complaint.primary.span.start if complaint.primary is not None else -1
    keys = (placed.key for placed in made.placed if placed.head <= at < placed.end)
    return next(keys, made.placed[0].key)


def _skeleton(file: File, made: Attempt, text: str, complaints: tuple[Diagnostic, ...]) -> Skeleton:
    found = file.marks(made.marks)
    marks = tuple(_diagnostic(file.source, mark) for mark in found)
    shares = tuple(_share(file.source, part, found) for part in file.parts)
    return Skeleton(text, marks, shares, complaints)


def _share(source: Source, part: Part, found: Sequence[Mark]) -> Share:
    body = part.body
    first, last = source.line_column(body.start)[0], source.line_column(body.end - 1)[0]
    lines: set[int] = set()
    for mark in found:
        begin, end = source.line_column(mark.start)[0], source.line_column(mark.end - 1)[0]
        lines.update(range(max(begin, first), min(end, last) + 1))
    return Share(part.name, last - first + 1, len(lines))


def _diagnostic(source: Source, mark: Mark) -> Diagnostic:
    label = Label(Span(source.name, mark.start, mark.end), "marked FIXME(new)")
    return Diagnostic(mark.code, mark.what, label, hint=mark.hint)
