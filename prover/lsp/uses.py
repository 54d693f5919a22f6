"""Every name in a program with what it stands for: an index for definitions and references.

It is made from the syntax, with as much of types as that needs, so that it is there while a file
does not check.  Where a field's or a value's type is not known, it may be any of that name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl import syntax as s
from dsl.primitives import PROPERTIES, SIGNATURES
from dsl.source import Source, Span
from prover.lsp.declared import Declared, Kind, Symbol, kind_of

Scope: TypeAlias = dict[str, Symbol]
"""The locals that are known at a place."""

NOWHERE = Span("", 0, 0)


@dataclass(frozen=True, slots=True)
class Use:
    """A name where it stands: what it may be, one symbol if that is certain."""

    span: Span
    symbols: tuple[Symbol, ...]


@dataclass(slots=True)
class Walk:
    """Goes through a program and notes the names; expressions are in :meth:`expr`."""

    known: Declared
    sources: Mapping[str, Source]
    uses: list[Use] = field(default_factory=list[Use])
    owner: str = ""

    def note(self, span: Span, *symbols: Symbol | None) -> None:
        """What stands at a place; nothing where that is not known."""
        found = tuple(symbol for symbol in symbols if symbol is not None)
        if found:
            self.uses.append(Use(span, found))

    def property(self, name: s.Name) -> None:
        """The name of a property that is checked."""
        if name.text in PROPERTIES:
            self.note(name.span, Symbol("property", name.text, NOWHERE, NOWHERE))

    def type(self, type_: s.TypeName) -> Kind:
        """A type name; what is noted is the name in it, without stars and words."""
        symbol = self.known.types.get(type_.name)
        if symbol is not None:
            text = self.sources[type_.span.file].text
            word = re.compile(rf"\b{type_.name}\b")
            found = word.search(text, type_.span.start, type_.span.end)
            if found is not None:
                self.note(Span(type_.span.file, *found.span()), symbol)
        return kind_of(type_)

    # --- expressions ----------------------------------------------------------------

    def expr(self, e: s.Expr, scope: Scope, hint: Kind | None = None) -> Kind | None:
        """Notes the names in an expression; its type, as far as that is known.

        ``hint`` is the type that is wanted here: it tells values of words apart.
        """
        match e:
            case s.Ident():
                return self.ident(e, scope, hint)
            case s.Member():
                return self.member(e, scope)
            case s.Call():
                return self.call(e, scope, hint)
            case s.Unary(op=op, operand=operand):
                return self._unary(op, self.expr(operand, scope))
            case s.Binary(left=left, right=right):
                return self._binary(left, right, scope)
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                self.expr(condition, scope)
                return self.expr(then, scope, hint) or self.expr(otherwise, scope, hint)
            case s.Assign(target=target, value=value):
                wanted = self.expr(target, scope)
                self.expr(value, scope, wanted)
                return wanted
            case s.Step(target=target):
                return self.expr(target, scope)
            case s.Index(base=base, index=index):
                self.expr(index, scope)
                return _behind(self.expr(base, scope))
            case s.Cast(type=type_, operand=operand):
                self.expr(operand, scope)
                return self.type(type_)
            case s.Braces():
                self.braces(e, scope, hint)
            case s.Number() | s.String():
                pass
        return None

    def _unary(self, op: str, kind: Kind | None) -> Kind | None:
        if kind is None or op not in "*&":
            return kind
        return _behind(kind) if op == "*" else (kind[0], kind[1] + 1)

    def _binary(self, left: s.Expr, right: s.Expr, scope: Scope) -> Kind | None:
        # The side that has a type says what a value on the other is.
        if isinstance(left, s.Ident | s.Call) and not isinstance(right, s.Ident | s.Call):
            kind = self.expr(right, scope)
            self.expr(left, scope, kind)
            return kind
        kind = self.expr(left, scope)
        other = self.expr(right, scope, kind)
        return kind or other

    def ident(self, e: s.Ident, scope: Scope, hint: Kind | None) -> Kind | None:
        """A name: a local, something global, else a value of the type that is wanted."""
        local = scope.get(e.name)
        symbol = local or self.known.names.get(e.name)
        if symbol is None and hint is not None:
            symbol = self.known.configs.get((hint[0], e.name))
            base = self.known.base(hint)
            symbol = symbol or self.known.values.get((base[0] if base else "", e.name))
        if symbol is None:
            self.note(e.span, *self.known.named(self.known.values, e.name))
            return None
        self.note(e.span, symbol)
        return symbol.type

    def member(self, e: s.Member, scope: Scope) -> Kind | None:
        """A field; of a base whose type is not known, any of that name."""
        name = e.field.text
        if isinstance(e.base, s.Ident) and (e.base.name, name) in self.known.own:
            self.expr(e.base, scope)
            symbol: Symbol | None = self.known.own[e.base.name, name]
        else:
            base = self.known.base(self.expr(e.base, scope))
            symbol = self.known.fields.get((base[0], name)) if base is not None else None
            if symbol is None and base is None:
                self.note(e.field.span, *self.known.named(self.known.fields, name))
        self.note(e.field.span, symbol)
        return symbol.type if symbol is not None else None

    def call(self, e: s.Call, scope: Scope, hint: Kind | None) -> Kind | None:
        """A call: of a function or primitive, or a value of a word that has an argument."""
        name = e.callee.text
        function = self.known.names.get(name)
        if function is not None:
            self.note(e.callee.span, function)
            wanted = self.known.parameters.get(name, ())
            for index, argument in enumerate(e.arguments):
                self.argument(argument, scope, wanted[index] if index < len(wanted) else None)
            return function.type
        if name in SIGNATURES:
            self.note(e.callee.span, Symbol("primitive", name, NOWHERE, NOWHERE))
            return self.primitive(e, scope)
        if name == "container_of" and len(e.arguments) == 3:
            return self.container(e, scope)
        base = self.known.base(hint)
        value = self.known.values.get((base[0], name)) if base is not None else None
        if value is not None:
            self.note(e.callee.span, value)
        else:
            self.note(e.callee.span, *self.known.named(self.known.values, name))
        for argument in e.arguments:
            self.argument(argument, scope, None)
        return value.type if value is not None else None

    def argument(
        self, argument: s.Expr | s.TypeName, scope: Scope, hint: Kind | None
    ) -> Kind | None:
        """An argument, which may be a type."""
        if isinstance(argument, s.TypeName):
            return self.type(argument)
        return self.expr(argument, scope, hint)

    def primitive(self, e: s.Call, scope: Scope) -> Kind | None:
        """A primitive's arguments; the first says what values and results are."""
        row = SIGNATURES[e.callee.text]
        first: Kind | None = None
        for index, argument in enumerate(e.arguments):
            what = row.parameters[min(index, len(row.parameters) - 1)] if row.parameters else ""
            if what == "field" and isinstance(argument, s.Ident):
                base = self.known.base(first)
                field_ = self.known.fields.get((base[0], argument.name)) if base else None
                others = self.known.named(self.known.fields, argument.name)
                self.note(argument.span, *((field_,) if field_ else others))
                continue
            kind = self.argument(argument, scope, first if what == "value" else None)
            if index == 0:
                first = _behind(kind) if what == "place" else kind
        match row.result:
            case "value" | "condition":
                return first
            case "object" if first is not None:
                return (first[0], 1)
            case _:
                return None

    def container(self, e: s.Call, scope: Scope) -> Kind | None:
        """``container_of()``."""
        pointer, type_, member = e.arguments
        self.argument(pointer, scope, None)
        kind = self.argument(type_, scope, None)
        if kind is not None and isinstance(member, s.Ident):
            self.note(member.span, self.known.fields.get((kind[0], member.name)))
        return (kind[0], 1) if kind is not None else None

    def braces(self, e: s.Braces, scope: Scope, hint: Kind | None) -> None:
        """The initial values of an object of the type that is wanted."""
        base = self.known.base(hint)
        for name, value in e.items:
            wanted = _behind(hint) if hint is not None and hint[1] else None
            if name is not None and base is not None:
                symbol = self.known.fields.get((base[0], name.text))
                self.note(name.span, symbol)
                wanted = symbol.type if symbol is not None else None
            self.expr(value, scope, wanted)


