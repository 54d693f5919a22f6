"""A protocol compiled under one configuration: code, memory layout, claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dsl import protocol as p
from dsl.check.walk import deep, expressions
from dsl.interpreter import lifetimes, memory, places, srcu
from dsl.interpreter.code import Code, Op, finish, mark_half_stores
from dsl.interpreter.emit import Emitter
from dsl.interpreter.expressions import call, expression
from dsl.interpreter.layout import Layout, build_layout
from dsl.interpreter.sections import end
from dsl.interpreter.state import ACTOR, CUT, RUNNING, Frame, State, initial_actor
from dsl.interpreter.statements import function_body
from dsl.interpreter.values import UNSET, Value, Violated
from dsl.interpreter.work import Work
from dsl.source import Span
from dsl.types import LockType

GRACE = frozenset({"synchronize_rcu", "synchronize_rcu_expedited", "call_rcu", "kfree_rcu"})
"""The primitives that wait for regions."""

IPIS = frozenset({"smp_call_function"})
"""The primitives that wait for irq-off regions only."""

QUIET_LIMIT = 10_000
"""A claim takes at most so many ops."""


@dataclass(frozen=True, slots=True)
class CompiledTransition:
    """The word's place, and per edge the places of the locks; bodies that leave an address."""

    place: int
    holding: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Program:
    """All code of a protocol under a configuration; ``loop_bound`` -1 is no bound."""

    protocol: p.Protocol
    configuration: Mapping[str, str]
    layout: Layout
    loop_bound: int
    codes: list[Code] = field(default_factory=list[Code])
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    transitions: list[CompiledTransition] = field(default_factory=list[CompiledTransition])

    def is_folio(self, slot: int) -> bool:
        """Whether the slot is a folio lock."""
        return self.layout.slot_type(slot) == LockType("folio")

    def take_back_edge(self, w: Work, header: int) -> None:
        """Counts a round of a loop; one too many stops the actor for good."""
        w.spun = True
        if self.loop_bound < 0:
            return
        rounds = w.counts.get(header, 0)
        if rounds >= self.loop_bound:
            w.status = CUT
        else:
            w.counts[header] = rounds + 1

    def frame(self, name: str, instance: int = 0) -> Frame:
        """A first frame of an actor's body, which may ask which instance of the actor runs."""
        number = self.numbers[name]
        code = self.codes[number]
        given: tuple[Value, ...] = tuple(instance for _ in code.parameters)
        return Frame(number, 0, (*given, *(UNSET,) * (code.registers - len(given))), -1, ())

    def deferred_free(self, span: Span) -> int:
        """A body for the callbacks of one ``kfree_rcu()``: it frees its argument."""
        number = len(self.codes)
        code = Code(f"kfree_rcu {number}", number, False, 1, (0,), span)
        code.ops = [
            Op(
                lambda w, _: lifetimes.free(w, w.registers[0]),
                span,
                "kfree_rcu (callback)",
                shared=True,
                reads=(0,),
            ),
            Op(lambda w, _: end(w), span, "ends", falls=False),
        ]
        finish(code, frozenset())
        self.codes.append(code)
        return number

    def callback(self, function: str, span: Span, kind: int, *, worker: bool) -> int:
        """What runs ``function`` as a callback, which is found by its head, of type ``kind``.

        Of ``call_srcu()`` it is a ``worker``: the domain is in use meanwhile, and it runs in a
        thread of its own, with softirqs off.
        """
        number = len(self.codes)
        called = "call_srcu" if worker else "call_rcu"
        given = (0, 1) if worker else (0,)
        code = Code(f"{function} of {called} {number}", number, False, len(given) + 1, given, span)
        code.worker = worker
        finding = Op(
            lambda w, _: memory.touch(w, w.registers[0], kind),
            span,
            f"{called} (head)",
            shared=True,
            reads=(0,),
        )
        touching = Op(
            lambda w, _: srcu.touch(w, w.registers[1]),
            span,
            "call_srcu (domain)",
            shared=True,
            reads=(1,),
        )
        calling = Op(
            lambda w, _: call(w, self.numbers[function], 0, len(given), -1),
            span,
            function,
            reads=(0,),
            calls=function,
        )
        inside = [touching, finding, calling, touching] if worker else [finding, calling]
        code.ops = [*inside, Op(lambda w, _: end(w), span, "ends", falls=False)]
        finish(code, frozenset())
        self.codes.append(code)
        return number

    def quietly(self, w: Work, code: int, arguments: tuple[Value, ...]) -> Value | None:
        """What a claim's body leaves, in one moment; None if it cannot be evaluated."""
        state = State(w.memory, w.lives, w.pages, w.completed, (), w.edges, (), ())
        body = self.codes[code]
        registers = (*arguments, *(UNSET,) * (body.registers - len(arguments)))
        frame = Frame(code, 0, registers, -1, ())
        claim = Work(self, state, initial_actor("", ACTOR, "", RUNNING, frame))
        claim.quiet = True
        try:
            for _ in range(QUIET_LIMIT):
                if claim.pc >= len(body.ops):
                    return claim.registers[len(body.parameters)]
                op = body.ops[claim.pc]
                claim.pc += 1
                op.run(claim, 0)
        except Violated:
            pass
        return None

    def claim(self, function: Callable[[Emitter, int], None], parameters: int, span: Span) -> int:
        """Compiles a body that leaves a value in the register after its parameters."""
        code = Code("", len(self.codes), False, parameters, tuple(range(parameters)), span)
        self.codes.append(code)
        function(_emitter(self, code, {}, False, False), parameters)
        code.dead = [()] * len(code.ops)
        code.pending_halves = [False] * len(code.ops)
        return code.number


