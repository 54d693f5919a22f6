"""What is claimed of one execution under a weak memory model, before anything of it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prover.execution.run.machine import Decisions


@dataclass(frozen=True, slots=True)
class Claim:
    """One execution, as a solver describes it.

    ``rf`` gives reads their sources (a write access, or INITIAL); ``coherence`` and ``position``
    rank events and nodes (of two that are level the greater number comes first).  ``granted`` are
    the blocking events that went on, ``steps`` those that no handler kept from their turn,
    ``locked`` the looks that saw a lock taken.  ``first`` says of (section start, grace period
    start) whether the section came first; ``gaps`` before which event of its host, counted
    from its first, a handler runs.
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

    def earlier(self, a: int, b: int) -> bool:
        """Whether ``a`` comes before ``b`` in coherence."""
        one, two = self.coherence.get(a, 0), self.coherence.get(b, 0)
        return (one, -a) < (two, -b)
