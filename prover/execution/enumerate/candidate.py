"""One execution as far as it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.enumerate.order import Order
from prover.execution.enumerate.values import Facts
from prover.execution.evaluate import Valuation
from prover.execution.terms import Outcome
from prover.graph.values import Value

if TYPE_CHECKING:
    from prover.execution.enumerate.locks import Holding, Waiter
    from prover.execution.enumerate.waits import Region


@dataclass(slots=True)
class Candidate:
    """An execution as far as it is built.

    ``order`` has every event that happened or violated something; ``waiting`` the reads
    without a source yet.  A thread in ``stuck`` stands at a blocking event for good, one in
    ``frozen`` stands still under a handler or callback that never ends.  ``held``, ``asking`` and
    ``regions`` are filled when it is whole, ``hosted`` where it is judged: the actors that stand
    still, each under the callback on its CPU.
    """

    facts: Facts
    bases: frozenset[str]
    values: Valuation
    order: Order
    cursor: dict[int, int]
    last: dict[int, int] = field(default_factory=dict[int, int])
    happened: dict[int, None] = field(default_factory=dict[int, None])
    violated: dict[int, str] = field(default_factory=dict[int, str])
    read_first: frozenset[int] = frozenset()
    stuck: dict[int, int] = field(default_factory=dict[int, int])
    frozen: dict[int, int] = field(default_factory=dict[int, int])
    reading: dict[int, int] = field(default_factory=dict[int, int])
    waiting: dict[int, Place] = field(default_factory=dict[int, Place])
    rf: dict[int, int] = field(default_factory=dict[int, int])
    seen: dict[int, Place] = field(default_factory=dict[int, Place])
    co: dict[Place, tuple[int, ...]] = field(default_factory=dict[Place, tuple[int, ...]])
    written: dict[int, Value] = field(default_factory=dict[int, Value])
    allocated: dict[int, str] = field(default_factory=dict[int, str])
    held: tuple[Holding, ...] = ()
    asking: tuple[Waiter, ...] = ()
    regions: tuple[Region, ...] = ()
    hosted: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def skeleton(self) -> sk.Skeleton:
        """The skeleton that this is an execution of."""
        return self.facts.skeleton

    def copy(self) -> Candidate:
        """An independent copy."""
        return Candidate(
            self.facts,
            self.bases,
            self.values.copy(),
            self.order.copy(),
            dict(self.cursor),
            dict(self.last),
            dict(self.happened),
            dict(self.violated),
            self.read_first,
            dict(self.stuck),
            dict(self.frozen),
            dict(self.reading),
            dict(self.waiting),
            dict(self.rf),
            dict(self.seen),
            dict(self.co),
            dict(self.written),
            dict(self.allocated),
        )

    def settle(self, event: int, **outcomes: int) -> None:
        """Notes what comes of an event; what is not named does not."""
        for row in self.facts.outcomes.get(event, ()):
            if row.what != "steps":
                self.values.settle(row, outcomes.get(row.what, 0))

    def outcome(self, event: int, what: str) -> bool:
        """An outcome of an event that is settled."""
        return self.values.leaves.get(Outcome(event, what)) == 1

    def link(self, base: str, one: int, two: int) -> bool:
        """Orders two events as the model's base relation ``base`` does; False on a cycle."""
        return one == two or base not in self.bases or self.order.add(one, two)