def _emitter(
    program: Program, code: Code, registers: dict[int, int], sections: bool, interrupts: bool
) -> Emitter:
    return Emitter(
        layout=program.layout,
        configuration=program.configuration,
        numbers=program.numbers,
        sections=sections,
        interrupts=interrupts,
        code=code,
        locals=registers,
        bounded=program.loop_bound >= 0,
        compile=expression,
        deferred_free=program.deferred_free,
        callback=program.callback,
    )


def _used(functions: Iterable[p.Function]) -> frozenset[str]:
    """The names of the primitives that occur anywhere."""
    return frozenset(
        part.primitive
        for function in functions
        for expr in expressions(function.body)
        for part in deep(expr)
        if isinstance(part, p.CallPrimitive)
    )


def actor_body(name: str) -> str:
    """The key of an actor's body beside those of functions."""
    return f"actor {name}"


def build_program(
    protocol: p.Protocol, configuration: Mapping[str, str], loop_bound: int | None
) -> Program:
    """Compiles every function and actor, and the transitions."""
    layout = build_layout(protocol, dict(configuration))
    bound = -1 if loop_bound is None else loop_bound
    program = Program(protocol, configuration, layout, bound)
    bodies = dict(protocol.functions)
    bodies.update((actor_body(a.name), a) for a in protocol.actors.values())
    for name, function in bodies.items():
        _declare(program, name, function.kind == "update", len(function.locals), function)
    used = _used(bodies.values())
    # What is freed to a typesafe pool begins a grace period too.
    typesafe = any(pool.typesafe for pool in protocol.pools.values())
    interrupts, sections = bool(used & IPIS), bool(used & GRACE) or typesafe
    for name, function in bodies.items():
        code = program.codes[program.numbers[name]]
        registers = {local.number: i for i, local in enumerate(function.locals)}
        emitter = _emitter(program, code, registers, sections, interrupts)
        function_body(emitter, function)
        finish(code, frozenset(emitter.addressed))
    mark_half_stores(program.codes)
    for transition in protocol.transitions:
        program.transitions.append(_compile_transition(program, transition))
    return program


def _declare(program: Program, name: str, update: bool, count: int, body: p.Function) -> None:
    number = program.numbers[name] = len(program.codes)
    parameters = tuple(range(len(body.parameters)))
    program.codes.append(Code(name, number, update, count, parameters, body.span))


def _compile_transition(program: Program, transition: p.Transition) -> CompiledTransition:
    def leave(place: p.Place) -> Callable[[Emitter, int], None]:
        def body(e: Emitter, dst: int) -> None:
            e.locals[transition.before.number] = 0
            places.address(e, place, dst)

        return body

    return CompiledTransition(
        program.claim(leave(transition.place), 0, transition.span),
        tuple(
            tuple(program.claim(leave(lock), 1, edge.span) for lock in edge.holding)
            for edge in transition.edges
        ),
    )
