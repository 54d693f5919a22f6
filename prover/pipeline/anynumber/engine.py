"""What decides about any number of actors, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

from dsl.protocol import Protocol
from prover.parametric.invariant import Endless, Invariant, Safe, Suspect
from prover.parametric.system import System
from prover.pipeline.anynumber.beside import NoResultError, beside
from prover.verdict import Obligation

SIZES = (1, 2, 3)
"""How many actors the views have, one after the other."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A checker has confirmed the certificate; ``by`` is its name."""

    by: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A checker says that the invariant is none: a bug in prove.  ``why`` in words."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A checker did not come to an end: ``why`` in words."""

    by: str
    why: str


Opinion: TypeAlias = Confirmed | Contradicted | Unfinished


Checker: TypeAlias = Callable[[System, Invariant, float], Opinion]
"""What says of an invariant, within some seconds, what it thinks of it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts that decide, each by itself.

    ``system`` makes the transition relation (raises Refused and Infinite, as the search does),
    ``search`` looks at views of some size for some seconds, ``checkers`` by their names say of an
    invariant, each within seconds, what they think of it, at the same time if ``several`` processes
    may run.  ``few`` runs one of each actor, to see whether that alone is without an end (raises
    Infinite).  ``interrupts`` says whether somebody may wait on the CPU of an actor, which views do
    not see: then what they say of deadlocks is not all.
    ``counted`` makes the transition relation in which of counts of references only parts are kept,
    None where there are no such counts; ``counts`` names them.
    """

    system: Callable[[Protocol, Obligation], System]
    search: Callable[[System, int, float], Safe | Suspect | Endless]
    checkers: Mapping[str, Checker]
    few: Callable[[System], None] | None = None
    interrupts: Callable[[System], bool] | None = None
    counted: Callable[[Protocol, Obligation], System | None] | None = None
    counts: Callable[[System], tuple[str, ...]] | None = None
    several: bool = False

    def opinions(
        self, system: System, invariant: Invariant, seconds: float
    ) -> Generator[Opinion, None, None]:
        """What the checkers think, in their order; the first of them works in this process."""
        asked: list[tuple[str, Callable[[], Opinion]]] = []
        with ExitStack() as started:
            for name, checker in self.checkers.items():

                def job(checker: Checker = checker) -> Opinion:
                    return checker(system, invariant, seconds)

                aside = self.several and asked
                asked.append((name, started.enter_context(beside(job)) if aside else job))
            for name, opinion in asked:
                try:
                    yield opinion()
                except NoResultError:
                    yield Unfinished(name, "its process has ended (out of memory?)")
