"""A litmus test written as a protocol, so that both engines can be asked the same question.

Each process is an actor, each location a named object.  What the condition says of registers
is read from ghosts that the actors leave at their ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, assert_never

from dsl.check.world import BUILTIN_NAMES
from dsl.litmus import syntax as s
from dsl.litmus.states import registers
from dsl.primitives import PRIMITIVES
from tests.weak.kinds import TWINS, Cell, Kinds, Untranslatable, type_of
from tests.weak.versions import split_registers

VALUES: Final = frozenset(("value", "int", "index"))
"""Kinds of parameters that are given a number or an address, not a place."""

_GRACE: Final = frozenset(("synchronize_rcu", "synchronize_rcu_expedited"))
_LOCKS: Final = frozenset(("spin_lock", "spin_trylock"))
AS_ATOMIC: Final = {
    **TWINS,
    "rcu_dereference": "atomic_read",
    "rcu_assign_pointer": "atomic_set_release",
}
AS_INT: Final = {
    **{atomic: name for name, atomic in TWINS.items()},
    # Of a value that is no pointer these do not exist; their events are the same.
    "rcu_dereference": "READ_ONCE",
    "rcu_assign_pointer": "smp_store_release",
}
_POINTER: Final = {atomic: name for name, atomic in TWINS.items()}
_DELAYED: Final = "a lock held delays a grace period in a protocol, not in a litmus test"
_INT_MAX: Final = 2**31 - 1

# What neither an object nor a local may be called.
_RESERVED: Final = frozenset(
    """import models config typedef enum struct word split present when ghost pool zeroed at class
    const void static update iterator actor scenario run init bound final invariant expect allowing
    under variant in drop replace with move before after exchange transition holding if else while
    do for switch case default break continue return goto yield choose or unsigned signed char short
    int long bool u8 u16 u32 u64 s8 s16 s32 s64 inline volatile sizeof""".split()
) | {*PRIMITIVES, *BUILTIN_NAMES}


@dataclass(frozen=True, slots=True)
class Translation:
    """A protocol, and why its answer may differ although both engines are right."""

    text: str
    notes: tuple[str, ...]


def translate(litmus: s.Litmus, *, negated: bool = True) -> Translation:
    """The protocol whose one scenario ``s`` claims that the test's condition never holds (not
    ``negated``: that it always does).  So ``final`` is refuted if the condition can hold (can
    fail).  Macros of the test must not be expanded.  Raises :class:`Untranslatable`.
    """
    litmus = split_registers(litmus)
    kinds = Kinds(litmus)
    names = _Names(set(_RESERVED))
    globals_ = {name: names.new(name) for name in kinds.locations}
    actors = [names.new(f"P{process.number}") for process in litmus.processes]
    asked = (*registers(litmus.condition), *registers(litmus.filter))
    ghosts = {
        found: names.new(f"P{found.process}_{found.name}")
        for found in dict.fromkeys(register for register, _ in asked)
    }
    lines = [f"// {' '.join(litmus.name.split())}", ""]
    lines += _objects(kinds, globals_)
    lines += [f"ghost {type_of(kinds.registers[r.process, r.name])}{g};" for r, g in ghosts.items()]
    for process, actor in zip(litmus.processes, actors, strict=True):
        writer = _Writer(kinds, globals_, process, names.copy())
        lines += ["", f"actor {actor} {{", *writer.lines(ghosts), "}"]
    claim = _Claim(kinds, globals_, ghosts).text(_claimed(litmus, negated=negated))
    lines += ["", "scenario s {", f"\trun {', '.join(actors)};", f"\tfinal {claim};", "}"]
    delayed = kinds.calls & _GRACE and kinds.calls & _LOCKS
    return Translation("\n".join(lines) + "\n", (_DELAYED,) if delayed else ())


def _claimed(litmus: s.Litmus, *, negated: bool) -> s.Condition:
    """What is to hold at the end of every execution."""
    wanted = s.Negation(litmus.condition) if negated else litmus.condition
    if litmus.filter is None:
        return wanted
    return s.Disjunction((s.Negation(litmus.filter), wanted))


@dataclass(slots=True)
class _Names:
    """Names that are taken."""

    taken: set[str]

    def new(self, wanted: str) -> str:
        """A name like ``wanted``."""
        # A name that ends in _t is a type's.
        while wanted in self.taken or wanted.endswith("_t"):
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def copy(self) -> _Names:
        """For the locals of one actor."""
        return _Names(set(self.taken))


def _objects(kinds: Kinds, names: dict[str, str]) -> Iterator[str]:
    """A declaration for each location."""
    initial = {item.name: item.value for item in kinds.litmus.initial if item.process < 0}
    for location, name in names.items():
        cell = kinds.location(location)
        value = initial.get(location, 0)
        start = f"&{names[value]}" if isinstance(value, str) else _number(value)
        match cell.kind:
            case "lock":
                if value != 0:
                    raise Untranslatable("a lock that is held at the start")
                yield f"spinlock_t {name};"
            case "srcu":
                if value != 0:
                    raise Untranslatable("an SRCU domain that has a value")
                yield f"struct srcu_struct {name};"
            case "atomic":
                yield f"atomic_t {name} = {start};"
            case "int":
                yield f"int {name} = {start};"
            case "pointer":
                yield f"{type_of(cell.value)}{name} = {'NULL' if value == 0 else start};"
            case kind:
                assert_never(kind)


def _number(value: int) -> str:
    if not -_INT_MAX <= value <= _INT_MAX:
        raise Untranslatable("a number that is no int")
    return str(value)


@dataclass(slots=True)
class _Writer:
    """One process being written."""

    kinds: Kinds
    globals: dict[str, str]
    process: s.Process
    names: _Names
    locals: dict[str, str] = field(default_factory=dict[str, str])

    def lines(self, ghosts: dict[s.FinalRegister, str]) -> Iterator[str]:
        """The actor's body."""
        number = self.process.number
        for process, name in self.kinds.registers:
            if process == number:
                self.locals[name] = self.names.new(name)
        for name, local in self.locals.items():
            yield f"\t{type_of(self.kinds.registers[number, name])}{local} = {self._start(name)};"
        yield from self._statement(self.process.body, 1)
        for register, ghost in ghosts.items():
            if register.process == number:
                yield f"\t{ghost} = {self.locals[register.name]};"

    def _start(self, name: str) -> str:
        """A register's first value."""
        number = self.process.number
        given = [
            item.value
            for item in self.kinds.litmus.initial
            if (item.process, item.name) == (number, name)
        ]
        value = given[0] if given else 0
        if isinstance(value, str):
            return f"&{self.globals[value]}"
        pointer = self.kinds.registers[number, name].find().target is not None
        return "NULL" if pointer else _number(value)

    # --- statements ---

    def _statement(self, stmt: s.Stmt, depth: int) -> Iterator[str]:
        tabs = "\t" * depth
        match stmt:
            case s.Declare(name=name, value=value):
                if value is not None:
                    yield f"{tabs}{self.locals[name]} = {self._expr(value)};"
            case s.Assign(target=s.Name(name=name), value=value):
                yield f"{tabs}{self.locals[name]} = {self._expr(value)};"
            case s.Assign(target=s.Deref(pointer=pointer), value=value):
                yield f"{tabs}{self._lvalue(pointer)} = {self._expr(value)};"
            case s.Evaluate(value=s.Call() as call):
                yield f"{tabs}{self._call(call)};"
            case s.Evaluate():
                raise Untranslatable("an expression as a statement")
            case s.If(condition=condition, then=then, otherwise=otherwise):
                yield f"{tabs}if ({self._expr(condition)}) {{"
                yield from self._statement(then, depth + 1)
                if otherwise.body:
                    yield f"{tabs}}} else {{"
                    yield from self._statement(otherwise, depth + 1)
                yield f"{tabs}}}"
            case s.Block(body=body):
                for inner in body:
                    yield from self._statement(inner, depth)
            case s.Assign():
                raise AssertionError(stmt)
            case _:
                assert_never(stmt)

    # --- expressions ---

    def _global(self, expr: s.Expr) -> str | None:
        """The object whose address an expression is, where that is written."""
        match expr:
            case s.AddressOf(name=name):
                return self.globals[name]
            case s.Name(name=name) if name not in self.locals:
                return self.globals.get(name)
            case _:
                return None

    def _lvalue(self, pointer: s.Expr) -> str:
        """The place that an expression points at."""
        return self._global(pointer) or f"*{self._expr(pointer)}"

    def _expr(self, expr: s.Expr) -> str:
        match expr:
            case s.Number(value=value):
                if self.kinds.of(expr).target is not None:
                    return "NULL"
                return _number(value)
            case s.Name() | s.AddressOf():
                found = self._global(expr)
                if found is not None:
                    return f"&{found}"
                return self.locals.get(expr.name, "0")
            case s.Deref(pointer=pointer):
                return self._lvalue(pointer)
            case s.Unary(op=op, operand=operand):
                return f"{op}({self._expr(operand)})"
            case s.Binary(op=op, left=left, right=right):
                return f"({self._expr(left)} {op} {self._expr(right)})"
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                texts = [self._expr(part) for part in (condition, then, otherwise)]
                return f"({texts[0]} ? {texts[1]} : {texts[2]})"
            case s.Call():
                return self._call(expr)
            case _:
                assert_never(expr)

    def _call(self, call: s.Call) -> str:
        """A call, by the name that its place's type asks for."""
        address: s.Expr | None = None
        values: list[str] = []
        for kind, argument in zip(PRIMITIVES[call.name].parameters, call.arguments, strict=True):
            if kind in VALUES:
                values.append(self._expr(argument))
            else:
                address = argument.pointer if isinstance(argument, s.Deref) else argument
                if kind != "lvalue":
                    address = argument
        if address is None:
            return f"{call.name}({', '.join(values)})"
        name = _renamed(call.name, self.kinds.cell(address))
        if name == "rcu_assign_pointer" and values == ["NULL"]:
            # WRITE_ONCE() in a protocol, as in the kernel; herd's definition is a release.
            name = "smp_store_release"
        if name == "smp_store_mb" and self.kinds.cell(address).kind == "atomic":
            return f"atomic_set({self._expr(address)}, {values[0]}); smp_mb()"
        return f"{name}({', '.join(self._arguments(name, address, values))})"

    def _arguments(self, name: str, address: s.Expr, values: list[str]) -> Iterator[str]:
        rest = iter(values)
        for kind in PRIMITIVES[name].parameters:
            if kind == "lvalue":
                yield self._lvalue(address)
            elif kind in VALUES:
                yield next(rest)
            else:
                yield self._expr(address)


