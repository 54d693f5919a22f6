"""From a litmus test to its events: what each process may do, over terms.

There are no loops, so every statement makes its events once, under a guard.  Registers become
terms; a dependency is a term that mentions a read.  The set of events with tag ``'rcu-lock`` is
``Rcu-lock``, as in cat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from dsl.litmus import syntax as s
from dsl.source import Span

Value: TypeAlias = int | str
"""An integer, or the address of the location of that name."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Read:
    """What an event reads."""

    event: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator of C applied to terms."""

    op: str
    args: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of the first arm whose guard holds; the last arm's guard is true."""

    arms: tuple[tuple[int, int], ...]


Row: TypeAlias = Constant | Read | Operation | Choice


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    ``kind`` is ``R``, ``W`` or ``F``; ``sets`` are the sets of events that it always belongs to
    (tags among them, as written).  ``by_value`` names the set a lock's read belongs to for each
    value that it reads.  ``address`` and ``value`` are terms (-1: none); ``guard`` says when
    it happens.  ``process`` is -1 for an initial write.  ``conditions`` are the terms of the
    conditions around it, for control dependencies.  ``partner`` is the read of an RMW's write.
    ``span`` is the statement it is part of (None: an initial write).
    """

    number: int
    process: int
    kind: str
    sets: frozenset[str]
    by_value: tuple[tuple[int, str], ...]
    address: int
    value: int
    guard: int
    conditions: tuple[int, ...]
    partner: int
    span: Span | None


@dataclass(frozen=True, slots=True)
class Test:
    """A test as events.

    ``rows[t]`` is term t.  ``registers`` maps (process, register) to its final term.
    ``locations`` are all, in order.
    """

    litmus: s.Litmus
    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    registers: Mapping[tuple[int, str], int]
    locations: tuple[str, ...]


TRUTH = ("==", "!=", "<", "<=", ">", ">=", "!", "&&", "||")
"""Operators whose result is 0 or 1."""


class Impossible(Exception):
    """An operation on these values has no result: no execution has them."""


def apply(op: str, args: tuple[Value, ...]) -> Value:
    """A C operator on values.  Addresses can be compared, and moved by 0."""
    if len(args) == 1:
        return _unary(op, args[0])
    left, right = args
    if op == "&&":
        return int(_truth(left) and _truth(right))
    if op == "||":
        return int(_truth(left) or _truth(right))
    if op in ("==", "!="):
        return int((left == right) == (op == "=="))
    if isinstance(left, int) and isinstance(right, int):
        return _arithmetic(op, left, right)
    if op in ("+", "-", "|", "^") and right == 0:
        return left
    if op in ("+", "|", "^") and left == 0:
        return right
    if op in ("-", "^") and left == right:
        return 0
    if op == "&" and 0 in (left, right):
        return 0
    raise Impossible


def _unary(op: str, arg: Value) -> Value:
    if op == "!":
        return int(not _truth(arg))
    if isinstance(arg, str):
        raise Impossible
    return {"-": -arg, "~": ~arg}.get(op, arg)


def _truth(value: Value) -> bool:
    return value != 0


def _arithmetic(op: str, left: int, right: int) -> int:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" | "%":
            if right == 0:
                raise Impossible
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if op == "/" else left - quotient * right
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "&~":
            return left & ~right
        case "<<" | ">>":
            if not 0 <= right < 64:
                raise Impossible
            return left << right if op == "<<" else left >> right
        case "<":
            return int(left < right)
        case "<=":
            return int(left <= right)
        case ">":
            return int(left > right)
        case ">=":
            return int(left >= right)
        case _:
            raise Impossible


@dataclass(slots=True)
class _Builder:
    """The test under construction."""

    litmus: s.Litmus
    rows: list[Row] = field(default_factory=list[Row])
    index: dict[Row, int] = field(default_factory=dict[Row, int])
    events: list[Event] = field(default_factory=list[Event])
    locations: dict[str, None] = field(default_factory=dict[str, None])

    def term(self, row: Row) -> int:
        """The number of a term."""
        known = self.index.get(row)
        if known is None:
            known = self.index[row] = len(self.rows)
            self.rows.append(row)
        return known

    def constant(self, value: Value) -> int:
        """A value's term."""
        return self.term(Constant(value))

    def operation(self, op: str, *args: int) -> int:
        """An operator's term; folded only where no operand depends on a read."""
        rows = [self.rows[a] for a in args]
        values = tuple(row.value for row in rows if isinstance(row, Constant))
        if len(values) == len(args):
            try:
                return self.constant(apply(op, values))
            except Impossible:
                pass
        return self.term(Operation(op, args))


