"""The system of a program: rules found as they are asked for, and kept by what they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dsl.source import Span
from prover.graph import ir
from prover.graph.values import Location
from prover.parametric.machine.claims import judge, spans
from prover.parametric.machine.exchange import Exchange
from prover.parametric.machine.local import Local, after_free, without_lock, without_references
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.run import step
from prover.parametric.machine.shared import Variable
from prover.parametric.machine.slots import exchanges
from prover.parametric.machine.text import local_key, local_text
from prover.parametric.machine.values import value_key, value_text
from prover.parametric.machine.work import Asked
from prover.parametric.system import IDLE, Infinite, Label, Refused, Rule, Shared, Start, Violated


@dataclass(slots=True)
class Node:
    """What is known after some answers: the next question, or what comes of them.

    ``variable`` is asked for, or which of ``ways`` things happens; ``known`` are the nodes
    after the answers so far.  Where nothing is asked ``found`` is what has come out.
    """

    script: tuple[int, ...]
    variable: int = -1
    ways: int = 0
    known: dict[int, Node] = field(default_factory=dict[int, "Node"])
    found: object = None


class Tree:
    """A function of the shared variables, kept by those that it asks for."""

    __slots__ = ("_find", "_root")

    def __init__(self, find: Callable[[Sequence[int]], object]) -> None:
        self._find = find
        self._root = self._node(())

    def _node(self, script: tuple[int, ...]) -> Node:
        try:
            return Node(script, found=self._find(script))
        except Asked as asked:
            return Node(script, asked.variable, asked.ways)

    def values(self, shared: Shared) -> list[object]:
        """What comes out in a shared state, once for each way."""
        found: list[object] = []
        pending = [self._root]
        while pending:
            node = pending.pop()
            if node.ways:
                if not node.known:
                    for way in range(node.ways):
                        node.known[way] = self._node((*node.script, way))
                pending.extend(reversed(node.known.values()))
            elif node.variable >= 0:
                answer = shared[node.variable]
                after = node.known.get(answer)
                if after is None:
                    after = node.known[answer] = self._node((*node.script, answer))
                pending.append(after)
            else:
                found.append(node.found)
        return found


def _after(parts: Parts, kind: str, what: Location, state: Local) -> Local | None:
    """What a broadcast makes of a local state; None: the actor is gone."""
    match kind:
        case "free":
            return after_free(state, what.object)
        case "given":
            return None if state.body == parts.pages.get(what.object) else state
        case "unlock":
            return without_lock(state, what)
        case _:
            return without_references(state, what)


class Compiled:
    """The compiled transition relation of a program: see :class:`prover.parametric.system.System`.

    Beside what that asks for it has :meth:`needs`, :meth:`passed`, :meth:`final`, :meth:`orders`
    and :meth:`circle`.
    """

    def __init__(self, parts: Parts, start: Start) -> None:
        self.parts = parts
        self._start = start
        self._rules: dict[int, Tree] = {}
        self._found: dict[tuple[int, Shared], tuple[Rule, ...]] = {}
        self._claims: dict[str, list[tuple[Tree, Span]]] = {}
        self._forbids: dict[tuple[int, int], bool] = {}
        self._waited: dict[tuple[int, int], Label] = {}
        self._changed: dict[tuple[int, int], int] = {}
        self._exchanges: tuple[Exchange, ...] | None = None

    @property
    def start(self) -> Start:
        """How it begins."""
        return self._start

    def rules(self, local: int, shared: Shared) -> tuple[Rule, ...]:
        """The rules of ``local`` whose reads fit ``shared``."""
        tree = self._rules.get(local)
        if tree is None:
            tree = self._rules[local] = Tree(lambda script: self._step(local, script))
        return tuple([rule for rule in tree.values(shared) if isinstance(rule, Rule)])

    def _step(self, local: int, script: Sequence[int]) -> Rule | None:
        try:
            return step(self.parts, local, script)
        except (Refused, Infinite) as error:
            error.span = error.span or self.place(local)
            raise

    def passed(self, rule: Rule) -> frozenset[int]:
        """The positions that an actor goes through by a rule, where steps are not joined."""
        return self.parts.passed[rule]

    def needs(self, rule: Rule) -> int:
        """The guard that has to forbid somebody else, or the rule is too much; -1 for none."""
        return self.parts.needs.get(rule, -1)

    def forbids(self, guard: int, other: int) -> bool:
        """Whether a guard forbids another actor in local state ``other``."""
        key = (guard, other)
        found = self._forbids.get(key)
        if found is None:
            found = self._forbids[key] = self.parts.forbids(guard, other)
        return found

    def waited_for(self, wait: int, other: int) -> Label:
        """The open regions of ``other`` that a wait, begun now, waits for."""
        key = (wait, other)
        found = self._waited.get(key)
        if found is None:
            found = self._waited[key] = self.parts.waited_for(wait, other)
        return found

    def changed(self, change: int, other: int) -> int:
        """The local state that a broadcast makes of ``other``."""
        if other == IDLE:
            return IDLE
        key = (change, other)
        found = self._changed.get(key)
        if found is None:
            kind, what = self.parts.changes[change]
            state = _after(self.parts, kind, what, self.parts.locals.all[other])
            number = IDLE if state is None else self.parts.locals.number(state)
            found = self._changed[key] = number
        return found

    def awaits(self, local: int) -> int:
        """The wait that an actor spawned in ``local`` begins with."""
        state = self.parts.locals.all[local]
        return state.wait if state.pending else -1

    def single(self, local: int) -> int:
        """Which of the actors that there is one of this is."""
        return self.parts.locals.all[local].who

    def broken(self, shared: Shared) -> Violated | None:
        """An invariant of the protocol that does not hold."""
        return self._false("invariant", self.parts.program.invariants, shared)

    def final(self, shared: Shared) -> Violated | None:
        """A final claim that does not hold."""
        return self._false("final", self.parts.program.finals, shared)

    def _false(self, kind: str, graphs: tuple[ir.Cfg, ...], shared: Shared) -> Violated | None:
        if kind not in self._claims:
            self._claims[kind] = [(self._claim(g), next(spans(g), Span("", 0, 0))) for g in graphs]
        for tree, span in self._claims[kind]:
            if not tree.values(shared)[0]:
                return Violated((kind,), span)
        return None

    def _claim(self, graph: ir.Cfg) -> Tree:
        return Tree(lambda script: judge(self.parts, graph, script))

    def stopped(self, local: int) -> bool:
        """Whether the actor has stopped for good: at a false ``assume()``, or in an empty loop."""
        return self.parts.locals.all[local].stopped

    def wants(self, local: int, shared: Shared) -> int:  # noqa: ARG002 (others may look)
        """The guard of the lock that an actor stands before and may have to wait for."""
        return self.parts.asks(local)

    def orders(self) -> frozenset[tuple[str, str]]:
        """The orders of lock classes found so far: (held, taken), with those declared."""
        return frozenset(self.parts.orders.all())

    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges of slots that leave the program as it is: a group, but for the identity.

        Local states that are found from now on have their images beside them.
        """
        if self._exchanges is None:
            found = self._exchanges = exchanges(self.parts)
            if found:
                self.parts.locals.images = lambda local: [each.image(local) for each in found]
        return self._exchanges

    def counts(self) -> tuple[str, ...]:
        """The counts of which only parts are kept: they are taken to stay below 2^30."""
        apart = ", multiples of 2^30 apart,"
        counts = self.parts.counts
        return tuple(sorted(f"{each}{apart if self._marked(each) else ''}" for each in counts))

    def _marked(self, count: Location) -> bool:
        """Whether a rule that was found puts a mark into a count."""
        variables = self.parts.variables
        number = variables.number.get(Variable("marks", count))
        return number is not None and len(variables.found(number)) > 1

    def circle(self) -> Violated | None:
        """Where the orders found so far make a circle."""
        span = self.parts.orders.circle()
        return None if span is None else Violated(("lock-order",), span)

    # --- what it says to people ---------------------------------------------------------------

    def variables(self) -> tuple[str, ...]:
        """The shared variables by name."""
        return tuple(str(variable) for variable in self.parts.variables.all)

    def value_text(self, variable: int, value: int) -> str:
        """A value of a shared variable in words."""
        return value_text(self.parts.variables.value(variable, value))

    def local_text(self, local: int) -> str:
        """A local state in words."""
        return local_text(self.parts, local)

    def value_key(self, variable: int, value: int) -> str:
        """A value of a shared variable, one to one."""
        return value_key(self.parts.variables.value(variable, value))

    def local_key(self, local: int) -> str:
        """A local state, one to one."""
        return local_key(self.parts, local)

    def region_key(self, region: int) -> str:
        """The region that a bit of a label is, one to one."""
        kind, of = next(found for found, bit in self.parts.bits.items() if bit == 1 << region)
        return f"{kind}|{of}"

    def actor(self, local: int) -> str:
        """The actor, or the callback, that a local state is of."""
        state = self.parts.locals.all[local]
        return "" if local == IDLE else self.parts.bodies[state.body].name

    def place(self, local: int) -> Span | None:
        """The statement that the actor stands before."""
        if local == IDLE:
            return None
        state = self.parts.locals.all[local]
        origin = self.parts.bodies[state.body].origin(state.position)
        return None if origin is None else origin.span

    def all_locals(self) -> Iterator[int]:
        """The local states found so far."""
        return iter(range(len(self.parts.locals.all)))