def _renamed(name: str, cell: Cell) -> str:
    """The primitive that makes the same events on what a cell is."""
    match cell.kind:
        case "atomic":
            return AS_ATOMIC.get(name, name)
        case "int":
            return AS_INT.get(name, name)
        case "pointer":
            return _POINTER.get(name, name)
        case "lock" | "srcu":
            return name
        case kind:
            assert_never(kind)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A condition being written."""

    kinds: Kinds
    globals: dict[str, str]
    ghosts: dict[s.FinalRegister, str]

    def text(self, condition: s.Condition) -> str:
        """A condition as a C expression."""
        match condition:
            case s.Equal(left=left, value=value):
                return f"({self._place(left)} == {self._value(left, value)})"
            case s.Negation(inner=inner):
                return f"!{self.text(inner)}"
            case s.Conjunction(parts=parts):
                return f"({' && '.join(map(self.text, parts))})" if parts else "(true)"
            case s.Disjunction(parts=parts):
                return f"({' || '.join(map(self.text, parts))})" if parts else "(false)"
            case _:
                assert_never(condition)

    def _place(self, place: s.FinalRegister | s.FinalLocation) -> str:
        if isinstance(place, s.FinalRegister):
            return self.ghosts[place]
        name = self.globals[place.name]
        return f"atomic_read(&{name})" if self.kinds.location(place.name).kind == "atomic" else name

    def _value(
        self,
        left: s.FinalRegister | s.FinalLocation,
        value: int | str | s.FinalRegister | s.FinalLocation,
    ) -> str:
        match value:
            case int():
                return "NULL" if value == 0 and self._holds_address(left) else _number(value)
            case str():
                return f"&{self.globals[value]}"
            case s.FinalRegister() | s.FinalLocation():
                return self._place(value)
            case _:
                assert_never(value)

    def _holds_address(self, place: s.FinalRegister | s.FinalLocation) -> bool:
        if isinstance(place, s.FinalRegister):
            value = self.kinds.registers[place.process, place.name]
        else:
            value = self.kinds.location(place.name).value
        return value.find().target is not None
