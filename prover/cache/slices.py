"""What the obligations of one scenario and variant can depend on, as text, and places in it.

A slice is every declaration of a file and its imports but functions, actors, scenarios and
variants; the scenario and the variant; and each function and actor whose name occurs in what is in
the slice already.  Names are taken as words, outside strings and comments, so it has more than is
reached, never less.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from dsl import frozen
from dsl import syntax as s
from dsl.frozen import Frozen, fields_of, replace
from dsl.imports import Program
from dsl.source import Span
from prover.cache.outline import words_of

T = TypeVar("T")


class NotInSlice(Exception):
    """A place that is in none of the slice's declarations."""


class _Part(Frozen, frozen=True):
    """A declaration: where it is, its text, the words in it."""

    span: Span
    text: str
    words: frozenset[str]


class Slice(Frozen, frozen=True):
    """The declarations that matter, in the order of the files, and a sum of all their text."""

    parts: tuple[_Part, ...]
    sum: str

    def relative(self, span: Span) -> Span:
        """A place by the number of its declaration and from that one's beginning."""
        for number, part in enumerate(self.parts):
            here = part.span
            if here.file == span.file and here.start <= span.start and span.end <= here.end:
                return Span(f"#{number}", span.start - here.start, span.end - here.start)
        raise NotInSlice(str(span))

    def has(self, span: Span) -> bool:
        """Whether a place is in it; one in no file is nowhere else."""
        try:
            return not span.file or bool(self.relative(span))
        except NotInSlice:
            return False

    def absolute(self, span: Span) -> Span:
        """The place that :meth:`relative` was given; raises NotInSlice for what is none of its."""
        number = int(span.file[1:]) if re.fullmatch(r"#[0-9]{1,6}", span.file) else -1
        if not 0 <= number < len(self.parts):
            raise NotInSlice(str(span))
        here = self.parts[number].span
        if not 0 <= span.start <= span.end <= here.end - here.start:
            raise NotInSlice(str(span))
        return Span(here.file, here.start + span.start, here.start + span.end)


class Slices:
    """The slices of one program."""

    def __init__(self, program: Program) -> None:
        self._fixed: list[tuple[int, _Part]] = []
        self._named: dict[str, list[tuple[int, _Part]]] = {}
        self._scenarios: dict[str, tuple[int, _Part]] = {}
        self._variants: dict[str, tuple[int, _Part]] = {}
        self._made: dict[tuple[str, str], Slice] = {}
        declarations = (each for file in program.files for each in file.declarations)
        for place, declaration in enumerate(declarations):
            span = declaration.span
            text = program.sources[span.file].text[span.start : span.end]
            part = place, _Part(span, text, words_of(text))
            match declaration:
                case s.FunctionDecl() | s.ActorDecl():
                    self._named.setdefault(declaration.name.text, []).append(part)
                case s.Scenario():
                    self._scenarios[declaration.name.text] = part
                case s.Variant():
                    self._variants[declaration.name.text] = part
                case s.Import():
                    pass
                case _:
                    self._fixed.append(part)

    def of(self, scenario: str, variant: str) -> Slice:
        """The slice of a scenario in a variant ("" for none)."""
        made = self._made.get((scenario, variant))
        if made is None:
            made = self._made[scenario, variant] = self._slice(scenario, variant)
        return made

    def _slice(self, scenario: str, variant: str) -> Slice:
        own = [self._scenarios[scenario]]
        if variant:
            own.append(self._variants[variant])
        found = dict([*self._fixed, *own])
        pending = list(found.values())
        seen: set[str] = set()
        while pending:
            for word in pending.pop().words - seen:
                seen.add(word)
                for place, part in self._named.get(word, ()):
                    found[place] = part
                    pending.append(part)
        parts = tuple(found[place] for place in sorted(found))
        return Slice(parts, _sum(parts))


def _sum(parts: Iterable[_Part]) -> str:
    """A sum of texts, each told from the next."""
    total = hashlib.sha256()
    for part in parts:
        data = part.text.encode("utf-8", "surrogatepass")
        total.update(b"%d\n" % len(data))
        total.update(data)
    return total.hexdigest()


def moved(value: T, move: Callable[[Span], Span]) -> T:
    """A value with every span in it moved; a span in no file stays."""
    found: T = _moved(value, move)
    return found


def _moved(value: Any, move: Callable[[Span], Span]) -> Any:  # noqa: ANN401 - whatever a decision has
    match value:
        case Span():
            return move(value) if value.file else value
        case tuple():
            return tuple(_moved(each, move) for each in cast("Iterable[Any]", value))
        case Mapping():
            return cast("object", value)
        case str() | int() | float() | None:
            return value
        case Frozen():
            return frozen.replace(
                value, **{n: _moved(getattr(value, n), move) for n in fields_of(value)}
            )
        case _ if is_dataclass(value) and not isinstance(value, type):
            parts = {f.name: _moved(getattr(value, f.name), move) for f in fields(value) if f.init}
            return replace(value, **parts)
        case _:
            raise NotInSlice(type(value).__name__)
