"""Claims made wrong: small changes of executions that there are, each of which makes one that is none.

Why each is none does not rest on what is tested: it is said beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.execution import INITIAL
from prover.execution.run.machine import Decisions
from prover.execution.terms import Allocated
from prover.execution.weak.law import Law
from prover.graph.values import Pointer, Value
from tests.weak.right import Right

AXIOM = "axiom (coherence|atomic|happens-before|propagation|total-store-order)"
THIN_AIR = "depends on itself|not written there|has two lives at once"
"""What a read with another value can lead to, before anybody looks at axioms."""
LAST = "does not see what was left there last"


@dataclass(frozen=True, slots=True)
class Corruption:
    """Makes wrong claims from a right execution; each must be refused for a reason of ``reasons``.

    ``usual`` is the reason for which the corruption is there: some claim is refused for it.
    """

    make: Callable[[Right], Iterator[Claim]]
    usual: str
    others: str = "(?!)"

    @property
    def name(self) -> str:
        """What is done."""
        return self.make.__name__

    def fits(self, said: str) -> bool:
        """Whether that is a reason to refuse a claim so made."""
        return re.search(f"{self.usual}|{self.others}", said) is not None

    def some(self, right: Right, most: int) -> list[Claim]:
        """At most so many of the claims, from all over them."""
        every = list(self.make(right))
        return every[:: -(-len(every) // most) or 1]


# --- the order of things in a claim


def moved(right: Right, event: int, *, behind: int = -1, before: int = -1) -> Claim:
    """The claim with an event elsewhere in coherence: right behind or right before another."""
    claim = right.claim
    events = [e.number for e in right.skeleton.events if e.number != event]
    events.sort(key=lambda e: (claim.coherence.get(e, 0), -e))
    place = events.index(behind) + 1 if behind >= 0 else events.index(before)
    events.insert(place, event)
    return replace(claim, coherence={e: rank for rank, e in enumerate(events)})


def reading(claim: Claim, read: int, source: int) -> Claim:
    """The claim with another source of a read."""
    return replace(claim, rf={**claim.rf, read: source})


def in_program_order(right: Right, one: int, two: int) -> bool:
    """Whether one event stands before another in a thread."""
    events = right.skeleton.events
    own = right.skeleton.threads[events[one].thread].events
    return events[one].thread == events[two].thread and own.index(one) < own.index(two)


def on_one_processor(right: Right, one: int, two: int) -> bool:
    """Whether one event stands before another in a thread, or in one and its interrupt."""
    events, threads = right.skeleton.events, right.skeleton.threads
    a, b = threads[events[one].thread], threads[events[two].thread]
    if a.host == b.number and a.number in right.claim.gaps:
        return b.events.index(two) >= right.claim.gaps[a.number]
    if b.host == a.number and b.number in right.claim.gaps:
        return a.events.index(one) < right.claim.gaps[b.number]
    both = [a.number, b.number]
    if a.host == b.host >= 0 and a != b and {*both} <= right.claim.gaps.keys():
        gaps = [right.claim.gaps[t] for t in both]
        lower_first = right.claim.turns.get((min(both), max(both)), True)
        return gaps[0] < gaps[1] or (gaps[0] == gaps[1] and (both[0] < both[1]) == lower_first)
    return in_program_order(right, one, two)


def writes(right: Right) -> list[sk.WriteAccess]:
    """The write accesses that are made."""
    return [right.skeleton.writes[w] for w in right.run.write_places]


def reads(right: Right) -> list[sk.ReadAccess]:
    """The read accesses that are made by threads; claims look at the end of everything."""
    found = (right.skeleton.reads[r] for r in right.run.read_places)
    return [r for r in found if right.skeleton.events[r.event].anchor >= 0]


def same_place(right: Right, read: sk.ReadAccess, write: sk.WriteAccess) -> bool:
    """Whether a read and a write go to one place, and are of two events."""
    places = right.run.read_places[read.number], right.run.write_places[write.number]
    return places[0] == places[1] and read.event != write.event


# --- one thread, one place


def stores_of_a_thread_swapped(right: Right) -> Iterator[Claim]:
    """A later store of a CPU to a place is coherent after an earlier one."""
    for one, two in permutations(writes(right), 2):
        same = right.run.write_places[one.number] == right.run.write_places[two.number]
        if same and on_one_processor(right, one.event, two.event):
            yield moved(right, one.event, behind=two.event)


def ghost_state_set_in_a_handler_elsewhere(right: Right) -> Iterator[Claim]:
    """What a handler does to ghost state comes between two steps of its host."""
    events = right.skeleton.events
    for one, two in permutations(writes(right), 2):
        same = right.run.write_places[one.number] == right.run.write_places[two.number]
        apart = events[one.event].thread != events[two.event].thread
        ghost = one.event not in right.nodes.of_event
        if same and apart and ghost and on_one_processor(right, one.event, two.event):
            yield moved(right, one.event, behind=two.event)


def reads_what_its_thread_stores_later(right: Right) -> Iterator[Claim]:
    """A load does not see a later store of its thread."""
    for read in reads(right):
        for write in writes(right):
            later = in_program_order(right, read.event, write.event)
            if later and same_place(right, read, write):
                yield reading(right.claim, read.number, write.number)


def reads_what_its_thread_overwrote(right: Right) -> Iterator[Claim]:
    """A load does not see what its thread has overwritten before."""
    for read in reads(right):
        own = [
            w
            for w in writes(right)
            if in_program_order(right, w.event, read.event) and same_place(right, read, w)
        ]
        if own:
            yield reading(right.claim, read.number, INITIAL)
        for one, two in permutations(own, 2):
            if in_program_order(right, one.event, two.event):
                yield reading(right.claim, read.number, one.number)


def reads_another_place(right: Right) -> Iterator[Claim]:
    """What a read reads was stored to the same place."""
    for read in reads(right):
        for write in writes(right):
            place = right.run.write_places[write.number]
            later = in_program_order(right, read.event, write.event)
            if right.run.read_places[read.number] != place and not later:
                yield reading(right.claim, read.number, write.number)


def reads_a_store_not_made(right: Right) -> Iterator[Claim]:
    """What a read reads was stored."""
    missing = [w for w in right.skeleton.writes if w.number not in right.run.write_places]
    for read in reads(right):
        for write in missing:
            yield reading(right.claim, read.number, write.number)


def store_between_read_and_write_of_an_update(right: Right) -> Iterator[Claim]:
    """An update is atomic."""
    for write in writes(right):
        for read in reads(right):
            if read.event != write.event:
                continue
            place = right.run.write_places[write.number]
            for other in writes(right):
                events = right.skeleton.events
                foreign = events[other.event].thread != events[write.event].thread
                source = right.run.source(read)
                if right.run.read_places[read.number] != place or source == other.number:
                    continue
                if foreign and right.run.write_places[other.number] == place:
                    yield moved(right, other.event, before=write.event)


def choice_that_there_is_not(right: Right) -> Iterator[Claim]:
    """What is chosen is in the range that it is chosen from."""
    for number, value in right.claim.decisions.choices.items():
        for wrong in (value + 100, value - 100):
            yield deciding(right.claim, choices={number: wrong})


# --- threads


def crossings(right: Right, pairs: Iterable[tuple[int, int]]) -> Iterator[Claim]:
    """What stands before the first event of each pair is over when what stands behind the second begins.

    So it cannot read it, miss it or overwrite it.
    """
    events, threads = right.skeleton.events, right.skeleton.threads
    for one, two in pairs:
        own, other = threads[events[one].thread].events, threads[events[two].thread].events
        before, behind = set(own[: own.index(one)]), set(other[other.index(two) + 1 :])
        if events[one].thread == events[two].thread:
            continue
        for write in writes(right):
            for read in reads(right):
                if read.ghost or not same_place(right, read, write):
                    continue
                if read.event in before and write.event in behind:
                    yield reading(right.claim, read.number, write.number)
                elif write.event in before and read.event in behind:
                    yield reading(right.claim, read.number, INITIAL)
            for later in writes(right):
                both = write.event in before and later.event in behind
                places = right.run.write_places[write.number], right.run.write_places[later.number]
                if both and places[0] == places[1] and write.event in right.nodes.of_event:
                    yield moved(right, write.event, behind=later.event)


def across_a_grace_period(right: Right) -> Iterator[Claim]:
    """A section is over before a grace period that waits for it ends, or begins after it began."""
    yield from crossings(right, dict.fromkeys(Law(right.run).precedences()))


def across_an_interrupt(right: Right) -> Iterator[Claim]:
    """What is before an IPI is over in its handler, what is in that after waiting for it."""
    yield from crossings(right, dict.fromkeys(Law(right.run).edges()))


# --- decisions


def deciding(
    claim: Claim,
    *,
    taken: dict[int, bool] | None = None,
    choices: dict[int, int] | None = None,
    slots: dict[int, Value] | None = None,
) -> Claim:
    """The claim with some decisions made otherwise."""
    old = claim.decisions
    return replace(
        claim,
        decisions=Decisions(
            {**old.choices, **(choices or {})},
            {**old.taken, **(taken or {})},
            {**old.slots, **(slots or {})},
        ),
    )


def allocated(right: Right) -> dict[int, Pointer]:
    """What each alloc gave that gave something."""
    found: dict[int, Pointer] = {}
    for event in right.skeleton.events:
        value = right.run.values.leaves.get(Allocated(event.number), 0)
        happened = event.number in right.run.happened
        if isinstance(event.action, sk.Allocate) and happened and isinstance(value, Pointer):
            found[event.number] = value
    return found


OF_MEMORY = (
    Corruption(stores_of_a_thread_swapped, "axiom coherence|program order"),
    Corruption(ghost_state_set_in_a_handler_elsewhere, "program order"),
    Corruption(reads_what_its_thread_stores_later, AXIOM, THIN_AIR),
    Corruption(reads_what_its_thread_overwrote, f"{AXIOM}|{LAST}", THIN_AIR),
    Corruption(reads_another_place, "not written there", THIN_AIR),
    Corruption(reads_a_store_not_made, "not written there", THIN_AIR),
    Corruption(store_between_read_and_write_of_an_update, "axiom atomic", "axiom coherence"),
    Corruption(choice_that_there_is_not, "is no choice"),
)
OF_ORDER = (
    Corruption(across_a_grace_period, AXIOM, THIN_AIR),
    Corruption(across_an_interrupt, AXIOM, THIN_AIR),
)
