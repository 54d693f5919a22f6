"""Indexes of SRCU readers: numbers that are handed on and given back, nothing else.

``srcu_read_lock()`` returns one of a few numbers; which one says nothing that a protocol may
rely on.  So it is followed from where it is returned through locals, fields and calls, and
whatever would look at it is refused: it matches its unlock by where it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from dsl import protocol as p
from dsl.check.flow import statements
from dsl.check.notes import Notes
from dsl.check.report import Report
from dsl.check.walk import Part, deep, expressions, own_expressions, parts
from dsl.frozen import Open, field
from dsl.primitives import PRIMITIVES
from dsl.types import INT, StructType

Key: TypeAlias = tuple[str, ...]
"""Where a number can be kept: a local, a field of a struct, an object, a function's result."""

_LENT: Key = ("behind a pointer",)
"""All that pointers to int may point at."""

ANYWHERE = "*"
"""As that is remembered."""

SOURCES = ("srcu_read_lock", "srcu_down_read")
"""Primitives that return an index."""
_COPIES = (
    "READ_ONCE",
    "WRITE_ONCE",
    "data_race",
    "smp_load_acquire",
    "smp_store_release",
    "smp_store_mb",
    "xchg",
    "xchg_acquire",
    "xchg_release",
    "xchg_relaxed",
)
"""Primitives that read or store a number without looking at it."""

_PLACE = (p.LocalPlace, p.ObjectPlace, p.FieldPlace, p.DerefPlace, p.IndexPlace)

_PLACES = ("lvalue", "place", "old")
"""Kinds of parameters that lead to a number."""


class _Facts(Open):
    """Which keys get the value of which others, and which hold indexes.

    ``mentioned`` are all that a function reads, or hands to a primitive.
    """

    flows: dict[Key, set[Key]] = field(default_factory=dict[Key, set[Key]])
    indexes: set[Key] = field(default_factory=set[Key])
    mentioned: set[Key] = field(default_factory=set[Key])

    def flow(self, source: Key, target: Key) -> None:
        """What ``source`` holds can come to ``target``."""
        self.flows.setdefault(source, set()).add(target)

    def spread(self) -> None:
        """Follows indexes to wherever they can come."""
        todo = list(self.indexes)
        while todo:
            new = self.flows.get(todo.pop(), set()) - self.indexes
            self.indexes |= new
            todo.extend(new)


def check_indexes(report: Report, notes: Notes, protocol: p.Protocol) -> None:
    """Report whatever looks at the index of an SRCU reader."""
    bodies = (*protocol.functions.values(), *protocol.actors.values())
    noted = [notes.of(_facts, function) for function in bodies]
    facts = _Facts(indexes={key for each in noted for key in each.indexes})
    if not facts.indexes:
        return
    for each in noted:
        for source, targets in each.flows.items():
            facts.flows.setdefault(source, set()).update(targets)
    facts.spread()
    if not protocol.variant:
        notes.indexes = tuple(sorted({told for key in facts.indexes for told in _told(key)}))
    for function, each in zip(bodies, noted, strict=True):
        if facts.indexes.isdisjoint(each.mentioned):
            continue
        for stmt in statements(function.body):
            fine = isinstance(stmt, p.Evaluate | p.Return)
            for expr in own_expressions(stmt):
                _judge(report, facts, function.name, expr, fine=fine)
    scenarios = protocol.scenarios.values()
    claims = [*protocol.finals, *protocol.invariants]
    claims += [c for s in scenarios for c in (*s.finals, *s.invariants)]
    for claim in claims:
        _judge(report, facts, "", claim.condition, fine=False)


def _told(key: Key) -> tuple[str, ...]:
    """A key as it is remembered, or none; the locals of a function are one."""
    match key:
        case ("local", function, _):
            return (f"local {function}",)
        case ("field" | "object" | "parameter" | "result", *_):
            return (" ".join(key),)
        case _:
            return (ANYWHERE,) if key == _LENT else ()


def names_of(told: str) -> tuple[str, ...]:
    """The names by which a text mentions what a key stands for that is remembered."""
    kind, *words = told.split(" ")
    name = words[-1] if kind == "field" else words[0] if words else kind
    # An actor's own state and an interrupt handler have two names.
    return tuple(name.split("."))


def function_of(told: str) -> str:
    """The function that a remembered key is a part of; "" for what is of none."""
    kind, *words = told.split(" ")
    return words[0] if kind in {"local", "parameter", "result"} else ""


def _facts(function: p.Function) -> _Facts:
    """What one function by itself does with numbers."""
    facts, name = _Facts(), function.name
    for position, local in enumerate(function.parameters):
        facts.flow(("parameter", name, str(position)), ("local", name, str(local.number)))
    inside = [part for expr in expressions(function.body) for part in deep(expr)]
    accesses = {
        id(argument)
        for part in inside
        if isinstance(part, p.CallPrimitive)
        for argument in part.arguments
    }
    for part in inside:
        facts.mentioned.update(_mentioned(name, part))
        if id(part) not in accesses or not isinstance(part, p.AddressOf):
            _follow(facts, name, part)
    for stmt in statements(function.body):
        if isinstance(stmt, p.Return) and stmt.value is not None:
            _into(facts, name, stmt.value, ("result", name))
    return facts


