"""An execution under a weak model recorded: what is claimed of it, by statements."""

from __future__ import annotations

from collections.abc import Container

from prover.execution import skeleton as sk
from prover.execution.execution import INITIAL
from prover.execution.nodes import LOOKERS, Nodes
from prover.execution.record import Came, Claimed, Execution, Handled, Spot, Store
from prover.execution.recording import chosen, counted, slot_name, spot, thread_names
from prover.execution.run.narrate import what
from prover.execution.terms import Allocated, Outcome
from prover.execution.weak.run import Run


def spots_of(skeleton: sk.Skeleton, without: Container[int] = ()) -> list[Spot]:
    """Where each event of a skeleton stands; what a thread does counts in its own order.

    Events that are left out stand where they stand, and do not count.
    """
    names = thread_names(skeleton)
    found: list[Spot | None] = [None] * len(skeleton.events)
    for thread in skeleton.threads:
        events = [skeleton.events[number] for number in thread.events]
        own = [spot(names[thread.number], what(e.action), e.origin, 1) for e in events]
        for event, at in zip(events, own, strict=True):
            found[event.number] = at
        kept = [event.number for event in events if event.number not in without]
        for number, at in zip(
            kept, counted(at for at in map(found.__getitem__, kept) if at), strict=True
        ):
            found[number] = at
    assert None not in found
    return [at for at in found if at is not None]


def execution_of(run: Run, nodes: Nodes, without: Container[int] = ()) -> Execution[Spot]:
    """What is claimed of an execution, as far as it matters; some events may be left out."""
    skeleton, claim = run.skeleton, run.claim
    spots = spots_of(skeleton, without)
    reached = run.reached
    events = [
        e.number
        for e in skeleton.events
        if e.number in reached
        and e.number not in without
        and skeleton.threads[e.thread].kind not in LOOKERS
    ]
    index = {number: place for place, number in enumerate(events)}
    # Of two that are level the greater number comes first: in a later version numbers are others.
    ranked = sorted(events, key=lambda e: (claim.coherence.get(e, 0), -e))
    coherence = {number: place for place, number in enumerate(ranked)}
    own = [node.number for number in events for node in nodes.of_event.get(number, ())]
    ranks = sorted({claim.position.get(number, 0) for number in own})
    levels = {level: place for place, level in enumerate(ranks)}

    def claimed(number: int) -> Claimed[Spot]:
        leaves = run.values.leaves
        taken, slot = leaves.get(Outcome(number, "taken")), leaves.get(Allocated(number))
        came = Came(
            spots[number],
            None if taken is None else taken == 1,
            None if slot is None else slot_name(slot),
        )
        own = nodes.of_event.get(number, ())
        positions = (claim.position.get(node.number, 0) for node in own)
        return Claimed(
            came,
            number in claim.granted,
            number in claim.steps,
            number in claim.locked,
            coherence[number],
            tuple(levels[p] for p in positions),
            tuple(_store(run, read, index) for read in run.reads_of.get(number, ())),
        )

    return Execution(
        tuple(claimed(number) for number in events),
        chosen(skeleton, claim.decisions.choices),
        tuple(
            (index[one], index[two])
            for (one, two), first in sorted(claim.first.items())
            if first and one in index and two in index
        ),
        _handlers(run, spots, without),
        _turns(run),
    )


def _store(run: Run, read: sk.ReadAccess, index: dict[int, int]) -> Store | None:
    """The store that a load reads from."""
    source = run.claim.rf.get(read.number, INITIAL)
    if source == INITIAL:
        return None
    event = run.skeleton.writes[source].event
    own = [w.number for w in run.writes_of[event]]
    return Store(index[event], own.index(source)) if event in index else None


def _handlers(run: Run, spots: list[Spot], without: Container[int]) -> tuple[Handled[Spot], ...]:
    """Before which of the steps that are come to, and not left out, handlers that have run came.

    Another program may lack a step that is not come to.
    """
    names = thread_names(run.skeleton)
    reached = run.reached
    found: list[Handled[Spot]] = []
    for number, gap in sorted(run.claim.gaps.items()):
        thread = run.skeleton.threads[number]
        if thread.events[0] in run.happened | run.waiting:
            host = run.skeleton.threads[thread.host].events
            before = (spots[step] for step in host[gap:] if step in reached and step not in without)
            found.append(Handled(names[number], next(before, None)))
    return tuple(found)


def _turns(run: Run) -> tuple[tuple[str, str], ...]:
    """The order of handlers that run at one place of their host."""
    names = thread_names(run.skeleton)
    return tuple(
        (names[one], names[two]) if first else (names[two], names[one])
        for (one, two), first in sorted(run.claim.turns.items())
    )
