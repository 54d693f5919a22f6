"""Reads-from, and the lives of pool slots.

For every read that can give several values, one literal per possible source:
``f<r>_<w>`` says that read access r reads from write access w, ``f<r>_init`` that
it reads the initial value.  The source is the last write to the location before
the read: with co the order of writes and fr derived from it, that is what
``acyclic po | rf | co | fr`` says when positions are a strict order.
"""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.domains import initial_value
from prover.execution.execution import INITIAL
from prover.execution.hazards import LATE_KINDS
from prover.execution.terms import Allocated, ReadValue, Term
from prover.execution.wording import cell_at
from prover.graph.values import Pointer
from prover.smt.frame import Frame
from prover.smt.logic import FALSE, TRUE, Lit, neg


def encode_reads(frame: Frame) -> None:
    """The reads-from constraints of every read whose value is open."""
    for read in frame.skeleton.reads:
        term = frame.skeleton.term_of.get(ReadValue(read.number))
        open_ = term is not None and len(frame.domains.values[term]) > 1
        if open_ or (frame.every_read and frame.domains.sources[read.number]):
            _encode_read(frame, read, term)


def _encode_read(frame: Frame, read: sk.ReadAccess, term: Term | None) -> None:
    """One read; ``term`` is its value, None where nobody asks for it."""
    logic = frame.logic
    performed = performs(frame, read.event)
    if performed == FALSE:
        return
    logic.label = f"read {read.number} of event {read.event}"
    sources = [w for w in frame.domains.sources[read.number] if effective(frame, w) != FALSE]
    sources = _visible(frame, read, sources)
    picks: list[tuple[int, Lit]] = []
    for number in sources:
        pick = logic.variable(f"f{read.number}_{number}")
        picks.append((number, pick))
        _source(frame, read, term, number, pick, sources)
    start = _initial(frame, read, term, sources)
    if start != FALSE:
        picks.append((INITIAL, start))
    frame.picks[read.number] = picks
    logic.clause(neg(performed), neg(_on_a_cell(frame, read)), *(pick for _, pick in picks))


def _on_a_cell(frame: Frame, read: sk.ReadAccess) -> Lit:
    """Whether the address read is a cell at all; what a claim reads elsewhere is left open."""
    return frame.logic.any_of(
        lit
        for value, lit in frame.table(read.address).items()
        if isinstance(value, Pointer)
        and value.base is not None
        and cell_at(frame.skeleton.layout, value.location) is not None
    )


def performs(frame: Frame, event: int) -> Lit:
    """Whether an event gets as far as reading: reached, with nothing wrong before that."""
    if all(isinstance(h, LATE_KINDS) or frame.goes_on(event, h) for h in frame.hazards[event]):
        return frame.reached(event)
    from prover.smt.violations import early_hazard

    return frame.logic.all_of((frame.reached(event), neg(early_hazard(frame, event))))


def effective(frame: Frame, write: int) -> Lit:
    """Whether a write access takes effect."""
    found = frame.effective.get(write)
    if found is None:
        access = frame.skeleton.writes[write]
        found = frame.logic.all_of((frame.ok(access.event), frame.holds(access.when)))
        frame.effective[write] = found
    return found


def same_location(frame: Frame, write: int, read: sk.ReadAccess) -> Lit:
    """Whether a write access goes to the location that is read."""
    access = frame.skeleton.writes[write]
    if access.part != read.part:
        return FALSE
    return frame.same_place(access.address, read.address)


def _visible(frame: Frame, read: sk.ReadAccess, sources: list[int]) -> list[int]:
    """Leaves out writes that a later write of certain effect always hides."""
    writes = frame.skeleton.writes
    hiding: list[int] = []
    for number in sources:
        if frame.order.before(writes[number].event, read.event) is not True:
            continue
        implied = effective(frame, number)
        if same_location(frame, number, read) == TRUE and _implied(frame, read.event, implied):
            hiding.append(number)
    return [
        number
        for number in sources
        if not any(
            frame.order.before(writes[number].event, writes[other].event) is True
            and other != number
            for other in hiding
        )
    ]


