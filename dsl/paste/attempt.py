"""One attempt at a skeleton: the body with its edits, and all that it needs around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from dsl.check.task import TASK
from dsl.paste.actors import Actors, weight
from dsl.paste.declare import Declarations, Names
from dsl.paste.edits import Edited, quoted
from dsl.paste.known import WRAPPERS
from dsl.paste.library import Library
from dsl.paste.member import Member, listed, uses_task
from dsl.paste.rewrite_expressions import Mark
from dsl.paste.rewrite_marks import Reasons, Unit
from dsl.paste.scopes import Outside, World
from dsl.paste.shared import Group, Shared
from dsl.paste.together import Part, Together
from dsl.paste.tokens import Tokens
from dsl.paste.types import Cell, Number, Pointer, Void, shape
from dsl.primitives import SIGNATURES
from dsl.source import Source

_EFFECT: Final = re.compile(
    r"\w*(?:lock|get|put|acquire|release|free|wait|wake|alloc|inc|dec|sync)\w*"
)


@dataclass(frozen=True, slots=True)
class Input:
    """What a skeleton is made from: ``parts`` are the functions in the order given."""

    source: Source
    tokens: Tokens
    parts: tuple[Part, ...]
    together: Together
    outside: Outside
    version: str
    library: Library


@dataclass(frozen=True, slots=True)
class Placed:
    """A body in the text, with the way back to the C; where its head begins; the key of its end."""

    body: Edited
    head: int
    start: int
    end: int
    key: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text; the bodies in it; declarations by name and place."""

    text: str
    placed: tuple[Placed, ...]
    units: tuple[Unit, ...]
    marks: tuple[Mark, ...]
    named: tuple[tuple[int, int, str], ...]
    fits: bool
    """Whether what is imported is given the structs that it is about."""


def attempt(given: Input, marked: dict[int, int], reasons: Reasons) -> Attempt:
    """A skeleton with the units in ``marked`` given up as far as their levels say."""
    return _Attempt(given, marked, reasons).run()


