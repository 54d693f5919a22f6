"""A finished run of the machine as a witness: steps, values, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.decisive import with_something
from prover.execution.edges import edges
from prover.execution.run.explain import culprit, explain
from prover.execution.run.judge import CLAIMS
from prover.execution.run.machine import Machine
from prover.execution.run.scenes import scenes_of
from prover.execution.run.standstill import Deadlock, deadlocked
from prover.execution.run.state import Change, Step
from prover.execution.run.told import story_of
from prover.execution.run.weigh import weigh
from prover.execution.run.why import standing as waits_for
from prover.execution.run.why import why
from prover.execution.scene import Scene
from prover.execution.story import Story
from prover.execution.subject import subject
from prover.execution.terms import Outcome, Term
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.execution.wording import cell_at, note_text, place_text, pointer_text, value_text
from prover.graph.ir import Origin
from prover.graph.values import Location, Pointer, Value


def narrate(
    machine: Machine, name: str, schedule: tuple[int, ...], *, scenes: bool = False
) -> Witness:
    """The witness of the violation of property ``name`` that the machine has come to.

    ``scenes``: it is to be shown, with the states between its steps, which of them are decisive,
    and why it was possible.
    """
    skeleton = machine.skeleton
    found = deadlocked(machine) if name == "deadlock" else Deadlock(frozenset(), {})
    stuck = found.threads
    shared = _contended(machine)
    shown = [step for step in machine.steps if _shown(machine, step, shared)]
    worth = {step.event for step in shown}
    story = story_of(machine) if scenes else None
    reasons = () if story is None else why(machine, story, name)
    told = {e for reason in reasons for e in (reason.source, reason.target) if e >= 0}
    matters = weigh(machine, found, told, worth.__contains__) if scenes else worth
    moments = [replace(moment(machine, s), decisive=s.event in matters) for s in shown]
    if moments and not stuck and not any(m.bad for m in moments):
        # A claim that fails is shown at the step that made it fail: the last one.
        moments[-1] = replace(moments[-1], bad=True, decisive=True)
    standing = {
        thread: machine.judge.next_event(thread) if thread in found.waiting else None
        for thread in _by_arrival(machine, stuck)
    }
    moments.extend(_standing(machine, found, thread) for thread in standing)
    used = sorted({m.thread for m in moments} | set(stuck))
    column = {thread: index for index, thread in enumerate(used)}
    message = _message(machine, name)
    place = machine.stage.place
    witness = Witness(
        property=name,
        message=message,
        model="sc",
        columns=tuple(_column(skeleton.threads[t]) for t in used),
        moments=with_something(_with_column(m, column) for m in moments if m.thread in column),
        explanation=explain(machine, name),
        because=(),
        schedule=tuple(place[e] for e in schedule),
    )
    if story is None:
        return witness
    events = [step.event for step in shown]
    stops = waits_for(machine, found, story, witness.explanation) if stuck else ()
    return replace(
        witness,
        because=tuple(dict.fromkeys(reason.text for reason in reasons)),
        scenes=_scenes(machine, story, schedule, events, standing, column),
        edges=edges(story, _told(machine), _moments(events, standing), (*reasons, *stops)),
    )


def _told(machine: Machine) -> list[int]:
    """All that was done, or tried, but for claims."""
    return [step.event for step in machine.steps if _kind(machine, step) not in CLAIMS]


def _moments(shown: list[int], standing: Mapping[int, int | None]) -> dict[int, int]:
    """The moment of each event; where threads wait for ever, of the event that never comes."""
    events = [*shown, *standing.values()]
    return {event: index for index, event in enumerate(events) if event is not None}


def _scenes(
    machine: Machine,
    story: Story,
    schedule: tuple[int, ...],
    events: list[int],
    standing: Mapping[int, int | None],
    column: Mapping[int, int],
) -> tuple[Scene, ...]:
    """The states between the steps that are shown."""
    looks = [s.event for s in machine.steps if _kind(machine, s) in CLAIMS and _fails(machine, s)]
    waits = [number for number in standing.values() if number is not None]
    about = subject(story, [*events, *looks, *waits], column)
    return scenes_of(machine, about, schedule, frozenset(events), standing)


def _kind(machine: Machine, step: Step) -> str:
    return machine.skeleton.threads[step.thread].kind


def _fails(machine: Machine, step: Step) -> bool:
    """Whether a step is of the thread that goes wrong."""
    bad = machine.violation
    return bad is not None and machine.skeleton.events[bad.event].thread == step.thread


def _with_column(found: Moment, column: dict[int, int]) -> Moment:
    return replace(found, thread=column[found.thread])


def _column(thread: sk.Thread) -> Column:
    return Column(thread.name, thread.kind)


def _message(machine: Machine, name: str) -> str:
    """The author's words at the check that failed."""
    if machine.violation is None or machine.violation.event < 0:
        return ""
    event = machine.skeleton.events[machine.violation.event]
    return next(
        (c.message for c in event.checks if c.property == name and c.message),
        "",
    )


