"""One attempt at a skeleton: the body with its edits, and all that it needs around it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dsl.check.task import CURRENT, TASK
from dsl.paste.calls import Group
from dsl.paste.declare import Declarations, Names
from dsl.paste.edits import Edited, apply, plain, quoted
from dsl.paste.infer import Inference
from dsl.paste.known import WRAPPERS
from dsl.paste.library import Library
from dsl.paste.rewrite import Rewriter
from dsl.paste.rewrite_expressions import Mark
from dsl.paste.rewrite_marks import Reasons, Unit
from dsl.paste.scopes import Outside, World
from dsl.paste.tokens import Tokens
from dsl.paste.tree import Block, Signature
from dsl.paste.types import Array, Cell, Number, Opaque, Pointer, Struct, Void, shape
from dsl.primitives import SIGNATURES
from dsl.source import Source

_EFFECT: Final = re.compile(
    r"\w*(?:lock|get|put|acquire|release|free|wait|wake|alloc|inc|dec|sync)\w*"
)


_LONG: Final = 56
_NARROW: Final = "there are no bit-fields"
_WIDE: Final = "see that it need not wrap at its width, nor be stored with its neighbours' bits"


@dataclass(frozen=True, slots=True)
class Input:
    """What a skeleton is made from."""

    source: Source
    tokens: Tokens
    signature: Signature
    body: Block
    outside: Outside
    version: str
    library: Library


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text; the body in it, with the way back to the C; declarations by name and place."""

    text: str
    body: Edited
    start: int
    end: int
    units: tuple[Unit, ...]
    marks: tuple[Mark, ...]
    named: tuple[tuple[int, int, str], ...]


def attempt(given: Input, marked: dict[int, int], reasons: Reasons) -> Attempt:
    """A skeleton with the units in ``marked`` given up as far as their levels say."""
    return _Attempt(given, marked, reasons).run()


