"""Why a violation was possible: a sentence for each edge that decided it.

Each is of two events of the execution, and says no more than what happened in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.edges import Reason
from prover.execution.hazards import vias_of
from prover.execution.nodes import touched
from prover.execution.story import NOBODY, Seen, Stored, Story
from prover.execution.terms import (
    Allocated,
    And,
    Choice,
    Constant,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Term,
)
from prover.execution.wording import cell_at, place_text, value_text
from prover.graph.values import Half, Pointer, Value, Via, Wild

MOST = 3
"""How many reads are told of at most."""


def torn(story: Story) -> Iterator[Reason]:
    """Which two stores the halves come from that were put together."""
    for via in _vias(story)[:1]:
        halves: dict[str, list[Seen]] = {"low": [], "high": []}
        for seen in _own_reads(story):
            part = seen.place[1]
            bits = via.low if part == "low" else via.high
            if part in halves and seen.place[0] in via.locations:
                if isinstance(seen.value, Half) and seen.value.bits == bits:
                    halves[part].append(seen)
        if not halves["low"] or not halves["high"]:
            continue
        # Events of a thread are numbered in the order of its program.
        low, high = halves["low"][0], halves["high"][-1]
        yield from (_half(story, seen) for seen in (low, high))
        for seen in halves["low"][1:][-1:]:
            if seen.source not in (low.source, NOBODY, *story.own(seen.event)):
                who = story.name(seen.source)
                value = _value(story, seen.place, seen.value)
                text = f"{place_text(seen.place)} is {value} again: {who} has stored it anew"
                yield Reason(text, "rf", seen.source, seen.event)


def _half(story: Story, seen: Seen) -> Reason:
    """Where one half comes from, and what the other half was there."""
    said = f"{_holds(story, seen)} is {_from(story, seen)}"
    other = "high" if seen.place[1] == "low" else "low"
    place: Place = (seen.place[0], other)
    if seen.source == NOBODY:
        start = story.initial(place)
        said += "" if start is None else f", with {other} = {_value(story, place, start)}"
    else:
        whole = [s for s in story.stores.get(place, ()) if s.event == seen.source]
        said += f", with {other} = {_stored(story, whole[0])}" if whole else ""
    if seen.source != NOBODY:
        return Reason(said, "rf", seen.source, seen.event)
    after = _overwritten(story, seen)
    return Reason(said) if after is None else Reason(said, "fr", seen.event, after.event)


def _vias(story: Story) -> list[Via]:
    """Where the torn pointer, or the torn word that was stored, came from."""
    found: list[Via] = []
    event = story.skeleton.events[story.bad]
    term = touched(event)
    value = None if term is None else story.value(term)
    if isinstance(value, Pointer | Wild) and value.via is not None:
        found.append(value.via)
    for word in story.skeleton.stored:
        if word.event == story.bad and (stored := story.value(word.value)) is not None:
            found.extend(vias_of(stored, word.present))
    return found


def pointer(story: Story, name: str) -> Iterator[Reason]:
    """From where a bad pointer, or poison, was read."""
    event = story.skeleton.events[story.bad]
    terms = [check.bad for check in event.checks if check.property == name]
    address = touched(event)
    numbers = {n for term in (*terms, *_some(address)) for n in read_by(story, term)}
    found = [*_told_of(story, numbers)]
    last = [seen for seen in _own_reads(story) if seen.event in numbers][-1:]
    yield from found or (_one_read(story, seen) for seen in last)


def _some(term: Term | None) -> tuple[Term, ...]:
    return () if term is None else (term,)


def values(story: Story, name: str) -> Iterator[Reason]:
    """What the condition that fails was computed from, where another thread had a hand in it."""
    event = story.skeleton.events[story.bad]
    terms = [check.bad for check in event.checks if check.property == name]
    numbers = {n for term in terms for n in read_by(story, term)}
    numbers = numbers or {n for term in terms for n in read_by(story, term, guards=True)}
    # That control came there at all may be what is wrong.
    found = told_first(story, numbers) or told_first(story, read_by(story, event.guard))
    if not found and story.kind(story.bad) not in ("final", "invariant"):
        found = [_one_read(story, seen) for seen in _own_reads(story) if seen.event in numbers][-1:]
    yield from found


def told_first(story: Story, numbers: set[int]) -> list[Reason]:
    """What is to be said of some reads of the thread that goes wrong; if nothing is, of the reads
    that these follow from, and so on.
    """
    known: set[int] = set()
    while numbers - known:
        told = [*_told_of(story, numbers)]
        if told:
            return told
        known |= numbers
        numbers = _causes(story, numbers)
    return []


def _causes(story: Story, numbers: set[int]) -> set[int]:
    """The reads that led others to their places, and to what the thread had stored there itself."""
    own = set(story.own(story.bad))
    found: set[int] = set()
    for seen in _own_reads(story):
        if seen.event not in numbers:
            continue
        terms = [*_some(touched(story.skeleton.events[seen.event]))]
        if seen.source in own:
            terms.append(story.skeleton.events[seen.source].guard)
            terms.extend(w.value for w in story.skeleton.writes if w.event == seen.source)
        found.update(n for term in terms for n in read_by(story, term))
    return found & own


def _told_of(story: Story, numbers: set[int]) -> Iterator[Reason]:
    """What is to be said of what some events of the thread that goes wrong read."""
    found: dict[Place, Seen] = {}
    for seen in _own_reads(story):
        if seen.event in numbers:
            found[seen.place] = seen
    told = (_lost(story, s) or _foreign(story, s) for s in found.values())
    yield from islice((reason for reason in told if reason is not None), MOST)


def _foreign(story: Story, seen: Seen) -> Reason | None:
    """A read of what another thread stored, or does only then store."""
    own = story.thread(seen.event)
    if seen.source != NOBODY and story.thread(seen.source) != own:
        return _one_read(story, seen)
    after = _overwritten(story, seen)
    if after is None or story.thread(after.event) == own:
        return None
    return _one_read(story, seen)


def _one_read(story: Story, seen: Seen) -> Reason:
    """What was read, and who stored it, or overwrites it."""
    said = f"{story.name(seen.event)} reads {_holds(story, seen)}"
    if seen.source != NOBODY and story.kind(seen.event) in ("final", "invariant"):
        return Reason(f"{story.name(seen.source)} stored {_holds(story, seen)}")
    if seen.source != NOBODY and story.thread(seen.source) != story.thread(seen.event):
        return Reason(f"{said} {_from(story, seen)}", "rf", seen.source, seen.event)
    after = _overwritten(story, seen)
    if after is None or story.thread(after.event) == story.thread(seen.event):
        text = f"{said}, {_own_or_first(seen)}"
        own = seen.source not in (NOBODY, seen.event)
        return Reason(text, "rf", seen.source, seen.event) if own else Reason(text)
    text = f"{said} before {story.name(after.event)} stores {_stored(story, after)}"
    return Reason(text, "fr", seen.event, after.event)


def _own_or_first(seen: Seen) -> str:
    return "as at the start" if seen.source == NOBODY else "which it stored itself"


def _lost(story: Story, seen: Seen) -> Reason | None:
    """A store between the read and the store of one update of what is read: it is lost."""
    stores = story.stores.get(seen.place, ())
    last = next((s for s in stores if s.event == seen.source), None)
    if last is None:
        return None
    write = next((w for w in story.skeleton.writes if _is(story, w, last)), None)
    basis = read_by(story, write.value) if write is not None else set[int]()
    for read in story.reads:
        if read.event not in basis or read.place != seen.place or read.event == last.event:
            continue
        after = _overwritten(story, read)
        between = after is not None and after.event != last.event
        if after is not None and between and story.thread(after.event) != story.thread(read.event):
            who = story.name(read.event)
            text = (
                f"{who} reads {_holds(story, read)} before {story.name(after.event)} stores"
                f" {_stored(story, after)}, and overwrites that"
            )
            return Reason(text, "fr", read.event, after.event)
    return None


def _is(story: Story, write: sk.WriteAccess, stored: Stored) -> bool:
    place = story.where(write.address) if write.event == stored.event else None
    return place is not None and (place, write.part) == stored.place


# --- words and look-ups


def _own_reads(story: Story) -> list[Seen]:
    """What the thread that goes wrong has read, up to there."""
    thread = story.thread(story.bad)
    own = [s for s in story.reads if story.thread(s.event) == thread and s.event <= story.bad]
    return sorted(own, key=lambda seen: seen.event)


def _holds(story: Story, seen: Seen) -> str:
    return f"{place_text(seen.place)} = {_value(story, seen.place, seen.value)}"


def _value(story: Story, place: Place, value: Value) -> str:
    layout = story.skeleton.layout
    return value_text(layout, value, cell_at(layout, place[0]))


def _stored(story: Story, stored: Stored) -> str:
    return _value(story, stored.place, stored.value)


def _from(story: Story, seen: Seen) -> str:
    """Who stored what was read."""
    if seen.source == NOBODY:
        return "from the start"
    return f"from {story.name(seen.source)}"


def _overwritten(story: Story, seen: Seen) -> Stored | None:
    """The first store that a read does not see."""
    stores = story.stores.get(seen.place, ())
    events = [stored.event for stored in stores]
    start = events.index(seen.source) + 1 if seen.source in events else 0
    later = [stored for stored in stores[start:] if stored.event != seen.event]
    return later[0] if later else None


def read_by(story: Story, term: Term, *, guards: bool = False) -> set[int]:
    """The events whose reads a term was computed from; ``guards``: or chosen by."""
    found: set[int] = set()
    known: set[Term] = set()
    pending = [term]
    while pending:
        one = pending.pop()
        if one in known:
            continue
        known.add(one)
        match story.skeleton.rows[one]:
            case ReadValue(access=access):
                found.add(story.skeleton.reads[access].event)
            case Operation(args=args) | And(args=args) | Or(args=args):
                pending.extend(args)
            case Not(arg=arg):
                pending.append(arg)
            case Phi(arms=arms):
                surely = story.values.surely
                chosen = [arm for arm in arms if surely(arm[0])]
                pending.extend(part for arm in chosen for part in (arm if guards else arm[1:]))
            case Constant() | Choice() | Outcome() | Allocated():
                pass
    return found
