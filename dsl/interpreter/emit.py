"""The writer of one compiled body: registers, labels and the plain ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dsl.interpreter.code import Code, Label, Op, nobody, once
from dsl.interpreter.layout import Layout
from dsl.interpreter.values import LocalRef, Value, truth
from dsl.interpreter.work import Work
from dsl.protocol import Expr, Local
from dsl.source import Span

Run = Callable[[Work], None]


class Callback(Protocol):
    """What makes a body that runs a function as a callback."""

    def __call__(self, function: str, span: Span, kind: int, *, worker: bool) -> int:
        """The number of the body, as ``Program.callback()`` makes it."""
        ...


@dataclass(slots=True)
class Emitter:
    """What the compilation of one body knows.

    An expression's value goes to a register ``dst``; those above are free for its
    parts, those below (locals, then pending operands) stay.  ``sections`` and
    ``interrupts`` say whether any region, and whether irq-off regions, can be waited for;
    ``compile`` compiles an expression, ``deferred_free`` a callback of ``kfree_rcu()``,
    ``callback`` what runs a function as one of ``call_rcu()`` or ``call_srcu()``.
    """

    layout: Layout
    configuration: Mapping[str, str]
    numbers: Mapping[str, int]
    sections: bool
    interrupts: bool
    code: Code
    locals: dict[int, int]
    bounded: bool
    compile: Callable[[Emitter, Expr, int], None]
    deferred_free: Callable[[Span], int]
    callback: Callback
    addressed: set[int] = field(default_factory=set[int])
    names: dict[str, tuple[Label, Label, int]] = field(
        default_factory=dict[str, tuple[Label, Label, int]]
    )
    headers: int = 0

    def expression(self, expr: Expr, dst: int) -> None:
        """``dst = expr``."""
        self.compile(self, expr, dst)

    def configured(self, name: str) -> int:
        """The index of a config's value."""
        return self.layout.protocol.configs[name].index(self.configuration[name])

    def register(self, local: Local) -> int:
        """The register of a local."""
        return self.locals[local.number]

    def use(self, register: int) -> int:
        """Makes sure that ``register`` exists."""
        self.code.registers = max(self.code.registers, register + 1)
        return register

    def here(self, label: Label) -> None:
        """Puts ``label`` before the next op."""
        label.position = len(self.code.ops)

    def add(self, op: Op) -> None:
        """Appends an op."""
        if op.writes >= 0:
            self.use(op.writes)
        self.code.ops.append(op)

    def compute(
        self,
        function: Callable[[Work], Value],
        dst: int,
        span: Span,
        reads: tuple[int, ...] = (),
    ) -> None:
        """A local op: ``dst = function()``."""

        def run(w: Work, _: int) -> None:
            w.registers[dst] = function(w)

        self.add(Op(run, span, reads=reads, writes=dst))

    def apply1(self, function: Callable[[Value], Value], dst: int, span: Span) -> None:
        """A local op: ``dst = function(dst)``."""
        self.compute(lambda w: function(w.registers[dst]), dst, span, (dst,))

    def apply2(self, function: Callable[[Value, Value], Value], dst: int, span: Span) -> None:
        """A local op: ``dst = function(dst, dst + 1)``."""
        other = self.use(dst + 1)
        self.compute(
            lambda w: function(w.registers[dst], w.registers[other]), dst, span, (dst, other)
        )

    def constant(self, value: Value, dst: int, span: Span) -> None:
        """``dst = value``."""
        self.compute(lambda _: value, dst, span)

    def move(self, src: int, dst: int, span: Span) -> None:
        """``dst = src``."""
        self.compute(lambda w: w.registers[src], dst, span, (src,))

    def local(self, run: Run, span: Span, reads: tuple[int, ...] = ()) -> None:
        """A local op without result."""
        self.add(Op(lambda w, _: run(w), span, reads=reads))

    def jump(self, target: Label, span: Span) -> None:
        """Goes to ``target``."""

        def run(w: Work, _: int) -> None:
            w.pc = target.position

        self.add(Op(run, span, targets=(target,), falls=False))

    def jump_if(self, wanted: bool, register: int, target: Label, span: Span) -> None:
        """Goes to ``target`` where the condition in ``register`` is ``wanted``."""

        def run(w: Work, _: int) -> None:
            if truth(w.registers[register]) is wanted:
                w.pc = target.position

        self.add(Op(run, span, reads=(register,), targets=(target,)))

    def shared(
        self,
        run: Callable[[Work, int], None],
        span: Span,
        text: str,
        *,
        choices: Callable[[Work], tuple[int, ...]] = once,
        lasting: Callable[[Work], tuple[int, ...]] | None = None,
        blockers: Callable[[Work], frozenset[str]] = nobody,
        reads: tuple[int, ...] = (),
        writes: int = -1,
        place: int = -1,
        stores_half: bool = False,
    ) -> None:
        """A shared op; local where the address in register ``place`` is a local's."""
        op = Op(run, span, text, shared=True, choices=choices, blockers=blockers, reads=reads)
        op.writes, op.stores_half, op.lasting = writes, stores_half, lasting
        if place >= 0:
            op.local_if = lambda w: isinstance(w.registers[place], LocalRef)
        self.add(op)

    def region(
        self, run: Run, span: Span, text: str, *, irq: bool, inside: Callable[[Work], bool]
    ) -> None:
        """An op that opens or closes a region: shared unless nobody can wait for it."""
        matters = self.sections or (irq and self.interrupts)
        op = Op(lambda w, _: run(w), span, text, shared=matters)
        op.local_if = inside
        self.add(op)

    def new_header(self) -> int:
        """A number for a loop header."""
        self.headers += 1
        return self.headers

    def enter_loop(self, header: int, span: Span) -> None:
        """The loop is entered from outside: its rounds count from zero."""
        if self.bounded:
            self.local(lambda w: _forget_rounds(w, header), span)

    def back(self, header: int, target: Label, span: Span) -> None:
        """The back edge of a loop."""

        def run(w: Work, _: int) -> None:
            w.pc = target.position
            w.program.take_back_edge(w, header)

        self.add(Op(run, span, targets=(target,), falls=False))


def _forget_rounds(w: Work, header: int) -> None:
    w.counts.pop(header, None)