class _Attempt:
    """The state of one attempt."""

    def __init__(self, given: Input, marked: dict[int, int], reasons: Reasons) -> None:
        self._given = given
        self._signature = given.signature
        world = World()
        given.library.declare(world)
        self._result = world.cell(given.signature.result)
        self._aggregate = isinstance(shape(self._result), Struct | Opaque)
        if self._aggregate:
            self._result = Cell(Void())
        taken = {token.text for token in given.tokens.kept if token.kind == "name"}
        names = Names(taken | set(SIGNATURES) | given.library.names | given.library.constants)
        self._inference = Inference(
            world, given.outside, given.library, marked=marked, result=self._result
        )
        self._inference.own = given.signature.name
        self._declarations = Declarations(world, given.outside, names, given.library)
        self._rewriter = Rewriter(given.source.text, self._inference, self._declarations, reasons)
        self._parameters: list[tuple[str, Cell]] = []
        self._sections: list[tuple[str, str]] = []

    def run(self) -> Attempt:
        given, rewriter = self._given, self._rewriter
        self._declare_parameters()
        self._inference.body(given.body)
        self._declarations.settle()
        groups = self._inference.groups()
        rewriter.block(given.body)
        rewriter.ending(given.body.end)
        rewriter.regions(given.tokens, given.body.start, given.body.end)
        body = apply(given.source.text, given.body.start, given.body.end, rewriter.edits)
        body = Edited(plain(body.text), body.pieces)
        after, head = self._after(), f"{self._head()}\n"
        around = self._around(groups)
        before = "".join(text for _, text in around) + head
        named: list[tuple[int, int, str]] = []
        at = 0
        for name, text in around:
            named.append((at, at + len(text), name))
            at += len(text)
        named.append((at, len(before), ""))
        narrow = [
            Mark("bit-field", _NARROW, f.start, f.end, _WIDE) for f in self._declarations.narrow
        ]
        marks = sorted((*rewriter.marks, *narrow), key=lambda m: (m.start, m.end))
        end = len(before) + len(body.text)
        return Attempt(
            f"{before}{body.text}\n{after}",
            body,
            len(before),
            end,
            tuple(rewriter.units),
            tuple(marks),
            tuple(named),
        )

    # --- the function itself ----------------------------------------------------

    def _declare_parameters(self) -> None:
        world = self._inference.world
        for parameter in self._signature.parameters:
            if parameter.odd:
                continue
            cell = world.cell(parameter.type)
            if isinstance(cell.shape, Struct | Opaque | Array):
                world.globals[parameter.name] = cell
                continue
            self._inference.scopes[0][parameter.name] = cell
            self._inference.assigned.add(parameter.name)
            self._parameters.append((parameter.name, cell))

    def _head(self) -> str:
        shown = _list(self._declarations.declared(c, name) for name, c in self._parameters)
        head = self._declarations.declared(self._result, self._signature.name)
        notes = "".join(
            f"// FIXME(new): the parameter `{p.name}`: {p.odd or 'no scalar; a global instead'}.\n"
            for p in self._signature.parameters
            if all(p.name != name for name, _ in self._parameters)
        )
        if self._aggregate:
            words = quoted(" ".join(self._signature.result.words))
            notes += f"// FIXME(new): it returns {words}, which is no scalar.\n"
        return f"{notes}static {head}({shown or 'void'})"

    def _after(self) -> str:
        d, name = self._declarations, self._signature.name
        scenario = d.names.fresh("two_callers")
        arguments = ", ".join(self._given_value(cell) for _, cell in self._parameters)
        if not self._has_task():
            actor = d.names.fresh("caller")
            run, text = f"{actor} * 2", f"\nactor {actor} {{ {name}({arguments}); }}\n"
        else:
            actors = [d.names.fresh(f"caller_{n}") for n in range(2)]
            run, text = ", ".join(actors), ""
            for number, actor in enumerate(actors):
                task = f"struct task_struct *{CURRENT} = {self._task(number)};"
                text += f"\nactor {actor} {{\n{task}\n\n{name}({arguments});\n}}\n"
        return f"{text}\nscenario {scenario} {{\nrun {run};\nexpect proved;\n}}\n"

    def _has_task(self) -> bool:
        """Whether the function uses ``current``, or calls what does."""
        given = self._given
        inside = (t for t in given.tokens.kept if given.body.start <= t.start < given.body.end)
        names = {token.text for token in inside if token.kind == "name"}
        return TASK in self._inference.world.closed and bool(
            names & {CURRENT, *given.library.tasks}
        )

    def _task(self, number: int) -> str:
        """A task of its own, which is part of a thread's where there are such."""
        d = self._declarations
        if "kthread" in self._inference.world.closed:
            return f"&{d.another('struct kthread', f'thread_{number}')}.task"
        return f"&{d.another('struct task_struct', f'task_{number}')}"

    def _given_value(self, cell: Cell) -> str:
        match shape(cell):
            case Pointer(to):
                return f"&{self._declarations.object(to)}"
            case Number("bool"):
                return "choose()"
            case Number(text) if text in self._given.library.names:
                return self._declarations.object(cell)
            case _:
                return "choose(0, 1)"

    # --- around it --------------------------------------------------------------

    def _around(self, groups: tuple[Group, ...]) -> list[tuple[str, str]]:
        """Name and text of what comes before the function, in order."""
        d = self._declarations
        there = self._given.library.signatures
        stubs = [self._stub(group) for group in groups if group.called not in there]
        stubs += [self._unknown(name, cell) for name, cell in self._rewriter.unknown]
        stubs += [self._callback(name) for name in sorted(self._inference.callbacks)]
        objects = list(d.global_texts())
        d.name_all()
        structs = list(d.struct_texts())
        made = "".join(f"{text}\n" for text in d.objects())
        parts: list[tuple[str, str]] = [("", self._header())]
        parts += [("", f'import "{name}";\n') for name in self._given.library.imports]
        parts.append(("", "\n"))
        parts += [(name, f"{text}\n\n") for name, text in d.constant_texts()]
        parts += [(name, f"{text}\n") for name, text in d.typedef_texts()]
        parts += [(name, f"\n{text}\n") for name, text in structs]
        parts.append(("", f"\n{made}"))
        parts += [(name, f"{text}\n") for name, text in objects]
        parts += [(name, f"\n{text}\n") for name, text in stubs]
        parts.append(("", "\n"))
        return parts

    def _header(self) -> str:
        name, file = self._signature.name, quoted(self._given.source.name)
        version = f" ({quoted(self._given.version)})" if self._given.version else ""
        return (
            f"// Is {name}() safe beside itself?\n//\n"
            f"// {file}{version}: {name}(), as a first sketch.\n"
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
        shown = _list(d.declared(cell, name) for name, cell in pairs)
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


def _list(parts: Iterable[str]) -> str:
    """Parameters, on several lines if one would be long."""
    texts = list(parts)
    return (", " if sum(len(text) for text in texts) < _LONG else ",\n").join(texts)


def _distinct(name: str, taken: list[str]) -> str:
    count, found = 2, name
    while found in taken:
        found, count = f"{name}{count}", count + 1
    return found
