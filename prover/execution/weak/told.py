"""An execution under a weak memory model as a story, and the scenes of its witness.

There is no state that all threads agree on.  A scene has of each place the last store, in
coherence, of those that are told by then; where a thread reads another one a note says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from prover.execution import skeleton as sk
from prover.execution.domains import Place, initial_value
from prover.execution.execution import INITIAL
from prover.execution.scene import Cell, Hold, Life, LockScene, OpenSection, Pending, Scene
from prover.execution.story import NOBODY, SECTIONS, Seen, Stored, Story, Stretch, stretches
from prover.execution.subject import RUNNING, Subject, page_of, whose
from prover.execution.terms import ReadValue
from prover.execution.weak.run import Run
from prover.execution.wording import cell_at, place_text, value_text
from prover.graph.values import POISON, Value

PENDING = {"grace": "grace period", "ipi": "IPI", "barrier": "rcu_barrier()"}
"""What waits are called, where not as their kind."""


def story_of(run: Run, told: Sequence[int], bad: int) -> Story:
    """What happened in an execution, as far as it is told."""
    skeleton = run.skeleton
    known = set(told)
    writes: dict[Place, list[int]] = {}
    for number, place in run.write_places.items():
        if place[1] != "shadow" and skeleton.writes[number].event in known:
            writes.setdefault(place, []).append(number)
    stores = {
        place: tuple(
            Stored(skeleton.writes[w].event, place, run.values.value(skeleton.writes[w].value))
            for w in run.in_coherence(own)
        )
        for place, own in sorted(writes.items(), key=lambda item: place_text(item[0]))
    }
    return Story(
        skeleton,
        run.values,
        tuple(event for event in told if event in run.happened),
        tuple(seen for event in told for seen in _reads(run, event)),
        stores,
        frozenset(e for e in told if run.claim.decisions.taken.get(e, False)),
        run.claim.decisions.slots,
        bad,
    )


def _reads(run: Run, event: int) -> Iterator[Seen]:
    """What an event reads of memory."""
    for read in run.reads_of.get(event, ()):
        place = run.read_places.get(read.number)
        if place is not None and place[1] != "shadow":
            source = run.source(read)
            stored = NOBODY if source == INITIAL else run.skeleton.writes[source].event
            yield Seen(event, place, run.values.leaves[ReadValue(read.number)], stored)


def scenes_of(
    story: Story, subject: Subject, told: Sequence[int], shown: Collection[int]
) -> tuple[Scene, ...]:
    """The state before the first event that is shown, then after each."""
    at = {event: index for index, event in enumerate(told)}
    moments = sorted(at[event] for event in shown)
    recorder = _Recorder(story, subject, at, tuple(moments), stretches(story))
    first = moments[0] - 1 if moments else len(told)
    return tuple(recorder.scene(index) for index in (first, *moments))


@dataclass(slots=True)
class _Recorder:
    """Makes scenes of a story; ``at`` is where each event is told, ``moments`` those shown."""

    story: Story
    subject: Subject
    at: dict[int, int]
    moments: tuple[int, ...]
    stretches: tuple[Stretch, ...]

    def scene(self, index: int) -> Scene:
        """The state once so many events have been told."""
        return Scene(
            tuple(self._cells(index)),
            tuple(self._locks(index)),
            tuple(self._sections(index)),
            tuple(self._pending(index)),
            tuple(self._lives(index)),
        )

    def _since(self, event: int) -> int:
        """The moment that an event is, or that it leads up to; -1: before the first."""
        place = self.at[event]
        before = sum(moment < place for moment in self.moments)
        return before if before or place in self.moments else -1

    def _open(self, index: int, *kinds: str) -> Iterator[Stretch]:
        """The stretches of some kinds that have begun and not ended, by then."""
        for one in self.stretches:
            if one.kind in kinds and self._goes_on(one, index):
                yield one

    def _goes_on(self, one: Stretch, index: int) -> bool:
        over = one.end != NOBODY and self.at[one.end] <= index
        return self.at[one.start] <= index and not over

    def _cells(self, index: int) -> Iterator[Cell]:
        layout = self.story.skeleton.layout
        for place in self.subject.places:
            cell = cell_at(layout, place[0])
            there = [s for s in self.story.stores.get(place, ()) if self.at[s.event] <= index]
            value = there[-1].value if there else initial_value(layout, place, weak=True)
            held: Value = POISON if value is None else value
            half = place[1] != "whole"
            yield Cell(
                place_text(place),
                value_text(layout, held, cell),
                str(place[0]) if half else "",
                place[1] if half else "",
                self._note(place, index, [s.event for s in there]),
            )

    def _note(self, place: Place, index: int, there: list[int]) -> str:
        """What the event told last read of a place, where that is not what the place holds."""
        layout = self.story.skeleton.layout
        for seen in self.story.reads:
            if seen.place != place or self.at.get(seen.event) != index:
                continue
            earlier = [event for event in there if event != seen.event]
            if seen.source != (earlier[-1] if earlier else NOBODY):
                text = value_text(layout, seen.value, cell_at(layout, place[0]))
                ahead = seen.source != NOBODY and seen.source not in there
                said = "already reads" if ahead else "still reads"
                return f"{self.story.name(seen.event)} {said} {text}"
        return ""

    def _locks(self, index: int) -> Iterator[LockScene]:
        for where, kind in self.subject.locks.items():
            held = [one for one in self._open(index, "lock") if one.where == where]
            asked = [
                one
                for one in self._open(index, "queue")
                if one.where == where and any(_conflict(one, other) for other in held)
            ]
            yield LockScene(str(where), kind, self._holds(held), self._holds(asked))

    def _holds(self, found: list[Stretch]) -> tuple[Hold, ...]:
        columns = self.subject.columns
        return tuple(Hold(columns[x.thread], x.mode) for x in found if x.thread in columns)

    def _sections(self, index: int) -> Iterator[OpenSection]:
        columns, threads = self.subject.columns, self.story.skeleton.threads
        for one in self._open(index, *SECTIONS):
            if one.thread in columns:
                kind = RUNNING[threads[one.thread].kind] if one.kind == "running" else one.kind
                domain = str(one.where) if one.where is not None else ""
                yield OpenSection(columns[one.thread], kind, domain, self._since(one.start))

    def _pending(self, index: int) -> Iterator[Pending]:
        columns, threads = self.subject.columns, self.story.skeleton.threads
        for one in self._open(index, "grace", "flush", "callback", "page", "barrier", "ipi"):
            action = self.story.skeleton.events[one.start].action
            on = {
                self.stretches[i].thread for i in one.on if self._goes_on(self.stretches[i], index)
            }
            what = PENDING.get(one.kind, one.kind)
            match action:
                case sk.Queue(callback=callback):
                    what = threads[callback].name
                case sk.IpiStart(handlers=handlers):
                    left = [h for h in handlers if not self._ended(h, index)]
                    on = {h if h in columns else threads[h].host for h in left}
                case sk.BarrierStart():
                    on = {c for c in self._queued(one) if not self._ended(c, index)}
                case _ if one.where is not None and one.kind == "page":
                    what = page_of(one.where)
                case _:
                    pass
            yield Pending(
                what,
                columns.get(one.thread, -1),
                tuple(sorted({columns[t] for t in on if t in columns})),
                self._since(one.start),
            )

    def _queued(self, barrier: Stretch) -> Iterator[int]:
        """The callbacks that a barrier waits for: those told to have been queued before it."""
        for one in self.stretches:
            action = self.story.skeleton.events[one.start].action
            if isinstance(action, sk.Queue) and one.where == barrier.where:
                over = barrier.end != NOBODY and not self._ended(
                    action.callback, self.at[barrier.end]
                )
                if self.at[one.start] < self.at[barrier.start] and not over:
                    yield action.callback

    def _ended(self, thread: int, index: int) -> bool:
        """Whether a thread has run to its end by then."""
        last = self.story.skeleton.threads[thread].events[-1]
        return last in self.at and self.at[last] <= index

    def _lives(self, index: int) -> Iterator[Life]:
        layout = self.story.skeleton.layout
        for name in self.subject.objects:
            state, life = "free slot" if layout.regions[name].pool else "live", 0
            for number in self.story.order:
                event = self.story.skeleton.events[number]
                if self.at[number] > index or name not in whose(self.story, event):
                    continue
                if isinstance(event.action, sk.Allocate):
                    state, life = "live", life + 1
                elif isinstance(event.action, sk.Deallocate):
                    state = "freed"
                elif isinstance(event.action, sk.GiveBack):
                    state = "page gone"
            yield Life(name, state, life)


def _conflict(one: Stretch, other: Stretch) -> bool:
    """Whether two holdings of a lock exclude each other."""
    return one.thread != other.thread and "exclusive" in (one.mode, other.mode)
