"""A saved execution under a weak model, claimed of the skeleton of a file that has changed since.

Events are found again by what is written at their places.  What is new in the file may be a fence
or a check; a new load is refused, for nobody said what it reads.  When a new store or lock happens
is guessed: an execution that is refused with one may be another's fault than its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.source import Source
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.decisive import LETS_GO, TAKES, WAITS
from prover.execution.execution import INITIAL
from prover.execution.nodes import LOOKERS, Nodes, nodes
from prover.execution.recall.outcome import Holds, Impossible, Recalled, Unmapped
from prover.execution.record import Claimed, Execution, Key
from prover.execution.recording import choices_of, key_of, thread_names
from prover.execution.run.machine import Decisions
from prover.execution.run.replay import ReplayError
from prover.execution.weak.record import spots_of
from prover.execution.weak.replay import replay_weak
from prover.execution.weak.run import NotAnExecution, Run
from prover.execution.witness import Witness
from prover.graph.values import Pointer, Value
from prover.models.algebra import MemoryModel

EVENT = re.compile(r"event (\d+)")

STEP = 1 << 20
"""How far apart ranks are: so many new events fit in between."""


CarryOut: TypeAlias = Callable[[sk.Skeleton, Claim, str, MemoryModel], Witness]
"""Carries an execution out: with all of its steps, or with those that show the violation."""


class NoPlace(Exception):
    """Something that a document speaks of is not in the file."""

    def __init__(self, why: str, at: Key | None) -> None:
        super().__init__(why)
        self.unmapped = Unmapped(why, at)


def recall_weak(
    skeleton: sk.Skeleton,
    saved: Execution[Key],
    name: str,
    model: MemoryModel,
    sources: Mapping[str, Source],
    carry_out: CarryOut = replay_weak,
) -> Recalled:
    """What becomes of an execution that violated property ``name``."""
    mapped = _Mapped(skeleton, saved, nodes(skeleton), sources)
    try:
        claim = mapped.said_again()
    except NoPlace as error:
        return error.unmapped
    try:
        witness = carry_out(skeleton, claim, name, model)
    except ReplayError as error:
        if mapped.guessed is not None:
            return Unmapped("is not in the document, which does not say when", mapped.guessed)
        return Impossible(mapped.said(str(error).removeprefix(f"claimed {name}: ")))
    return Holds(witness, (), mapped.new)


def claim_again(
    skeleton: sk.Skeleton, saved: Execution[Key], sources: Mapping[str, Source]
) -> Claim:
    """What an execution of one program claims of another one's events.  Raises NoPlace."""
    return _Mapped(skeleton, saved, nodes(skeleton), sources).said_again()