def _implied(frame: Frame, event: int, lit: Lit) -> bool:
    """Whether reaching ``event`` implies ``lit``, as far as one look tells."""
    if lit == TRUE:
        return True
    guard = frame.reached(event)
    parts = frame.logic.parts.get(guard, frozenset((guard,)))
    wanted = frame.logic.parts.get(lit, frozenset((lit,)))
    return lit == guard or lit in parts or wanted <= parts


def _source(
    frame: Frame,
    read: sk.ReadAccess,
    term: Term | None,
    number: int,
    pick: Lit,
    sources: list[int],
) -> None:
    """``pick``: the read reads from write access ``number``."""
    logic, writes = frame.logic, frame.skeleton.writes
    write = writes[number]
    logic.clause(neg(pick), effective(frame, number))
    logic.clause(neg(pick), same_location(frame, number, read))
    logic.clause(neg(pick), frame.coherent(write.event, read.event))
    for value, lit in frame.table(write.value).items() if term is not None else ():
        assert term is not None
        logic.clause(neg(pick), neg(lit), frame.has(term, value))
    for other in sources:
        if other == number or (writes[other].event == write.event and _apart(frame, other, number)):
            continue
        logic.clause(
            neg(pick),
            neg(effective(frame, other)),
            neg(same_location(frame, other, read)),
            frame.coherent(writes[other].event, write.event),
            frame.coherent(read.event, writes[other].event),
        )


def _apart(frame: Frame, one: int, two: int) -> bool:
    """Whether two writes of one event never go to one location."""
    a, b = frame.skeleton.writes[one], frame.skeleton.writes[two]
    return a.part != b.part or frame.same_place(a.address, b.address) == FALSE


def _initial(frame: Frame, read: sk.ReadAccess, term: Term | None, sources: list[int]) -> Lit:
    """The literal for reading the initial value, FALSE if that cannot be."""
    logic = frame.logic
    starts = {place[0]: place for place in frame.domains.starts[read.number]}
    addresses = [
        (lit, starts[value.location])
        for value, lit in frame.table(read.address).items()
        if isinstance(value, Pointer) and value.base is not None and value.location in starts
    ]
    writes = frame.skeleton.writes
    if not addresses or _hidden(frame, read, sources):
        return FALSE
    pick = logic.variable(f"f{read.number}_init")
    logic.clause(neg(pick), *(lit for lit, _ in addresses))
    for lit, place in addresses:
        value = initial_value(frame.skeleton.layout, place, weak=frame.every_read)
        assert value is not None
        if term is not None:
            logic.clause(neg(pick), neg(lit), frame.has(term, value))
    for other in sources:
        logic.clause(
            neg(pick),
            neg(effective(frame, other)),
            neg(same_location(frame, other, read)),
            frame.coherent(read.event, writes[other].event),
        )
    return pick


def _hidden(frame: Frame, read: sk.ReadAccess, sources: list[int]) -> bool:
    """Whether a write of certain effect always comes before the read."""
    return any(
        frame.order.before(frame.skeleton.writes[w].event, read.event) is True
        and same_location(frame, w, read) == TRUE
        and _implied(frame, read.event, effective(frame, w))
        for w in sources
    )


def encode_pools(frame: Frame) -> None:
    """A slot has one life at a time; alloc fails only where every slot is taken."""
    lives = _lives(frame)
    for pool in sorted({action.pool for _, action in lives}):
        events = [event for event, action in lives if action.pool == pool]
        slots = [r.name for r in frame.skeleton.layout.regions.values() if r.pool == pool]
        for i, one in enumerate(events):
            _some_result(frame, one)
            for two in events[i + 1 :]:
                for slot in slots:
                    _disjoint(frame, one, two, slot)
        for event in events:
            _empty(frame, event, events, slots)
    _give_back(frame)


