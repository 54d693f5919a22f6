"""What no memory model sees of a claimed execution: choices, slots, handlers, ghost state, locks.

A model knows loads and stores.  That an alloc fails only where every slot is taken, that a handler
keeps its host from going on, that a thread's own steps at a lock or at ghost state come in the
order of its program, that ghost state is read as it was left last: all that is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.execution import INITIAL
from prover.execution.nodes import LOOKERS, Nodes
from prover.execution.order import AFTER_ALL, static_order
from prover.execution.terms import Allocated, Choice
from prover.execution.weak.run import NotAnExecution, Run
from prover.graph.values import Pointer

LOCKING = (sk.Request, sk.Grant, sk.Try, sk.Unlock, sk.LockState)
"""Events that touch a lock."""


class Rules:
    """The rules of one run."""

    def __init__(self, run: Run, nodes: Nodes) -> None:
        self._run = run
        self._nodes = nodes
        self._skeleton = run.skeleton
        self._order = static_order(run.skeleton)

    def check(self) -> None:
        """Raises NotAnExecution where something is not as it can be."""
        self._check_choices()
        self._check_slots()
        self._check_handlers()
        self._check_program_order()
        self._check_unseen_reads()

    # --- decisions

    def _check_choices(self) -> None:
        for row in self._skeleton.rows:
            if isinstance(row, Choice):
                value = self._run.values.leaves[row]
                if not isinstance(value, int) or not row.low <= value <= row.high:
                    raise NotAnExecution(f"{value} is no choice")

    def _check_slots(self) -> None:
        """An alloc gives a new life of a slot of its pool; nothing only where all are taken."""
        for event in self._skeleton.events:
            action = event.action
            if not isinstance(action, sk.Allocate) or event.number not in self._run.happened:
                continue
            slots = [r for r in self._skeleton.layout.regions.values() if r.pool == action.pool]
            value = self._run.values.leaves[Allocated(event.number)]
            if value == 0:
                if not all(self._taken(slot.name, event.number) for slot in slots):
                    raise NotAnExecution(f"event {event.number} overlooks a free slot")
            elif value not in [Pointer(sk.life(slot, event.number), ()) for slot in slots]:
                raise NotAnExecution(f"what event {event.number} gives is no slot")

    def _taken(self, slot: str, moment: int) -> bool:
        """Whether a life of a slot began before an event, and has not ended then."""
        for alloc in self._skeleton.events:
            if not isinstance(alloc.action, sk.Allocate) or alloc.number not in self._run.happened:
                continue
            life = self._run.values.leaves[Allocated(alloc.number)]
            if not isinstance(life, Pointer) or life.location.object != slot:
                continue
            if self._before(alloc.number, moment) and not any(
                self._before(alloc.number, free) and self._before(free, moment)
                for free in self._frees(life)
            ):
                return True
        return False

    def _frees(self, life: Pointer) -> Iterator[int]:
        for event in self._skeleton.events:
            if isinstance(event.action, sk.Deallocate) and event.number in self._run.happened:
                freed = self._run.values.value(event.action.pointer)
                if isinstance(freed, Pointer) and (freed.base, freed.path) == (life.base, ()):
                    yield event.number

    def _before(self, one: int, two: int) -> bool:
        """Whether an event is done when another begins."""
        known = self._order.before(one, two)
        if known is not None:
            return known
        done, begun = self._nodes.last(one), self._nodes.first(two)
        assert done is not None
        assert begun is not None
        position = self._run.claim.position
        return position.get(done.number, 0) < position.get(begun.number, 0)

    # --- handlers

    def _check_handlers(self) -> None:
        """While a handler runs its host does not go on, nor does another one begin there."""
        gaps = self._run.claim.gaps
        begun = [
            thread
            for thread in self._skeleton.threads
            if thread.kind == "handler" and thread.events[0] in self._run.happened
        ]
        lasting = [t for t in begun if t.events[-1] not in self._run.happened]
        for thread in lasting:
            host = self._skeleton.threads[thread.host]
            if any(e in self._run.happened for e in host.events[gaps[thread.number] :]):
                raise NotAnExecution(f"{host.name} goes on while {thread.name} runs")
        for one, two in self._after_each_other():
            if one in lasting:
                raise NotAnExecution(f"{two.name} begins while {one.name} runs")

    def _after_each_other(self) -> Iterator[tuple[sk.Thread, sk.Thread]]:
        """Every two handlers that ran on one host, the first of them first."""
        claim = self._run.claim
        begun = [
            thread
            for thread in self._skeleton.threads
            if thread.kind == "handler" and thread.events[0] in self._run.happened
        ]
        begun.sort(key=lambda t: (claim.gaps[t.number], claim.turn(t.number), t.number))
        return ((one, two) for one, two in combinations(begun, 2) if one.host == two.host)

    # --- coherence

    def _check_program_order(self) -> None:
        """What a processor does to a lock, or to ghost state, is coherent in program order."""
        there = self._run.happened | self._run.in_vain
        for program in self._programs():
            seen: dict[Place, int] = {}
            for number in program:
                for place in self._unseen(number) if number in there else ():
                    last = seen.get(place)
                    if last is not None and not self._run.claim.earlier(last, number):
                        raise NotAnExecution(f"event {number} is not in program order")
                    seen[place] = number

    def _programs(self) -> Iterator[tuple[int, ...]]:
        """The steps of every thread, and those of a host with each of its handlers."""
        for thread in self._skeleton.threads:
            if thread.kind in LOOKERS:
                continue
            yield thread.events
            if thread.kind == "handler" and thread.events[0] in self._run.happened:
                host = self._skeleton.threads[thread.host].events
                gap = self._run.claim.gaps[thread.number]
                yield (*host[:gap], *thread.events, *host[gap:])
        for one, two in self._after_each_other():
            yield (*one.events, *two.events)

    def _unseen(self, number: int) -> list[Place]:
        """The lock that an event is about, or the ghost state that it touches."""
        action = self._skeleton.events[number].action
        if isinstance(action, LOCKING):
            pointer = self._run.values.value(action.address)
            assert isinstance(pointer, Pointer)
            return [(pointer.location, "lock")]
        if number in self._nodes.of_event:
            return []
        reads = (self._run.read_places.get(r.number) for r in self._run.reads_of.get(number, ()))
        writes = (self._run.write_places.get(w.number) for w in self._run.writes_of.get(number, ()))
        return [place for place in (*reads, *writes) if place is not None]

    def _check_unseen_reads(self) -> None:
        """What is read and no node reads is what was left there last."""
        writes = self._skeleton.writes
        for number, place in self._run.read_places.items():
            read = self._skeleton.reads[number]
            seen = not read.ghost and self._nodes.read(read.event) is not None
            if seen or self._skeleton.events[read.event].anchor == AFTER_ALL:
                continue
            earlier = [
                w
                for w, there in self._run.write_places.items()
                if there == place and self._coherent(writes[w].event, read.event)
            ]
            source = self._run.source(read)
            if source not in (INITIAL, *earlier) or any(
                source == INITIAL or self._coherent(writes[source].event, writes[w].event)
                for w in earlier
            ):
                raise NotAnExecution(f"read {number} does not see what was left there last")

    def _coherent(self, one: int, two: int) -> bool:
        """Whether an event comes before another: always, or in coherence."""
        known = self._order.before(one, two)
        return self._run.claim.earlier(one, two) if known is None else known


__all__ = ["Rules"]