class _Attempt:
    """The state of one attempt."""

    def __init__(self, given: Input, marked: dict[int, int], reasons: Reasons) -> None:
        self._given = given
        self._reasons = reasons
        world = World(given.outside.structs, given.outside.values)
        given.library.declare(world)
        taken = {token.text for token in given.tokens.kept if token.kind == "name"}
        names = Names(taken | set(SIGNATURES) | given.library.names | given.library.constants)
        self._shared = Shared(world, given.outside, given.library)
        inner = given.together.inner
        self._members = [
            Member(part, self._shared, inner[part.name], marked, number)
            for number, part in enumerate(given.parts)
        ]
        self._declarations = Declarations(
            world, given.outside, names, given.library, given.source.name
        )
        self._first = [m for m in self._members if m.name in given.together.first()]

    def run(self) -> Attempt:
        given, d = self._given, self._declarations
        for member in self._members:
            member.infer()
        d.settle()
        groups = self._shared.groups()
        made = [m.rewritten(given.source, given.tokens, d, self._reasons) for m in self._members]
        after = self._after()
        heads = [f"{member.head(d)}\n" for member in self._members]
        text = ""
        named: list[tuple[int, int, str]] = []
        for name, part in self._around(groups):
            named.append((len(text), len(text) + len(part), name))
            text += part
        placed: list[Placed] = []
        for member, head, (body, _) in zip(self._members, heads, made, strict=True):
            text += "\n" if placed else ""
            start = len(text) + len(head)
            placed.append(Placed(body, len(text), start, start + len(body.text), member.end))
            named.append((len(text), start, ""))
            text += f"{head}{body.text}\n"
        fields = [Mark(w.code, w.what, w.start, w.end, w.hint) for w in d.wrong]
        marks = [mark for _, rewriter in made for mark in rewriter.marks] + fields
        marks.sort(key=lambda m: (m.start, m.end))
        units = tuple(unit for _, rewriter in made for unit in rewriter.units)
        fits = self._shared.misfits.isdisjoint(given.library.signatures)
        return Attempt(text + after, tuple(placed), units, tuple(marks), tuple(named), fits)

    def _after(self) -> str:
        """The actors and the scenarios."""
        given = self._given
        parts = {part.name: part for part in given.parts}
        reached = {member.name: given.together.reached(member.name) for member in self._first}
        tasked = frozenset(
            name
            for name, inside in reached.items()
            if TASK in self._shared.world.closed
            and uses_task(given.tokens, parts, inside, given.library.tasks)
        )
        actors = Actors(self._declarations, tasked)
        if len(self._first) == 1:
            return actors.alone(self._first[0])
        size = sum(weight([parts[n].body for n in sorted(inside)]) for inside in reached.values())
        return actors.beside(self._first, size)

    # --- around it --------------------------------------------------------------

    def _around(self, groups: tuple[Group, ...]) -> list[tuple[str, str]]:
        """Name and text of what comes before the function, in order."""
        d = self._declarations
        there = self._given.library.signatures
        stubs = [self._stub(group) for group in groups if group.called not in there]
        stubs += [self._unknown(name, cell) for name, cell in self._shared.unknown]
        made_up = self._shared.callbacks - self._shared.listed.keys()
        stubs += [self._callback(name) for name in sorted(made_up)]
        objects = list(d.global_texts())
        d.name_all()
        # They may name structs, too.
        typedefs = list(d.typedef_texts())
        structs = list(d.struct_texts())
        made = "".join(f"{text}\n" for text in d.objects())
        parts: list[tuple[str, str]] = [("", self._header())]
        parts += [("", f'import "{name}";\n') for name in self._given.library.imports]
        parts.append(("", "\n"))
        parts += [(name, f"{text}\n\n") for name, text in d.constant_texts()]
        parts += [(name, f"{text}\n") for name, text in typedefs]
        parts += [(name, f"\n{text}\n") for name, text in structs]
        parts.append(("", f"\n{made}"))
        parts += [(name, f"{text}\n") for name, text in objects]
        parts += [(name, f"\n{text}\n") for name, text in stubs]
        parts.append(("", "\n"))
        return parts

    def _header(self) -> str:
        file = quoted(self._given.source.name)
        version = f" ({quoted(self._given.version)})" if self._given.version else ""
        first = _spoken([f"{member.name}()" for member in self._first])
        every = _spoken([f"{member.name}()" for member in self._members])
        asked = f"Is {first} safe beside itself?"
        if len(self._first) > 1:
            asked = f"Are {first} safe beside each other?"
        made = f"{file}{version}: {every}, as a first sketch."
        if len(self._members) > 1:
            made = "\n// ".join(wrap(made, 76, break_long_words=False, break_on_hyphens=False))
        return (
            f"// {asked}\n//\n"
            f"// {made}\n"
            "// Each FIXME(new) stands for what the language does not have, each TODO for\n"
            "// something made up: functions that are called, types, values, objects.  Until\n"
            "// they are worked through, no verdict says anything about the kernel.\n\n"
        )

    def _unknown(self, name: str, cell: Cell) -> tuple[str, str]:
        head = self._declarations.declared(cell, name)
        return name, f"// FIXME(new): any value.\nstatic {head}(void)\n{{\n{self._any(cell)}}}"

    @staticmethod
    def _callback(name: str) -> tuple[str, str]:
        text = f"// TODO: what it does.\nstatic void {name}(struct rcu_head *head)\n{{\n}}"
        return name, text

    def _stub(self, group: Group) -> tuple[str, str]:
        d = self._declarations
        taken: list[str] = []
        for name in group.names:
            taken.append(_distinct(name, taken))
        pairs = list(zip(taken, group.parameters, strict=True))
        shown = listed(d.declared(cell, name) for name, cell in pairs)
        if group.iterator:
            return group.name, self._iterator(group, shown, pairs)
        if group.called in WRAPPERS:
            result, declared, body = WRAPPERS[group.called]
            shown = ", ".join(f"{type_} *{name}" for type_, name in declared)
            return group.name, f"static {result} {group.name}({shown})\n{{\n{body}\n}}"
        if group.called in self._given.library.wrappers and group.name == group.called:
            wrapper = self._given.library.wrappers[group.called]
            return group.name, f"// As in {wrapper.file}.\n{wrapper.text}"
        if shape(group.result) is None:
            used = {"value": "int", "bool": "bool", "void": ""}
            best = next(u for u in ("value", "bool", "void") if u in group.used)
            group.result.shape = Number(used[best]) if used[best] else Void()
        head = d.declared(group.result, group.name)
        note = self._todo(group)
        outs = "".join(self._out(*pairs[place]) for place in sorted(group.outs))
        body = f"{{\n{outs}{self._any(group.result)}}}"
        return group.name, f"{note}static {head}({shown or 'void'})\n{body}"

    def _out(self, name: str, cell: Cell) -> str:
        """Gives any value to what a parameter points at."""
        match shape(cell):
            case Pointer(to) if isinstance(shape(to), Pointer | Number):
                return f"*{name} = {self._value(to)};\n"
            case _:
                return ""

    def _todo(self, group: Group) -> str:
        where = ""
        if group.called in self._given.outside.signatures:
            where = f"; {quoted(self._given.source.name)} defines it"
        if _EFFECT.fullmatch(group.called):
            return f"// TODO: does it lock, wait, count or free? This does nothing{where}.\n"
        return f"// TODO: what it does{where}.\n"

    def _iterator(self, group: Group, shown: str, pairs: list[tuple[str, Cell]]) -> str:
        step = ""
        if group.position >= 0:
            name, cell = pairs[group.position]
            inner = shape(cell)
            assert isinstance(inner, Pointer)
            step = f"*{name} = {self._one(inner.to)};\n"
        note = "// TODO: this goes round once, or not at all.\n"
        return f"{note}iterator {group.name}({shown})\n{{\nif (choose()) {{\n{step}yield;\n}}\n}}"

    def _any(self, cell: Cell) -> str:
        """The body of a function that returns any value."""
        if isinstance(shape(cell), Void):
            return ""
        return f"return {self._value(cell)};\n"

    def _value(self, cell: Cell) -> str:
        match shape(cell):
            case Pointer(to):
                return f"choose() ? &{self._declarations.object(to)} : NULL"
            case Number("bool"):
                return "choose()"
            case Number("int" | "long"):
                return "choose(-1, 1)"
            case _:
                return "choose(0, 1)"

    def _one(self, cell: Cell) -> str:
        match shape(cell):
            case Pointer(to):
                return f"&{self._declarations.object(to)}"
            case _:
                return self._value(cell)


def _spoken(names: list[str]) -> str:
    """``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _distinct(name: str, taken: list[str]) -> str:
    count, found = 2, name
    while found in taken:
        found, count = f"{name}{count}", count + 1
    return found