@dataclass(slots=True)
class _Mapped:
    """The events of a document found in a skeleton; ``new``: how many more happen.

    ``guessed`` is the first of these that others can notice, or that waits: where it comes in is
    guessed.
    """

    skeleton: sk.Skeleton
    saved: Execution[Key]
    nodes: Nodes
    sources: Mapping[str, Source]
    keys: list[Key] = field(init=False)
    alike: dict[object, list[int]] = field(default_factory=dict[object, list[int]])
    threads: dict[str, sk.Thread] = field(init=False)
    numbers: tuple[int, ...] = ()
    new: int = 0
    guessed: Key | None = None

    def __post_init__(self) -> None:
        self.keys = [key_of(at, self.sources) for at in spots_of(self.skeleton)]
        for number, key in enumerate(self.keys):
            self.alike.setdefault((key.kind, key.place, key.occurrence), []).append(number)
        names = thread_names(self.skeleton)
        self.threads = dict(zip(names, self.skeleton.threads, strict=True))

    def said(self, why: str) -> str:
        """What is said of events, by what is written there."""
        return EVENT.sub(lambda m: f"`{self.keys[int(m[1])].text}`", why)

    def of(self, at: Key) -> int:
        """The event that a key names: of several alike the one on the same line."""
        found = self.alike.get((at.kind, at.place, at.occurrence), [])
        if not found:
            raise NoPlace("is gone", at)
        for better in (_whole, _file, _line):
            if len(found) > 1:
                found = [n for n in found if better(self.keys[n]) == better(at)] or found
        if len(found) > 1:
            raise NoPlace("is not to be told from others like it", at)
        return found[0]

    def said_again(self) -> Claim:
        """The claim, where the document says what every load reads."""
        claim = self.claim()
        unsaid = self.unsaid(claim)
        if unsaid is not None:
            raise NoPlace("is not in the document, which does not say what it reads", unsaid)
        return claim

    def claim(self) -> Claim:
        """What the document claims, of today's events."""
        events = self.saved.events
        self.numbers = tuple(self.of(event.came.at) for event in events)
        if len(set(self.numbers)) < len(events):
            raise NoPlace("two events of the document are one", None)
        known = dict(zip(self.numbers, events, strict=True))
        coherence = self._ranked({n: (e.coherence + 1) * STEP for n, e in known.items()})
        gaps = self._gaps(known)
        return Claim(
            self._sources(known),
            coherence,
            self._positions(known),
            frozenset(n for n, e in known.items() if e.granted),
            self._steps(known),
            frozenset(n for n, e in known.items() if e.locked),
            {(self.numbers[one], self.numbers[two]): True for one, two in self.saved.sections},
            gaps,
            self._decisions(known),
            self._turns(),
        )

    def unsaid(self, claim: Claim) -> Key | None:
        """A load that happens and of which the document does not say what it reads."""
        try:
            run = Run(self.skeleton, claim)
        except NotAnExecution:
            return None
        happened = {
            number
            for number in run.happened - set(self.numbers)
            if self.skeleton.threads[self.skeleton.events[number].thread].kind not in LOOKERS
        }
        self.new = len(happened)
        noticed = {n for n in happened if not self._is_unnoticed(n)}.union(self._new_waits(run))
        self.guessed = self.keys[min(noticed)] if noticed else None
        return next((self.keys[n] for n in sorted(happened) if run.reads_of.get(n)), None)

    def _is_unnoticed(self, number: int) -> bool:
        """Whether an event is a fence, or no more than a step of its own thread."""
        kinds = {node.kind for node in self.nodes.of_event.get(number, ())}
        action = self.skeleton.events[number].action
        return kinds <= {"F"} and not isinstance(action, (*WAITS, *TAKES, *LETS_GO))

    def _new_waits(self, run: Run) -> Iterator[int]:
        """The steps that wait, are not in the document and keep its steps from happening."""
        known = set(self.numbers)
        for thread in self.skeleton.threads:
            last = max((k for k, n in enumerate(thread.events) if n in known), default=0)
            for number in thread.events[:last]:
                event = self.skeleton.events[number]
                new = number not in known and number not in run.happened
                if new and run.values.surely(event.guard) and sk.is_blocking(self.skeleton, event):
                    yield number

    # --- the parts of the claim

    def _ranked(self, known: Mapping[int, int]) -> dict[int, int]:
        """Ranks of all events: what is not known stands right behind what comes before it."""
        found = dict(known)
        for thread in self.skeleton.threads:
            last = 0
            for number in thread.events:
                last = found.setdefault(number, last + 1)
        return found

    def _positions(self, known: Mapping[int, Claimed[Key]]) -> dict[int, int]:
        """The same of nodes."""
        found: dict[int, int] = {}
        for number, event in known.items():
            own = self.nodes.of_event.get(number, ())
            if len(own) != len(event.positions):
                raise NoPlace("is no longer what it was", event.came.at)
            for node, level in zip(own, event.positions, strict=True):
                found[node.number] = (level + 1) * STEP
        for thread in self.skeleton.threads:
            last = 0
            for number in thread.events:
                for node in self.nodes.of_event.get(number, ()):
                    last = found.setdefault(node.number, last + 1)
        return found

    def _steps(self, known: Mapping[int, Claimed[Key]]) -> frozenset[int]:
        """The events that nothing kept from their turn; of the new, those before a known one."""
        found = {n for n, e in known.items() if e.steps}
        for thread in self.skeleton.threads:
            last = max((k for k, n in enumerate(thread.events) if n in known), default=0)
            found.update(n for n in thread.events[:last] if n not in known)
        return frozenset(found)

    def _sources(self, known: Mapping[int, Claimed[Key]]) -> dict[int, int]:
        """What each load reads from."""
        reads, writes = sk.by_event(self.skeleton.reads), sk.by_event(self.skeleton.writes)
        found: dict[int, int] = {}
        for number, event in known.items():
            own = reads.get(number, [])
            if len(own) != len(event.reads):
                raise NoPlace("is no longer what it was", event.came.at)
            for read, store in zip(own, event.reads, strict=True):
                if store is None:
                    found[read.number] = INITIAL
                    continue
                made = writes.get(self.numbers[store.event], [])
                if store.write >= len(made):
                    raise NoPlace("does not store any more", self.keys[self.numbers[store.event]])
                found[read.number] = made[store.write].number
        return found

    def _decisions(self, known: Mapping[int, Claimed[Key]]) -> Decisions:
        regions = self.skeleton.layout.regions
        slots: dict[int, Value] = {}
        for number, event in known.items():
            slot = event.came.slot
            if slot is not None and slot in regions:
                slots[number] = Pointer(sk.life(regions[slot], number), ())
        made = {_choice(c.at): c for c in self.saved.choices}
        choices: dict[int, int] = {}
        for row, at in choices_of(self.skeleton):
            choice = made.get(_choice(key_of(at, self.sources)))
            if choice is not None and row.low <= choice.value <= row.high:
                choices[row.number] = choice.value
        taken = {n: e.came.taken for n, e in known.items() if e.came.taken is not None}
        return Decisions(choices, taken, slots)

    def _gaps(self, known: Mapping[int, Claimed[Key]]) -> dict[int, int]:
        """Before which of its host's events each handler came."""
        found: dict[int, int] = {}
        for handled in self.saved.handlers:
            thread = self.threads.get(handled.thread)
            if thread is None or thread.kind != "handler":
                raise NoPlace(f"there is no handler `{handled.thread}`", None)
            host = self.skeleton.threads[thread.host].events
            before = len(host) if handled.before is None else self.of(handled.before)
            if handled.before is not None and before not in host:
                raise NoPlace(f"is no step of {self.skeleton.threads[thread.host].name}", None)
            found[thread.number] = before if handled.before is None else host.index(before)
        for thread in self.skeleton.threads:
            begun = known.get(thread.events[0])
            if thread.kind != "handler" or begun is None or thread.number in found:
                continue
            if begun.granted:
                raise NoPlace("comes nowhere in particular", begun.came.at)
        return found

    def _turns(self) -> dict[tuple[int, int], bool]:
        """The order of handlers at one place."""
        found: dict[tuple[int, int], bool] = {}
        for pair in self.saved.turns:
            one, two = (self.threads[name].number if name in self.threads else -1 for name in pair)
            found[min(one, two), max(one, two)] = one < two
        return found


def _whole(key: Key) -> object:
    return key.whole


def _file(key: Key) -> object:
    return key.file


def _line(key: Key) -> object:
    return key.line


def _choice(key: Key) -> object:
    return key.kind, key.whole, key.place, key.occurrence
