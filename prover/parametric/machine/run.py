"""One step of one actor: local computation, one shared access, local computation up to the next.

What a step may join beside its access (``Parts.joined``):

- *leaving* a section, letting go of a lock, after it.  Ending a region earlier only lets others
  do more, and whatever they do between the access and the end they can do after it as well.
- *entering* a section, taking a lock, before it.  Beginning a region later only lets others
  do more.  Who has begun one and would have to wait next has a step for each: it must be seen
  standing there.
- A lock in an object that may be freed is let go in a step of its own: that object may be gone
  by then, which is what a joined step would not see.  (Where it is freed between the taking of
  the lock and the access, it may be freed before both: taking it is what goes wrong then.)
- One that somebody may try, or look at, and that of a folio is taken and let go in steps of its
  own: that it is held is seen by others.

What would violate something is always a step of its own: others may act before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dsl.source import Span
from prover.graph import ir
from prover.graph.values import truth
from prover.parametric.machine import contexts, counts, locks, memory, pages
from prover.parametric.machine.code import GiveBack, Op, Tail
from prover.parametric.machine.local import Local
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.work import Blocked, Work, Wrong
from prover.parametric.system import IDLE, Infinite, Refused, Rule, Violated

MOST_OPS = 20_000
"""So many instructions in one step are taken for a loop without end."""

NOWHERE = Span("", 0, 0)

_STEPS: dict[type, Callable[..., None]] = {
    ir.Load: memory.load,
    ir.Store: memory.store,
    ir.Rmw: memory.rmw,
    ir.Alloc: memory.allocate,
    ir.Free: memory.free,
    ir.LockInit: locks.lock_init,
    ir.Acquire: locks.acquire,
    ir.TryAcquire: locks.try_acquire,
    ir.Release: locks.release,
    ir.Downgrade: locks.downgrade,
    ir.Holds: locks.holds,
    ir.IsLocked: locks.is_locked,
    ir.Enter: contexts.enter,
    ir.Leave: contexts.leave,
    ir.SetIrq: contexts.set_irq,
    ir.MightSleep: contexts.might_sleep,
    ir.SrcuEnter: contexts.srcu_enter,
    ir.SrcuLeave: contexts.srcu_leave,
    ir.GraceWait: contexts.wait,
    ir.RcuBarrier: contexts.wait,
    ir.Ipi: contexts.ipi,
    ir.CallRcu: contexts.queue,
}

_KINDS: dict[type, str] = {
    ir.Load: "load",
    ir.Store: "store",
    ir.Rmw: "update",
    ir.Alloc: "alloc",
    ir.Free: "free",
    ir.LockInit: "store",
    ir.Acquire: "acquire",
    ir.TryAcquire: "acquire",
    ir.Release: "release",
    ir.Downgrade: "release",
    ir.IsLocked: "load",
    ir.Enter: "enter",
    ir.Leave: "leave",
    ir.SetIrq: "enter",
    ir.SrcuEnter: "enter",
    ir.SrcuLeave: "leave",
    ir.GraceWait: "wait",
    ir.RcuBarrier: "wait",
    ir.Ipi: "wait",
    ir.CallRcu: "defer",
    Tail: "load",
    ir.Havoc: "choose",
}

_PLAIN = (ir.Alloc, ir.Free, ir.CallRcu)
_GUARDED = (ir.LockInit, ir.TryAcquire, ir.IsLocked)

_MAY_FOLLOW = {
    0: frozenset(("right", "acquire", "plain", "guarded", "blocking", "left")),
    1: frozenset(("right", "plain", "guarded", "left")),
    2: frozenset(("right", "plain", "left")),
    3: frozenset(("left",)),
    4: frozenset[str](),
}
"""What may come after nothing, the begin of a region, a lock, the access; and after anything."""


def mover(work: Work, op: Op) -> str:
    """How an instruction is joined with others."""
    match op:
        case ir.Load() | ir.Store() | ir.Rmw() if counts.is_count(work, op.address):
            return "guarded"
        case ir.Load(address=address) | ir.Store(address=address) | ir.Rmw(address=address):
            # A store where nothing changes is one to a cell that nobody reads.
            return "local" if work.quiet(address) else "plain"
        case ir.Acquire(kind=kind, address=address):
            return "acquire" if kind != "folio" and work.unseen(address) else "blocking"
        case ir.Release(kind=kind, address=address):
            free = kind != "folio" and work.unseen(address) and work.quiet(address)
            return "left" if free else "plain"
        case ir.Downgrade(address=address):
            return "left" if work.unseen(address) and work.quiet(address) else "plain"
        case Tail(address=address):
            return "local" if work.quiet(address) else "plain"
        case ir.Enter(section=section):
            return "local" if getattr(work, section) else "right"
        case ir.Leave(section=section):
            return "left" if getattr(work, section) == 1 else "local"
        case ir.SetIrq(off=off):
            after = truth(work.value(off))
            return "local" if after == work.irq else "right" if after else "left"
        case ir.SrcuEnter(address=address):
            return "right" if work.quiet(address) else "plain"
        case ir.SrcuLeave(address=address):
            return "left" if work.quiet(address) else "plain"
        case ir.GraceWait() | ir.RcuBarrier():
            return "blocking"
        case ir.Ipi(wait=wait):
            return "blocking" if truth(work.value(wait)) else "local"
        case _ if isinstance(op, _PLAIN):
            return "plain"
        case _ if isinstance(op, _GUARDED):
            return "guarded"
        case _:
            return "local"


@dataclass(slots=True)
class Step:
    """One step with one script."""

    parts: Parts
    work: Work
    before: int
    phase: int = 0
    ended: bool = False
    idle: bool = False
    passed: set[int] = field(default_factory=set[int])

    def run(self) -> Rule | None:
        """The rule, None if there is none: the actor waits for a shared variable.

        Raises Asked where the script ends.
        """
        work = self.work
        if work.wait >= 0:
            begins = work.pending
            try:
                contexts.over(work)
            except Wrong as wrong:
                return self._violated(wrong)
            work.kind, self.phase = "wait", 3 if self.parts.joined else 4
            work.origin = work.body.origin(work.position)
            if not begins:
                (work.position,) = work.body.after[work.position]
        return self._on()

    def _on(self) -> Rule | None:
        """Goes on as far as the step may."""
        work, seen = self.work, set[Local]()
        for _ in range(MOST_OPS):
            if work.position < 0:
                work.position, work.stopped = work.body.entry, True
            if work.stopped or self.ended or work.begins >= 0:
                return self._rule()
            op = work.body.ops[work.position]
            how = mover(work, op)
            if how != "local" and how not in _MAY_FOLLOW[self.phase]:
                return self._rule()
            at, guards = work.position, (work.guard, work.needs)
            self.passed.add(at)
            try:
                self._one(op)
            except Wrong as wrong:
                work.position = at
                if not self.phase:
                    return self._violated(wrong)
                # What is left for a step of its own asks nothing of the others yet.
                work.guard, work.needs = guards
                return self._rule()
            except Blocked:
                work.position = at
                return self._rule() if self.phase else None
            self._note(op, how)
            if 0 <= work.position <= at and not self.ended:
                # Going round without having touched anything shared.
                here = work.local()
                if here in seen:
                    return self._rule()
                seen.add(here)
        origin = work.body.origin(work.position)
        what = f"a loop in {work.body.name} that touches nothing shared and does not end"
        raise Infinite(what, None if origin is None else origin.span)

    def _note(self, op: Op, how: str) -> None:
        """What has been done decides what may still be joined."""
        work = self.work
        if how == "local":
            if self.phase == 0 and work.origin is None and not isinstance(op, ir.End):
                work.origin = op.origin
                work.kind = "choose" if isinstance(op, ir.Havoc) else "local"
            return
        if self.phase < 3 and not (how == "left" and self.phase):
            leaves = isinstance(op, ir.SetIrq) and how == "left"
            work.kind = "leave" if leaves else _KINDS[type(op)]
            work.origin = None if isinstance(op, ir.End) else op.origin
        if not self.parts.joined:
            self.phase = 4
        elif how == "right":
            self.phase = max(self.phase, 1)
        else:
            self.phase = 2 if how == "acquire" else 3

    def _one(self, op: Op) -> None:
        """One instruction; raises Wrong and Blocked before it has changed anything."""
        work = self.work
        ways = work.body.after[work.position]
        match op:
            case ir.Branch(condition=condition):
                way = ways[0 if work.holds(condition) else -1]
            case ir.End():
                self._end()
                return
            case _:
                self._instr(op)
                way = ways[0]
        if work.halves:
            memory.finish(work, way)
        if work.begins < 0 and not work.stopped:
            work.position = way

    def _instr(self, op: ir.Instr | Tail | GiveBack) -> None:
        """What an instruction does."""
        work = self.work
        match op:
            case ir.Assign(reg=reg, expr=expr):
                work.registers[reg] = work.any_value(expr)
            case ir.Havoc(reg=reg, low=low, high=high, shared=shared, origin=origin):
                if shared:
                    raise Refused(f"config `{shared}`, left open", origin.span)
                work.registers[reg] = low + work.fork(high - low + 1)
            case ir.Check(property=name, condition=condition):
                if not work.holds(condition):
                    raise Wrong(name)
            case ir.Assume(condition=condition):
                work.stopped = not work.holds(condition)
            case ir.IrqsDisabled(reg=reg, or_preemption=stays):
                work.registers[reg] = int(work.stays() if stays else work.irq)
            case Tail(address=address):
                locks.tail(work, address)
            case GiveBack(slot=slot):
                pages.give_back(work, slot)
            case ir.Fence() | ir.Mark() | ir.Met() | ir.Watch():
                pass
            case _:
                _STEPS[type(op)](work, op)

    def _end(self) -> None:
        """The end of the graph: the actor is gone, or begins anew."""
        work = self.work
        faults = tuple(contexts.end_faults(work))
        if faults:
            raise Wrong(*faults)
        if work.body.kind == "callback":
            contexts.look(work)
        counts.let_go(work)
        if self.parts.forever and work.body.kind == "actor":
            work.position = work.body.entry
            work.registers = dict(self.parts.fresh[work.number])
            work.held, work.halves = (), ()
        else:
            self.idle = True
        self.ended = True

    # --- rules

    def _reads(self) -> tuple[tuple[int, int], ...]:
        return tuple(sorted(self.work.reads.items()))

    def _span(self) -> Span:
        origin = self.work.origin or self.work.body.origin(self.work.position)
        return NOWHERE if origin is None else origin.span

    def _violated(self, wrong: Wrong) -> Rule:
        work = self.work
        op = work.body.ops[work.position]
        work.origin = work.body.origin(work.position)
        rule = Rule(
            local=self.before,
            reads=self._reads(),
            writes=(),
            after=IDLE,
            kind=_KINDS.get(type(op), "local"),
            span=self._span(),
            violated=Violated(wrong.names, self._span()),
        )
        if work.needs >= 0:
            self.parts.needs[rule] = work.needs
        return rule

    def _rule(self) -> Rule:
        work, parts = self.work, self.parts
        after = IDLE if self.idle else parts.locals.number(work.local())
        writes: list[tuple[int, int]] = []
        for variable, value in sorted(work.writes.items()):
            number = parts.variables.intern(variable, value)
            if work.reads.get(variable) != number:
                writes.append((variable, number))
        rule = Rule(
            local=self.before,
            reads=self._reads(),
            writes=tuple(writes),
            after=after,
            kind=work.kind,
            span=self._span(),
            guard=work.guard,
            begins=work.begins,
            over=work.over,
            ended=parts.ended(self.before, after),
            change=work.change,
            spawned=tuple(work.spawned),
        )
        if not parts.joined:
            parts.passed[rule] = parts.passed.get(rule, frozenset()) | self.passed
        if work.needs >= 0:
            parts.needs[rule] = work.needs
        return rule


def step(parts: Parts, number: int, script: Sequence[int]) -> Rule | None:
    """The rule of a local state with some answers; raises Asked where one is missing."""
    local: Local = parts.locals.all[number]
    if local.stopped or number == IDLE:
        return None
    return Step(parts, Work(parts, local, script), number).run()
