"""Locks: sections of one lock exclude each other, trylocks see them, writers queue fairly."""

from __future__ import annotations

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.construct.locks import refuses
from prover.execution.hazards_of_holders import looks_at_folio
from prover.execution.terms import Term
from prover.smt.frame import Frame
from prover.smt.logic import FALSE, Lit, neg


class Taking(Frozen, frozen=True):
    """An event that can take a lock: a Grant, a Downgrade, or a Try that succeeds."""

    event: int
    thread: int
    address: Term
    kind: str
    mode: str
    outer: Term
    request: int


def takings(frame: Frame) -> list[Taking]:
    """Every event that can take a lock, in event order."""
    found: list[Taking] = []
    for event in frame.skeleton.events:
        action = event.action
        if frame.reached(event.number) == FALSE:
            continue
        if isinstance(action, sk.Grant | sk.Try):
            request = action.request if isinstance(action, sk.Grant) else -1
            found.append(
                Taking(
                    event.number,
                    event.thread,
                    action.address,
                    action.kind,
                    action.mode,
                    action.outer,
                    request,
                )
            )
        if isinstance(action, sk.Downgrade):
            number, thread = event.number, event.thread
            found.append(
                Taking(number, thread, action.address, action.kind, "shared", action.outer, -1)
            )
    return found


def taken(frame: Frame, taking: Taking) -> Lit:
    """Whether the lock was taken by this event."""
    action = frame.skeleton.events[taking.event].action
    if isinstance(action, sk.Downgrade):
        return frame.acts(taking.event)
    return frame.outcome(taking.event, "granted" if isinstance(action, sk.Grant) else "taken")


def begins(frame: Frame, taking: Taking) -> Lit:
    """Whether this event begins a holding of the lock (a recursive read does not)."""
    return frame.logic.all_of((taken(frame, taking), frame.holds(taking.outer)))


def conflict(one: str, two: str) -> bool:
    """Whether two modes exclude each other."""
    return "exclusive" in (one, two)


def releases(frame: Frame, taking: Taking) -> list[int]:
    """The unlocks that may end a holding: the holder's own, after it; of a folio lock anyone's."""
    known = frame.releases.get(taking.event)
    if known is not None:
        return known
    found = frame.releases[taking.event] = []
    for event in frame.skeleton.events:
        action = event.action
        if not isinstance(action, sk.Unlock) or action.kind != taking.kind:
            continue
        if action.mode != taking.mode or frame.reached(event.number) == FALSE:
            continue
        if taking.kind != "folio" and event.thread != taking.thread:
            continue
        if frame.order.before(taking.event, event.number) is False:
            continue
        if frame.may_share(action.address, taking.address):
            found.append(event.number)
    return found


def ended_between(frame: Frame, taking: Taking, moment: int) -> list[Lit]:
    """One literal per unlock that ends the holding begun at ``taking`` before event ``moment``."""
    found: list[Lit] = []
    for event in releases(frame, taking):
        action = frame.skeleton.events[event].action
        assert isinstance(action, sk.Unlock)
        found.append(
            frame.logic.all_of(
                (
                    frame.acts(event),
                    frame.holds(action.outer),
                    frame.same_place(action.address, taking.address),
                    frame.coherent(taking.event, event),
                    frame.coherent(event, moment),
                )
            )
        )
    return [lit for lit in found if lit != FALSE]


def holds_at(frame: Frame, taking: Taking, address: Term, moment: int) -> Lit:
    """Whether the lock at ``address`` is held at ``moment`` through ``taking``."""
    return frame.logic.all_of(
        (
            begins(frame, taking),
            frame.same_place(taking.address, address),
            frame.coherent(taking.event, moment),
            *(neg(lit) for lit in ended_between(frame, taking, moment)),
        )
    )


def still_held(frame: Frame, address: Term, moment: int) -> Lit:
    """Whether the thread of ``moment`` has locked the folio at ``address``, and nobody has
    unlocked it before.
    """
    logic, thread = frame.logic, frame.skeleton.events[moment].thread
    found: list[Lit] = []
    for taking in takings(frame):
        if taking.kind != "folio" or taking.thread != thread or taking.event == moment:
            continue
        if not frame.may_share(taking.address, address):
            continue
        parts = [taken(frame, taking), frame.same_place(taking.address, address)]
        parts.append(frame.before(taking.event, moment))
        for event in releases(frame, taking):
            action = frame.skeleton.events[event].action
            assert isinstance(action, sk.Unlock)
            same = frame.same_place(action.address, taking.address)
            since = (frame.coherent(taking.event, event), frame.before(event, moment))
            parts.append(neg(logic.all_of((frame.acts(event), same, *since))))
        found.append(logic.all_of(parts))
    return logic.any_of(found)


def held_by_anyone(frame: Frame, moment: int, address: Term, kind: str) -> Lit:
    """Whether any thread holds the lock (of a ``kind``, if given), in any mode, at ``moment``."""
    return frame.logic.any_of(
        holds_at(frame, t, address, moment)
        for t in takings(frame)
        if kind in ("", t.kind) and t.event != moment and frame.may_share(t.address, address)
    )