def build(litmus: s.Litmus) -> Test:
    """The events of a test whose macros are expanded."""
    builder = _Builder(litmus)
    _initial(builder)
    registers: dict[tuple[int, str], int] = {}
    for process in sorted(litmus.processes, key=lambda p: p.number):
        walk = _Walk(builder, process)
        walk.block(process.body)
        for name, term in walk.env.items():
            registers[process.number, name] = term
    return Test(
        litmus,
        tuple(builder.rows),
        tuple(builder.events),
        registers,
        tuple(builder.locations),
    )


def _initial(builder: _Builder) -> None:
    """Every location and its initial write."""
    litmus = builder.litmus
    values: dict[str, Value] = {}
    for item in litmus.initial:
        if item.process < 0:
            values[item.name] = item.value
    parameters = [p.name for process in litmus.processes for p in process.parameters]
    named = [
        v for v in (*values.values(), *(i.value for i in litmus.initial)) if isinstance(v, str)
    ]
    for name in dict.fromkeys([*values, *parameters, *named]):
        builder.locations[name] = None
        number = len(builder.events)
        builder.events.append(
            Event(
                number,
                -1,
                "W",
                frozenset(("W", "M", "IW")),
                (),
                builder.constant(name),
                builder.constant(values.get(name, 0)),
                builder.constant(1),
                (),
                -1,
                None,
            )
        )