def _contended(machine: Machine) -> frozenset[Location]:
    """The places that one thread writes and another touches: what a race is about."""
    writers: dict[Location, set[int]] = {}
    users: dict[Location, set[int]] = {}
    for step in machine.steps:
        for (location, _), _ in step.reads:
            users.setdefault(location, set()).add(step.thread)
        for change in step.writes:
            writers.setdefault(change.place[0], set()).add(step.thread)
            users.setdefault(change.place[0], set()).add(step.thread)
    return frozenset(place for place in writers if len(users[place]) > 1)


def _shown(machine: Machine, step: Step, shared: frozenset[Location]) -> bool:
    """Whether a step belongs in the witness: bookkeeping without effect on others does not."""
    event = machine.skeleton.events[step.event]
    if machine.skeleton.threads[event.thread].kind in CLAIMS:
        return False
    if _is_bad(machine, step.event):
        return True
    match event.action:
        case sk.Access():
            if _gives_culprit(machine, step):
                return True
            places = {place[0] for place, _ in step.reads}
            return bool(shared & (places | {change.place[0] for change in step.writes}))
        case sk.Begin() | sk.Ended() | sk.IpiEnd() | sk.Request():
            return False
        case sk.Local(what=what):
            return what not in ("check", "might_sleep")
        case sk.SectionStart(outer=outer) | sk.SectionEnd(outer=outer):
            return machine.values.surely(outer) is True
        case _:
            return True


def _gives_culprit(machine: Machine, step: Step) -> bool:
    """Whether a step reads the pointer that the bad access goes through."""
    if machine.violation is None:
        return False
    bad = machine.skeleton.events[machine.violation.event]
    pointer = culprit(machine, bad)
    if bad.thread != step.thread or not isinstance(pointer, Pointer) or pointer.base is None:
        return False
    return any(isinstance(v, Pointer) and v.base == pointer.base for _, v in step.reads)


def _is_bad(machine: Machine, event: int) -> bool:
    return machine.violation is not None and machine.violation.event == event


def moment(machine: Machine, step: Step) -> Moment:
    """One step as the witness shows it."""
    event = machine.skeleton.events[step.event]
    touches = [_touch_read(machine, place, value) for place, value in step.reads]
    touches.extend(_touch_write(machine, change) for change in step.writes)
    if isinstance(event.action, UNSEEN):
        touches = []
    return Moment(
        event.thread,
        what(event.action),
        event.origin.span,
        _calls(event.origin),
        tuple(touches),
        _note(machine, event),
        _is_bad(machine, step.event),
    )


def _by_arrival(machine: Machine, stuck: frozenset[int]) -> list[int]:
    """The waiting threads in the order they came to wait: a queue is read from the top."""
    last: dict[int, int] = {}
    for index, step in enumerate(machine.steps):
        last[step.thread] = index
    return sorted(stuck, key=lambda thread: (last.get(thread, -1), thread))


