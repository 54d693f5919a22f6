"""A query under a weak memory model: what ``before`` means where positions are not program order.

Every node n has an integer ``p<n>``, its position in one strict order that contains the model's
xb; every event e that touches memory has an integer ``co<e>``, its place in coherence: the order
that ``acyclic po-loc | rf | co | fr`` asks for, a wide access being one event.  Positions of what
has no node, such as the start of a section, are ``pe<e>``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from prover.execution.hazards import Hazard
from prover.execution.nodes import IN_VAIN, LOOSE, Node, Nodes, goes_on
from prover.execution.skeleton import Access, Grant, LocalCheck, SrcuEnd, Try, Unlock
from prover.execution.terms import Constant
from prover.smt.frame import Frame
from prover.smt.logic import FALSE, TRUE, Lit, neg

STORING = (Access, Grant, SrcuEnd, Try, Unlock)
"""Events that store to what they touch."""


def _nobody() -> Nodes:
    return Nodes((), {})


@dataclass(slots=True)
class WeakFrame(Frame):
    """One query under construction, under ``model`` (``lkmm`` or ``tso``).

    ``points`` are events without nodes whose position is asked for; ``captures`` those events
    after which the model's builder notes what came before (``fs<e>``), ``floors``
    those after which it lets others say what everything later comes after (``fa<e>``).
    ``landings`` are the pairs (free, event) for which a store after a free is a question;
    ``racing`` are the processors, ``phantoms`` the plain stores that a data race may be about;
    ``distinct`` are pairs of positions that differ where it is asked for.  ``edges`` are orders as
    from a release to an acquire: (event, event, literal), ``taken`` are of one read before another;
    ``gaps`` are for each handler the places
    in its host where it may run, with their literals, ``turns`` of two handlers of one host whether
    the first-named one comes first, ``sides`` what :func:`prover.smt.weak.waits.sides` has
    answered.
    """

    model: str = "lkmm"
    nodes: Nodes = field(default_factory=_nobody)
    points: dict[int, None] = field(default_factory=dict[int, None])
    captures: dict[int, None] = field(default_factory=dict[int, None])
    floors: dict[int, None] = field(default_factory=dict[int, None])
    landings: dict[tuple[int, int], Lit] = field(default_factory=dict[tuple[int, int], Lit])
    racing: dict[int, None] = field(default_factory=dict[int, None])
    phantoms: dict[int, None] = field(default_factory=dict[int, None])
    distinct: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    edges: list[tuple[int, int, Lit]] = field(default_factory=list[tuple[int, int, Lit]])
    taken: list[tuple[int, int, Lit]] = field(default_factory=list[tuple[int, int, Lit]])
    gaps: dict[int, list[tuple[int, Lit]]] = field(default_factory=dict[int, list[tuple[int, Lit]]])
    turns: dict[tuple[int, int], Lit] = field(default_factory=dict[tuple[int, int], Lit])
    sides: dict[int, tuple[list[Lit], list[Lit]]] = field(
        default_factory=dict[int, tuple[list[Lit], list[Lit]]]
    )

    def runs_first(self, one: int, two: int) -> Lit:
        """Whether handler ``one`` of a host runs before ``two``, where both do."""
        return self.turns[one, two] if one < two else neg(self.turns[two, one])

    def fork(self) -> WeakFrame:
        """A frame that goes on from here by itself."""
        fork = Frame.fork(self)
        assert isinstance(fork, WeakFrame)
        return fork

    # --- literals

    def less(self, one: str, two: str) -> Lit:
        """Whether one integer is smaller than another."""
        return self.logic.atom(f"(< {self.logic.number(one)} {self.logic.number(two)})")

    def most(self, one: str, two: str) -> Lit:
        """Whether one integer is not greater than another."""
        return self.logic.atom(f"(<= {self.logic.number(one)} {self.logic.number(two)})")

    def there(self, node: Node) -> Lit:
        """Whether a node is in the execution: a read also where what it reads ends its thread."""
        action = self.skeleton.events[node.event].action
        if node.kind == "R" and isinstance(action, Access | Unlock):
            from prover.smt.memory import performs

            return performs(self, node.event)
        return self.logic.all_of((self.happened(node.event), self.holds(node.when)))

    def acting(self, node: Node) -> Lit:
        """Whether a node is there and its order counts.

        An update that finds garbage may be one that fails with it, if it can fail at all.
        """
        whole = node.role != "rmw" or isinstance(self.skeleton.rows[node.active], Constant)
        done = TRUE if whole else self.ok(node.event)
        return self.logic.all_of((self.there(node), done, self.holds(node.active)))

    def locked(self, node: Node) -> Lit:
        """Whether the read of an update, or of taking a lock, is of an instruction that x86 locks.

        An update or a trylock that has only looked is not.  Where a bit is a lock that is so of the
        generic form, which x86 does not use; under ``lkmm`` this is about fences beside updates.
        """
        action = self.skeleton.events[node.event].action
        looks = action.looks if isinstance(action, Access) else "always"
        if isinstance(action, Try | Grant) and action.kind == "folio":
            looks = "generic"
        looked = looks == "always" or (looks == "generic" and self.model == "lkmm")
        return self.acting(node) if looked else self.there(node)

    # --- violations

    def stops(self, event: int) -> Lit:
        """Whether a violation at ``event`` keeps its thread from going on.

        A store that follows in program order may have been seen before the violation: where the
        thread can go on it does.
        """
        checks = (c for c in self.skeleton.events[event].checks if self.domains.may(c.bad))
        if all(self.goes_on(event, what) for what in (*self.hazards[event], *checks)):
            return FALSE
        return self.logic.variable(f"y{event}")

    def goes_on(self, event: int, what: Hazard | LocalCheck) -> bool:
        """Whether a thread goes on after a hazard or a failed check of an event."""
        return goes_on(self.skeleton.events[event], what.property)

    def acts(self, event: int) -> Lit:
        """Whether an event is ok and not in vain: an unlock of what is not held ends nothing."""
        checks = self.skeleton.events[event].checks
        failed = [neg(self.holds(check.bad)) for check in checks if check.property == IN_VAIN]
        return self.logic.all_of((self.ok(event), *failed)) if failed else self.ok(event)

    # --- orders of events

    def before(self, a: int, b: int) -> Lit:
        """Whether ``a`` is done in the model's order when ``b`` begins."""
        known = self._known(a, b)
        if known is not None:
            return known
        if self.done(a) == self.begun(a) and self.done(b) == self.begun(b):
            # Of two that are level one comes first all the same: whoever asks for both orders
            # is to get one.
            return self._first(a, b, self.done(min(a, b)), self.done(max(a, b)))
        return self.less(self.done(a), self.begun(b))

    def sooner(self, one: int, two: int) -> Lit:
        """Whether what goes wrong at ``one`` counts before what does at ``two``.

        It does where the processor of both ran it before: a thread may go on after it.
        """
        own = self.in_program(one, two)
        return self.before(one, two) if own is None else own

    def extent(self, event: int) -> tuple[str, str]:
        """The integers at which an event begins and is done."""
        return self.logic.number(self.begun(event)), self.logic.number(self.done(event))

    def called_after(self, event: int, wait: int) -> Lit:
        """Whether an event is done when a wait begins: that is after all that stands before it.

        Its look at an SRCU domain may come earlier.
        """
        known = self._known(event, wait)
        if known is not None or self.nodes.read(wait) is None:
            return self.before(event, wait)
        return self.less(self.done(event), self._point(wait))

    def given_before(self, alloc: int, event: int) -> Lit:
        """Whether an alloc has given its slot when an event comes: it is given by what it reads."""
        known = self._known(alloc, event)
        return self.less(self.begun(alloc), self.begun(event)) if known is None else known

    def coherent(self, a: int, b: int) -> Lit:
        """Whether ``a`` comes before ``b`` in coherence."""
        known = self._known(a, b)
        if known is not None:
            return known
        return self.coherence(a, b)

    def coherence(self, a: int, b: int) -> Lit:
        """The literal of coherence, also of events of one thread; level events go by number."""
        return self._first(a, b, f"co{min(a, b)}", f"co{max(a, b)}")

    def _first(self, a: int, b: int, lower: str, upper: str) -> Lit:
        """Whether a comes first, by the integers of the lower and of the greater number."""
        lit = self.less(lower, upper)
        return lit if a < b else neg(lit)

    def after_free(self, free: int, event: int) -> Lit:
        """Whether an access is not over when ``free`` executes, or lands after it."""
        known = self._known(free, event)
        if known is not None:
            return known
        own = self.in_program(event, free)
        if own is None:
            return self._after_foreign_free(free, event)
        if self.may_sink(event, free):
            return self.logic.any_of((neg(own), self._after_foreign_free(free, event)))
        return neg(own)

    def freed_twice(self, free: int, event: int) -> Lit:
        """Whether ``free`` comes before ``event``, a free too."""
        own = self.in_program(event, free)
        return self.before(free, event) if own is None else neg(own)

    def stored_before(self, update: int, event: int) -> Lit:
        """Whether an update is stored when an event begins: a processor sees its own stores."""
        own = self.in_program(update, event)
        return self.before(update, event) if own is None or self.may_sink(update, event) else own

    def in_program(self, a: int, b: int) -> Lit | None:
        """Whether ``a`` comes before ``b`` in what the processor of both ran.

        None where they are of two processors, or of one thread: those are known.
        """
        (one, index), (two, other) = self.order.place[a], self.order.place[b]
        threads = self.skeleton.threads
        if one == two or threads[one].processor != threads[two].processor:
            return None
        if threads[one].host == two and one in self.gaps:
            return self.logic.any_of(lit for k, lit in self.gaps[one] if k <= other)
        if threads[two].host == one and two in self.gaps:
            return self.logic.any_of(lit for k, lit in self.gaps[two] if k > index)
        if one in self.gaps and two in self.gaps:
            return self.runs_first(one, two)
        return None

    def may_sink(self, event: int, into: int) -> bool:
        """Whether the compiler may move a plain access of a host past where a handler comes.

        What a handler does itself is over when it returns.
        """
        threads, events = self.skeleton.threads, self.skeleton.events
        hosted = threads[events[event].thread].kind != "handler"
        handled = threads[events[into].thread].kind == "handler"
        return (
            hosted and handled and any(n.order in LOOSE for n in self.nodes.of_event.get(event, ()))
        )

    def _after_foreign_free(self, free: int, event: int) -> Lit:
        write = self.nodes.write(event)
        executes = self._later(free, event, write)
        stores = isinstance(self.skeleton.events[event].action, STORING)
        if self.model != "lkmm" or write is None or not stores:
            return executes
        lands = self.landings.get((free, event))
        if lands is None:
            lands = self.landings[free, event] = self.logic.variable(f"l{free}_{event}")
        return self.logic.any_of((executes, self.logic.all_of((self._writes(event, write), lands))))

    def _later(self, free: int, event: int, write: Node | None) -> Lit:
        """Whether the last that an event does executes after a free: an update may only read."""
        read = self.nodes.read(event)
        if read is None or write is None:
            return self.less(self.done(free), self.done(event))
        writes = self._writes(event, write)
        return self.logic.any_of(
            (
                self.less(self.done(free), f"p{read.number}"),
                self.logic.all_of((writes, self.less(self.done(free), f"p{write.number}"))),
            )
        )

    def _writes(self, event: int, write: Node) -> Lit:
        return self.logic.all_of((self.acts(event), self.holds(write.when)))

    def _known(self, a: int, b: int) -> Lit | None:
        known = self.order.before(a, b)
        return None if known is None else (TRUE if known else FALSE)

    def begun(self, event: int) -> str:
        """The position at which an event begins."""
        node = self.nodes.first(event)
        return self._point(event) if node is None else f"p{node.number}"

    def done(self, event: int) -> str:
        """The position at which an event is done."""
        node = self.nodes.last(event)
        return self._point(event) if node is None else f"p{node.number}"

    def _point(self, event: int) -> str:
        self.points[event] = None
        return f"pe{event}"

    # --- assertions

    def at_most(self, lower: Iterable[str], upper: str, *unless: Lit) -> None:
        """No lower integer is greater than the upper one, unless some literal holds."""
        for one in lower:
            self.logic.clause(*unless, self.most(one, upper))
