"""What one obligation may take, and what it took."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dsl.frozen import Frozen
from prover.features import Feature
from prover.verdict import Request


class Limits(Frozen, frozen=True):
    """Seconds per question, MiB per obligation, and the highest bound.

    ``explain`` asks for a smallest witness of every refutation; without it only one that the
    author does not expect gets its smallest, which takes several times the refutation itself.
    ``effort`` bounds a question in z3's own units of work, where it is not 0: the same on a
    machine that is busy.  With ``reasons`` the others of weak models say why it goes wrong, as they
    were found.  With ``reaches`` it is asked which asserts are reached where something goes wrong.
    ``without`` are the features that are switched off.  In the folder ``claims``, if there is one,
    the answers are kept that verdicts rest on.
    """

    timeout: float
    memory: int
    max_bound: int
    explain: bool = True
    without: tuple[Feature, ...] = ()
    claims: Path | None = None
    reasons: bool = False
    effort: int = 0
    reaches: bool = False


SECONDS, MIB = Request(()).timeout, Request(()).memory
"""What an obligation may take where nothing else is said."""

MANY_SECONDS, MANY_MIB = 900.0, 8192
"""The same where it is about any number of actors."""


def raised(seconds: float, memory: int) -> tuple[float, int]:
    """The limits of an obligation about any number of actors: other ones where none were given."""
    return (
        MANY_SECONDS if seconds == SECONDS else seconds,
        MANY_MIB if memory == MIB else memory,
    )


@dataclass(slots=True)
class Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Adds the time spent inside to a stage.  Stages do not nest."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