def _mentioned(function: str, part: Part) -> Iterator[Key]:
    """What an expression or place reads or touches by itself."""
    if isinstance(part, _PLACE):
        yield _key(function, part)
        return
    yield from _keys(function, part)
    if isinstance(part, p.CallPrimitive):
        for argument in part.arguments:
            yield from _behind(function, argument)


# --- where indexes come to --------------------------------------------------------------


def _key(function: str, place: p.Place) -> Key:
    """Where the number at a place is kept; an array keeps all its elements in one."""
    match place:
        case p.LocalPlace(local):
            return ("local", function, str(local.number))
        case p.ObjectPlace(name):
            return ("object", name)
        case p.FieldPlace(base, name):
            struct = base.type.name if isinstance(base.type, StructType) else ""
            return ("field", struct, name)
        case p.IndexPlace(base):
            return _key(function, base)
        case p.DerefPlace():
            return _LENT


def _keys(function: str, expr: p.Expr) -> Iterator[Key]:
    """Where the value of an expression is kept, if it is a number from somewhere."""
    match expr:
        case p.Read(place):
            yield _key(function, place)
        case p.Assign(_, "", value):
            yield from _keys(function, value)
        case p.Conditional(_, then, otherwise):
            yield from _keys(function, then)
            yield from _keys(function, otherwise)
        case p.CallFunction(name):
            yield ("result", name)
        case p.CallPrimitive(name) if name in SOURCES:
            yield ("reader",)
        case p.CallPrimitive(name, arguments) if name in _COPIES:
            yield from _behind(function, arguments[0])
        case _:
            pass


def _behind(function: str, address: p.Expr) -> Iterator[Key]:
    """The key of what an address leads to."""
    yield _key(function, address.place) if isinstance(address, p.AddressOf) else _LENT


def _into(facts: _Facts, function: str, value: p.Expr, target: Key) -> None:
    for source in _keys(function, value):
        facts.flow(source, target)


def _follow(facts: _Facts, function: str, part: Part) -> None:
    """Notes what one expression copies where."""
    match part:
        case p.Assign(target, "", value):
            _into(facts, function, value, _key(function, target))
        case p.AddressOf(place, _) if place.type == INT:
            facts.flow(_key(function, place), _LENT)
            facts.flow(_LENT, _key(function, place))
        case p.CallFunction(name, arguments):
            for position, value in enumerate(arguments):
                _into(facts, function, value, ("parameter", name, str(position)))
        case p.CallPrimitive(name) if name in SOURCES:
            facts.indexes.add(("reader",))
        case p.CallPrimitive(name, arguments) if name in _COPIES:
            for kept in _behind(function, arguments[0]):
                for stored in arguments[1:]:
                    _into(facts, function, stored, kept)
        case _:
            pass


# --- what is done with them ----------------------------------------------------------------


def _judge(report: Report, facts: _Facts, function: str, part: Part, *, fine: bool) -> None:
    """Reports uses of indexes in an expression; ``fine``: its own value goes where it may."""
    if not isinstance(part, _PLACE) and not fine:
        if not facts.indexes.isdisjoint(_keys(function, part)):
            _refuse(report, part)
            return
    match part:
        case p.Assign(target, op, value):
            if op and _key(function, target) in facts.indexes:
                _refuse(report, part)
            _judge(report, facts, function, target, fine=True)
            _judge(report, facts, function, value, fine=op == "")
        case p.Conditional(condition, then, otherwise):
            _judge(report, facts, function, condition, fine=False)
            _judge(report, facts, function, then, fine=True)
            _judge(report, facts, function, otherwise, fine=True)
        case p.CallFunction(_, arguments):
            for argument in arguments:
                _judge(report, facts, function, argument, fine=True)
        case p.CallPrimitive(name, arguments):
            kinds = PRIMITIVES[name].parameters
            for kind, argument in zip(kinds, arguments, strict=False):
                touched = _behind(function, argument) if kind in _PLACES else iter(())
                if name not in _COPIES and not facts.indexes.isdisjoint(touched):
                    _refuse(report, part)
            for position, argument in enumerate(arguments):
                allowed = name in _COPIES or kinds[position : position + 1] == ("index",)
                _judge(report, facts, function, argument, fine=allowed)
        case _:
            for inner in parts(part):
                _judge(report, facts, function, inner, fine=False)


def _refuse(report: Report, part: Part) -> None:
    report.error(
        "index-used",
        "an SRCU index is only kept, passed on, and given to its unlock",
        part.span,
        "which number srcu_read_lock() returns says nothing; use a variable of your own",
    )