def encode_locks(frame: Frame) -> None:
    """All constraints on locks."""
    found = takings(frame)
    for taking in found:
        _granted(frame, taking)
    for i, one in enumerate(found):
        for two in found[i + 1 :]:
            if one.kind == two.kind and conflict(one.mode, two.mode):
                _exclude(frame, one, two)
    for taking in found:
        if taking.mode == "shared" and taking.request >= 0:
            _fair(frame, taking, found)
    for event in frame.skeleton.events:
        if frame.reached(event.number) == FALSE:
            continue
        if isinstance(event.action, sk.Try):
            _refused(frame, event.number, event.action, found)
        if isinstance(event.action, sk.LockState):
            _seen(frame, event.number, event.action)
        if isinstance(event.action, sk.Unlock) and looks_at_folio(event):
            _found(frame, event.number, event.action)


def _granted(frame: Frame, taking: Taking) -> None:
    """A lock is taken only by an event that is ok."""
    frame.logic.label = f"lock taken at event {taking.event}"
    frame.logic.clause(neg(taken(frame, taking)), frame.ok(taking.event))
    action = frame.skeleton.events[taking.event].action
    if isinstance(action, sk.Try):
        frame.logic.clause(neg(taken(frame, taking)), neg(frame.holds(action.own)))


def _exclude(frame: Frame, one: Taking, two: Taking) -> None:
    """Of two conflicting holdings of one lock, one ends before the other begins."""
    if one.thread == two.thread and one.kind != "folio":
        return
    same = frame.same_place(one.address, two.address)
    if same == FALSE:
        return
    logic = frame.logic
    first = frame.coherent(one.event, two.event)
    logic.label = f"lock exclusion of events {one.event} and {two.event}"
    # A holding that has not ended blocks the other even where the other is a recursive read.
    both = (neg(begins(frame, one)), neg(begins(frame, two)), neg(same))
    logic.clause(*both, neg(first), *ended_between(frame, one, two.event))
    logic.clause(*both, first, *ended_between(frame, two, one.event))


def _fair(frame: Frame, reader: Taking, found: list[Taking]) -> None:
    """A read request made after a pending write request waits for that writer."""
    logic = frame.logic
    for writer in found:
        if writer.kind != reader.kind or writer.mode != "exclusive" or writer.request < 0:
            continue
        if writer.thread == reader.thread:
            continue
        same = frame.same_place(writer.address, reader.address)
        if same == FALSE:
            continue
        asked = logic.all_of(
            (frame.ok(writer.request), same, frame.coherent(writer.request, reader.request))
        )
        granted = taken(frame, writer)
        logic.label = f"fair queue of events {writer.event} and {reader.event}"
        logic.clause(neg(taken(frame, reader)), neg(asked), granted)
        logic.clause(
            neg(taken(frame, reader)), neg(asked), frame.coherent(writer.event, reader.event)
        )


def _refused(frame: Frame, event: int, action: sk.Try, found: list[Taking]) -> None:
    """A trylock fails only on a lock that is held or, where that shows, asked for."""
    logic = frame.logic
    thread = frame.skeleton.events[event].thread
    reasons = [frame.holds(action.own)]
    for taking in found:
        if taking.event == event or taking.kind != action.kind:
            continue
        foreign = taking.thread != thread
        if conflict(taking.mode, action.mode) and (foreign or action.kind == "folio"):
            reasons.append(holds_at(frame, taking, action.address, event))
        if foreign and taking.request >= 0 and refuses(taking.kind, taking.mode):
            reasons.append(_waiting(frame, taking, action.address, event))
    refused = logic.all_of((frame.ok(event), neg(frame.outcome(event, "taken"))))
    logic.label = f"trylock refused at event {event}"
    logic.clause(neg(refused), *reasons)


def _waiting(frame: Frame, taking: Taking, address: Term, moment: int) -> Lit:
    """Whether a request for the lock at ``address`` is queued when ``moment`` comes."""
    got = frame.logic.all_of((taken(frame, taking), frame.coherent(taking.event, moment)))
    return frame.logic.all_of(
        (
            frame.ok(taking.request),
            frame.same_place(taking.address, address),
            frame.coherent(taking.request, moment),
            neg(got),
        )
    )


def _seen(frame: Frame, event: int, action: sk.LockState) -> None:
    """What a look at a lock gives."""
    logic = frame.logic
    seen = frame.outcome(event, "locked")
    held = logic.any_of(
        (frame.holds(action.own), held_by_anyone(frame, event, action.address, action.kind))
    )
    ok = frame.ok(event)
    logic.label = f"lock looked at by event {event}"
    logic.clause(neg(ok), neg(seen), held)
    logic.clause(neg(ok), seen, neg(held))


def _found(frame: Frame, event: int, action: sk.Unlock) -> None:
    """Whether an unlock of a folio lock finds it held by anyone."""
    held = held_by_anyone(frame, event, action.address, "folio")
    logic, reached = frame.logic, frame.reached(event)
    found = frame.outcome(event, "locked")
    logic.label = f"folio lock found by event {event}"
    logic.clause(neg(reached), neg(found), held)
    logic.clause(neg(reached), found, neg(held))
