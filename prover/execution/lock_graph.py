"""Which classes of lock are taken where, in what context, and while which are held.

Lockdep's view of a bounded program: what its data and control flow allow, not what one
execution does.  Everything that some execution does is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dsl.source import Source, Span
from prover.execution import skeleton as sk
from prover.execution.declared import of_classes
from prover.execution.domains import Domains
from prover.execution.lock_facts import LockUse, class_of, passed
from prover.execution.terms import Term
from prover.graph.ir import Origin

MODES = {"exclusive": "write", "shared": "read"}

_Key = TypeVar("_Key", str, tuple[str, str])


@dataclass(frozen=True, slots=True, order=True)
class Taking:
    """One place where a lock is taken: the function (or actor), how, and in what context.

    ``irqs`` and ``softirqs`` are ``on``, ``off`` or ``on or off``.  ``inside`` names what is
    around: ``hardirq``, ``softirq``, ``RCU reader``, ``preempt off``.
    """

    file: str
    line: int
    function: str
    mode: str
    tries: bool
    irqs: str
    softirqs: str
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockGraph:
    """The classes by name, each with its kind and where it is taken; and the orders.

    An order (held, taken) has the places where the second class is taken under the first.
    ``declared`` are orders that only the protocol's word is for, with where it says so.
    """

    kinds: Mapping[str, str]
    takings: Mapping[str, tuple[Taking, ...]]
    orders: Mapping[tuple[str, str], tuple[Taking, ...]]
    declared: Mapping[tuple[str, str], str]

    @property
    def edges(self) -> list[tuple[str, str]]:
        """All orders, shown or declared."""
        return sorted({*self.orders, *self.declared})


def lock_graph(skeleton: sk.Skeleton, domains: Domains, sources: Mapping[str, Source]) -> LockGraph:
    """The lock classes and orders of one bounded program."""
    kinds: dict[str, str] = {}
    takings: dict[str, set[Taking]] = {}
    orders: dict[tuple[str, str], set[Taking]] = {}
    by_event: dict[tuple[int, str], Taking] = {}
    for use in skeleton.lock_uses:
        event = skeleton.events[use.event]
        if not (domains.may(event.guard) and domains.may(use.when)):
            continue
        taking = _taking(skeleton, domains, sources, use)
        by_event[use.event, use.lock_class] = taking
        takings.setdefault(use.lock_class, set()).add(taking)
        assert isinstance(event.action, sk.Grant | sk.Try)
        kinds[use.lock_class] = event.action.kind
    for edge in skeleton.lock_edges:
        if edge.taken == passed(edge.held):
            # Who passes writers waits for no reader of the class.
            continue
        held, taken = class_of(edge.held), class_of(edge.taken)
        found = by_event.get((edge.event, taken))
        if found is not None and held in kinds and domains.may(edge.when):
            orders.setdefault((held, taken), set()).add(found)
    return LockGraph(kinds, _sorted(takings), _sorted(orders), of_classes(skeleton.declared))


def _taking(
    skeleton: sk.Skeleton, domains: Domains, sources: Mapping[str, Source], use: LockUse
) -> Taking:
    event = skeleton.events[use.event]
    action = event.action
    assert isinstance(action, sk.Grant | sk.Try)
    thread = skeleton.threads[event.thread]
    inside = [{"handler": "hardirq", "callback": "softirq"}.get(thread.kind, "")]
    inside.append("RCU reader" if _nonzero(domains, use.rcu) else "")
    inside.append("preempt off" if _nonzero(domains, use.preempt) else "")
    irqs = _switch(domains, use.irqs)
    softirqs = "off" if inside[0] or irqs == "off" else _switch(domains, use.bh)
    file, line = _line(sources, event.origin.span)
    function = _function(event.origin, thread)
    return Taking(
        file,
        line,
        function,
        MODES[action.mode],
        isinstance(action, sk.Try),
        irqs,
        softirqs,
        tuple(text for text in inside if text),
    )


def _nonzero(domains: Domains, term: Term) -> bool:
    return any(value != 0 for value in domains.values[term])


def _switch(domains: Domains, term: Term) -> str:
    """Whether something is on where ``term`` is 0, and off where it is not."""
    values = domains.values[term]
    words = ("on" if 0 in values else "", "off" if _nonzero(domains, term) else "")
    return " or ".join(word for word in words if word)


def _line(sources: Mapping[str, Source], span: Span) -> tuple[str, int]:
    return span.file, sources[span.file].line_column(span.start)[0]


def _function(origin: Origin, thread: sk.Thread) -> str:
    """The innermost function around a statement; else the actor, whose instances are alike."""
    if origin.frames:
        return f"{origin.frames[-1].function}()"
    return thread.symmetry or thread.name


def _sorted(table: Mapping[_Key, set[Taking]]) -> dict[_Key, tuple[Taking, ...]]:
    return {key: tuple(sorted(places)) for key, places in sorted(table.items())}


def merged(graphs: Iterable[LockGraph]) -> LockGraph:
    """One graph of all."""
    kinds: dict[str, str] = {}
    takings: dict[str, set[Taking]] = {}
    orders: dict[tuple[str, str], set[Taking]] = {}
    declared: dict[tuple[str, str], str] = {}
    for graph in graphs:
        declared.update(graph.declared)
        kinds.update(graph.kinds)
        for name, places in graph.takings.items():
            takings.setdefault(name, set()).update(places)
        for pair, places in graph.orders.items():
            orders.setdefault(pair, set()).update(places)
    return LockGraph(kinds, _sorted(takings), _sorted(orders), dict(sorted(declared.items())))


# --- what lockdep would say of it --------------------------------------------------------------


def cycles(graph: LockGraph) -> list[tuple[str, ...]]:
    """A shortest cycle through each order that is on one; each cycle once, smallest name first."""
    found: set[tuple[str, ...]] = set()
    for held, taken in graph.edges:
        path = _path(graph, taken, held)
        if path is not None:
            first = path.index(min(path))
            found.add((*path[first:], *path[:first]))
    return sorted(found, key=lambda cycle: (len(cycle), cycle))


def _path(graph: LockGraph, start: str, goal: str) -> tuple[str, ...] | None:
    """The shortest way from one class to another."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    queue = [start]
    for here in queue:
        if here == goal:
            return ways[here]
        for held, taken in graph.edges:
            if held == here and taken not in ways:
                ways[taken] = (*ways[here], taken)
                queue.append(taken)
    return None


