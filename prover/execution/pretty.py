"""The printed notation of skeletons.

::

    thread 0: actor walker
      e3 at retract.khp:12 in walk(), when t8
        load once t5
        reads r1 = t9: t5
        check null-pointer if t11
      cut at retract.khp:14 if t30

    t5 = &m.pmd
    t8 = e2.ok & !t4
    t9 = r1

An event is named ``e3``, a read access ``r1``, a term ``t8``.  An event's lines say what it
does, what it reads and writes, and what is checked there; ``e2.ok`` is an outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from dsl.source import Source, Span
from prover.execution import skeleton as sk
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
    Row,
    Term,
)
from prover.graph.pretty import format_value
from prover.graph.values import INTEGER_OPS

_INFIX = frozenset([*INTEGER_OPS, "==", "!="])
_STEP = "  "
_INSIDE = "    "


def format_skeleton(skeleton: sk.Skeleton, sources: Mapping[str, Source]) -> str:
    """Every thread with its events, the marks and cuts, then every term."""
    printer = _Printer(skeleton, sources)
    printer.sort()
    parts = ["\n".join(printer.thread(thread)) for thread in skeleton.threads]
    if skeleton.marks:
        parts.append("\n".join(printer.marks()))
    parts.append("\n".join(printer.terms()))
    return "\n\n".join(parts) + "\n"


@dataclass(slots=True)
class _Printer:
    """Prints one skeleton; ``by_event`` has the lines of what belongs to each event."""

    skeleton: sk.Skeleton
    sources: Mapping[str, Source]
    by_event: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def sort(self) -> None:
        """Puts accesses, updates and edges to their events."""
        term_of = self.skeleton.term_of
        for read in self.skeleton.reads:
            ghost = "looks at" if read.ghost else "reads"
            term = term_of.get(ReadValue(read.number))
            value = "" if term is None else f" = t{term}"
            self._add(read.event, f"{ghost} r{read.number}{value}: {_part(read)}")
        for write in self.skeleton.writes:
            self._add(
                write.event, f"writes {_part(write)} := t{write.value}{self.when(write.when)}"
            )
        for update in self.skeleton.updates:
            halves = f"low t{update.low}, high t{update.high}"
            where = f"update of t{update.address}: {halves}"
            self._add(update.event, where + self.when(update.when))
        for stored in self.skeleton.stored:
            self._add(stored.event, f"stores t{stored.value}, present 0x{stored.present:x}")
        for edge in self.skeleton.lock_edges:
            still = "" if edge.folio is None else f", still locked at t{edge.folio}"
            order = f"lock order {edge.held} -> {edge.taken}{still}"
            self._add(edge.event, order + self.when(edge.when))

    def _add(self, event: int, line: str) -> None:
        self.by_event.setdefault(event, []).append(line)

    # --- threads --------------------------------------------------------------------------

    def thread(self, thread: sk.Thread) -> Iterator[str]:
        """A thread's title, its events, and where it was cut."""
        created = "" if thread.parent < 0 else f", created by e{thread.parent}"
        host = "" if thread.host < 0 else f", on thread {thread.host}"
        yield f"thread {thread.number}: {thread.kind} {thread.name}{created}{host}"
        for number in thread.events:
            yield from self.event(self.skeleton.events[number])
        for cut in self.skeleton.cuts:
            if cut.thread == thread.number:
                yield f"{_STEP}cut{self.place(cut.loop)}{self.when(cut.guard)}"

    def event(self, event: sk.Event) -> Iterator[str]:
        """An event: where and when, what it does, what is checked."""
        frames = event.origin.frames
        inside = f" in {frames[-1].function}()" if frames else ""
        place = f"{self.place(event.origin.span)}{inside}"
        looks = f", after e{event.anchor}" if event.rank and event.anchor >= 0 else ""
        comma = "," if place or looks else ""
        yield f"{_STEP}e{event.number}{place}{looks}{comma} when t{event.guard}"
        yield _INSIDE + _action(event.action)
        for line in self.by_event.get(event.number, ()):
            yield _INSIDE + line
        for check in event.checks:
            message = f' "{check.message}"' if check.message else ""
            yield f"{_INSIDE}violates {check.property}{self.when(check.bad)}{message}"

    def marks(self) -> Iterator[str]:
        """The labelled statements."""
        for mark in self.skeleton.marks:
            yield f"mark {mark.owner}.{mark.label}{self.when(mark.guard)}"

    def place(self, span: Span) -> str:
        """`` at FILE:LINE``; nothing where the span is in no file."""
        source = self.sources.get(span.file)
        return "" if source is None else f" at {span.file}:{source.line_column(span.start)[0]}"

    def when(self, term: Term) -> str:
        """`` if t5``; nothing where that is always so."""
        row = self.skeleton.rows[term]
        return "" if isinstance(row, Constant) and row.value == 1 else f" if t{term}"

    # --- terms ----------------------------------------------------------------------------

    def terms(self) -> Iterator[str]:
        """A line for each term; arguments come first."""
        for number, row in enumerate(self.skeleton.rows):
            yield f"t{number} = {self.row(row)}"

    def row(self, row: Row) -> str:
        """What a term is."""
        match row:
            case Constant(value=value):
                return format_value(value, self.skeleton.layout)
            case ReadValue(access=access):
                return f"r{access}"
            case Choice(number=number, low=low, high=high):
                return f"choice {number} of {low}..{high}"
            case Outcome(event=event, what=what):
                return f"e{event}.{what}"
            case Allocated(event=event):
                return f"e{event}.allocated"
            case And(args=args):
                return " & ".join(f"t{arg}" for arg in args)
            case Or(args=args):
                return " | ".join(f"t{arg}" for arg in args)
            case Not(arg=arg):
                return f"!t{arg}"
            case Phi(arms=arms):
                return f"phi({', '.join(f't{guard}: t{value}' for guard, value in arms)})"
            case Operation(op=op, args=(left, right)) if op in _INFIX:
                return f"t{left} {op} t{right}"
            case Operation(op=op, params=params, args=args):
                shown = params[:1] if op in ("field", "container_of") else params
                words = [*(str(param) for param in shown), *(f"t{arg}" for arg in args)]
                return f"{op}({', '.join(words)})"
            case _:
                assert_never(row)


