"""Which type each location and register of a litmus test must have in a typed language.

A litmus test is untyped: a register holds a number or an address, and ``atomic_t`` is an int
to its model.  Here what flows from one to the other gets one type, by unification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, assert_never

from dsl.litmus import syntax as s
from dsl.primitives import PRIMITIVES

Kind: TypeAlias = Literal["int", "atomic", "lock", "srcu", "pointer"]

TWINS: Final = {
    "READ_ONCE": "atomic_read",
    "WRITE_ONCE": "atomic_set",
    "smp_load_acquire": "atomic_read_acquire",
    "smp_store_release": "atomic_set_release",
    **{f"xchg{order}": f"atomic_xchg{order}" for order in ("", "_acquire", "_release", "_relaxed")},
    **{
        f"cmpxchg{order}": f"atomic_cmpxchg{order}"
        for order in ("", "_acquire", "_release", "_relaxed")
    },
}
"""An access of an int, and the one of an ``atomic_t`` that makes the same events."""

_EITHER = frozenset(TWINS.values())
_DEPTH = 8
"""More asterisks than this: a pointer to itself."""


class Untranslatable(Exception):
    """The test has something that the typed language has not; says what."""


@dataclass(eq=False, slots=True)
class Value:
    """The type of a value: of a number, of the address of a cell, or not known yet."""

    number: bool = False
    target: Cell | None = None
    same: Value | None = None

    def find(self) -> Value:
        """The one that stands for all that are the same."""
        found = self
        while found.same is not None:
            found = found.same
        return found


@dataclass(eq=False, slots=True)
class Cell:
    """The type of what can be pointed at; ``uses`` say by which kinds of access."""

    value: Value = field(default_factory=Value)
    uses: set[str] = field(default_factory=set[str])
    same: Cell | None = None

    def find(self) -> Cell:
        """The one that stands for all that are the same."""
        found = self
        while found.same is not None:
            found = found.same
        return found

    @property
    def kind(self) -> Kind:
        """What it is to be declared as."""
        cell = self.find()
        uses = cell.uses
        if "lock" in uses:
            if uses != {"lock"}:
                raise Untranslatable("a lock that is read or written")
            return "lock"
        if "srcu" in uses:
            if uses != {"srcu"}:
                raise Untranslatable("an SRCU domain that is read or written")
            return "srcu"
        if cell.value.find().target is not None:
            if "counter" in uses:
                raise Untranslatable("arithmetic on a pointer")
            return "pointer"
        if "counter" in uses:
            if "plain" in uses:
                raise Untranslatable("a plain access to an atomic_t")
            return "atomic"
        return "atomic" if uses == {"atomic"} else "int"


def unify(left: Value, right: Value) -> Value:
    """Makes two types one."""
    left, right = left.find(), right.find()
    if left is right:
        return left
    if (left.number and right.target is not None) or (right.number and left.target is not None):
        raise Untranslatable("a place that holds both numbers and addresses")
    right.same = left
    left.number = left.number or right.number
    if left.target is None:
        left.target = right.target
    elif right.target is not None:
        unify_cells(left.target, right.target)
    return left


def unify_cells(left: Cell, right: Cell) -> None:
    """Makes two types of cells one."""
    left, right = left.find(), right.find()
    if left is not right:
        right.same = left
        left.uses |= right.uses
        unify(left.value, right.value)


def pointed(value: Value) -> Cell:
    """The cell that a value points at."""
    value = value.find()
    if value.number:
        raise Untranslatable("an address that is computed")
    if value.target is None:
        value.target = Cell()
    return value.target.find()


def type_of(value: Value, depth: int = 0) -> str:
    """How a type is written: ``int``, ``struct x *``."""
    target = value.find().target
    if target is None:
        return "int "
    if depth > _DEPTH:
        raise Untranslatable("a pointer to itself")
    match target.kind:
        case "lock":
            return "spinlock_t *"
        case "srcu":
            return "struct srcu_struct *"
        case "atomic":
            return "atomic_t *"
        case "int":
            return "int *"
        case "pointer":
            return type_of(target.find().value, depth + 1) + "*"
        case kind:
            assert_never(kind)


class Kinds:
    """The types of one test.  ``of`` has each expression's, by its identity."""

    def __init__(self, litmus: s.Litmus) -> None:
        self.litmus = litmus
        self.locations: dict[str, Cell] = {}
        self.registers: dict[tuple[int, str], Value] = {}
        self.calls: set[str] = set()
        self._of: dict[int, Value] = {}
        for item in litmus.initial:
            place = self._place(item.process, item.name)
            if isinstance(item.value, str):
                unify(place, Value(target=self.location(item.value)))
            elif item.value:
                unify(place, Value(number=True))
        for process in litmus.processes:
            for parameter in process.parameters:
                self.location(parameter.name)
            for name in assigned(process.body):
                self.registers.setdefault((process.number, name), Value())
        for process in litmus.processes:
            self._statement(process.body, process.number)
        for condition in (litmus.condition, litmus.filter):
            self._condition(condition)

    def location(self, name: str) -> Cell:
        """A location's cell."""
        return self.locations.setdefault(name, Cell()).find()

    def of(self, expr: s.Expr) -> Value:
        """The type of an expression of the test."""
        return self._of[id(expr)].find()

    def cell(self, pointer: s.Expr) -> Cell:
        """What an expression of the test points at."""
        return pointed(self.of(pointer))

    def register(self, process: int, name: str) -> Value | None:
        """The type of a register; None where there is none of the name."""
        return self.registers.get((process, name))

    def _place(self, process: int, name: str) -> Value:
        if process < 0:
            return self.location(name).value
        return self.registers.setdefault((process, name), Value())

    # --- statements ---

    def _statement(self, stmt: s.Stmt, process: int) -> None:
        match stmt:
            case s.Declare(name=name, value=value):
                if value is not None:
                    unify(self.registers[process, name], self._expr(value, process))
            case s.Assign(target=s.Name(name=name), value=value):
                unify(self.registers[process, name], self._expr(value, process))
            case s.Assign(target=target, value=value):
                unify(self._expr(target, process), self._expr(value, process))
            case s.Evaluate(value=value):
                self._expr(value, process)
            case s.If(condition=condition, then=then, otherwise=otherwise):
                self._expr(condition, process)
                self._statement(then, process)
                self._statement(otherwise, process)
            case s.Block(body=body):
                for inner in body:
                    self._statement(inner, process)
            case _:
                assert_never(stmt)

    # --- expressions ---

    def _expr(self, expr: s.Expr, process: int) -> Value:
        found = self._of[id(expr)] = self._found(expr, process)
        return found

    def _number(self, expr: s.Expr, process: int) -> Value:
        found = self._expr(expr, process)
        if found.find().target is not None:
            raise Untranslatable("an address that is computed with")
        return unify(found, Value(number=True))

    def _found(self, expr: s.Expr, process: int) -> Value:
        number = Value(number=True)
        match expr:
            case s.Number(value=value):
                return number if value else Value()
            case s.Name(name=name):
                if (process, name) in self.registers:
                    return self.registers[process, name]
                if name in self.locations:
                    return Value(target=self.location(name))
                return number
            case s.AddressOf(name=name):
                return Value(target=self.location(name))
            case s.Deref(pointer=pointer):
                cell = pointed(self._expr(pointer, process))
                cell.uses.add("plain")
                return cell.value
            case s.Unary(op="!", operand=operand):
                self._expr(operand, process)
                return number
            case s.Unary(operand=operand):
                return self._number(operand, process)
            case s.Binary(op=op, left=left, right=right):
                if op in {"&&", "||", "==", "!="}:
                    one, two = self._expr(left, process), self._expr(right, process)
                    if op in {"==", "!="}:
                        unify(one, two)
                    return number
                self._number(left, process)
                return self._number(right, process)
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                self._expr(condition, process)
                return unify(self._expr(then, process), self._expr(otherwise, process))
            case s.Call():
                return self._call(expr, process)
            case _:
                assert_never(expr)

    def _call(self, call: s.Call, process: int) -> Value:
        primitive = PRIMITIVES.get(call.name)
        if primitive is None or len(primitive.parameters) != len(call.arguments):
            raise Untranslatable(f"{call.name}()")
        self.calls.add(call.name)
        cell = Cell()
        for kind, argument in zip(primitive.parameters, call.arguments, strict=True):
            match kind:
                case "lvalue":
                    assert isinstance(argument, s.Deref)
                    cell = pointed(self._expr(argument.pointer, process))
                    cell.uses.add("access")
                case "place" | "atomic" | "lock spinlock" | "lock srcu":
                    cell = pointed(self._expr(argument, process))
                    cell.uses.add(_use(call.name, kind))
                    if kind == "atomic":
                        unify(cell.value, Value(number=True))
                case "value":
                    unify(cell.value, self._expr(argument, process))
                case "int" | "index":
                    self._number(argument, process)
                case _:
                    raise Untranslatable(f"{call.name}()")
        return cell.value if primitive.result == "value" else Value(number=True)

    # --- conditions ---

    def _condition(self, condition: s.Condition | None) -> None:
        match condition:
            case None:
                pass
            case s.Equal(left=left, value=value):
                here = self._final(left)
                if isinstance(value, str):
                    unify(here, Value(target=self.location(value)))
                elif not isinstance(value, int):
                    unify(here, self._final(value))
                elif value:
                    unify(here, Value(number=True))
            case s.Negation(inner=inner):
                self._condition(inner)
            case s.Conjunction(parts=parts) | s.Disjunction(parts=parts):
                for part in parts:
                    self._condition(part)
            case _:
                assert_never(condition)

    def _final(self, place: s.FinalRegister | s.FinalLocation) -> Value:
        match place:
            case s.FinalRegister(process=process, name=name):
                return self._place(process, name)
            case s.FinalLocation(name=name):
                cell = self.location(name)
                if cell.uses & {"lock", "srcu"}:
                    raise Untranslatable("a condition on a lock")
                return cell.value
            case _:
                assert_never(place)


def _use(name: str, kind: str) -> str:
    """Which kind of access a call is."""
    if kind.startswith("lock "):
        return "srcu" if kind == "lock srcu" else "lock"
    if kind == "place":
        return "access"
    return "atomic" if name in _EITHER else "counter"


def assigned(stmt: s.Stmt) -> Iterator[str]:
    """The registers that a process declares or sets."""
    match stmt:
        case s.Declare(name=name) | s.Assign(target=s.Name(name=name)):
            yield name
        case s.If(then=then, otherwise=otherwise):
            yield from assigned(then)
            yield from assigned(otherwise)
        case s.Block(body=body):
            for inner in body:
                yield from assigned(inner)
        case _:
            pass
