"""Where it is written down what becomes of obligations, and how this machine decides them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from dsl.frozen import replace
from prover.pipeline.again import alone, at_least, each_of, further, worth_again
from prover.pipeline.anynumber.told import SEARCH
from prover.pipeline.decision import Decision
from prover.pipeline.limits import raised
from prover.pipeline.loaded import kind_of
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost, run_pool
from prover.verdict import Progress, Request


class Board:
    """What has become of every obligation, in the order of ``jobs``; ``waiting`` are the others.

    ``names`` are those of the files that obligations are of.
    """

    def __init__(
        self,
        jobs: Sequence[tuple[int, Task]],
        on_progress: Callable[[Progress], None],
        names: Sequence[str],
    ) -> None:
        self.jobs = jobs
        self.results: list[Decision | Lost] = [Lost("not decided")] * len(jobs)
        self.waiting = set(range(len(jobs)))
        self._on_progress = on_progress
        self._names = names

    def tick(self) -> None:
        """Says how far a search for any number of actors is, now and then."""
        said = SEARCH.heard()
        if said and self.waiting:
            done = len(self.jobs) - len(self.waiting)
            self._on_progress(Progress(done, len(self.jobs), said))

    def settle(self, member: int, result: Decision | Lost) -> None:
        """Takes down what became of an obligation."""
        self.results[member] = result
        self.waiting.discard(member)
        done = len(self.jobs) - len(self.waiting)
        index, task = self.jobs[member]
        current = task.obligation.question
        self._on_progress(Progress(done, len(self.jobs), current, self._names[index]))

    def reopen(self, members: Sequence[int]) -> None:
        """What became of some obligations is to be said once more."""
        self.waiting.update(members)

    def settle_all(self, results: Mapping[int, Decision | Lost]) -> None:
        """Takes down what became of several."""
        for member, result in results.items():
            self.settle(member, result)

    def has(self, members: Sequence[int]) -> bool:
        """Whether it is known what became of all of these."""
        return self.waiting.isdisjoint(members)


def decide_here(
    together: Callable[[Sequence[int]], list[Decision]],
    by_itself: Callable[[int], list[Decision]],
    groups: Sequence[Sequence[int]],
    board: Board,
    request: Request,
) -> None:
    """What becomes of every group in worker processes; once more, alone, of what they lost.

    What is about any number of actors has limits, and so workers, of its own.
    """
    several = [g for g in groups if not board.jobs[g[0]][1].unbounded]
    if several:
        _decide(together, by_itself, several, board, request)
    many = [g for g in groups if board.jobs[g[0]][1].unbounded]
    if many:
        seconds, memory = raised(request.timeout, request.memory)
        request = replace(request, timeout=seconds, memory=memory)
        SEARCH.open()
        _decide(together, by_itself, many, board, request)


def _decide(
    together: Callable[[Sequence[int]], list[Decision]],
    by_itself: Callable[[int], list[Decision]],
    groups: Sequence[Sequence[int]],
    board: Board,
    request: Request,
) -> None:
    """The same of groups that have one limit."""
    workers = request.jobs or os.cpu_count() or 1
    firsts = [board.jobs[members[0]] for members in groups]
    decided = run_pool(
        lambda number: together(groups[number]),
        len(groups),
        workers=workers,
        # The first of a family has a question about all of it besides its own.
        seconds=request.timeout * (max(map(len, groups), default=0) + 1),
        memory=request.memory,
        kinds=[kind_of(first) for first in firsts],
        tick=board.tick,
    )
    again: list[int] = []
    first: dict[int, Decision | Lost] = {}
    for number, result in decided:
        for member, found in each_of(groups[number], result):
            if worth_again(found, groups[number]):
                again.append(member)
                first[member] = found
            else:
                board.settle(member, at_least(found))
    retried = alone(
        by_itself, again, workers=workers, seconds=request.timeout, memory=request.memory
    )
    for member, result in retried:
        ((_, second),) = each_of([member], result)
        board.settle(member, further(at_least(first[member]), at_least(second)))
