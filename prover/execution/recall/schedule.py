"""A saved interleaving carried out by the machine, step by step, on a file that may have changed.

A thread makes its next scheduled step as soon as it stands before it.  What the file has before
that and the schedule has not, it does first, and what comes after its last step when another one
waits for that; what the schedule has and the file has not is passed over.  Whatever violation the
machine then comes to is one of today's file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.frozen import replace
from dsl.source import Source
from prover.execution import skeleton as sk
from prover.execution.evaluate import Unknown
from prover.execution.recall.outcome import Holds, Impossible, Recalled, Unmapped
from prover.execution.record import Came, Chosen, Key, Schedule
from prover.execution.recording import choices_of, key_of, spot, thread_names
from prover.execution.run.machine import Decisions, Machine, stage
from prover.execution.run.narrate import what
from prover.execution.run.replay import ReplayError, replay, violations_of
from prover.execution.run.state import NotAllowed
from prover.execution.wording import pointer_text
from prover.graph.values import Pointer, Value


def recall(
    skeleton: sk.Skeleton, saved: Schedule[Key], name: str, sources: Mapping[str, Source]
) -> Recalled:
    """What becomes of a schedule that violated property ``name``."""
    guide = _Guide(skeleton, saved, sources)
    try:
        stopped = guide.follow()
    except (NotAllowed, Unknown):
        stopped = Impossible("a step needs what has not happened")
    if stopped is None or guide.machine.violation is not None:
        try:
            events = tuple(guide.done)
            witness = replay(skeleton, events, guide.decisions, name, trim=False, show=True)
        except ReplayError:
            pass
        else:
            return Holds(witness, tuple(guide.gone), guide.new)
    if isinstance(stopped, Impossible) and not guide.gone:
        return stopped
    if guide.gone:
        return Unmapped("is gone", guide.gone[0])
    others = violations_of(skeleton, tuple(guide.done), guide.decisions) - {name}
    if others:
        names = tuple(sorted(others))
        return Impossible(f"it violates {', '.join(names)} instead", others=names)
    return guide.missed or Impossible("all its steps happen, and nothing fails")


@dataclass(slots=True)
class _Guide:
    """A machine led through a schedule.

    ``done`` are the events it carried out, ``gone`` the steps that no event is, ``missed`` the
    first step that a thread did not come to.  ``early`` counts steps done before their turn;
    ``turn`` is how many of the schedule's steps have had theirs.
    """

    skeleton: sk.Skeleton
    saved: Schedule[Key]
    sources: Mapping[str, Source]
    machine: Machine = field(init=False)
    decisions: Decisions = field(init=False)
    taken: dict[int, bool] = field(default_factory=dict[int, bool])
    slots: dict[int, Value] = field(default_factory=dict[int, Value])
    done: list[int] = field(default_factory=list[int])
    gone: list[Key] = field(default_factory=list[Key])
    new: int = 0
    turn: int = 0
    missed: Impossible | None = None
    early: Counter[object] = field(default_factory=Counter[object])
    threads: dict[str, sk.Thread] = field(init=False)
    kinds: dict[int, object] = field(default_factory=dict[int, object])

    def __post_init__(self) -> None:
        names = thread_names(self.skeleton)
        self.threads = dict(zip(names, self.skeleton.threads, strict=True))
        for event in self.skeleton.events:
            at = spot(names[event.thread], what(event.action), event.origin, 1)
            self.kinds[event.number] = key_of(at, self.sources).kind
        self.decisions = Decisions(self._choices(), self.taken, self.slots)
        self.machine = Machine(stage(self.skeleton), self.decisions)

    def _choices(self) -> dict[int, int]:
        """What is chosen today: as saved, where a choice is the same one."""
        known = {(c.at.kind, c.at.occurrence): c for c in _by_kind(self.saved)}
        seen: Counter[object] = Counter()
        found: dict[int, int] = {}
        for row, at in choices_of(self.skeleton):
            kind = key_of(at, self.sources).kind
            seen[kind] += 1
            choice = known.get((kind, seen[kind]))
            if choice is not None and row.low <= choice.value <= row.high:
                found[row.number] = choice.value
        return found

    # --- the schedule

    def follow(self) -> Impossible | None:
        """Goes through the schedule; what keeps a step from happening."""
        for number, came in enumerate(self.saved.steps, 1):
            if self.machine.violation is not None:
                return None
            self.turn = number
            stopped = self._step(number, came)
            if stopped is not None:
                return stopped
        for at in self.saved.stands:
            thread = self.threads.get(at.thread)
            if thread is None:
                self.gone.append(at)
            elif self.machine.violation is None:
                self._advance(thread, at)
        if self.machine.violation is None:
            self.machine.run([])
        return None

    def _step(self, number: int, came: Came[Key]) -> Impossible | None:
        """One step of the schedule, and what comes before it today."""
        at = came.at
        thread = self.threads.get(at.thread)
        if thread is None:
            self.gone.append(at)
            return None
        blocked = self._advance(thread, at)
        if self.machine.violation is not None:
            return None
        event = self.machine.judge.next_event(thread.number)
        if blocked or event is None or self.kinds[event] != at.kind:
            if blocked is None and self.early[at.kind]:
                self.early[at.kind] -= 1
                return None
            return self._absent(number, at, thread, blocked)
        why = self._stopped(event)
        if why:
            return Impossible(why, number, at)
        if self._is_over():
            return None
        if came.taken is not None:
            self.taken[event] = came.taken
        if came.slot is not None:
            self._take_slot(event, came.slot)
        try:
            self._perform(event)
        except NotAllowed:
            return Impossible(_refused(came), number, at)
        return None

    def _absent(
        self, number: int, at: Key, thread: sk.Thread, blocked: str | None
    ) -> Impossible | None:
        """What is to be said of a step that its thread does not stand before."""
        if blocked:
            return Impossible(f"before it {at.thread} {blocked}", number, at)
        if at.kind not in {self.kinds[event] for event in thread.events}:
            self.gone.append(at)
        elif self.missed is None:
            self.missed = Impossible(f"{at.thread} does not come to it", number, at)
        return None

    def _advance(self, thread: sk.Thread, at: Key) -> str | None:
        """Makes the steps of a thread that come before ``at``; what stops one of them."""
        while self.machine.violation is None and self._is_ahead(thread, at):
            event = self.machine.judge.next_event(thread.number)
            if event is None or self.kinds[event] == at.kind:
                return None
            why = self._stopped(event)
            if why or self._is_over():
                return why
            self._decide(event)
            self._perform(event)
            self.early[self.kinds[event]] += 1
            self.new += 1
        return None

    def _is_over(self) -> bool:
        """Whether something is violated already: a step of another thread may have done it."""
        return self.machine.violation is not None

    def _stopped(self, number: int) -> str:
        """What an event waits for also when the others have done what no schedule says of them."""
        why = self._why_not(number)
        while why and self._free_step(number):
            why = "" if self._is_over() else self._why_not(number)
        return why

    def _free_step(self, number: int) -> bool:
        """Makes a step that an event waits for and that no thread has to make later."""
        wanted: dict[int, set[object]] = {}
        for at in (*(came.at for came in self.saved.steps[self.turn - 1 :]), *self.saved.stands):
            if at.thread in self.threads:
                wanted.setdefault(self.threads[at.thread].number, set()).add(at.kind)
        known: set[int] = set()
        pending = [number]
        while pending:
            waits_for = self._obstacles(pending.pop()) - known
            known |= waits_for
            for thread in sorted(waits_for):
                event = self.machine.judge.next_event(thread)
                begun = self.machine.next_index[thread] > 0 and not self._has_stood(thread)
                if event is None or not begun or self.kinds[event] in wanted.get(thread, ()):
                    continue
                if self._why_not(event):
                    pending.append(event)
                    continue
                self._decide(event)
                self._perform(event)
                self.new += 1
                return True
        return False

    def _has_stood(self, number: int) -> bool:
        """Whether a thread of a deadlock is where it stands at the end, or has come past it."""
        thread = self.skeleton.threads[number]
        stands = [at for at in self.saved.stands if self.threads.get(at.thread) == thread]
        return bool(stands) and not any(self._is_ahead(thread, at) for at in stands)

    def _obstacles(self, number: int) -> set[int]:
        """The threads that an event waits for."""
        event = self.skeleton.events[number]
        if self.machine.judge.early(event)[0] or not sk.is_blocking(self.skeleton, event):
            return set()
        return {thread for each in self.machine.judge.obstacles(event) for thread in each}

    def _is_ahead(self, thread: sk.Thread, at: Key) -> bool:
        """Whether a thread may still come to a step."""
        start = self.machine.next_index[thread.number]
        return any(
            self.kinds[event] == at.kind
            and self.machine.values.surely(self.skeleton.events[event].guard) is not False
            for event in thread.events[start:]
        )

    # --- one event

    def _perform(self, event: int) -> None:
        """One event happens."""
        before = len(self.machine.steps)
        self.machine.step(event)
        if len(self.machine.steps) > before:
            self.done.append(event)

    def _decide(self, number: int) -> None:
        """What a step that no schedule says anything of comes to: the plainest."""
        action = self.skeleton.events[number].action
        if self.machine.judge.early(self.skeleton.events[number])[0]:
            return
        if isinstance(action, sk.Try):
            location = self.machine.location(action.address)
            self.taken[number] = self.machine.locks.available(location, action.mode)
        elif isinstance(action, sk.Allocate):
            for name in self.machine.memory.free_slots(action.pool)[:1]:
                self._take_slot(number, name)

    def _take_slot(self, number: int, name: str) -> None:
        """An alloc gets a slot."""
        region = self.skeleton.layout.regions.get(name)
        if region is not None:
            self.slots[number] = Pointer(sk.life(region, number), ())

    def _why_not(self, number: int) -> str:
        """What an event waits for; nothing where it can happen."""
        event = self.skeleton.events[number]
        inside = self._finished(event.thread)
        if inside:
            return f"waits for {inside}, which interrupts it"
        if self.machine.judge.early(event)[0] or not sk.is_blocking(self.skeleton, event):
            return ""
        obstacles = self.machine.judge.obstacles(event)
        if not obstacles:
            return ""
        names = thread_names(self.skeleton)
        who = " and ".join(names[t] for t in sorted({t for each in obstacles for t in each}))
        if isinstance(event.action, sk.Grant):
            lock = self.machine.values.value(event.action.address)
            waits = f"waits for {pointer_text(self.skeleton.layout, lock)}"
            return f"{waits}, which {who} holds" if who else waits
        return f"waits for {who}" if who else "waits"

    def _finished(self, host: int) -> str:
        """Brings the handler on a thread's processor to its end; its name where it waits."""
        for thread in self.skeleton.threads:
            if thread.kind != "handler" or thread.host != host:
                continue
            if self.machine.next_index[thread.number] == 0:
                continue
            while self.machine.violation is None and not self.machine.judge.ended(thread.number):
                event = self.machine.judge.next_event(thread.number)
                if event is None or self._why_not(event):
                    return thread_names(self.skeleton)[thread.number]
                self._decide(event)
                self._perform(event)
        return ""


def _by_kind(saved: Schedule[Key]) -> list[Chosen[Key]]:
    """Choices with their occurrences counted by kind."""
    seen: Counter[object] = Counter()
    found: list[Chosen[Key]] = []
    for choice in saved.choices:
        seen[choice.at.kind] += 1
        found.append(replace(choice, at=replace(choice.at, occurrence=seen[choice.at.kind])))
    return found


def _refused(came: Came[Key]) -> str:
    """Why the machine does not make a step that waits for nobody."""
    match came:
        case Came(taken=True):
            return "the lock cannot be taken"
        case Came(taken=False):
            return "the trylock cannot fail"
        case Came(slot=""):
            return "there is a free slot"
        case Came(slot=slot) if slot is not None:
            return f"{slot} is not free"
        case _:
            return "it cannot happen there"