@dataclass(frozen=True, slots=True)
class Unsafe:
    """A spinning lock class that an interrupt takes, and that is also held with them on.

    ``interrupt`` is ``hardirq`` or ``softirq``.
    """

    lock_class: str
    interrupt: str
    inside: tuple[Taking, ...]
    open: tuple[Taking, ...]


def unsafe_classes(graph: LockGraph) -> Iterator[Unsafe]:
    """The classes that are not safe to take in the interrupts in which they are taken.

    As lockdep: a trylock in the interrupt waits for nobody, and readers do not exclude readers.
    """
    for name, places in graph.takings.items():
        if graph.kinds[name] not in ("spinlock", "rwlock"):
            continue
        for interrupt in ("hardirq", "softirq"):
            inside = [t for t in places if interrupt in t.inside and not t.tries]
            open_ = [
                t
                for t in places
                if "on" in (t.irqs if interrupt == "hardirq" else t.softirqs).split()
                and "hardirq" not in t.inside
                and interrupt not in t.inside
            ]
            pairs = [(a, b) for a in inside for b in open_ if "write" in (a.mode, b.mode)]
            if pairs:
                ones = tuple(sorted({a for a, _ in pairs}))
                yield Unsafe(name, interrupt, ones, tuple(sorted({b for _, b in pairs})))
