"""What a worker process answers: light, for the command unpickles it and needs no engine."""

from __future__ import annotations

from dsl import frozen
from dsl.diagnostic import Diagnostic
from dsl.frozen import Frozen, replace
from dsl.source import Span
from prover.verdict import Bounded, Measured, Refuted, Verdict

NO_MEMORY = "out of memory"


class Decision(Frozen, frozen=True):
    """A verdict with what was seen on the way.

    ``unreached`` are asserts, and ``unmarked`` labels of the variant, that no run reaches;
    ``dead`` are other labels of that kind, worth a note.  ``unasked``: which asserts a refutation
    reaches was not asked, and all of them are ``unreached``.  ``diagnostics`` are mistakes of the
    author's that show only in a given configuration; ``suppressed`` are places whose data races
    the author says are known; ``notes`` is what else the verdict does not cover, or what it takes.

    ``grounds`` name the answers of the solver that a proof rests on (None: it is not known which
    they are), ``reaching`` those that say what is reached, None where these could not be kept
    (:mod:`prover.pipeline.grounds`).
    """

    verdict: Verdict
    measured: Measured
    asserts: tuple[Span, ...] = ()
    unreached: tuple[Span, ...] = ()
    unmarked: tuple[tuple[str, str], ...] = ()
    dead: tuple[tuple[str, str], ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    suppressed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    grounds: tuple[str, ...] | None = None
    reaching: tuple[str, ...] | None = ()
    unasked: bool = False

    def short_of(self, why: str) -> Decision | None:
        """What it is where the next bound has no answer: a refutation stands, and what holds up to
        a bound does.
        """
        verdict = self.verdict
        if isinstance(verdict, Refuted):
            return self
        if not isinstance(verdict, Bounded):
            return None
        return replace(self, verdict=frozen.replace(verdict, late=why))
