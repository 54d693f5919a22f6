"""Executions of the program of all variants, as executions of a variant's own.

Under weak models the program of all variants may take less order than a variant has
(docs/adr/0010): whether an execution found there is one is judged in the variant's own program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dsl.protocol import Protocol
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.nodes import nodes
from prover.execution.recall.claim import NoPlace, claim_again
from prover.execution.record import Execution
from prover.execution.recording import kind_of, saved
from prover.execution.run.replay import ReplayError
from prover.execution.skeleton import Skeleton
from prover.execution.weak.record import execution_of, spots_of
from prover.execution.weak.run import NotAnExecution, Run


@dataclass(slots=True)
class Carried:
    """Takes executions from one program to another with the same statements, or fewer.

    ``gone`` are the events of the first that none of these executions has; ``own`` makes the
    skeleton of the other, when it is first needed.
    """

    merged: Skeleton
    gone: frozenset[int]
    own: Callable[[], Skeleton]
    protocol: Protocol
    _own: Skeleton | None = None

    def __call__(self, claim: Claim) -> tuple[Skeleton, Claim]:
        """The other program, and what the execution claims of it."""
        if self._own is None:
            self._own = self.own()
            self.gone |= self._idle(self._own)
        sources = self.protocol.sources
        try:
            run = Run(self.merged, claim)
            without = self.gone | _inner(run)
            told = saved(execution_of(run, nodes(self.merged), without), sources)
            assert isinstance(told, Execution)
            return self._own, claim_again(self._own, told, sources)
        except (NotAnExecution, NoPlace) as error:
            raise ReplayError(str(error)) from error

    def _idle(self, own: Skeleton) -> frozenset[int]:
        """Checks that the other program has no need of."""
        there = set(map(kind_of, spots_of(own)))
        spots = spots_of(self.merged)
        return frozenset(
            event.number
            for event in self.merged.events
            if sk.is_check(event) and kind_of(spots[event.number]) not in there
        )


def _inner(run: Run) -> frozenset[int]:
    """The sections inside others, which begin and end nothing."""
    return frozenset(
        event.number
        for event in run.skeleton.events
        if isinstance(event.action, sk.SectionStart | sk.SectionEnd)
        and event.number in run.happened
        and not run.values.holds(event.action.outer)
    )
