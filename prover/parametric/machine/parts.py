"""What all steps of a system share: its graphs, its variables, and what numbers stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from prover.graph import ir
from prover.graph.values import POISON, Half, Location, Pointer, Value, Word, apply
from prover.parametric.machine.code import Body, flatten
from prover.parametric.machine.local import Local, Region
from prover.parametric.machine.orders import Orders
from prover.parametric.machine.points import Points
from prover.parametric.machine.ranges import Range, chosen, is_range, ranged
from prover.parametric.machine.shared import LIMIT, Variable, Variables
from prover.parametric.machine.values import value_text
from prover.parametric.machine.work import regions
from prover.parametric.system import IDLE, Infinite, Label, Rule

FAIR = ("rwsem", "rwlock")
"""Kinds of lock of which readers wait for the writers that wait."""

Entry = TypeVar("Entry")

Evaluate = Callable[[Mapping[str, Value]], Value]


@dataclass(slots=True)
class Locals:
    """The local states found so far, by number; IDLE, which is nobody's, is number 0.

    ``images`` are those that a new one becomes where slots change places: they get the numbers
    next to its own, so that a set of local states is exchanged by shifting its bits.
    """

    constants: frozenset[int]
    bodies: list[Body]
    images: Callable[[Local], Iterable[Local]] | None = None
    all: list[Local] = field(default_factory=lambda: [Local(-1, -1, -1)])
    _numbers: dict[Local, int] = field(default_factory=dict[Local, int])
    _seen: dict[tuple[int, str], set[Value]] = field(
        default_factory=dict[tuple[int, str], set[Value]]
    )

    def number(self, local: Local) -> int:
        """The number of a local state; a new one where it is new."""
        found = self._numbers.get(local)
        if found is None:
            found = self._new(local)
            self._limit(local)
            for image in () if self.images is None else self.images(local):
                if image not in self._numbers:
                    self._new(image)
        return found

    def _new(self, local: Local) -> int:
        found = self._numbers[local] = len(self.all)
        self.all.append(local)
        return found

    def _limit(self, local: Local) -> None:
        for name, value in local.registers:
            if not isinstance(value, int | Word | Half | Range) or value in self.constants:
                continue
            seen = self._seen.setdefault((local.body, name), set())
            seen.add(value)
            if len(seen) > LIMIT:
                shown = ", ".join(sorted(map(value_text, seen))[:3])
                body = self.bodies[local.body]
                origin = body.origin(local.position)
                what = f"`{name}` in {body.name} takes ever more values: {shown}, ..."
                raise Infinite(what, None if origin is None else origin.span)
        if max(local.rcu, local.preempt, local.bh, len(local.readers), *_depths(local)) > LIMIT:
            raise Infinite(f"{self.bodies[local.body].name} goes into ever more sections")
        if any(number > LIMIT for _, number in local.counted):
            raise Infinite(f"{self.bodies[local.body].name} takes ever more references")


def _depths(local: Local) -> list[int]:
    return [0, *(lock.depth for lock in local.held)]


@dataclass(slots=True)
class Parts:
    """The tables.

    ``bodies`` are the graphs of actors, then ``pages``, those of the pages of typesafe slots, then
    those of callbacks as they are queued.  ``waits``,
    ``guards`` and ``changes`` say what the numbers in rules stand for.  ``forgets``: nobody looks
    at what is in a free slot, so nothing is kept there; nor in the cells ``unread``.  Of ``counts``
    only parts are kept.  ``passed`` are the positions that a rule has gone through, where steps are
    not joined.
    """

    program: ir.Program
    joined: bool
    forever: bool
    variables: Variables
    points: Points
    forgets: bool
    start: Mapping[Location, tuple[int, int]]
    orders: Orders
    bodies: list[Body]
    fresh: list[Mapping[str, Value]]
    locals: Locals
    counts: frozenset[Location] = frozenset()
    waits: list[tuple[str, Location | None, tuple[str, ...]]] = field(
        default_factory=list[tuple[str, Location | None, tuple[str, ...]]]
    )
    guards: list[tuple[Location, str, str]] = field(default_factory=list[tuple[Location, str, str]])
    changes: list[tuple[str, Location]] = field(default_factory=list[tuple[str, Location]])
    needs: dict[Rule, int] = field(default_factory=dict[Rule, int])
    passed: dict[Rule, frozenset[int]] = field(default_factory=dict[Rule, frozenset[int]])
    bits: dict[Region, Label] = field(default_factory=dict[Region, Label])
    unread: frozenset[Location] = frozenset()
    cells: frozenset[Location] = frozenset()
    slots: frozenset[str] = frozenset()
    pages: Mapping[str, int] = field(default_factory=dict[str, int])
    word_at: dict[Location, str] = field(default_factory=dict[Location, str])
    _callbacks: dict[int, int] = field(default_factory=dict[int, int])
    _changing: set[Location] = field(default_factory=set[Location])
    _pointing: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    _compiled: dict[int, tuple[ir.Expr, Evaluate]] = field(
        default_factory=dict[int, tuple[ir.Expr, Evaluate]]
    )

    def __post_init__(self) -> None:
        regions = self.layout.regions.values()
        self.cells = frozenset(Location(r.name, c.path) for r in regions for c in r.cells)
        self.slots = frozenset(r.name for r in regions if r.pool)
        self.word_at = {
            Location(r.name, c.path): c.type_name for r in regions for c in r.cells if c.split
        }
        self._changing = {v.place for v in self.variables.all if v.kind in ("cell", "above")}

    @property
    def layout(self) -> ir.Layout:
        """All memory."""
        return self.program.layout

    @property
    def tables(self) -> tuple[ir.TransitionTable, ...]:
        """The transition tables."""
        return self.program.transitions

    def changing(self, place: Location) -> bool:
        """Whether anything is ever stored in a cell."""
        return place in self._changing

    def pointing(self, slot: str) -> tuple[int, ...]:
        """The variables that may hold a pointer to a life of a slot."""
        if slot not in self._pointing:
            self._pointing[slot] = tuple(
                number
                for number, variable in enumerate(self.variables.all)
                if variable.kind in ("cell", "settled") and self._may_point(variable, slot)
            )
        return self._pointing[slot]

    def _may_point(self, variable: Variable, slot: str) -> bool:
        found = self.points.contents.get(variable.place, set[Location]())
        return any(place.object == slot for place in found)

    # --- numbers

    def wait(self, kind: str, domain: Location | None, targets: tuple[str, ...] = ()) -> int:
        """The number of a wait."""
        return _number(self.waits, (kind, domain, targets))

    def guard(self, place: Location, mode: str, asked: str = "") -> int:
        """The number of a guard: nobody else may have the lock so that it excludes ``mode``.

        Of a count, ``reference``: nobody else has a part of it.  Nor, with ``asked``, be about to
        ask for it: ``any``, or ``exclusive`` for writers only.
        """
        return _number(self.guards, (place, mode, asked))

    def forbids(self, guard: int, other: int) -> bool:
        """Whether a guard forbids another actor."""
        place, mode, asked = self.guards[guard]
        if other == IDLE:
            return False
        local = self.locals.all[other]
        for lock in local.held:
            if lock.place == place and not lock.gone and "exclusive" in (mode, lock.mode):
                return True
        if mode == "reference":
            return any(where == place for where, _ in local.counted)
        return bool(asked) and self._asks(local, place, asked)

    def asks(self, number: int) -> int:
        """The guard of the lock that an actor is about to ask for, -1 for none."""
        local = self.locals.all[number]
        if number == IDLE or local.stopped or local.wait >= 0:
            return -1
        op = self.bodies[local.body].ops[local.position]
        if not isinstance(op, ir.Acquire | ir.TryAcquire) or op.kind == "folio":
            return -1
        if isinstance(op, ir.TryAcquire) and op.kind not in FAIR:
            return -1
        value = self.compiled(op.address)(dict(local.registers))
        if not isinstance(value, Pointer) or value.base is None:
            return -1
        # Who reads queues behind the writers that wait; a trylock fails as long as one does.
        queues = isinstance(op, ir.TryAcquire) or self._reads_in_queue(local, op)
        return self.guard(value.location, op.mode, "exclusive" if queues else "")

    def _reads_in_queue(self, local: Local, op: ir.Acquire) -> bool:
        """Whether a reader stands behind writers that wait; in_interrupt() not for an rwlock."""
        if op.kind == "rwlock" and (local.bh or self.bodies[local.body].kind != "actor"):
            return False
        return op.kind in FAIR and op.mode == "shared"

    def _asks(self, local: Local, place: Location, asked: str) -> bool:
        op = self.bodies[local.body].ops[local.position]
        if not isinstance(op, ir.Acquire) or local.stopped or asked not in ("any", op.mode):
            return False
        value = self.compiled(op.address)(dict(local.registers))
        return isinstance(value, Pointer) and value.base is not None and value.location == place

    def change(self, kind: str, what: Location) -> int:
        """The number of a broadcast.

        ``free`` of a slot, ``given`` where one of a typesafe pool is in use again, ``unlock`` of
        a folio by another, ``recount`` where a count was set.
        """
        return _number(self.changes, (kind, what))

    def callback(self, instr: ir.CallRcu) -> int:
        """The body of a callback."""
        key = id(instr.callback)
        if key not in self._callbacks:
            self._callbacks[key] = len(self.bodies)
            self.bodies.append(flatten(instr.name, "callback", instr.callback))
            self.fresh.append({})
        return self._callbacks[key]

    # --- regions

    def _open(self, number: int) -> tuple[Region, ...]:
        local = self.locals.all[number]
        return () if number == IDLE else regions(local, self.bodies[local.body].kind)

    def label(self, found: Iterable[Region]) -> Label:
        """Regions as a set of bits."""
        label = 0
        for region in found:
            label |= self.bits.setdefault(region, 1 << len(self.bits))
        return label

    def ended(self, before: int, after: int) -> Label:
        """The regions that a step from one local state to another ends."""
        return self.label(self._open(before)) & ~self.label(self._open(after))

    def waited_for(self, wait: int, other: int) -> Label:
        """The open regions of an actor that a wait, begun now, waits for."""
        kind, domain, targets = self.waits[wait]
        if other == IDLE:
            return 0
        if kind == "ipi":
            body = self.bodies[self.locals.all[other].body]
            if body.kind != "actor" or not _is_target(body.name, targets):
                return 0
        return self.label(r for r in self._open(other) if _waits(kind, domain, r))

    # --- expressions

    def compiled(self, expr: ir.Expr) -> Evaluate:
        """What gives the value of an expression from registers."""
        found = self._compiled.get(id(expr))
        if found is None:
            # The expression is kept, or its identity might become another's.
            found = self._compiled[id(expr)] = (expr, self._compile(expr))
        return found[1]

    def _compile(self, expr: ir.Expr) -> Evaluate:
        match expr:
            case ir.Const(value=value):
                return lambda _: value
            case ir.Reg(name=name):
                return lambda registers: registers.get(name, POISON)
            case ir.Apply(op=op, params=params, args=args):
                parts = tuple(self._compile(arg) for arg in args)
                space = self.layout.space
                if self.counts:
                    return self._with_ranges(op, params, parts)
                return lambda registers: apply(
                    space, op, params, tuple([part(registers) for part in parts])
                )

    def _with_ranges(
        self, op: str, params: tuple[str | int, ...], parts: tuple[Evaluate, ...]
    ) -> Evaluate:
        """The same where operands may be numbers of which only bounds are known."""

        def evaluate(registers: Mapping[str, Value]) -> Value:
            args = tuple([part(registers) for part in parts])
            if not any(map(is_range, args)):
                return apply(self.layout.space, op, params, args)
            return chosen(*args) if op == "select" else ranged(op, params, args)

        return evaluate


def _waits(kind: str, domain: Location | None, region: Region) -> bool:
    """Whether a wait waits for a region."""
    what, of = region
    if kind == "ipi":
        return what == "irq"
    if kind == "barrier":
        return what == "callback" and of == str(domain)
    if domain is not None:
        return what == "srcu" and of.rpartition("#")[0] == str(domain)
    return what not in ("srcu", "callback")


def _is_target(name: str, targets: tuple[str, ...]) -> bool:
    """Whether an IPI goes to an actor: of any number of actors to each, or to none."""
    return not targets or any(name in (target, target.partition(".")[0]) for target in targets)


def _number(table: list[Entry], what: Entry) -> int:
    if what not in table:
        table.append(what)
    return table.index(what)