class _Walk:
    """One process, statement by statement."""

    def __init__(self, builder: _Builder, process: s.Process) -> None:
        self.b = builder
        self.process = process.number
        self.parameters = {p.name for p in process.parameters}
        self.env: dict[str, int] = {
            item.name: builder.constant(item.value)
            for item in builder.litmus.initial
            if item.process == process.number
        }
        self.guard = builder.constant(1)
        self.conditions: tuple[int, ...] = ()
        self.span: Span | None = None

    # --- statements

    def block(self, block: s.Block) -> None:
        """Statements in order."""
        for stmt in block.body:
            self.statement(stmt)

    def statement(self, stmt: s.Stmt) -> None:
        """One statement."""
        if not isinstance(stmt, s.Block):
            self.span = stmt.condition.span if isinstance(stmt, s.If) else stmt.span
        match stmt:
            case s.Declare(name=name, value=value):
                if value is not None:
                    self.env[name] = self.value(value)
                else:
                    self.env.setdefault(name, self.b.constant(0))
            case s.Assign(target=target, value=value):
                if isinstance(target, s.Name):
                    self.env[target.name] = self.value(value)
                else:
                    address = self.value(target.pointer)
                    self.event("W", (), address, self.value(value))
            case s.Evaluate(value=value):
                self.value(value)
            case s.If():
                self.choose(stmt)
            case s.Block():
                self.block(stmt)
            case _:
                assert_never(stmt)

    def choose(self, stmt: s.If) -> None:
        """Both branches, each under its guard; registers are joined after them."""
        condition = self.value(stmt.condition)
        before = dict(self.env)
        guard, conditions = self.guard, self.conditions
        holds = self.b.operation("!=", condition, self.b.constant(0))
        self.conditions = (*conditions, condition)
        self.guard = self.both(guard, holds)
        self.block(stmt.then)
        then = self.env
        self.env = dict(before)
        self.guard = self.both(guard, self.b.operation("!", condition))
        self.block(stmt.otherwise)
        otherwise = self.env
        self.guard, self.conditions = guard, conditions
        zero, one = self.b.constant(0), self.b.constant(1)
        self.env = {}
        for name in dict.fromkeys([*then, *otherwise]):
            a, b = then.get(name, zero), otherwise.get(name, zero)
            self.env[name] = a if a == b else self.b.term(Choice(((holds, a), (one, b))))

    def both(self, left: int, right: int) -> int:
        """The conjunction of two guards."""
        one = self.b.constant(1)
        if left == one:
            return right
        return self.b.operation("&&", left, right)

    # --- expressions

    def value(self, expr: s.Expr) -> int:
        """The term of an expression, with the events that evaluating it makes."""
        match expr:
            case s.Number(value=value):
                return self.b.constant(value)
            case s.Name(name=name):
                if name in self.env:
                    return self.env[name]
                if name in self.b.locations:
                    return self.b.constant(name)
                return self.b.constant(0)
            case s.AddressOf(name=name):
                return self.b.constant(name)
            case s.Deref(pointer=pointer):
                return self.load((), self.value(pointer))
            case s.Unary(op=op, operand=operand):
                return self.b.operation(op, self.value(operand))
            case s.Binary(op=op, left=left, right=right):
                one = self.value(left)
                return self.b.operation(op, one, self.value(right))
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                holds = self.value(condition)
                yes, no = self.value(then), self.value(otherwise)
                chosen = self.b.operation("!=", holds, self.b.constant(0))
                return self.b.term(Choice(((chosen, yes), (self.b.constant(1), no))))
            case s.Call():
                return self.call(expr)
            case _:
                assert_never(expr)

    def place(self, expr: s.Expr) -> int:
        """The address of a place given as an lvalue: ``*e``, or a location by its name."""
        return self.value(expr.pointer) if isinstance(expr, s.Deref) else self.value(expr)

    def call(self, call: s.Call) -> int:
        """One operation: its events and its value."""
        args = call.arguments
        tags = call.tags
        match call.name:
            case "__load":
                return self.load(tags, self.place(args[0]))
            case "__store":
                address = self.place(args[0])
                self.event("W", tags, address, self.value(args[1]))
            case "__fence":
                self.event("F", tags, -1, -1)
            case "__srcu":
                self.event("F", tags, self.value(args[0]), -1)
            case "__xchg":
                address = self.value(args[0])
                new = self.value(args[1])
                return self.rmw(tags, address, lambda _: new)
            case "__atomic_op" | "__atomic_op_return" | "__atomic_fetch_op":
                return self.arithmetic(call)
            case "__cmpxchg":
                address = self.value(args[0])
                old, new = self.value(args[1]), self.value(args[2])
                return self.rmw(
                    tags, address, lambda _: new, lambda seen: self.b.operation("==", seen, old)
                )
            case "__atomic_add_unless":
                address = self.value(args[0])
                more, unless = self.value(args[1]), self.value(args[2])
                seen = self.rmw(
                    tags,
                    address,
                    lambda seen: self.b.operation("+", seen, more),
                    lambda seen: self.b.operation("!=", seen, unless),
                )
                return self.b.operation("!=", seen, unless)
            case _:
                return self.lock(call)
        return self.b.constant(0)

    def arithmetic(self, call: s.Call) -> int:
        """``atomic_add()`` and its kind."""
        address = self.value(call.arguments[0])
        op = call.arguments[1]
        assert isinstance(op, s.Name)
        operand = self.value(call.arguments[2])
        tags = call.tags or (("NORETURN",) if call.name == "__atomic_op" else ())
        seen = self.rmw(tags, address, lambda old: self.b.operation(op.name, old, operand))
        if call.name == "__atomic_op_return":
            return self.b.operation(op.name, seen, operand)
        return seen

    def lock(self, call: s.Call) -> int:
        """Spinlocks: a lock's value is 1 while it is held."""
        address = self.value(call.arguments[0])
        zero, one = self.b.constant(0), self.b.constant(1)
        match call.name:
            case "__lock" | "__trylock":
                trying = call.name == "__trylock"
                outcomes = ((0, "LKR"), (1, "LF")) if trying else ((0, "LKR"),)
                read = self.event("R", (), address, -1, by_value=outcomes)
                seen = self.b.term(Read(read))
                free = self.b.operation("==", seen, zero)
                guard = self.guard
                if trying:
                    self.guard = self.both(guard, free)
                self.event("W", (), address, one, more=("LKW",), partner=read)
                self.guard = guard
                return free
            case "__unlock":
                self.event("W", (), address, zero, more=("UL",))
                return zero
            case "__islocked":
                read = self.event("R", (), address, -1, by_value=((0, "RU"), (1, "RL")))
                return self.b.term(Read(read))
            case name:
                raise AssertionError(name)

    def load(self, tags: tuple[str, ...], address: int) -> int:
        """A read; its value."""
        return self.b.term(Read(self.event("R", tags, address, -1)))

    def rmw(
        self,
        tags: tuple[str, ...],
        address: int,
        new: Callable[[int], int],
        when: Callable[[int], int] | None = None,
    ) -> int:
        """A read and, where ``when`` of it holds, the write of ``new`` of it; what was read."""
        read = self.event("R", tags, address, -1, more=("RMW",))
        seen = self.b.term(Read(read))
        guard = self.guard
        if when is not None:
            self.guard = self.both(guard, when(seen))
        self.event("W", tags, address, new(seen), more=("RMW",), partner=read)
        self.guard = guard
        return seen

    def event(
        self,
        kind: str,
        tags: tuple[str, ...],
        address: int,
        value: int,
        *,
        more: tuple[str, ...] = (),
        by_value: tuple[tuple[int, str], ...] = (),
        partner: int = -1,
    ) -> int:
        """A new event here; its number."""
        number = len(self.b.events)
        names = [tag[:1].upper() + tag[1:] for tag in tags]
        locking = by_value or set(more) & {"LKW", "UL"}
        if not locking:
            names.append(kind)
            if kind != "F":
                names.append("M")
        self.b.events.append(
            Event(
                number,
                self.process,
                kind,
                frozenset([*names, *more]),
                by_value,
                address,
                value,
                self.guard,
                self.conditions,
                partner,
                self.span,
            )
        )
        return number