def _part(access: sk.ReadAccess | sk.WriteAccess) -> str:
    """The place of an access."""
    half = "" if access.part == "whole" else f".{access.part}"
    return f"t{access.address}{half}"


def _action(action: sk.Action) -> str:
    """What an event does, without its accesses."""
    match action:
        case sk.Access(what=what, order=order, address=address):
            return f"{what} {order} t{address}"
        case sk.Local(what=what):
            return what
        case sk.Allocate(pool=pool):
            return f"alloc {pool}"
        case sk.Deallocate(pointer=pointer):
            return f"free t{pointer}"
        case sk.GiveBack(pointer=pointer, free=free):
            return f"give back the page of t{pointer}, freed at e{free}"
        case sk.SectionStart(kind=kind, outer=outer):
            return f"enter {kind}, outermost t{outer}"
        case sk.SectionEnd(kind=kind, outer=outer):
            return f"leave {kind}, outermost t{outer}"
        case sk.SrcuStart(address=address, anybody=anybody, token=token):
            return f"srcu-enter t{address}{' anybody' if anybody else ''}, index {token}"
        case sk.SrcuEnd(address=address, anybody=anybody, index=index, closes=closes):
            ends = " ".join(f"e{start} if t{when}" for start, when in closes) or "none"
            what = f"t{address}{' anybody' if anybody else ''}"
            return f"srcu-leave {what}, index t{index}, ends {ends}"
        case sk.Request() | sk.Grant() | sk.Try() | sk.Unlock() | sk.LockState():
            return _lock(action)
        case _:
            return _wait(action)


def _lock(action: sk.Request | sk.Grant | sk.Try | sk.Unlock | sk.LockState) -> str:
    """What an event does with a lock."""
    match action:
        case sk.Request(address=address, kind=kind, mode=mode, grant=grant):
            return f"request {kind} {mode} t{address}, granted by e{grant}"
        case sk.Grant(address=address, kind=kind, mode=mode, outer=outer, request=request):
            asked = f", requested by e{request}" if request >= 0 else ""
            return f"acquire {kind} {mode} t{address}, outermost t{outer}{asked}"
        case sk.Try(address=address, kind=kind, mode=mode, outer=outer, own=own):
            return f"try {kind} {mode} t{address}, outermost t{outer}, own t{own}"
        case sk.Downgrade(address=address, kind=kind, outer=outer):
            return f"downgrade {kind} t{address}, outermost t{outer}"
        case sk.Unlock(address=address, kind=kind, mode=mode, outer=outer):
            return f"release {kind} {mode} t{address}, outermost t{outer}"
        case sk.LockState(address=address, kind=kind, own=own):
            return f"is-locked {kind} t{address}, own t{own}"
        case _:
            assert_never(action)


def _wait(
    action: sk.Begin
    | sk.Ended
    | sk.GraceStart
    | sk.GraceEnd
    | sk.Queue
    | sk.BarrierStart
    | sk.BarrierEnd
    | sk.IpiStart
    | sk.IpiEnd
    | sk.Spin,
) -> str:
    """How an event begins, ends or waits for something."""
    match action:
        case sk.Begin():
            return "begin"
        case sk.Ended():
            return "end"
        case sk.GraceStart(end=end, domain=domain):
            return f"synchronize-{_flavour(domain)}, returns at e{end}"
        case sk.GraceEnd(start=start):
            return f"synchronize-rcu returns, called at e{start}"
        case sk.Queue(address=address, callback=callback, domain=domain):
            return f"call-{_flavour(domain)} t{address}, thread {callback}"
        case sk.BarrierStart(end=end, domain=None):
            return f"rcu-barrier, returns at e{end}"
        case sk.BarrierStart(end=end, domain=domain):
            return f"srcu-barrier t{domain}, returns at e{end}"
        case sk.BarrierEnd(start=start):
            return f"rcu-barrier returns, called at e{start}"
        case sk.IpiStart(handlers=handlers):
            threads = " ".join(str(handler) for handler in handlers) or "none"
            return f"ipi, threads {threads}"
        case sk.IpiEnd(start=start, by=by) if by >= 0:
            return f"ipi sent at e{by} waits for that of e{start} to be taken up"
        case sk.IpiEnd(start=start):
            return f"ipi returns, sent at e{start}"
        case sk.Spin(since=since):
            return f"spin, since e{since}"
        case _:
            assert_never(action)


def _flavour(domain: Term | None) -> str:
    """What a grace period is of."""
    return "rcu" if domain is None else f"srcu t{domain}"
