"""An execution under a weak memory model told as a witness.

Its steps stand in an order of time: the order in which they executed.  Where that is not the
order of the program, the lines under the table say so.
"""

from __future__ import annotations

from dataclasses import replace

from prover.execution import skeleton as sk
from prover.execution.execution import INITIAL
from prover.execution.hazards import touched
from prover.execution.narrate import WORDS
from prover.execution.nodes import Nodes
from prover.execution.evaluate import Unknown
from prover.execution.terms import ReadValue, Term
from prover.execution.weak_run import Run
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.execution.wording import cell_at, place_text, value_text
from prover.graph.values import Location, Pointer, Via, Wild, number_text


def tell(run: Run, nodes: Nodes, name: str, event: int, model: str) -> Witness:
    """The witness of a violation of ``name`` at ``event``."""
    skeleton = run.skeleton
    order = _in_time(run, nodes)
    shared = _contended(run)
    shown = [e for e in order if e == event or _shown(run, e, shared)]
    used = sorted({skeleton.events[e].thread for e in shown})
    column = {thread: index for index, thread in enumerate(used)}
    moments = tuple(_moment(run, e, column, bad=e == event) for e in shown)
    message = next((c.message for c in skeleton.events[event].checks if c.property == name), "")
    return Witness(
        property=name,
        message=message,
        model=model,
        columns=tuple(Column(skeleton.threads[t].name, skeleton.threads[t].kind) for t in used),
        moments=moments,
        explanation=_explanation(run, name, event, message),
        because=_reordered(run, nodes, shown),
        schedule=tuple(_place(skeleton, e) for e in order),
    )


def tell_race(run: Run, nodes: Nodes, one: int, two: int, model: str) -> Witness:
    """The witness of a data race between two nodes."""
    first, second = nodes.nodes[one], nodes.nodes[two]
    told = tell(run, nodes, "data-race", second.event, model)
    skeleton = run.skeleton
    words = [
        f"{skeleton.threads[skeleton.events[n.event].thread].name}'s"
        f" {'plain' if n.order == 'plain' else 'marked'} {'store' if n.kind == 'W' else 'load'}"
        for n in (first, second)
    ]
    place = _label(run, second.event).rpartition(" ")[2]
    line = f"nothing orders {words[0]} and {words[1]}: {place}"
    return replace(told, explanation=(line,), because=())


def _place(skeleton: sk.Skeleton, event: int) -> tuple[int, int]:
    thread = skeleton.events[event].thread
    return thread, skeleton.threads[thread].events.index(event)


def _in_time(run: Run, nodes: Nodes) -> list[int]:
    """Events that happened or went wrong, in the order in which they were done.

    What has no position of its own stands behind what comes before it in its thread.
    """
    position = run.claim.position
    keys: dict[int, tuple[int, int, int]] = {}
    for thread in run.skeleton.threads:
        last = (-1, 0)
        for index, number in enumerate(thread.events):
            if number not in run.happened and number not in run.violated:
                continue
            node = nodes.last(number)
            if node is not None:
                last = (position.get(node.number, last[0]), -node.number)
            keys[number] = (*last, index)
    return sorted(keys, key=lambda e: (keys[e][0], keys[e][1], run.skeleton.events[e].thread, keys[e][2]))


def _contended(run: Run) -> frozenset[Location]:
    """The places that one thread writes and another touches."""
    writers: dict[Location, set[int]] = {}
    users: dict[Location, set[int]] = {}
    for number, place in run.write_places.items():
        thread = run.skeleton.events[run.skeleton.writes[number].event].thread
        writers.setdefault(place[0], set()).add(thread)
        users.setdefault(place[0], set()).add(thread)
    for number, place in run.read_places.items():
        thread = run.skeleton.events[run.skeleton.reads[number].event].thread
        users.setdefault(place[0], set()).add(thread)
    return frozenset(place for place in writers if len(users[place]) > 1)


def _shown(run: Run, number: int, shared: frozenset[Location]) -> bool:
    event = run.skeleton.events[number]
    match event.action:
        case sk.Access():
            places = {run.read_places[r.number][0] for r in run.reads_of.get(number, ()) if r.number in run.read_places}
            places |= {run.write_places[w.number][0] for w in run.writes_of.get(number, ()) if w.number in run.write_places}
            return bool(places & shared)
        case sk.Begin() | sk.Ended() | sk.IpiEnd() | sk.Request():
            return False
        case sk.Local(what=what):
            return what not in ("check", "might_sleep")
        case sk.SectionStart(outer=outer) | sk.SectionEnd(outer=outer):
            return run.values.surely(outer) is True
        case _:
            return True


def _moment(run: Run, number: int, column: dict[int, int], *, bad: bool) -> Moment:
    event = run.skeleton.events[number]
    action = event.action
    what = action.what if isinstance(action, sk.Access | sk.Local) else WORDS[type(action)]
    touches: list[Touch] = []
    if isinstance(action, sk.Access | sk.Allocate):
        touches = _touches(run, number)
    return Moment(
        column[event.thread],
        what,
        event.origin.span,
        tuple(Call(f.function, f.site, f.call) for f in event.origin.frames),
        tuple(touches),
        _note(run, event),
        bad,
    )


