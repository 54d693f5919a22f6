"""The printed notation of graphs: see :mod:`prover.graph.ir`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from prover.graph.instructions import inner
from prover.graph.ir import (
    Acquire,
    Alloc,
    Apply,
    Assign,
    Assume,
    Branch,
    CallRcu,
    Cfg,
    Check,
    Const,
    Cut,
    Downgrade,
    End,
    Enter,
    Expr,
    Fence,
    Free,
    GraceWait,
    Havoc,
    HeadLook,
    Holds,
    Instr,
    Ipi,
    IrqsDisabled,
    IsLocked,
    Jump,
    Layout,
    Leave,
    Load,
    LockInit,
    Mark,
    Met,
    MightSleep,
    Program,
    RcuBarrier,
    Reg,
    Region,
    Release,
    Rmw,
    SetIrq,
    Spin,
    SrcuEnter,
    SrcuLeave,
    Store,
    Terminator,
    TransitionTable,
    TryAcquire,
    Watch,
)
from prover.graph.order import LOOP
from prover.graph.pretty_values import constant_text
from prover.graph.values import (
    INTEGER_OPS,
    AddressSpace,
    Location,
    Path,
    Pointer,
    Value,
)

_EMPTY = Layout({}, {}, AddressSpace({}))
_INFIX = frozenset([*INTEGER_OPS, "==", "!="])
_PREFIX = {"!": "!", "~": "~", "neg": "-"}
_NAMES = {"word_low": "low", "word_high": "high", "word_join": "join", "word_bits": "bits"}
_INDENT = "    "


def format_program(program: Program) -> str:
    """Everything an obligation's program is made of."""
    printer = _Printer(program.layout)
    parts = ["\n".join(printer.region(region)) for region in program.layout.regions.values()]
    parts = ["\n".join(parts)] if parts else []
    parts += ["\n".join(printer.transition(table)) for table in program.transitions]
    if program.orders:
        parts.append("\n".join(f"lock_order {o.first} -> {o.then}" for o in program.orders))
    done: dict[int, str] = {}
    for actor in program.actors:
        same = done.setdefault(id(actor.graph), actor.name)
        if same != actor.name:
            parts.append(f"actor {actor.name} as {same}")
        else:
            parts.append("\n".join(printer.graph(actor.graph, f"actor {actor.name}")))
    for cfg in (*program.finals, *program.invariants):
        parts.append("\n".join(printer.graph(cfg, cfg.name)))
    return "\n\n".join(parts) + "\n"


def format_cfg(cfg: Cfg, layout: Layout = _EMPTY) -> str:
    """One graph."""
    return "\n".join(_Printer(layout).graph(cfg, cfg.name)) + "\n"


def format_expr(expr: Expr, layout: Layout = _EMPTY) -> str:
    """One expression, as a value."""
    return _Printer(layout).value(expr)


def format_instr(instr: Instr, layout: Layout = _EMPTY) -> str:
    """One instruction."""
    return _Printer(layout).instr(instr)


def format_value(value: Value, layout: Layout = _EMPTY) -> str:
    """One concrete value, as the author would write it."""
    return _Printer(layout).constant(value)


