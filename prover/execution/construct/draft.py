"""The skeleton while it is being built: growing lists, and the smart constructors they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.frozen import Frozen
from dsl.source import Span
from prover.execution import skeleton as sk
from prover.execution.lock_facts import LockOrderEdge, LockUse
from prover.execution.terms import (
    And,
    Choice,
    Constant,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    Term,
    Terms,
)
from prover.graph import ir
from prover.graph.values import POISON, Allocation, Location, Pointer, Value, apply

BOOLEAN_OPS = frozenset(["==", "!=", "!", "bool", "<", "<=", ">", ">=", "&&", "||"])
"""Operations whose value is 0 or 1."""

Env = dict[str, Term]
"""What each register holds at one point of a thread; ``!``-names are the builder's own."""


class Lock(Frozen, frozen=True):
    """A lock in memory, and the registers for what a thread has of it.

    ``exclusive``: whether it is held so; ``shared``: how often it is held shared; ``subclass``: the
    lockdep subclass that it was taken with.
    """

    location: Location
    cell: ir.Cell
    exclusive: str
    shared: str
    subclass: str


@dataclass(slots=True)
class Draft:
    """Everything built so far for one program."""

    layout: ir.Layout
    terms: Terms = field(default_factory=Terms)
    events: list[sk.Event | None] = field(default_factory=list[sk.Event | None])
    threads: list[sk.Thread | None] = field(default_factory=list[sk.Thread | None])
    reads: list[sk.ReadAccess] = field(default_factory=list[sk.ReadAccess])
    writes: list[sk.WriteAccess] = field(default_factory=list[sk.WriteAccess])
    updates: list[sk.Update] = field(default_factory=list[sk.Update])
    stored: list[sk.StoredWord] = field(default_factory=list[sk.StoredWord])
    readers: int = 0
    lock_edges: list[LockOrderEdge] = field(default_factory=list[LockOrderEdge])
    lock_uses: list[LockUse] = field(default_factory=list[LockUse])
    cuts: list[sk.CutPoint] = field(default_factory=list[sk.CutPoint])
    marks: list[sk.MarkPoint] = field(default_factory=list[sk.MarkPoint])
    choices: int = 0
    kept: dict[Term, tuple[str, Span]] = field(default_factory=dict[Term, tuple[str, Span]])
    shared: dict[str, Term] = field(default_factory=dict[str, Term])
    _locks: dict[tuple[str, ...], list[Lock]] = field(
        default_factory=dict[tuple[str, ...], list[Lock]]
    )
    _pointers: dict[Location, Term] = field(default_factory=dict[Location, Term])

    # --- terms

    def keep(self, term: Term, reg: str, origin: ir.Origin) -> None:
        """Notes the first local that has a term; registers of nobody's are numbers."""
        if not reg.isdigit():
            self.kept.setdefault(term, (reg, origin.span))

    def constant(self, value: Value) -> Term:
        """The term of a value."""
        return self.terms.constant(value)

    def operation(self, op: str, params: tuple[str | int, ...], args: tuple[Term, ...]) -> Term:
        """A pure operation, computed now where its operands are known."""
        if op in ("!", "bool"):
            truth = self.truth(args[0])
            return self.terms.invert(truth) if op == "!" else truth
        if op in ("&&", "||"):
            join = self.terms.both if op == "&&" else self.terms.either
            return join(*(self.truth(arg) for arg in args))
        if op == "select":
            return self.select(self.truth(args[0]), args[1], args[2])
        known = [self.terms.known(arg) for arg in args]
        if all(value is not None for value in known):
            values = tuple(value for value in known if value is not None)
            try:
                return self.constant(apply(self.layout.space, op, params, values))
            except TypeError:
                # Only poison has no meaning as an operand, and no run gets past reading it.
                return self.constant(POISON)
        if op == "wrap" and self.is_boolean(args[0]):
            return args[0]
        return self.terms.add(Operation(op, params, args))

    def is_boolean(self, term: Term) -> bool:
        """Whether a term is 0 or 1 by its form."""
        match self.terms.rows[term]:
            case And() | Or() | Not() | Outcome():
                return True
            case Operation(op=op):
                return op in BOOLEAN_OPS
            case Constant(value=value):
                return value in (0, 1)
            case Phi(arms=arms):
                return all(self.is_boolean(value) for _, value in arms)
            case _:
                return False

    def truth(self, term: Term) -> Term:
        """Whether the term counts as true, as a term that is 0 or 1."""
        if self.is_boolean(term):
            return term
        known = self.terms.known(term)
        if known is not None:
            return self.constant(apply(self.layout.space, "bool", (), (known,)))
        return self.terms.add(Operation("bool", (), (term,)))

    def select(self, condition: Term, then: Term, otherwise: Term) -> Term:
        """``condition ? then : otherwise``, ``condition`` being 0 or 1."""
        known = self.terms.known(condition)
        if known is not None:
            return then if known else otherwise
        if then == otherwise:
            return then
        if self.terms.known(then) == 1 and self.terms.known(otherwise) == 0:
            return condition
        return self.terms.phi([(condition, then), (self.terms.invert(condition), otherwise)])

    def value_of(self, expr: ir.Expr, env: Env) -> Term:
        """The term of an expression; a register never assigned is POISON."""
        match expr:
            case ir.Const(value=value):
                return self.constant(value)
            case ir.Reg(name=name):
                found = env.get(name)
                return self.constant(POISON) if found is None else found
            case ir.Apply(op=op, params=params, args=args):
                return self.operation(op, params, tuple(self.value_of(a, env) for a in args))

    def choice(self, low: int, high: int, shared: str, thread: int, origin: ir.Origin) -> Term:
        """Any value from ``low`` to ``high``; the same one for all that share a name."""
        if shared in self.shared:
            return self.shared[shared]
        self.choices += 1
        made = self.terms.add(Choice(self.choices, low, high, -1 if shared else thread, origin))
        if shared:
            self.shared[shared] = made
        return made

    def pointer_to(self, location: Location) -> Term:
        """The constant pointer to a location, in its first life."""
        found = self._pointers.get(location)
        if found is None:
            found = self.constant(Pointer(Allocation(location.object, 0), location.path))
            self._pointers[location] = found
        return found

    def is_at(self, address: Term, lock: Lock) -> Term:
        """Whether an address is that of a lock."""
        return self.equal(address, self.pointer_to(lock.location))

    def equal(self, left: Term, right: Term) -> Term:
        """Whether two values are equal by address or bits."""
        if left == right:
            return self.constant(1)
        return self.operation("==", (), (left, right))

    # --- events

    def reserve(self) -> int:
        """A number for an event or thread that is made later."""
        self.events.append(None)
        return len(self.events) - 1

    def outcome(self, event: int, what: str) -> Term:
        """The term of an outcome."""
        return self.terms.add(Outcome(event, what))

    def read(self, event: int, address: Term, part: str, *, ghost: bool = False) -> Term:
        """Adds a read access; the term is what it reads."""
        from prover.execution.terms import ReadValue

        number = len(self.reads)
        self.reads.append(sk.ReadAccess(number, event, address, part, ghost))
        return self.terms.add(ReadValue(number))

    def write(self, event: int, address: Term, part: str, value: Term, when: Term) -> None:
        """Adds a write access."""
        self.writes.append(sk.WriteAccess(len(self.writes), event, address, part, value, when))

    def locks(self, *kinds: str) -> list[Lock]:
        """Every lock of the given kinds, in layout order."""
        found = self._locks.get(kinds)
        if found is None:
            found = self._locks[kinds] = [
                _lock(Location(region.name, cell.path), cell)
                for region in self.layout.regions.values()
                for cell in region.cells
                if cell.kind == "lock" and cell.type_name in kinds
            ]
        return found


