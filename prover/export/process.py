"""One actor as one process of a litmus test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, assert_never

from dsl.source import Span
from prover.export.expressions import Writing
from prover.export.places import Place, Places
from prover.export.refusals import POINTER, lacking, refuse, too_large
from prover.export.shape import Fork, Step, structured
from prover.export.updates import update
from prover.graph import ir
from prover.graph.expressions import constant_truth, registers
from prover.graph.instructions import instructions, reads
from prover.graph.values import Pointer, Poison

ASKED: Final = ("assert", "bug-on", "warn-on", "refcount")
"""The properties of statements that a litmus test asks about; of its end it asks ``final``."""

_INDENT: Final = "\t"


@dataclass(frozen=True, slots=True)
class Program:
    """What the processes of one test share.

    ``called`` gives the name at the start of a place in the source, such as ``spin_lock``.
    """

    places: Places
    called: Callable[[Span], str]
    updates: frozenset[str]


@dataclass(slots=True)
class Process:
    """One process being written; ``can_fail`` if it has a register ``bad``."""

    program: Program
    number: int
    graph: ir.Cfg
    span: Span
    names: dict[str, str] = field(default_factory=dict[str, str])
    types: dict[str, str] = field(default_factory=dict[str, str])
    used: dict[str, None] = field(default_factory=dict[str, None])
    lines: list[str] = field(default_factory=list[str])
    depth: int = 1
    can_fail: bool = False
    writing: Writing = field(init=False)
    mentions: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.writing = Writing(self.program.places, self.register, self.fresh, self.line, self.use)
        self.mentions = _mentions(self.graph)

    def text(self) -> str:
        """``P0(int *x) { ... }``."""
        self.steps(structured(self.graph))
        given = [f"{p.type}{p.name}" for p in self.program.places.sorted(self.used)]
        declared = [f"{_INDENT}{kind}{name};" for name, kind in self.types.items()]
        if self.can_fail:
            declared.append(f"{_INDENT}int bad = 0;")
        body = [*declared, *([""] if declared and self.lines else []), *self.lines]
        head = f"P{self.number}({', '.join(given)})"
        return "\n".join([head, "{", *body, "}"]) + "\n"

    # --- what the writing of expressions needs ---------------------------------------------

    def register(self, name: str) -> str:
        """The register of the test for one of the graph."""
        if name not in self.names:
            self.names[name] = self.fresh()
        return self.names[name]

    def fresh(self) -> str:
        """A new register."""
        name = f"r{len(self.types)}"
        self.types[name] = "int "
        return name

    def use(self, name: str) -> None:
        """The process needs this location as a parameter."""
        self.used[name] = None

    def line(self, text: str) -> None:
        """One line of the body."""
        self.lines.append(_INDENT * self.depth + text)

    # --- steps ------------------------------------------------------------------------------

    def steps(self, steps: tuple[Step, ...]) -> None:
        """Statements in order."""
        for step in steps:
            if isinstance(step, Fork):
                self.fork(step)
            else:
                self.span = step.origin.span
                self.check_frames(step.origin)
                self.instr(step)

    def fork(self, fork: Fork) -> None:
        """An ``if``."""
        then, otherwise = fork.then, fork.otherwise
        text = self.writing.condition(fork.condition, self.span, holds=bool(then))
        if not then:
            then, otherwise = otherwise, then
        if not then:
            return
        self.line(f"if ({text}) {{")
        self.branch(then)
        if otherwise:
            self.line("} else {")
            self.branch(otherwise)
        self.line("}")

    def branch(self, steps: tuple[Step, ...]) -> None:
        """One side of an ``if``."""
        self.depth += 1
        self.steps(steps)
        self.depth -= 1

    def check_frames(self, origin: ir.Origin) -> None:
        """Refuses what is a part of one update."""
        for frame in origin.frames:
            if frame.function in self.program.updates:
                what = f"that all stores of `{frame.function}()` are one update"
                raise lacking(what, frame.site, "make it a function without `update`")

    def instr(self, instr: ir.Instr) -> None:
        """One instruction."""
        span = instr.origin.span
        match instr:
            case ir.Assign(reg=reg, expr=expr):
                self.assign(reg, expr, span)
            case ir.Load() | ir.Store() | ir.Rmw():
                self.access(instr)
            case ir.Fence(kind=kind):
                self.line(f"{kind}();")
            case ir.Acquire() | ir.TryAcquire() | ir.Release() | ir.IsLocked():
                self.lock(instr)
            case ir.Enter(section="rcu"):
                self.line("rcu_read_lock();")
            case ir.Leave(section="rcu"):
                self.line("rcu_read_unlock();")
            case ir.GraceWait(domain=None):
                self.line("synchronize_rcu();")
            case ir.MightSleep() | ir.Watch() | ir.Mark():
                pass
            case ir.Check():
                self.check(instr)
            case _:
                self.refuse(instr)

    def assign(self, reg: str, expr: ir.Expr, span: Span) -> None:
        """A register computed."""
        if isinstance(expr, ir.Const) and isinstance(expr.value, Poison):
            return
        value = self.writing.value(expr, span)
        name = self.register(reg)
        if isinstance(expr, ir.Const) and isinstance(expr.value, Pointer):
            self.types[name] = "int *"
        if isinstance(expr, ir.Reg):
            self.types[name] = self.types[self.register(expr.name)]
        if name != value:
            self.line(f"{name} = {value};")

    # --- memory -----------------------------------------------------------------------------

    def place(self, address: ir.Expr, span: Span) -> Place | None:
        """The location of an access, None if it is known only when it runs."""
        if isinstance(address, ir.Const) and isinstance(address.value, Pointer):
            found = self.program.places.at(address.value, span)
            if found.cell.split:
                hint = "choose the configuration in which it is one location"
                raise lacking(f"that `{found.name}` is split in halves", span, hint)
            return found
        return None

    def access(self, access: ir.Load | ir.Store | ir.Rmw) -> None:
        """A read, a write, or both in one step."""
        span = access.origin.span
        if not isinstance(access, ir.Rmw) and access.part != "whole":
            raise lacking("an access to one half of a word", span, "access the whole word")
        place = self.place(access.address, span)
        ghost, atomic = place is not None and place.ghost, place is not None and place.atomic
        address = self.writing.address(access.address, span)
        called = self.program.called(span)
        match access:
            case ir.Load(reg=reg, order=order):
                text = _load(address, "once" if ghost else order, called, atomic=atomic)
                name = self.register(reg)
                if place is not None and place.cell.pointer:
                    self.types[name] = "int *"
                self.line(f"{name} = {text};")
            case ir.Store(order=order):
                value = self.writing.value(access.value, span)
                order = "once" if ghost else order
                self.line(f"{_store(address, value, order, called, atomic=atomic)};")
            case ir.Rmw(reg=reg):
                own = (*registers(access.new), *registers(access.when))
                unused = self.mentions[reg] == own.count(reg)
                found = update(access, called, self.writing, address, atomic=atomic, unused=unused)
                if found.outcome is not None:
                    self.writing.outcomes[reg] = found.outcome
                target = f"{self.register(reg)} = " if found.gives else ""
                self.line(f"{target}{found.text};")
            case _:
                assert_never(access)

    # --- locks and checks -------------------------------------------------------------------

    def lock(self, instr: ir.Acquire | ir.TryAcquire | ir.Release | ir.IsLocked) -> None:
        """A spinlock."""
        span = instr.origin.span
        if instr.kind != "spinlock":
            what = f"`{self.program.called(span)}()`: its only locks are spinlocks"
            raise lacking(what, span, "use a spinlock")
        address = self.writing.address(instr.address, span)
        match instr:
            case ir.Acquire():
                self.line(f"spin_lock({address});")
            case ir.Release():
                self.line(f"spin_unlock({address});")
            case ir.TryAcquire(reg=reg):
                self.line(f"{self.register(reg)} = spin_trylock({address});")
            case ir.IsLocked(reg=reg):
                self.line(f"{self.register(reg)} = spin_is_locked({address});")
            case _:
                assert_never(instr)

    def check(self, check: ir.Check) -> None:
        """A violation is recorded in ``bad``."""
        span = check.origin.span
        if check.property == "uninitialized":
            hint = "give the local a value where it is declared"
            raise lacking("that a local may be without a value", span, hint)
        if check.property not in ASKED:
            message = f"a litmus test does not ask about {check.property}, which must be seen here"
            raise refuse(POINTER, message, span, "follow pointers to single locations only")
        known = constant_truth(check.condition)
        if known is True:
            return
        self.can_fail = True
        if known is False:
            self.line("bad = 1;")
            return
        text = self.writing.condition(check.condition, span, holds=False)
        self.line(f"if ({text}) {{")
        self.line(f"{_INDENT}bad = 1;")
        self.line("}")

    def refuse(self, instr: ir.Instr) -> None:
        """Names what is in the way."""
        called, span = self.program.called(instr.origin.span), instr.origin.span
        match instr:
            case ir.Enter() | ir.Leave() | ir.SetIrq() | ir.IrqsDisabled():
                what = f"`{called}()`: interrupts and preemption are not in it"
                hint = "use spin_lock() without suffix, or rcu_read_lock() for what delays"
                raise lacking(what, span, f"{hint} a grace period")
            case ir.SrcuEnter() | ir.SrcuLeave() | ir.GraceWait():
                hint = "use rcu_read_lock() and synchronize_rcu()"
                raise lacking(f"`{called}()`: SRCU is not exported", span, hint)
            case ir.CallRcu() | ir.HeadLook() | ir.RcuBarrier():
                hint = "use synchronize_rcu()"
                raise lacking(f"`{called}()`: it has no callbacks", span, hint)
            case ir.Ipi():
                raise lacking(f"`{called}()`: nothing interrupts a process", span, "leave it out")
            case ir.Alloc() | ir.Free():
                hint = "use objects that are always there"
                raise lacking(f"`{called}()`: its locations have no lifetime", span, hint)
            case ir.LockInit():
                raise lacking(f"`{called}()`: its locks begin free", span, "leave it out")
            case ir.Assume():
                hint = "put what follows under an `if`"
                raise lacking("`assume`: every process runs to its end", span, hint)
            case ir.Downgrade() | ir.Holds():
                raise lacking(f"`{called}()`: its only locks are spinlocks", span, "leave it out")
            case ir.Havoc() if "_killable" in called or "_interruptible" in called:
                raise lacking(f"`{called}()`: no signal ends a wait", span, "use a spinlock")
            case ir.Havoc() if called != "choose":
                what = f"`{called}()` of a word that is split in halves"
                raise lacking(what, span, "choose the configuration in which it is one location")
            case ir.Havoc():
                hint = "let another actor store one of the values, and read it"
                raise lacking("`choose`: only reads can differ", span, hint)
            case _:
                raise too_large(f"`{called}` is not known here")


def _load(address: str, order: str, called: str, *, atomic: bool) -> str:
    """A read."""
    order = "once" if order == "racy" else order
    if atomic and order in ("once", "acquire"):
        return f"atomic_read{'_acquire' if order == 'acquire' else ''}({address})"
    match order:
        case "plain":
            return f"*{address}"
        case "acquire":
            return f"smp_load_acquire({address})"
        case _:
            name = "rcu_dereference" if called == "rcu_dereference" else "READ_ONCE"
            return f"{name}(*{address})"


def _store(address: str, value: str, order: str, called: str, *, atomic: bool) -> str:
    """A write."""
    order = "once" if order == "racy" else order
    if atomic and order in ("once", "release"):
        suffix = "_release" if order == "release" else ""
        return f"atomic_set{suffix}({address}, {value})"
    match order:
        case "plain":
            return f"*{address} = {value}"
        case "release" if called == "rcu_assign_pointer":
            return f"rcu_assign_pointer(*{address}, {value})"
        case "release":
            return f"smp_store_release({address}, {value})"
        case "mb":
            return f"smp_store_mb(*{address}, {value})"
        case _:
            return f"WRITE_ONCE(*{address}, {value})"


def _mentions(cfg: ir.Cfg) -> Counter[str]:
    """How often each register is read."""

    def read() -> Iterator[str]:
        for instr in instructions(cfg):
            for expr in reads(instr):
                yield from registers(expr)
        for block in cfg.blocks.values():
            if isinstance(block.terminator, ir.Branch):
                yield from registers(block.terminator.condition)

    return Counter(read())