def _behind(kind: Kind | None) -> Kind | None:
    """What a pointer, or an array, leads to."""
    return None if kind is None else (kind[0], max(0, kind[1] - 1))


@dataclass(frozen=True, slots=True)
class Index:
    """The uses of a program's names, in the order of each file's text."""

    known: Declared
    by_file: Mapping[str, tuple[Use, ...]]

    def at(self, file: str, offset: int) -> Use | None:
        """The use that a place is in, or right behind; the shortest of several."""
        uses = self.by_file.get(file, ())
        last = bisect_right(uses, offset, key=lambda use: use.span.start)
        # Names do not nest deeply: what reaches this place begins shortly before it.
        near = [use for use in uses[max(0, last - 8) : last] if use.span.end >= offset]
        return min(near, key=lambda use: (use.span.end == offset, _length(use)), default=None)


def _length(use: Use) -> int:
    return use.span.end - use.span.start


def ordered(uses: Sequence[Use]) -> dict[str, tuple[Use, ...]]:
    """Uses by file and place."""
    found: dict[str, list[Use]] = {}
    for use in uses:
        found.setdefault(use.span.file, []).append(use)
    key: Callable[[Use], tuple[int, int]] = lambda use: (use.span.start, use.span.end)  # noqa: E731
    return {name: tuple(sorted(each, key=key)) for name, each in found.items()}