def _lock(location: Location, cell: ir.Cell) -> Lock:
    return Lock(location, cell, f"!x:{location}", f"!s:{location}", f"!n:{location}")


def topological(cfg: ir.Cfg) -> list[str]:
    """The blocks of an acyclic graph, each after all that lead to it; branches stay together."""
    order = in_order({n: targets(b.terminator) for n, b in cfg.blocks.items()}, cfg.entry)
    assert order is not None, "an acyclic graph"
    return order


def in_order(ways: Mapping[str, tuple[str, ...]], entry: str) -> list[str] | None:
    """The same of blocks that lead to each other in some ways; None where some go round."""
    order: list[str] = []
    done: dict[str, bool] = {}
    stack: list[tuple[str, bool]] = [(entry, False)]
    while stack:
        name, over = stack.pop()
        if over:
            done[name] = True
            order.append(name)
        elif name not in done:
            done[name] = False
            stack.append((name, True))
            stack.extend((way, False) for way in ways[name])
        elif not done[name]:
            return None
    order.reverse()
    return order


def targets(terminator: ir.Terminator) -> tuple[str, ...]:
    """The blocks that a terminator can lead to."""
    match terminator:
        case ir.Jump(target=target):
            return (target,)
        case ir.Branch(then=then, otherwise=otherwise):
            return (then, otherwise)
        case ir.End() | ir.Cut() | ir.Spin():
            return ()
