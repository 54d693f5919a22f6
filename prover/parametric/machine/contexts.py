"""What sections, waits, callbacks and IPIs do in a step."""

from __future__ import annotations

from collections.abc import Iterator

from prover.graph import ir
from prover.graph.instructions import instructions
from prover.graph.values import POISON, Location, truth
from prover.parametric.machine.local import OWNED, Local, Reader
from prover.parametric.machine.work import Work, Wrong, wanted_of
from prover.parametric.system import Refused

INDEX = 0x5200_0000
"""The index of an SRCU reader is this and its token; which number it is says nothing."""

ENDED = INDEX + 0xFF_FFFF
"""What the index of a reader becomes once that is over."""

UNBALANCED = {"rcu": "rcu-unbalanced", "preempt": "preempt-unbalanced", "bh": "preempt-unbalanced"}

IDLE_STEPS = (ir.Assign, ir.Fence, ir.Watch, ir.Mark, ir.Met)
"""What a handler may do that does nothing."""


def enter(work: Work, instr: ir.Enter) -> None:
    """rcu_read_lock() and its kind."""
    setattr(work, instr.section, getattr(work, instr.section) + 1)


def leave(work: Work, instr: ir.Leave) -> None:
    """rcu_read_unlock() and its kind."""
    depth: int = getattr(work, instr.section)
    faults = ["lockdep-assert"] if instr.section == "bh" and work.irq else []
    if depth == 0:
        faults.append(UNBALANCED[instr.section])
    if faults:
        raise Wrong(*faults)
    setattr(work, instr.section, depth - 1)


def set_irq(work: Work, instr: ir.SetIrq) -> None:
    """Interrupts go off or on."""
    off = truth(work.value(instr.off))
    if instr.strict and not work.irq:
        raise Wrong("irq-unbalanced")
    if instr.save:
        work.registers[instr.save] = int(work.irq)
    work.irq = off


def might_sleep(work: Work, _instr: ir.MightSleep) -> None:
    """A claim that the actor may sleep here."""
    if work.atomic():
        raise Wrong("sleep-in-atomic")


# --- SRCU readers ----------------------------------------------------------------------------


def srcu_enter(work: Work, instr: ir.SrcuEnter) -> None:
    """srcu_read_lock(): the register gets the index."""
    if instr.anybody:
        raise Refused("srcu_down_read(), which anybody may end", instr.origin.span)
    place = work.touch(instr.address)
    if work.read(place) == POISON:
        raise Wrong("uninitialized")
    taken = {reader.token for reader in work.readers}
    token = next(n for n in range(1, len(taken) + 2) if n not in taken)
    work.readers = tuple(sorted((*work.readers, Reader(token, place)), key=str))
    work.registers[instr.reg] = INDEX + token


def srcu_leave(work: Work, instr: ir.SrcuLeave) -> None:
    """srcu_read_unlock(): the reader with the index is over, and what was its index is none."""
    if instr.anybody:
        raise Refused("srcu_up_read(), by which anybody ends a reader", instr.origin.span)
    place = work.touch(instr.address)
    if work.read(place) == POISON:
        raise Wrong("uninitialized")
    index = work.value(instr.index)
    for reader in work.readers:
        if index == INDEX + reader.token and reader.place == place:
            work.readers = tuple(each for each in work.readers if each is not reader)
            for name, value in work.registers.items():
                if value == index:
                    work.registers[name] = ENDED
            return
    raise Wrong("srcu-unbalanced")


def is_index(value: object) -> bool:
    """Whether a value may be the index of a reader."""
    return isinstance(value, int) and INDEX < value <= ENDED


# --- waits ------------------------------------------------------------------------------------


def domain_of(work: Work, domain: ir.Expr | None, early: list[str]) -> Location | None:
    """The SRCU domain of a wait, which is in use: it must be there, and set up."""
    if domain is None:
        return None
    place = work.touch(domain, early)
    if work.read(place) == POISON:
        raise Wrong(*early, "uninitialized")
    return place


def wait(work: Work, instr: ir.GraceWait | ir.RcuBarrier) -> None:
    """A grace period or a barrier begins."""
    grace = isinstance(instr, ir.GraceWait)
    early = [] if isinstance(instr, ir.GraceWait) and not instr.sleeps else work.sleep_check()
    place = domain_of(work, instr.domain, early)
    if grace and place is not None and any(reader.place == place for reader in work.readers):
        raise Wrong(*early, "self-deadlock")
    if early:
        raise Wrong(*early)
    work.wait = work.parts.wait("grace" if grace else "barrier", place)
    work.begins = work.wait


def ipi(work: Work, instr: ir.Ipi) -> None:
    """An IPI whose handler does nothing: who waits, waits for those with interrupts off."""
    waits = truth(work.value(instr.wait))
    if work.irq or work.body.kind != "actor":
        raise Wrong("ipi-irqs-off")
    if waits:
        work.wait = work.parts.wait("ipi", None, instr.targets)
        work.begins = work.wait


def over(work: Work) -> None:
    """A wait is over; the domain of a callback, or of a wait, is looked at once more."""
    op = work.body.ops[work.position]
    if work.pending:
        look(work)
        work.pending = False
    elif isinstance(op, ir.GraceWait | ir.RcuBarrier):
        domain_of(work, op.domain, [])
    work.wait = -1
    work.over = True


def look(work: Work) -> None:
    """The domain that a callback was queued with is in use until it is over."""
    if work.domain is None:
        return
    name = work.domain.object
    if work.parts.points.lost(name) or work.parts.changing(work.domain):
        raise Refused(f"call_srcu() with `{work.domain}`, which may be freed or set down")


def queue(work: Work, instr: ir.CallRcu) -> None:
    """A callback is queued; it waits for a grace period that begins now."""
    domain = domain_of(work, instr.domain, [])
    work.touch(instr.address)
    body = work.parts.callback(instr)
    entry = work.parts.bodies[body].entry
    arguments = {instr.parameter: work.value(instr.argument)}
    registers = wanted_of(work.parts, work.parts.bodies[body], entry, arguments, work.proven)
    state = Local(
        body=body,
        who=-1,
        position=entry,
        registers=registers,
        wait=work.parts.wait("grace", domain),
        pending=True,
        domain=domain,
    )
    work.spawned.append(work.parts.locals.number(state))


# --- the end -----------------------------------------------------------------------------------


def end_faults(work: Work) -> Iterator[str]:
    """What must not be left at an actor's end."""
    if any(lock.kind in OWNED for lock in work.held):
        yield "lock-held-at-end"
    if work.rcu:
        yield "rcu-unbalanced"
    if work.readers:
        yield "srcu-unbalanced"
    if work.irq:
        yield "irq-unbalanced"
    if work.preempt or work.bh:
        yield "preempt-unbalanced"


def does_nothing(handler: ir.Cfg) -> bool:
    """Whether a handler does nothing, so that all that matters is when it can run."""
    return len(handler.blocks) == 1 and all(
        isinstance(instr, IDLE_STEPS) for instr in instructions(handler)
    )
