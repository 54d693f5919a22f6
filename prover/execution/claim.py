"""What is claimed of one execution under a weak memory model, before anything of it is checked."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.frozen import Frozen, field
from prover.execution.run.machine import Decisions


class Claim(Frozen, frozen=True):
    """One execution, as a solver describes it.

    ``rf`` gives reads their sources (a write access, or INITIAL); ``coherence`` and ``position``
    rank events and nodes (of two that are level the greater number comes first).  ``granted`` are
    the blocking events that went on, ``steps`` those that no handler kept from their turn,
    ``locked`` the looks that saw a lock taken, and the unlocks of a folio lock that found it so.
    ``first`` says of (section start, grace period start) whether the section came first; ``gaps``
    before which event of its host, counted from its first, a handler runs, ``turns`` of two
    handlers that run at one place of their host whether the one with the lower number comes first.
    """

    rf: Mapping[int, int]
    coherence: Mapping[int, int]
    position: Mapping[int, int]
    granted: frozenset[int]
    steps: frozenset[int]
    locked: frozenset[int]
    first: Mapping[tuple[int, int], bool]
    gaps: Mapping[int, int]
    decisions: Decisions
    turns: Mapping[tuple[int, int], bool] = field(default_factory=dict[tuple[int, int], bool])

    def earlier(self, a: int, b: int) -> bool:
        """Whether ``a`` comes before ``b`` in coherence."""
        one, two = self.coherence.get(a, 0), self.coherence.get(b, 0)
        return (one, -a) < (two, -b)

    def turn(self, handler: int) -> int:
        """How many handlers run right before one, at the same place of its host."""
        return sum(
            first == (handler == two)
            for (one, two), first in self.turns.items()
            if handler in (one, two) and self.gaps.get(one) == self.gaps.get(two)
        )
