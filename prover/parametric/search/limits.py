"""How far a search may go, and what it says on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic


class Overrun(Exception):
    """The search was given up: time or size, in words."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search is: shared states, local states, views, and shared states still to look at."""

    shared: int
    local: int
    views: int
    frontier: int


@dataclass(slots=True)
class Limits:
    """Seconds and views that a search may take; ``told`` hears of its progress now and then."""

    seconds: float = 900.0
    views: int = 200_000_000
    told: Callable[[Progress], None] | None = None
    _ends: float = field(init=False, default=0.0)

    def begin(self) -> None:
        """The clock starts."""
        self._ends = monotonic() + self.seconds

    def check(self, progress: Progress) -> None:
        """Raises Overrun where a limit is passed."""
        if self.told is not None:
            self.told(progress)
        if progress.views > self.views:
            raise Overrun(f"more than {self.views} views")
        if monotonic() > self._ends:
            raise Overrun(f"no end after {self.seconds:g} s")