def _give_back(frame: Frame) -> None:
    """The page of a slot can go only where nobody has been given the slot since it was freed."""
    logic = frame.logic
    for event in frame.skeleton.events:
        action = event.action
        if not isinstance(action, sk.GiveBack) or frame.reached(event.number) == FALSE:
            continue
        logic.label = f"page of what event {action.free} freed"
        for value, lit in frame.table(action.pointer).items():
            if isinstance(value, Pointer) and value.base is not None:
                slot = value.base.object
                again = given_between(frame, action.free, slot, event.number)
                gone = (neg(frame.ok(event.number)), neg(lit))
                logic.clause(*gone, neg(again))
                for alloc, _ in _lives(frame):
                    # One of them comes first.
                    after = frame.given_before(alloc, event.number)
                    sides = (frame.before(event.number, alloc), after)
                    logic.clause(*gone, neg(gets(frame, alloc, slot)), *sides)


def given_between(frame: Frame, one: int, slot: str, two: int) -> Lit:
    """Whether an alloc gives ``slot`` between events ``one`` and ``two``."""
    pool = frame.skeleton.layout.regions[slot].pool
    return frame.logic.any_of(
        frame.logic.all_of(
            (gets(frame, alloc, slot), frame.before(one, alloc), frame.given_before(alloc, two))
        )
        for alloc, action in _lives(frame)
        if action.pool == pool
    )


def _lives(frame: Frame) -> list[tuple[int, sk.Allocate]]:
    return [
        (event.number, event.action)
        for event in frame.skeleton.events
        if isinstance(event.action, sk.Allocate) and frame.reached(event.number) != FALSE
    ]


def gets(frame: Frame, event: int, slot: str) -> Lit:
    """Whether alloc event ``event`` gives ``slot``."""
    term = frame.skeleton.term_of[Allocated(event)]
    got = frame.has(term, Pointer(sk.life(frame.skeleton.layout.regions[slot], event)))
    return frame.logic.all_of((frame.ok(event), got))


def _some_result(frame: Frame, event: int) -> None:
    term = frame.skeleton.term_of[Allocated(event)]
    frame.logic.label = f"alloc {event}"
    frame.logic.clause(neg(frame.ok(event)), *frame.table(term).values())


def _freed_before(frame: Frame, alloc: int, slot: str, moment: int) -> list[Lit]:
    """One literal per free that ends the life of ``slot`` begun at ``alloc`` before ``moment``."""
    region = frame.skeleton.layout.regions[slot]
    life = sk.life(region, alloc)
    found: list[Lit] = []
    for event in frame.skeleton.events:
        if not isinstance(event.action, sk.Deallocate) or event.number == moment:
            continue
        freed = [
            lit
            for value, lit in frame.table(event.action.pointer).items()
            if isinstance(value, Pointer) and value.base == life and not value.path
        ]
        if freed:
            # Pointers to typesafe slots do not say which of their lives is freed.
            later = frame.given_before(alloc, event.number) if region.typesafe else TRUE
            parts = (frame.ok(event.number), frame.logic.any_of(freed), later)
            found.append(frame.logic.all_of((*parts, frame.before(event.number, moment))))
    return found


def _disjoint(frame: Frame, one: int, two: int, slot: str) -> None:
    """Two lives of one slot do not overlap."""
    logic = frame.logic
    both = (neg(gets(frame, one, slot)), neg(gets(frame, two, slot)))
    first = frame.before(one, two)
    logic.label = f"lives of {slot} from {one} and {two}"
    logic.clause(*both, neg(first), *_freed_before(frame, one, slot, two))
    logic.clause(*both, first, *_freed_before(frame, two, slot, one))


def _empty(frame: Frame, event: int, events: list[int], slots: list[str]) -> None:
    """Where alloc gives 0, every slot is in a life begun before and not ended."""
    logic = frame.logic
    term = frame.skeleton.term_of[Allocated(event)]
    none = logic.all_of((frame.ok(event), frame.has(term, 0)))
    logic.label = f"alloc {event} fails"
    for slot in slots:
        taken: list[Lit] = []
        for other in events:
            if other == event:
                continue
            ended = _freed_before(frame, other, slot, event)
            began = frame.before(other, event)
            parts = [gets(frame, other, slot), began, *(neg(lit) for lit in ended)]
            taken.append(logic.all_of(parts))
        logic.clause(neg(none), *taken)
