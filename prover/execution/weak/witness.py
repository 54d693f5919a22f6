"""An execution under a weak memory model told as a witness.

Its steps stand in an order of time, which is that of the program as far as that can be.  What is
not, and why no interleaving shows this, the lines under the table say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.changed import change_text
from prover.execution.decisive import Slice, with_something
from prover.execution.domains import initial_value
from prover.execution.edges import Reason, edges
from prover.execution.evaluate import Unknown
from prover.execution.freed import ending
from prover.execution.nodes import LOOKERS, LOOSE, touched
from prover.execution.run.explain import lock_orders
from prover.execution.run.narrate import WORDS
from prover.execution.story import Story
from prover.execution.subject import subject
from prover.execution.terms import ReadValue, Term
from prover.execution.weak.lock_orders import lock_edges
from prover.execution.weak.reasons import Reasons, place_of, reasons, who
from prover.execution.weak.record import execution_of
from prover.execution.weak.run import Run
from prover.execution.weak.standstill import NOBODY_STANDS, Standstill, deadlocked
from prover.execution.weak.time import Allowed, Timeline, timeline
from prover.execution.weak.told import scenes_of, story_of
from prover.execution.weak.waiting import waits
from prover.execution.weak.why import why as sentences
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.execution.wording import cell_at, note_text, place_text, pointer_text, value_text
from prover.graph.values import Location, Pointer, Via, Wild, number_text


def tell(case: Allowed, name: str, event: int, *, show: bool) -> Witness:
    """The witness of a violation of ``name`` at ``event``; ``show``: it is to be shown."""
    return _told(case, name, event, event, show=show)


def tell_race(case: Allowed, one: int, two: int, *, show: bool) -> Witness:
    """The witness of a data race between two nodes."""
    found = [case.nodes.nodes[number] for number in (one, two)]
    words = [
        f"{who(case.run, node.event)}'s {'plain' if node.order == 'plain' else 'marked'}"
        f" {'store' if node.kind == 'W' else 'load'}"
        for node in found
    ]
    line = f"nothing orders {words[0]} and {words[1]}: {place_of(case.run, found[1].event)}"
    return _told(case, "data-race", found[1].event, found[0].event, line, show=show)


def _told(
    case: Allowed, name: str, event: int, other: int, line: str = "", *, show: bool
) -> Witness:
    """The witness of a violation at ``event``, in which ``other`` has a part.

    ``line`` says what is wrong between the two.
    """
    run, skeleton = case.run, case.run.skeleton
    stuck = deadlocked(run) if name == "deadlock" else NOBODY_STANDS
    orders = lock_edges(run) if name == "lock-order" else ()
    wrong = {event, other, *stuck.events, *(edge.event for edge in orders)}
    time = timeline(case, wrong, stuck.events)
    over = _last_steps(run) if stuck.waiting else ()
    why = reasons(case, time, {*wrong, *over}, certain=event == other)
    # A claim looks at everything.
    claim = _kind(run, event) in LOOKERS
    needed = set(time.events) if claim else _needed(time, {*wrong, *over, *why.events})
    shared = _contended(run)
    shown = [
        e
        for e in time.events
        if e in needed and _kind(run, e) not in LOOKERS and (e in wrong or _shown(run, e, shared))
    ]
    early = _early(time, shown)
    used = sorted({skeleton.events[e].thread for e in shown})
    column = {thread: index for index, thread in enumerate(used)}
    # Where two steps have a part the later one is it; a claim fails at the last step.
    bad = ([e for e in shown if e in wrong] or shown)[-1:]
    bad = [*stuck.waiting.values()] or bad
    message = next((c.message for c in skeleton.events[event].checks if c.property == name), "")
    witness = Witness(
        property=name,
        message=message,
        model=case.model,
        columns=tuple(Column(skeleton.threads[t].name, skeleton.threads[t].kind) for t in used),
        moments=tuple(
            replace(_moment(run, e, column, bad=e in bad), early=e in early)
            if e not in stuck.events
            else _waiting(run, e, column)
            for e in shown
        ),
        explanation=(line,) if line else _explanation(run, name, event, message, stuck),
        because=(),
        schedule=tuple(_place(skeleton, e) for e in time.events),
        plain=any(_is_plain(skeleton, e) for e in why.events or shown),
        record=execution_of(run, case.nodes),
        reordered=bool(why.reasons),
    )
    if not show:
        return witness
    told = [e for e in time.events if e in needed]
    return _in_full(_Telling(run, told, shown, column, why, wrong), witness, event, other, line)


@dataclass(frozen=True, slots=True)
class _Telling:
    """What is told of an execution, what of that is shown, and the columns of threads.

    ``wrong`` are the steps that have a part in what goes wrong.
    """

    run: Run
    told: list[int]
    shown: list[int]
    column: dict[int, int]
    why: Reasons
    wrong: set[int]


def _in_full(it: _Telling, witness: Witness, event: int, other: int, line: str) -> Witness:
    """The witness with the states between its steps, and which of them are decisive."""
    run, skeleton = it.run, it.run.skeleton
    story = story_of(run, it.told, event)
    claim = _kind(run, event) in LOOKERS
    looks = skeleton.threads[skeleton.events[event].thread].events if claim else ()
    about = subject(story, [*it.shown, *looks], it.column)
    said = tuple(sentences(story, witness.property, other, it.why.reasons))
    seeds = {*it.wrong, *it.why.events, *looks}
    seeds.update(e for r in said for e in (r.source, r.target) if e >= 0)
    sliced = Slice(
        skeleton, run.values, it.told, {*it.shown, *it.wrong}.__contains__, barriers=True
    )
    matters = sliced.matters(sorted(seeds))
    steps = zip(it.shown, witness.moments, strict=True)
    drawn = (*said, *_between(story, witness.property, other, line))
    return replace(
        witness,
        moments=with_something(replace(m, decisive=e in matters or m.bad) for e, m in steps),
        because=tuple(dict.fromkeys(reason.text for reason in said)),
        scenes=scenes_of(story, about, it.told, it.shown),
        edges=edges(story, it.told, {e: index for index, e in enumerate(it.shown)}, drawn),
    )


def _between(story: Story, name: str, other: int, line: str) -> Iterator[Reason]:
    """What is wrong between two steps: a race, or an access that a free does not wait for."""
    if line:
        yield Reason(line, "race", other, story.bad)
    end = ending(story) if name == "use-after-free" else None
    if end is not None:
        yield Reason(f"{end[1]} may be freed before this access is over", "free", end[0], story.bad)


def _kind(run: Run, event: int) -> str:
    return run.skeleton.threads[run.skeleton.events[event].thread].kind


def _is_plain(skeleton: sk.Skeleton, event: int) -> bool:
    """Whether a step is an access that the compiler may move."""
    action = skeleton.events[event].action
    return isinstance(action, sk.Access) and action.order in LOOSE


def _place(skeleton: sk.Skeleton, event: int) -> tuple[int, int]:
    thread = skeleton.events[event].thread
    return thread, skeleton.threads[thread].events.index(event)


def _needed(time: Timeline, wanted: set[int]) -> set[int]:
    """What precedes the steps that are wanted in their programs, or makes them what they are."""
    before: dict[int, set[int]] = {}
    place = {event: index for index, event in enumerate(time.events)}
    for a, b in time.causes:
        before.setdefault(b, set()).add(a)
    for program in time.programs:
        for index, event in enumerate(program):
            earlier = {e for e in program[:index] if place[e] < place[event]}
            before.setdefault(event, set()).update(earlier)
    found: set[int] = set()
    pending = sorted(wanted)
    while pending:
        event = pending.pop()
        if event not in found:
            found.add(event)
            pending.extend(before.get(event, ()))
    return found


def _early(time: Timeline, shown: list[int]) -> frozenset[int]:
    """The steps that stand above one that precedes them in their program."""
    place = {event: index for index, event in enumerate(time.events)}
    worth = set(shown)
    found: set[int] = set()
    for program in time.programs:
        own = [event for event in program if event in worth]
        found.update(
            e for index, e in enumerate(own) if any(place[b] > place[e] for b in own[:index])
        )
    return frozenset(found)


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
            places = {
                run.read_places[r.number][0]
                for r in run.reads_of.get(number, ())
                if r.number in run.read_places
            }
            places |= {
                run.write_places[w.number][0]
                for w in run.writes_of.get(number, ())
                if w.number in run.write_places
            }
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
        found.append(
            Touch(place_text(place), "", value_text(layout, value, cell_at(layout, place[0])))
        )
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
        start = initial_value(layout, place, weak=True)
        assert start is not None
        value = start
    return value_text(layout, value, cell_at(layout, place[0]))


def _note(run: Run, event: sk.Event) -> str:
    def named(term: Term) -> str:
        return pointer_text(run.skeleton.layout, run.values.value(term))

    if event.number in run.waiting and isinstance(event.action, sk.Grant):
        return f"waits for {named(event.action.address)}"
    if event.number in run.in_vain:
        address = touched(event)
        assert address is not None
        held = event.number in run.claim.locked
        return f"{named(address)} {'locked' if held else 'not locked'}"
    if isinstance(event.action, sk.Try):
        seen = run.claim.decisions.taken.get(event.number, False)
    else:
        seen = event.number in run.claim.locked
    return note_text(event.action, named, seen=seen)


def _waiting(run: Run, number: int, column: dict[int, int]) -> Moment:
    """The step that a thread in a deadlock cannot make."""
    event = run.skeleton.events[number]
    calls = tuple(Call(f.function, f.site, f.call) for f in event.origin.frames)
    thread = column[event.thread]
    return Moment(thread, "waits", event.origin.span, calls, (), "waits for ever", True)


def _last_steps(run: Run) -> Iterator[int]:
    """The ends of the threads that have ended."""
    for thread in run.skeleton.threads:
        if thread.kind not in LOOKERS and thread.events[-1] in run.happened:
            yield thread.events[-1]


def _explanation(
    run: Run, name: str, number: int, message: str, stuck: Standstill
) -> tuple[str, ...]:
    if stuck.waiting:
        return tuple(waits(run, stuck))
    event = run.skeleton.events[number]
    if name == "lock-order":
        edges = dict.fromkeys((edge.held, edge.taken) for edge in lock_edges(run))
        return tuple(lock_orders(run.skeleton, edges, number))
    if _kind(run, number) in LOOKERS:
        return (_claim(run, number, message),)
    if message:
        return (message,)
    if name == "transition":
        return change_text(run.skeleton, run.values, number)
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
            if name == "double-free":
                return (f"{base.object} may have been freed by then",)
            return (f"{base.object} may be freed before this access is over",)
        case _:
            return ()


def _claim(run: Run, number: int, message: str) -> str:
    """A claim that does not hold, with what it saw."""
    layout = run.skeleton.layout
    seen: dict[str, str] = {}
    for event in run.skeleton.threads[run.skeleton.events[number].thread].events:
        for read in run.reads_of.get(event, ()):
            if read.number in run.read_places:
                place = run.read_places[read.number]
                value = run.values.leaves[ReadValue(read.number)]
                seen[place_text(place)] = value_text(layout, value, cell_at(layout, place[0]))
    said = message or "the condition does not hold"
    values = ", ".join(f"{place} = {value}" for place, value in seen.items())
    return f"{said} (here {values})" if values else said


def _known(run: Run, term: Term) -> object:
    """The value of a term, None where it has none."""
    try:
        return run.values.value(term)
    except Unknown:
        return None