@dataclass(frozen=True, slots=True)
class _Printer:
    """Prints with the names of one obligation's memory."""

    layout: Layout

    # --- graphs ---------------------------------------------------------------------------

    def graph(self, cfg: Cfg, title: str) -> Iterator[str]:
        """A title, then the blocks."""
        yield title
        for block in cfg.blocks.values():
            yield f"{block.name}:"
            for instr in block.body:
                yield from (_INDENT + line for line in self.lines(instr))
            yield _INDENT + self.terminator(block.terminator)

    def lines(self, instr: Instr) -> Iterator[str]:
        """An instruction, and the graph inside it indented below."""
        yield self.instr(instr)
        inside = inner(instr)
        if inside is not None:
            yield from (_INDENT + line for line in self.graph(inside, f"graph {inside.name}"))

    def terminator(self, terminator: Terminator) -> str:
        """The last line of a block."""
        match terminator:
            case Jump(target=target):
                return f"jump {target}"
            case Branch(condition=condition, then=then, otherwise=otherwise):
                return f"branch {self.value(condition)} ? {then} : {otherwise}"
            case End():
                return "end"
            case Cut():
                return "cut"
            case Spin(name=name):
                return f"spin {name}"
            case _:
                assert_never(terminator)

    def instr(self, instr: Instr) -> str:
        """One instruction."""
        match instr:
            case Assign(reg=reg, expr=expr):
                return f"%{reg} = {self.value(expr)}"
            case Havoc(reg=reg, low=low, high=high, shared=shared):
                return f"%{reg} = any {low}..{high}{' of ' + shared if shared else ''}"
            case Load():
                return f"%{instr.reg} = load {instr.order} {self._place(instr)}"
            case Store():
                update = f" update {instr.update}" if instr.update else ""
                target = f"store {instr.order} {self._place(instr)}"
                return f"{target}, {self.value(instr.value)}{update}"
            case Rmw():
                where, new = self.place(instr.address), self.value(instr.new)
                text = f"%{instr.reg} = rmw {instr.order} {where}, {new}"
                always = isinstance(instr.when, Const) and instr.when.value == 1
                return text if always else f"{text}, when {self.value(instr.when)}"
            case Alloc(reg=reg, pool=pool):
                return f"%{reg} = alloc {pool}"
            case Free(pointer=pointer):
                return f"free {self.value(pointer)}"
            case Check(property=name, condition=condition):
                return f"check {name} {self.value(condition)}"
            case Assume(condition=condition):
                return f"assume {self.value(condition)}"
            case Watch(name=name):
                return f"watch {name}"
            case Met(middle=middle):
                return f"met at {middle}"
            case Mark(owner=owner, label=label):
                return "loop" if label == LOOP else f"mark {owner}.{label}"
            case Fence(kind=kind):
                return f"fence {kind}"
            case Downgrade(kind=kind, address=address):
                return f"downgrade {kind} {self.place(address)}"
            case Holds(reg=reg, kind=kind, mode=mode, address=address):
                return f"%{reg} = holds {kind} {mode} {self.place(address)}"
            case LockInit() | Acquire() | TryAcquire() | Release() | IsLocked():
                return self._lock(instr)
            case _:
                return self._section(instr)

    def _lock(self, instr: LockInit | Acquire | TryAcquire | Release | IsLocked) -> str:
        where = self.place(instr.address)
        match instr:
            case LockInit(kind=kind, gone=True):
                return f"lock-fini {kind} {where}"
            case LockInit(kind=kind):
                return f"lock-init {kind} {where}"
            case Acquire(kind=kind, mode=mode, nested=nested):
                subclass = f" nested {nested}" if nested >= 0 else ""
                return f"acquire {kind} {mode} {where}{subclass}"
            case TryAcquire(reg=reg, kind=kind, mode=mode):
                return f"%{reg} = try-acquire {kind} {mode} {where}"
            case Release(kind=kind, mode=mode):
                return f"release {kind} {mode} {where}"
            case IsLocked(reg=reg, kind=kind):
                return f"%{reg} = is-locked {kind} {where}"
            case _:
                assert_never(instr)

    def _section(
        self,
        instr: Enter
        | Leave
        | SrcuEnter
        | SrcuLeave
        | SetIrq
        | IrqsDisabled
        | MightSleep
        | GraceWait
        | RcuBarrier
        | CallRcu
        | HeadLook
        | Ipi,
    ) -> str:
        match instr:
            case SrcuEnter() | SrcuLeave():
                return self._srcu(instr)
            case Enter(section=section):
                return f"enter {section}"
            case Leave(section=section):
                return f"leave {section}"
            case SetIrq(off=off, save=save, strict=strict):
                saved = f"%{save} = " if save else ""
                return f"{saved}irq {self._irq(off)}{' strict' if strict else ''}"
            case IrqsDisabled(reg=reg, or_preemption=stays):
                return f"%{reg} = {'preemption' if stays else 'irqs'}-disabled"
            case MightSleep():
                return "might-sleep"
            case GraceWait(domain=domain, sleeps=False):
                assert domain is not None
                return f"flush-translations {self.place(domain)}"
            case GraceWait(domain=domain):
                return f"synchronize-{self._flavour(domain)}"
            case RcuBarrier(domain=None):
                return "rcu-barrier"
            case RcuBarrier(domain=domain):
                assert domain is not None
                return f"srcu-barrier {self.place(domain)}"
            case CallRcu(address=address, parameter=parameter, argument=argument, name=name):
                given = f"%{parameter} = {self.value(argument)}"
                called = f"call-{self._flavour(instr.domain)}"
                separator = "" if instr.domain is None else ","
                return f"{called}{separator} {self.place(address)}, {name} with {given}"
            case HeadLook(address=address):
                return f"head-look {self.place(address)}"
            case Ipi(targets=targets, wait=wait, name=name):
                to = " ".join(targets) or "others"
                return f"ipi {to}, {name} wait {self.value(wait)}"
            case _:
                assert_never(instr)

    def _flavour(self, domain: Expr | None) -> str:
        return "rcu" if domain is None else f"srcu {self.place(domain)}"

    def _srcu(self, instr: SrcuEnter | SrcuLeave) -> str:
        where = f"{self.place(instr.address)}{' anybody' if instr.anybody else ''}"
        if isinstance(instr, SrcuEnter):
            return f"%{instr.reg} = srcu-enter {where}"
        return f"srcu-leave {where}, {self.value(instr.index)}"

    def _irq(self, off: Expr) -> str:
        if isinstance(off, Const) and off.value in (0, 1):
            return "off" if off.value else "on"
        return self.value(off)

    # --- expressions ---------------------------------------------------------------------

    def _place(self, access: Load | Store) -> str:
        part = "" if access.part == "whole" else f".{access.part}"
        return self.place(access.address) + part

    def place(self, address: Expr) -> str:
        """What is at ``address``, without the ``&``."""
        match address:
            case Const(value=Pointer(base=base) as pointer) if base is not None:
                return str(pointer.location)
            case Apply(op="field", params=(step, _), args=(base,)):
                return self._member(base, str(step))
            case Apply(op="index", args=(base, index)):
                return f"{self.place(base)}[{self.value(index)}]"
            case _:
                return f"*{self.value(address)}"

    def _member(self, base: Expr, step: str) -> str:
        """``p->field`` for a pointer in a register, ``place.field`` for what is one place."""
        if isinstance(base, Apply) and base.op in ("field", "index"):
            return f"{self.place(base)}.{step}"
        if isinstance(base, Const) and isinstance(base.value, Pointer):
            return f"{self.place(base)}.{step}"
        return f"{self.value(base)}->{step}"

    def value(self, expr: Expr) -> str:
        """``expr`` as a value."""
        match expr:
            case Const(value=value):
                return self.constant(value)
            case Reg(name=name):
                return f"%{name}"
            case Apply(op=op, args=(left, right)) if op in _INFIX:
                return f"({self.value(left)} {op} {self.value(right)})"
            case Apply(op=op, args=(operand,)) if op in _PREFIX:
                return f"{_PREFIX[op]}{self.value(operand)}"
            case Apply(op="field" | "index"):
                return f"&{self.place(expr)}"
            case Apply(op="wrap", params=(bits, signed), args=(operand,)):
                return f"{'s' if signed else 'u'}{bits}({self.value(operand)})"
            case Apply(op=op, params=params, args=args):
                shown = params[:1] if op == "container_of" else params
                words = [str(param) for param in shown] + [self.value(arg) for arg in args]
                return f"{_NAMES.get(op, op)}({', '.join(words)})"

    def constant(self, value: Value) -> str:
        """One value."""
        return constant_text(self.layout, value)

    # --- memory ---------------------------------------------------------------------------

    def region(self, region: Region) -> Iterator[str]:
        """An object: its address and what its cells hold."""
        where = self.layout.space.objects.get(region.name)
        at = f" at 0x{where[0]:x}" if where else ""
        kind = f"{'zeroed ' if region.zeroed else ''}slot" if region.pool else "object"
        kind = f"typesafe {kind}" if region.typesafe else kind
        ghost = "ghost " if region.ghost else ""
        yield f"{ghost}{kind} {region.name}{at}"
        for cell in region.cells:
            name = _path_text(cell.path)
            start = region.initial.get(cell.path)
            holds = f" = {self.constant(start)}" if start is not None else ""
            words = (cell.kind, cell.type_name, cell.lock_class, "split" if cell.split else "")
            yield f"{_INDENT}{name or '*'}: {' '.join(w for w in words if w)}{holds}"

    def transition(self, table: TransitionTable) -> Iterator[str]:
        """The legal edges of one word."""
        yield f"transition {table.location}"
        for rule in table.rules:
            locks = ", ".join(self.place(lock) for lock in rule.holding)
            holding = f" holding {locks}" if locks else ""
            yield f"{_INDENT}{rule.before} -> {rule.after}{holding}"


def _path_text(path: Path) -> str:
    return str(Location("", path)).lstrip(".")