def _standing(machine: Machine, found: Deadlock, thread: int) -> Moment:
    """Where a thread in a deadlock stands."""
    skeleton = machine.skeleton
    if thread in found.waiting:
        return _waiting(machine, thread)
    done = [step.event for step in machine.steps if step.thread == thread]
    origin = skeleton.events[done[-1] if done else skeleton.threads[thread].events[1]].origin
    note = f"interrupted by {skeleton.threads[found.interrupted[thread]].name}"
    return Moment(thread, "interrupted", origin.span, _calls(origin), (), note, True)


def _waiting(machine: Machine, thread: int) -> Moment:
    """The step that a thread in a deadlock cannot make."""
    number = machine.judge.next_event(thread)
    assert number is not None
    event = machine.skeleton.events[number]
    calls = _calls(event.origin)
    return Moment(thread, "waits", event.origin.span, calls, (), "waits for ever", True)


def _touch_read(machine: Machine, place: tuple[Location, str], value: Value) -> Touch:
    layout = machine.skeleton.layout
    text = value_text(layout, value, cell_at(layout, place[0]))
    return Touch(place_text(place), "", text)


def _touch_write(machine: Machine, change: Change) -> Touch:
    layout = machine.skeleton.layout
    cell = cell_at(layout, change.place[0])
    old, new = (value_text(layout, v, cell) for v in (change.old, change.new))
    return Touch(place_text(change.place), old, new)


def _calls(origin: Origin) -> tuple[Call, ...]:
    return tuple(Call(f.function, f.site, f.call) for f in origin.frames)


UNSEEN = (
    sk.Grant,
    sk.Try,
    sk.Unlock,
    sk.LockState,
    sk.Request,
    sk.SrcuStart,
    sk.SrcuEnd,
    sk.GraceStart,
    sk.BarrierStart,
)
"""Steps whose look at a lock or at an SRCU domain is not shown."""

WORDS: dict[type, str] = {
    sk.Begin: "begins",
    sk.Ended: "ends",
    sk.Request: "asks",
    sk.Grant: "acquire",
    sk.Try: "trylock",
    sk.Unlock: "release",
    sk.Downgrade: "downgrade",
    sk.LockState: "looks",
    sk.SectionStart: "section",
    sk.SectionEnd: "section-end",
    sk.SrcuStart: "section",
    sk.SrcuEnd: "section-end",
    sk.GraceStart: "synchronize",
    sk.GraceEnd: "grace-end",
    sk.Queue: "call-rcu",
    sk.BarrierStart: "barrier",
    sk.BarrierEnd: "barrier-end",
    sk.IpiStart: "ipi",
    sk.IpiEnd: "ipi-end",
    sk.Spin: "spins",
    sk.Allocate: "alloc",
    sk.Deallocate: "free",
    sk.GiveBack: "gives-back",
}
"""What each kind of action is called in a witness."""


def what(action: sk.Action) -> str:
    """The kind of a step, in one word."""
    if isinstance(action, sk.Access | sk.Local):
        return action.what
    return WORDS[type(action)]


def _note(machine: Machine, event: sk.Event) -> str:
    """What cannot be seen from the source line."""

    def named(term: Term) -> str:
        return pointer_text(machine.skeleton.layout, machine.values.value(term))

    match event.action:
        case sk.Access(what="unlock-tail", address=address):
            return f"the unlock still touches {named(address)}"
        case sk.Access(what="head-look", address=address):
            return f"RCU finds the callback by {named(address)}"
        case sk.Try():
            seen = machine.values.leaves.get(Outcome(event.number, "taken"))
        case _:
            seen = machine.values.leaves.get(Outcome(event.number, "locked"))
    return note_text(event.action, named, seen=bool(seen))
