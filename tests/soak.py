"""What a soak comes to: how many inputs, the slowest, the largest; counted by the tests themselves.

``make soak`` ends with the sum, also where the tests ran in several processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

PARTS = 10
"""Each way in is so many tests of ``make soak``, for as many cores as there are."""

PROPERTY = "soak"
COMPARED = "compared"
"""Under this name a test notes how many programs it has compared, by model."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many inputs there were, and the worst of them: seconds of CPU, MiB of its process.

    ``stopped`` counts those whose deciding was ended from outside, as the command does.
    """

    inputs: int = 0
    seconds: float = 0.0
    slowest: str = ""
    mib: int = 0
    largest: str = ""
    stopped: int = 0
    faults: tuple[str, ...] = ()

    def __add__(self, other: Figures) -> Figures:
        """Both together."""
        slow = self if self.seconds >= other.seconds else other
        large = self if self.mib >= other.mib else other
        return Figures(
            self.inputs + other.inputs,
            slow.seconds,
            slow.slowest,
            large.mib,
            large.largest,
            self.stopped + other.stopped,
            self.faults + other.faults,
        )

    def __str__(self) -> str:
        return (
            f"{self.inputs} inputs, {len(self.faults)} faults, {self.stopped} stopped from outside; "
            f"the slowest {self.seconds:.2f} s of CPU ({self.slowest}), "
            f"the largest process {self.mib} MiB ({self.largest})"
        )


def together(figures: Iterable[Figures]) -> Figures:
    """All of them."""
    return sum(figures, start=Figures())


@dataclass(frozen=True, slots=True)
class Soak:
    """Where the numbers of a soak's inputs begin, and where its figures go."""

    first: int
    record: Callable[[str, object], None]

    def keep(self, found: Figures) -> None:
        """Counts inputs; asserts that nothing is wrong with them."""
        self.record(PROPERTY, asdict(found))
        assert found.faults == (), "\n".join((str(found), *found.faults))

    def compared(self, programs: Mapping[str, int]) -> None:
        """Counts programs whose outcomes by the solver and by an enumerator are the same."""
        self.record(COMPARED, dict(programs))


def programs(properties: Iterable[tuple[str, object]]) -> Counter[str]:
    """How many programs the tests with these properties have compared, by model."""
    found: Counter[str] = Counter()
    for name, value in properties:
        if name == COMPARED and isinstance(value, dict):
            found.update(value)
    return found


def kept(properties: Iterable[tuple[str, object]]) -> Figures:
    """The figures among a test's properties."""
    return together(
        Figures(**{**value, "faults": tuple(value["faults"])})
        for name, value in properties
        if name == PROPERTY and isinstance(value, dict)
    )
