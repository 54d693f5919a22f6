"""Where addresses may point: which cells anything is ever stored in, what is freed, what is locked.

A cell that nobody stores in is a constant and costs no state.  Which these are is found out
before the first step, whatever the order of statements: each register of each graph, and each
cell, has the set of places that a pointer in it may lead to.  The set is too large, never too
small: a word may be made into a pointer to any object of the struct, whatever its bits are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prover.graph.instructions import inner, instructions
from prover.graph.ir import (
    Acquire,
    Alloc,
    Apply,
    Assign,
    CallRcu,
    Cfg,
    Const,
    Downgrade,
    Expr,
    Free,
    Instr,
    IsLocked,
    Layout,
    Load,
    LockInit,
    Program,
    Reg,
    Release,
    Rmw,
    Store,
    TryAcquire,
)
from prover.graph.values import Half, Location, Pointer, Value, Word

PASSED_ON = frozenset(["word_low", "word_high", "word_join", "half"])
"""Operations whose result may lead where their operands do."""


@dataclass(slots=True)
class Points:
    """What was found.

    ``contents`` says of a cell where what it holds may point, ``looked_for`` are locks of which
    somebody may find out whether anybody has them.
    """

    layout: Layout
    stored: set[Location] = field(default_factory=set[Location])
    freed: set[str] = field(default_factory=set[str])
    locked: set[Location] = field(default_factory=set[Location])
    looked_for: set[Location] = field(default_factory=set[Location])
    pools: set[str] = field(default_factory=set[str])
    contents: dict[Location, set[Location]] = field(default_factory=dict[Location, set[Location]])
    looked_at: set[Location] = field(default_factory=set[Location])
    _registers: dict[tuple[int, str], set[Location]] = field(
        default_factory=dict[tuple[int, str], set[Location]]
    )
    _grown: bool = False

    def lost(self, name: str) -> bool:
        """Whether the object may be freed while it is in use."""
        return name in self.freed

    # --- expressions

    def of(self, expr: Expr, graph: Cfg) -> set[Location]:
        """Where the value of an expression may point."""
        match expr:
            case Const(value=value):
                return set(bases(value))
            case Reg(name=name):
                return self._registers.setdefault((id(graph), name), set())
            case Apply(op=op, params=params, args=args):
                return self._of_operation(op, params, args, graph)

    def _of_operation(
        self, op: str, params: tuple[str | int, ...], args: tuple[Expr, ...], graph: Cfg
    ) -> set[Location]:
        if op == "select":
            return self.of(args[1], graph) | self.of(args[2], graph)
        if op in PASSED_ON:
            return {place for arg in args for place in self.of(arg, graph)}
        if op == "read_at":
            return self.of(args[0], graph)
        if op == "field":
            return {Location(p.object, (*p.path, params[0])) for p in self.of(args[0], graph)}
        if op == "index":
            return set(self._elements(self.of(args[0], graph)))
        if op == "container_of":
            inside = (p for p in self.of(args[0], graph) if p.path and p.path[-1] == params[0])
            return {Location(p.object, p.path[:-1]) for p in inside}
        if op == "word_make":
            return {Location(p.object, ()) for arg in args for p in self.of(arg, graph)}
        if op == "word_to_pointer":
            objects = self.layout.space.objects.items()
            return {Location(name, ()) for name, (_, struct) in objects if struct == params[0]}
        return set()

    def _elements(self, arrays: Iterable[Location]) -> Iterator[Location]:
        for array in arrays:
            depth = len(array.path)
            for cell in self.layout.regions[array.object].cells:
                if cell.path[:depth] == array.path and len(cell.path) > depth:
                    yield Location(array.object, cell.path[: depth + 1])

    # --- the fixed point

    def run(self, graphs: tuple[Cfg, ...]) -> None:
        """Goes through all instructions until nothing is new."""
        for name, region in self.layout.regions.items():
            for path, value in region.initial.items():
                self.contents[Location(name, path)] = set(bases(value))
        self.settle(graphs)

    def settle(self, graphs: tuple[Cfg, ...]) -> None:
        """Goes through some graphs with what is known of memory."""
        self._grown = True
        while self._grown:
            self._grown = False
            for graph in graphs:
                for instr in instructions(graph):
                    self._step(instr, graph)

    def _grow(self, target: set[Location], new: Iterable[Location]) -> None:
        size = len(target)
        target.update(new)
        self._grown = self._grown or len(target) > size

    def _into(self, name: str, graph: Cfg, new: Iterable[Location]) -> None:
        self._grow(self._registers.setdefault((id(graph), name), set()), new)

    def _step(self, instr: Instr, graph: Cfg) -> None:
        match instr:
            case Assign(reg=reg, expr=expr):
                self._into(reg, graph, self.of(expr, graph))
            case Load(reg=reg, address=address):
                self._into(reg, graph, self._read(address, graph))
            case Store(address=address, value=value):
                self._write(address, value, graph)
            case Rmw(reg=reg, address=address, new=new):
                self._into(reg, graph, self._read(address, graph))
                self._write(address, new, graph)
            case LockInit(address=address):
                self._grow(self.stored, self.of(address, graph))
                # Of what is fresh nobody has a lock, so who sets one up there does not look.
                lasting = (p for p in self.of(address, graph) if not self._fresh(p))
                self.looked_for |= set(lasting)
            case IsLocked(address=address):
                self.looked_for |= self.of(address, graph)
            case Acquire() | TryAcquire() | Release() | Downgrade():
                places = self.of(instr.address, graph)
                self._grow(self.locked, places)
                if isinstance(instr, TryAcquire):
                    self.looked_for |= places
                if instr.kind == "folio":
                    self._grow(self.stored, places)
            case Alloc(reg=reg, pool=pool):
                self._alloc(reg, pool, graph)
            case Free(pointer=pointer):
                self.freed.update(p.object for p in self.of(pointer, graph))
            case CallRcu(callback=callback, parameter=parameter, argument=argument):
                self._into(parameter, callback, self.of(argument, graph))
            case _:
                pass

    def _alloc(self, reg: str, pool: str, graph: Cfg) -> None:
        self.pools.add(pool)
        slots = [r for r in self.layout.regions.values() if r.pool == pool]
        self._into(reg, graph, [Location(region.name, ()) for region in slots])
        for region in slots:
            self._grow(self.stored, (Location(region.name, c.path) for c in region.cells))

    def _fresh(self, place: Location) -> bool:
        """Whether a place is in a slot of which nothing is left from one life to the next."""
        region = self.layout.regions[place.object]
        return bool(region.pool) and not region.typesafe

    def _read(self, address: Expr, graph: Cfg) -> set[Location]:
        found: set[Location] = set()
        for place in self.of(address, graph):
            self.looked_at.add(place)
            found |= self.contents.get(place, set())
        return found

    def _write(self, address: Expr, value: Expr, graph: Cfg) -> None:
        new = self.of(value, graph)
        places = self.of(address, graph)
        self._grow(self.stored, places)
        for place in places:
            self._grow(self.contents.setdefault(place, set()), new)


def bases(value: Value) -> Iterator[Location]:
    """Where a value points; a word, at the objects whose addresses its halves are parts of."""
    match value:
        case Pointer(base=base, path=path) if base is not None:
            yield Location(base.object, path)
        case Half(base=base) if base is not None:
            yield Location(base.object, ())
        case Word(low=low, high=high):
            yield from bases(low)
            yield from bases(high)
        case _:
            return


def all_graphs(graphs: Iterable[Cfg]) -> tuple[Cfg, ...]:
    """Graphs and those inside them, each once."""
    found: dict[int, Cfg] = {}
    pending = list(graphs)
    while pending:
        graph = pending.pop(0)
        if id(graph) not in found:
            found[id(graph)] = graph
            inside = (inner(instr) for instr in instructions(graph))
            pending.extend(each for each in inside if each is not None)
    return tuple(found.values())


def find_points(program: Program, claims: tuple[Cfg, ...]) -> tuple[Points, Points]:
    """Where addresses point in the actors' graphs; and in claims, which only look."""
    points = Points(program.layout)
    points.run(all_graphs(actor.graph for actor in program.actors))
    looks = Points(program.layout)
    looks.contents = points.contents
    looks.settle(claims)
    return points, looks