def _touches(run: Run, number: int) -> list[Touch]:
    layout = run.skeleton.layout
    found: list[Touch] = []
    for read in run.reads_of.get(number, ()):
        place = run.read_places.get(read.number)
        if place is None or read.ghost:
            continue
        value = run.values.leaves[ReadValue(read.number)]
        found.append(Touch(place_text(place), "", value_text(layout, value, cell_at(layout, place[0]))))
    if isinstance(run.skeleton.events[number].action, sk.Allocate):
        return found
    for write in run.writes_of.get(number, ()):
        place = run.write_places.get(write.number)
        if place is None or place[1] == "shadow":
            continue
        cell = cell_at(layout, place[0])
        new = value_text(layout, run.values.value(write.value), cell)
        found.append(Touch(place_text(place), _before(run, write.number), new))
    return found


def _before(run: Run, write: int) -> str:
    """What the place held before a write, in coherence."""
    layout = run.skeleton.layout
    place = run.write_places[write]
    own = run.in_coherence([w for w, p in run.write_places.items() if p == place])
    index = own.index(write)
    if index:
        value = run.values.value(run.skeleton.writes[own[index - 1]].value)
    else:
        from prover.execution.domains import initial_value

        start = initial_value(layout, place, weak=True)
        assert start is not None
        value = start
    return value_text(layout, value, cell_at(layout, place[0]))


def _note(run: Run, event: sk.Event) -> str:
    match event.action:
        case sk.Grant(address=address):
            return f"takes {_name(run, address)}"
        case sk.Unlock(address=address):
            return f"releases {_name(run, address)}"
        case sk.Try(address=address):
            got = run.claim.decisions.taken.get(event.number, False)
            return f"{_name(run, address)} {'taken' if got else 'busy'}"
        case sk.LockState(address=address):
            seen = event.number in run.claim.locked
            return f"{_name(run, address)} {'locked' if seen else 'not locked'}"
        case sk.Deallocate(pointer=pointer):
            return f"frees {_name(run, pointer)}"
        case sk.GraceEnd():
            return "the grace period is over"
        case _:
            return ""


def _name(run: Run, term: object) -> str:
    value = run.values.value(term)  # type: ignore[arg-type]
    if isinstance(value, Pointer) and value.base is not None:
        return str(value.location)
    return value_text(run.skeleton.layout, value)


def _explanation(run: Run, name: str, number: int, message: str) -> tuple[str, ...]:
    event = run.skeleton.events[number]
    if message:
        return (message,)
    term = touched(event)
    value = None if term is None else _known(run, term)
    match value:
        case Pointer(via=Via() as via) | Wild(via=Via() as via) if name == "torn-value":
            places = " or ".join(str(place) for place in via.locations)
            return (f"no update ever stored {number_text(via.low, via.high)} in {places}",)
        case Pointer(base=None):
            return ("the pointer is NULL",)
        case Wild():
            return (f"the pointer leads to no object: {value_text(run.skeleton.layout, value)}",)
        case Pointer(base=base) if name in ("use-after-free", "double-free"):
            assert base is not None
            return (f"{base.object} may be freed before this access is over",)
        case _:
            return ()


def _reordered(run: Run, nodes: Nodes, shown: list[int]) -> tuple[str, ...]:
    """Which steps are out of program order, and which reads saw an old value."""
    del nodes
    found: list[str] = []
    skeleton = run.skeleton
    seen: dict[int, list[int]] = {}
    for number in shown:
        thread = skeleton.events[number].thread
        index = skeleton.threads[thread].events.index(number)
        late = [e for e in seen.get(thread, []) if skeleton.threads[thread].events.index(e) > index]
        if late and number in run.write_places_by_event() | run.read_places_by_event():
            found.append(
                f"{skeleton.threads[thread].name}: {_label(run, number)} takes effect after"
                f" {_label(run, late[-1])}, which follows it in the program"
            )
        seen.setdefault(thread, []).append(number)
    for number in shown:
        for read in run.reads_of.get(number, ()):
            if read.number not in run.read_places or read.ghost:
                continue
            place = run.read_places[read.number]
            source = run.source(read)
            newer = [
                w
                for w, p in run.write_places.items()
                if p == place
                and skeleton.writes[w].event in shown
                and shown.index(skeleton.writes[w].event) < shown.index(number)
                and (source == INITIAL or run.claim.earlier(skeleton.writes[source].event, skeleton.writes[w].event))
            ]
            if newer:
                thread = skeleton.threads[skeleton.events[number].thread].name
                found.append(f"{thread}: the read of {place_text(place)} does not see the newer store yet")
    return tuple(dict.fromkeys(found))


def _known(run: Run, term: Term) -> object:
    """The value of a term, None where it has none."""
    try:
        return run.values.value(term)
    except Unknown:
        return None


def _label(run: Run, number: int) -> str:
    """A step in few words: what it does to which place."""
    for write in run.writes_of.get(number, ()):
        if write.number in run.write_places:
            return f"the store to {run.write_places[write.number][0]}"
    for read in run.reads_of.get(number, ()):
        if read.number in run.read_places:
            return f"the read of {run.read_places[read.number][0]}"
    return "a step"
