"""An execution made shorter: each thread stops as early as the violation allows.

A thread cannot leave a step out, as its program forces whatever stands before the last one that it
makes; but it may stop earlier, and then neither what it begins later is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsl.frozen import Frozen, field
from prover.execution.skeleton import Skeleton


class Shorter(Frozen, frozen=True):
    """Shortens executions, which are the steps that they have.

    ``shows`` says whether the violation is there with some of the steps only; ``unnoticed`` whether
    a thread that makes a step last may as well stop before it.
    """

    skeleton: Skeleton
    shows: Callable[[tuple[int, ...]], bool]
    unnoticed: Callable[[int], bool]
    tried: dict[tuple[int, ...], bool] = field(default_factory=dict[tuple[int, ...], bool])

    def trim(self, events: tuple[int, ...]) -> tuple[int, ...]:
        """The steps without those that the violation can do without.

        No thread can stop earlier then, wherever that would be.
        """
        while True:
            shorter = self._halved(events)
            if shorter == events:
                shorter = self._searched(events)
            if shorter == events:
                return events
            events = shorter

    def _halved(self, events: tuple[int, ...]) -> tuple[int, ...]:
        """What is left when each thread stops where halving says, most often as early as it can."""
        for own in self._threads(events):
            low, high = 0, len(own)
            while low < high:
                middle = (low + high) // 2
                if self.still(self._without(events, own[middle:])):
                    high = middle
                else:
                    low = middle + 1
            events = self._without(events, own[high:])
        return events

    def _searched(self, events: tuple[int, ...]) -> tuple[int, ...]:
        """The same, each place tried: who lets a lock go may as well never have taken it."""
        for own in self._threads(events):
            for kept in range(len(own)):
                if kept and self.unnoticed(own[kept - 1]):
                    # Without that step too it has been tried.
                    continue
                shorter = self._without(events, own[kept:])
                if self.still(shorter):
                    return shorter
        return events

    def _without(self, events: tuple[int, ...], stopped: Sequence[int]) -> tuple[int, ...]:
        """What is left without steps, and without the threads that these would have begun."""
        gone = set(stopped)
        for thread in self.skeleton.threads:
            if thread.parent in gone:
                gone.update(thread.events)
        return tuple(event for event in events if event not in gone)

    def _threads(self, events: tuple[int, ...]) -> list[list[int]]:
        """The steps of each thread.

        Callbacks and handlers first: nobody waits for what they still have to do.
        """
        found: dict[int, list[int]] = {}
        for event in events:
            found.setdefault(self.skeleton.events[event].thread, []).append(event)
        return [found[thread] for thread in sorted(found, reverse=True)]

    def still(self, events: tuple[int, ...]) -> bool:
        """Whether the violation is still there with some of the steps only."""
        found = self.tried.get(events)
        if found is None:
            found = self.tried[events] = self.shows(events)
        return found
