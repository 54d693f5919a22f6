"""One state while one actor steps: the state's parts, replaced as the step changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.interpreter.layout import Layout
from dsl.interpreter.state import (
    PENDING,
    RUNNING,
    ActorState,
    Frame,
    Held,
    Pend,
    Request,
    Section,
    State,
)
from dsl.interpreter.values import UNSET, LocalRef, Value, Word

if TYPE_CHECKING:
    from dsl.interpreter.program import Program


class Work:
    """The mutable view of a state in which actor ``me`` steps.

    Memory and the other collections stay immutable and are replaced; only the
    top frame is taken apart (``code``, ``pc``, ``registers``, ``result``, ``counts``).
    ``quiet`` marks the evaluation of a claim: what was freed is just read.
    """

    __slots__ = (
        "asleep",
        "bh",
        "code",
        "completed",
        "counts",
        "domain",
        "edges",
        "held",
        "host",
        "hosts",
        "irqs_off",
        "kind",
        "layout",
        "lives",
        "lower",
        "memory",
        "name",
        "nesting",
        "note",
        "others",
        "pages",
        "pc",
        "pending",
        "preempt",
        "program",
        "quiet",
        "registers",
        "request",
        "result",
        "settled",
        "spun",
        "status",
        "update",
        "waiting",
    )

    def __init__(self, program: Program, state: State, me: ActorState) -> None:
        self.program = program
        self.layout: Layout = program.layout
        self.memory: tuple[Value, ...] = state.memory
        self.lives: tuple[int, ...] = state.lives
        self.pages = state.pages
        self.completed = state.completed
        self.settled = state.settled
        self.edges = state.edges
        self.others: list[ActorState] = [a for a in state.actors if a is not me]
        self.quiet = False
        self.note = ""
        self.name, self.kind, self.status, self.host = me.name, me.kind, me.status, me.host
        self.waiting: frozenset[str | Section] = me.waiting
        self.request: Request | None = me.request
        self.nesting, self.irqs_off = me.nesting, me.irqs_off
        self.preempt, self.bh = me.preempt, me.bh
        self.held: tuple[Held, ...] = me.held
        self.update = me.update
        self.pending: tuple[Pend, ...] = me.pending
        self.spun = me.spun
        self.hosts = me.hosts
        self.domain, self.asleep = me.domain, me.asleep
        self.lower: list[Frame] = list(me.frames[:-1])
        self._open(me.frames[-1])

    def _open(self, frame: Frame) -> None:
        self.code, self.pc, self.result = frame.code, frame.pc, frame.result
        self.registers: list[Value] = list(frame.registers)
        self.counts: dict[int, int] = dict(frame.counts)

    def _close(self) -> Frame:
        """The top frame, with what nobody will read forgotten."""
        registers = self.registers
        for dead in self.program.codes[self.code].dead[self.pc]:
            registers[dead] = UNSET
        counts = tuple(sorted(self.counts.items())) if self.counts else ()
        return Frame(self.code, self.pc, tuple(registers), self.result, counts)

    def call(self, code: int, registers: list[Value], result: int) -> None:
        """Enters a body; its result goes to the caller's register ``result``."""
        if result >= 0:
            self.registers[result] = UNSET
        self.lower.append(self._close())
        self.code, self.pc, self.result = code, 0, result
        self.registers, self.counts = registers, {}

    def leave(self, value: Value | None) -> None:
        """Returns to the caller with ``value``."""
        result = self.result
        self._open(self.lower.pop())
        if result >= 0 and value is not None:
            self.registers[result] = value

    def local(self, ref: LocalRef) -> Value:
        """The local behind an out-parameter, or the half of it that ``ref`` names."""
        if ref.frame == len(self.lower):
            value = self.registers[ref.register]
        else:
            value = self.lower[ref.frame].registers[ref.register]
        if ref.half >= 0:
            return value[ref.half] if isinstance(value, Word) else UNSET
        return value

    def set_local(self, ref: LocalRef, value: Value) -> None:
        """Assigns the local behind an out-parameter."""
        if ref.frame == len(self.lower):
            self.registers[ref.register] = value
            return
        frame = self.lower[ref.frame]
        registers = list(frame.registers)
        registers[ref.register] = value
        self.lower[ref.frame] = frame._replace(registers=tuple(registers))

    def store(self, slot: int, value: Value) -> None:
        """Puts ``value`` into memory."""
        memory = self.memory
        self.memory = (*memory[:slot], value, *memory[slot + 1 :])

    def forget(self, *things: str | Section) -> None:
        """What nobody waits for any more: an ended section, handler, callback or request."""
        gone = frozenset(things)
        for i, other in enumerate(self.others):
            if not gone.isdisjoint(other.waiting):
                self.others[i] = other._replace(waiting=other.waiting - gone)
        if self.pages:
            pages = (p._replace(waiting=p.waiting - gone) for p in self.pages)
            self.pages = tuple(pages)

    def leave_hosts(self) -> None:
        """The stepping actor goes on: no callback that runs can have interrupted it."""
        for i, other in enumerate(self.others):
            if self.name in other.hosts:
                self.others[i] = other._replace(hosts=other.hosts - {self.name})

    def actor(self) -> ActorState:
        """The stepping actor as it is now."""
        frames: tuple[Frame, ...] = ()
        if self.status in (RUNNING, PENDING):
            frames = (*self.lower, self._close())
        return ActorState(
            self.name,
            self.kind,
            self.status,
            self.host,
            frames,
            self.waiting,
            self.request,
            self.nesting,
            self.irqs_off,
            self.preempt,
            self.bh,
            self.held,
            self.update,
            self.pending,
            self.spun,
            self.hosts,
            self.domain,
            self.asleep,
        )
