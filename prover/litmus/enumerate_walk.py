"""The paths through a process of a litmus test, as events whose values are terms over its reads.

For :mod:`prover.litmus.enumerate`, whose docstring says where the construction is from.  Which
events an operation has is said in Linux tools/memory-model/Documentation/explanation.txt and
lock.cat.  Events of one statement are in program order from left to right, where herd leaves
independent ones unordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from dsl.frozen import replace
from dsl.litmus.syntax import (
    AddressOf,
    Assign,
    Binary,
    Block,
    Call,
    Conditional,
    Declare,
    Deref,
    Evaluate,
    Expr,
    If,
    Name,
    Number,
    Process,
    Stmt,
    Unary,
)
from prover.litmus.enumerate_terms import (
    Applied,
    Key,
    Known,
    Read,
    Term,
    equal,
    negated,
    value_of,
)


@dataclass(frozen=True, slots=True)
class Event:
    """What happens: ``sets`` and ``tags`` it is in, where, and the value it writes or reads."""

    key: Key
    sets: frozenset[str]
    tags: tuple[str, ...] = ()
    address: Term | None = None
    value: Term | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A value and the reads that it depends on."""

    term: Term
    reads: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a process so far.  ``claims`` must be true for it to be taken."""

    process: int
    registers: Mapping[str, Held]
    events: tuple[Event, ...] = ()
    links: frozenset[tuple[str, Key, Key]] = frozenset()
    claims: tuple[Term, ...] = ()
    control: frozenset[Key] = frozenset()

    def claim(self, term: Term) -> Path:
        """Taken only if a term is true."""
        return replace(self, claims=(*self.claims, term))

    def event(
        self,
        sets: str,
        tags: tuple[str, ...] = (),
        address: Held | None = None,
        stored: Held | None = None,
    ) -> tuple[Path, Key]:
        """With one more event and its dependencies; a read where nothing is ``stored``."""
        key = (self.process, len(self.events))
        value = stored.term if stored is not None else Read(key) if address is not None else None
        place = address.term if address is not None else None
        made = Event(key, frozenset(sets.split()), tags, place, value)
        sources = (
            ("addr", address.reads if address is not None else ()),
            ("data", stored.reads if stored is not None else ()),
            ("ctrl", self.control),
        )
        links = frozenset((name, read, key) for name, reads in sources for read in reads)
        return replace(self, events=(*self.events, made), links=self.links | links), key

    def update(
        self, sets: tuple[str, str], tags: tuple[str, ...], address: Held, stored: Held | None
    ) -> tuple[Path, Key]:
        """With a read and, where something is ``stored``, the write that it is atomic with.

        The stored term may name the read: its key is the next one.
        """
        path, read = self.event(sets[0], tags, address)
        if stored is not None:
            path, write = path.event(sets[1], tags, address, stored)
            path = replace(path, links=path.links | {("rmw", read, write)})
        return path, read

    @property
    def following(self) -> Key:
        """The key of the next event."""
        return (self.process, len(self.events))


_Outcome: TypeAlias = tuple[Path, Held]
_NOTHING = Held(Known(0))
_RMW = ("R RMW", "W RMW")
_LOOK = ("R RMW Looked", "")
_LOCK = ("R LKR", "W LKW")


class Walk:
    """The paths through one process.  Names that are no registers are its parameters, or 0."""

    def __init__(self, process: Process) -> None:
        self._parameters = frozenset(parameter.name for parameter in process.parameters)

    def block(self, block: Block, start: Path) -> list[Path]:
        """Every path through a block."""
        paths = [start]
        for statement in block.body:
            paths = [after for path in paths for after in self._statement(statement, path)]
        return paths

    def _statement(self, statement: Stmt, path: Path) -> list[Path]:
        match statement:
            case Declare(name=name, value=value):
                return [path] if value is None else self._set(name, value, path)
            case Assign(target=target, value=value):
                if isinstance(target, Name):
                    return self._set(target.name, value, path)
                return self._store(target.pointer, value, (), path)
            case Evaluate(value=value):
                return [after for after, _ in self._value(value, path)]
            case If(condition=condition, then=then, otherwise=otherwise):
                return [
                    replace(after, control=path.control)
                    for inside, taken in self._branch(condition, path)
                    for after in self.block(then if taken else otherwise, inside)
                ]
            case Block():
                return self.block(statement, path)
            case _:
                assert_never(statement)

    def _set(self, name: str, value: Expr, path: Path) -> list[Path]:
        return [
            replace(after, registers={**after.registers, name: held})
            for after, held in self._value(value, path)
        ]

    def _store(self, pointer: Expr, value: Expr, tags: tuple[str, ...], path: Path) -> list[Path]:
        return [
            after.event("W", tags, address, stored)[0]
            for after, (address, stored) in self._values((pointer, value), path)
        ]

    def _branch(self, condition: Expr, path: Path) -> list[tuple[Path, bool]]:
        return [
            (replace(after.claim(term), control=after.control | held.reads), taken)
            for after, held in self._value(condition, path)
            for term, taken in ((negated(negated(held.term)), True), (negated(held.term), False))
            if value_of(term, {}) != 0
        ]

    def _values(
        self, expressions: Iterable[Expr], path: Path
    ) -> list[tuple[Path, tuple[Held, ...]]]:
        found: list[tuple[Path, tuple[Held, ...]]] = [(path, ())]
        for expression in expressions:
            found = [
                (after, (*held, one))
                for before, held in found
                for after, one in self._value(expression, before)
            ]
        return found

    def _value(self, expression: Expr, path: Path) -> list[_Outcome]:
        match expression:
            case Number(value=value):
                return [(path, Held(Known(value)))]
            case AddressOf(name=name):
                return [(path, Held(Known(name)))]
            case Name(name=name):
                address = Held(Known(name if name in self._parameters else 0))
                return [(path, path.registers.get(name, address))]
            case Deref(pointer=pointer):
                return self._load(pointer, (), path)
            case Unary(op=op, operand=operand):
                return self._applied(op, (operand,), path)
            case Binary(op=op, left=left, right=right):
                return self._applied(op, (left, right), path)
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                return [
                    (replace(after, control=path.control), Held(held.term, held.reads | guards))
                    for inside, taken in self._branch(condition, path)
                    for guards in (inside.control - path.control,)
                    for after, held in self._value(then if taken else otherwise, inside)
                ]
            case Call():
                return self._call(expression, path)
            case _:
                assert_never(expression)

    def _applied(self, op: str, operands: tuple[Expr, ...], path: Path) -> list[_Outcome]:
        return [
            (
                after,
                Held(
                    Applied(op, tuple(one.term for one in held)),
                    frozenset[Key]().union(*(one.reads for one in held)),
                ),
            )
            for after, held in self._values(operands, path)
        ]

    def _load(self, pointer: Expr, tags: tuple[str, ...], path: Path) -> list[_Outcome]:
        return [
            _answered(after.event("R", tags, address))
            for after, address in self._value(pointer, path)
        ]

    def _call(self, call: Call, path: Path) -> list[_Outcome]:
        match call.name, call.arguments:
            case "__load", (Deref(pointer=pointer),):
                return self._load(pointer, call.tags, path)
            case "__store", (Deref(pointer=pointer), value):
                return [(after, _NOTHING) for after in self._store(pointer, value, call.tags, path)]
            case (
                "__atomic_op" | "__atomic_op_return" | "__atomic_fetch_op",
                (pointer, Name(name=op), value),
            ):
                return [
                    _operated(call.name, op, after, call.tags, held)
                    for after, held in self._values((pointer, value), path)
                ]
            case name, arguments:
                return [
                    outcome
                    for after, held in self._values(arguments, path)
                    for outcome in _primitive(name, after, call.tags, held)
                ]


def _answered(found: tuple[Path, Key]) -> _Outcome:
    """A path and what its last read has read."""
    path, read = found
    return path, Held(Read(read), frozenset((read,)))


def _operated(
    name: str, op: str, path: Path, tags: tuple[str, ...], held: tuple[Held, ...]
) -> _Outcome:
    """An atomic operation: what it stores depends on what it reads."""
    address, operand = held
    read = path.following
    result = Held(Applied(op, (Read(read), operand.term)), operand.reads | {read})
    after, old = _answered(path.update(_RMW, tags, address, result))
    value = {"__atomic_op": _NOTHING, "__atomic_op_return": result, "__atomic_fetch_op": old}
    return after, value[name]


def _primitive(
    name: str, path: Path, tags: tuple[str, ...], held: tuple[Held, ...]
) -> list[_Outcome]:
    """The ways in which an operation that is no load, store or arithmetic can go."""
    read = path.following
    seen = Read(read)
    one, zero = Held(Known(1), frozenset((read,))), Held(Known(0), frozenset((read,)))
    free, taken = path.claim(equal(seen, Known(0))), path.claim(equal(seen, Known(1)))
    match name, held:
        case "__fence", ():
            return [(path.event("F", tags)[0], _NOTHING)]
        case "__srcu", (address, *_):
            made, _key = path.event("F", tags, address)
            return [(made, _NOTHING)]
        case "__xchg", (address, new):
            return [_answered(path.update(_RMW, tags, address, new))]
        case "__cmpxchg", (address, old, new):
            same = equal(seen, old.term)
            return [
                _answered(path.claim(same).update(_RMW, tags, address, new)),
                _answered(path.claim(negated(same)).update(_RMW, tags, address, None)),
            ]
        case "__atomic_add_unless", (address, more, limit):
            full = equal(seen, limit.term)
            total = Held(Applied("+", (seen, more.term)), more.reads | {read})
            return [
                (path.claim(negated(full)).update(_RMW, tags, address, total)[0], one),
                (path.claim(full).update(_LOOK, tags, address, None)[0], zero),
            ]
        case "__lock", (address,):
            return [(free.update(_LOCK, tags, address, Held(Known(1)))[0], _NOTHING)]
        case "__unlock", (address,):
            return [(path.event("W UL", tags, address, _NOTHING)[0], _NOTHING)]
        case "__trylock", (address,):
            return [
                (free.update(_LOCK, tags, address, Held(Known(1)))[0], one),
                (taken.event("R LF", tags, address)[0], zero),
            ]
        case "__islocked", (address,):
            return [
                (taken.event("R RL", tags, address)[0], one),
                (free.event("R RU", tags, address)[0], zero),
            ]
        case _:
            raise AssertionError(f"{name} of {len(held)} is no operation")
