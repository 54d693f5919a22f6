"""From a test whose macros are expanded to its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

from dsl.frozen import replace
from dsl.litmus import syntax as s
from dsl.source import Span
from prover.litmus.events import Choice, Constant, Event, Operation, Read, Row, Test
from prover.litmus.named import addressed, asked
from prover.litmus.updates import Allowed, Parts, parts, without_result
from prover.litmus.values import Impossible, Value, apply
from prover.models.cat.library import set_of


@dataclass(slots=True)
class _Builder:
    """The test under construction."""

    litmus: s.Litmus
    allowed: Allowed
    rows: list[Row] = field(default_factory=list[Row])
    index: dict[Row, int] = field(default_factory=dict[Row, int])
    events: list[Event] = field(default_factory=list[Event])
    locations: dict[str, None] = field(default_factory=dict[str, None])
    tags: dict[str, Span] = field(default_factory=dict[str, Span])
    wanted: dict[tuple[int, int], None] = field(default_factory=dict[tuple[int, int], None])

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


def build(litmus: s.Litmus, allowed: Allowed | None = None) -> Test:
    """The events of a test whose macros are expanded; ``allowed``: which tags the model has for
    which instructions.
    """
    builder = _Builder(litmus, allowed or {})
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
        {row.event: term for term, row in enumerate(builder.rows) if isinstance(row, Read)},
        registers,
        tuple(builder.locations),
        builder.tags,
        tuple(builder.wanted),
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
    for name in dict.fromkeys([*values, *parameters, *named, *addressed(litmus), *asked(litmus)]):
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
        self.guard: int = builder.constant(1)
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

    def computed(self, op: str, *args: int) -> int:
        """What the test computes here."""
        term = self.b.operation(op, *args)
        if isinstance(self.b.rows[term], Operation):
            self.b.wanted[self.guard, term] = None
        return term

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
                return self.computed(op, self.value(operand))
            case s.Binary(op=op, left=left, right=right):
                one = self.value(left)
                return self.computed(op, one, self.value(right))
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                holds = self.value(condition)
                chosen = self.b.operation("!=", holds, self.b.constant(0))
                guard, conditions = self.guard, self.conditions
                self.conditions = (*conditions, holds)
                self.guard = self.both(guard, chosen)
                yes = self.value(then)
                self.guard = self.both(guard, self.b.operation("!", holds))
                no = self.value(otherwise)
                self.guard, self.conditions = guard, conditions
                arms = ((chosen, yes), (self.b.constant(1), no))
                return self.b.term(Choice(arms, depends=True))
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
                return self.srcu(tags, *(self.value(arg) for arg in args))
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
                address, more, unless = (self.value(args[n]) for n in range(3))

                def happens(seen: int) -> int:
                    return self.b.operation("!=", seen, unless)

                total = partial(self.computed, "+", more)
                return happens(self.rmw(tags, address, total, happens, looks=True))
            case _:
                return self.lock(call)
        return self.b.constant(0)

    def arithmetic(self, call: s.Call) -> int:
        """``atomic_add()`` and its kind."""
        address = self.value(call.arguments[0])
        op = call.arguments[1]
        assert isinstance(op, s.Name)
        operand = self.value(call.arguments[2])
        tags = call.tags
        if call.name == "__atomic_op" and not tags:
            tags = (without_result(self.b.allowed),)
        seen = self.rmw(tags, address, lambda old: self.computed(op.name, old, operand))
        if call.name == "__atomic_op_return":
            return self.b.operation(op.name, seen, operand)
        return seen

    def srcu(self, tags: tuple[str, ...], address: int, cookie: int = -1) -> int:
        """An event of SRCU that is no access; a lock makes a cookie, an unlock is given one."""
        if "srcu-lock" in tags:
            cookie = self.b.constant(1000 + len(self.b.events))
        self.event("F", tags, address, cookie)
        return cookie if cookie >= 0 else self.b.constant(0)

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
        *,
        looks: bool = False,
    ) -> int:
        """A read and, where ``when`` of it holds, the write of ``new`` of it; what was read.

        ``looks``: where it does not hold nothing else was tried.
        """
        made = parts(tags, self.b.allowed)
        guard = self.guard
        fence = self.event("F", made.fences, -1, -1) if made.fences else -1
        always = when is None
        shared = made.read if always else tuple(tag for tag in made.read if tag in made.failed)
        read = self.event("R", shared, address, -1, more=("RMW",))
        seen = self.b.term(Read(read))
        if when is not None:
            happens = when(seen)
            self.guard = self.both(guard, happens)
            self.tagged(read, made, happens, looks=looks)
            if fence >= 0:
                self.b.events[fence] = replace(self.b.events[fence], guard=self.guard)
        self.event("W", made.write, address, new(seen), more=("RMW",), partner=read)
        if fence >= 0:
            self.event("F", made.fences, -1, -1)
        self.guard = guard
        return seen

    def tagged(self, read: int, made: Parts, happens: int, *, looks: bool) -> None:
        """The tags that the read of an update has only where it happens, or only where not."""
        chosen = made.chosen(happens, self.b.operation("!", happens), looks=looks)
        self.b.events[read] = replace(self.b.events[read], chosen=chosen)

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
        if self.span is not None:
            self.b.tags.update((tag, self.span) for tag in tags)
        names = [set_of(tag) for tag in tags]
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
