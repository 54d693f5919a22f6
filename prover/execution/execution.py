"""A concrete execution of a skeleton: what happened, ordered by its relations only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

from prover.execution.domains import Place
from prover.execution.skeleton import Skeleton
from prover.execution.terms import Row
from prover.graph.values import Value

INITIAL = -1
"""What a read reads from where it reads the initial value."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What one execution settles.

    ``happened`` are the events that took effect, ``violated`` those that were reached and
    violated the property named; ``stuck`` gives the blocking (or interrupted) event that a
    thread stands at for good.  ``rf`` maps read accesses to write accesses (or INITIAL), ``co``
    places to their write accesses in coherence order; ``seen`` is the place of each read.

    ``decided`` are the orders (kind, before, after) that the rules needed beyond those: of
    lock sections (``lock``, ``queue``, ``look``), of sections and waits (``section``, ``barrier``,
    ``return``, ``irq``), of accesses and the ends of lives (``life``), of completed updates
    (``update``), and of claims and writes (``claim``).  ``leaves`` holds every value that was
    read, chosen, allocated or came out.

    ``first`` are the violations that can be the first, as (property, event); the event is -1
    where it takes several.  ``statuses`` says of each actor that it ``ended``, is ``blocked``,
    has ``stopped`` at an assumption, is ``cut`` by the loop bound or has ``violated``.
    """

    skeleton: Skeleton = field(repr=False, compare=False)
    happened: frozenset[int]
    violated: Mapping[int, str]
    stuck: Mapping[int, int]
    rf: Mapping[int, int]
    seen: Mapping[int, Place]
    co: Mapping[Place, tuple[int, ...]]
    decided: frozenset[tuple[str, int, int]]
    leaves: Mapping[Row, Value]
    final: Mapping[Place, Value]
    statuses: tuple[tuple[str, str], ...]
    first: frozenset[tuple[str, int]]

    def decisions(self, *kinds: str) -> frozenset[tuple[int, int]]:
        """The pairs that rules of these kinds put in order."""
        return frozenset((one, two) for kind, one, two in self.decided if kind in kinds)


def relations(execution: Execution) -> Mapping[str, frozenset[tuple[int, int]]]:
    """po, rf, co and fr over event numbers; a wide access is one event, an initial write none."""
    events = execution.happened | frozenset(execution.violated)
    return base_relations(execution.skeleton, events, execution.rf, execution.seen, execution.co)


def base_relations(
    skeleton: Skeleton,
    events: frozenset[int],
    rf: Mapping[int, int],
    seen: Mapping[int, Place],
    co: Mapping[Place, tuple[int, ...]],
) -> Mapping[str, frozenset[tuple[int, int]]]:
    """:func:`relations` from the parts of an execution."""
    reads, writes = skeleton.reads, skeleton.writes
    po: set[tuple[int, int]] = set()
    for thread in skeleton.threads:
        po.update(combinations([n for n in thread.events if n in events], 2))
    coherence: set[tuple[int, int]] = set()
    for order in co.values():
        coherence.update(combinations([writes[w].event for w in order], 2))
    reading = {(writes[w].event, reads[r].event) for r, w in rf.items() if w != INITIAL}
    overwritten: set[tuple[int, int]] = set()
    for read, source in rf.items():
        order = co.get(seen[read], ())
        later = order if source == INITIAL else order[order.index(source) + 1 :]
        overwritten.update((reads[read].event, writes[w].event) for w in later)
    return MappingProxyType(
        {
            "po": frozenset(po),
            "rf": frozenset(reading),
            "co": frozenset(coherence),
            "fr": frozenset((a, b) for a, b in overwritten if a != b),
        }
    )
