"""An execution under a weak model in which no thread goes further than its violation needs.

A step of it is one that the program of a thread makes.  None can be left out but with all that
stand behind it: the thread stops there.  What is left is an execution as well, as the axioms of a
model forbid cycles, and fewer steps have fewer.  So while it is made shorter no axiom is looked at:
what is left must be what was claimed (each load has its store, what waits has been let go on, no
lock is taken that nobody gave back), and the violation must be the one that there was.  The model
judges what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable

from dsl.frozen import Frozen, replace
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.evaluate import Unknown
from prover.execution.execution import INITIAL
from prover.execution.nodes import LOOKERS
from prover.execution.run.replay import ReplayError
from prover.execution.shorten import Shorter
from prover.execution.weak.record import execution_of
from prover.execution.weak.replay import Shown, Wrong, followed, named, shown
from prover.execution.weak.run import Run
from prover.execution.witness import Witness
from prover.models.algebra import MemoryModel


def replay_shortened(skeleton: sk.Skeleton, claim: Claim, name: str, model: MemoryModel) -> Witness:
    """The witness of a violation of ``name`` with the fewest steps of what is claimed.

    Its record is of all that is claimed.
    """
    found = list(shown(skeleton, claim, name, model))
    tries = [_Shortening(skeleton, claim, one, _read(one.case.run)) for one in found]
    kept, best = min(((one.kept(), one) for one in tries), key=lambda pair: len(pair[0]))
    stopped = best.stopped(kept)
    if not stopped:
        return best.found.told()
    whole = found[0].case
    for one in shown(skeleton, claim, name, model, stopped=stopped):
        if best.is_it(one):
            return replace(one.told(), record=execution_of(whole.run, whole.nodes))
    raise ReplayError(f"claimed {name}: fewer steps do not show it")


def _read(run: Run) -> frozenset[tuple[int, int]]:
    """The steps of an execution that read, each with one that stored what it reads."""
    reads = (
        (run.skeleton.reads[number], run.source(run.skeleton.reads[number]))
        for number in run.read_places
    )
    writes = run.skeleton.writes
    return frozenset(
        (read.event, writes[source].event) for read, source in reads if source != INITIAL
    )


class _Shortening(Frozen, frozen=True):
    """A violation in an execution, with fewer and fewer of its steps.

    ``read`` are pairs of a step and one that stored what it reads.
    """

    skeleton: sk.Skeleton
    claim: Claim
    found: Shown
    read: frozenset[tuple[int, int]]

    def kept(self) -> tuple[int, ...]:
        """The steps that are left."""
        all_ = self._reached(self.found.case.run)
        bad = self.skeleton.events[self.found.wrong.event]
        if self.skeleton.threads[bad.thread].kind in LOOKERS:
            # A claim looks at what all have done once they are through.
            return all_
        return Shorter(self.skeleton, self._shows, lambda _: False).trim(all_)

    def _reached(self, run: Run) -> tuple[int, ...]:
        """The steps that threads have come to, those of each in the order of its program."""
        reached = run.reached
        actors = (t for t in self.skeleton.threads if t.kind not in LOOKERS)
        return tuple(event for thread in actors for event in thread.events if event in reached)

    def stopped(self, kept: Iterable[int]) -> frozenset[int]:
        """What threads do not make with only some of the steps: all behind the first left out."""
        gone = set(self._reached(self.found.case.run)).difference(kept)
        for thread in self.skeleton.threads:
            if thread.parent in gone:
                gone.update(thread.events)
            first = next((index for index, e in enumerate(thread.events) if e in gone), None)
            gone.update(() if first is None else thread.events[first:])
        return frozenset(gone)

    def _shows(self, kept: tuple[int, ...]) -> bool:
        """Whether some of the steps are an execution with the violation."""
        if self._lacks(frozenset(kept)):
            return False
        nodes = self.found.case.nodes
        try:
            run = followed(self.skeleton, self.claim, nodes, self.stopped(kept))
            if self.found.race is not None:
                there = self._reached(run)
                return all(nodes.nodes[one].event in there for one in self.found.race)
            wrongs = named(run, nodes, self.found.wrong.property)
            return any(map(self._is, wrongs))
        except (ReplayError, Unknown):
            return False

    def _lacks(self, kept: frozenset[int]) -> bool:
        """Whether what goes wrong is not there, or the store that a step has read: seen at once."""
        nodes, race = self.found.case.nodes.nodes, self.found.race
        bad = (self.found.wrong.event,) if race is None else tuple(nodes[n].event for n in race)
        if not kept.issuperset(bad):
            return True
        return any(one in kept and source not in kept for one, source in self.read)

    def is_it(self, other: Shown) -> bool:
        """Whether a violation in what is left is the one that there was."""
        return other.race == self.found.race and self._is(other.wrong)

    def _is(self, other: Wrong) -> bool:
        """The same, of an access and what it violates.

        It may assume less than before, as there are fewer updates that it has to come before.
        """
        was = self.found.wrong
        same = (other.property, other.event, other.lands) == (was.property, was.event, was.lands)
        return same and other.also <= was.also
