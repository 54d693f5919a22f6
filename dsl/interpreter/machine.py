"""The machine: states, the steps possible in them, and what each leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from dsl import protocol as p
from dsl.interpreter import memory, pages, places, sections, updates
from dsl.interpreter.code import Op
from dsl.interpreter.emit import Emitter
from dsl.interpreter.idle import has_loops, waiting
from dsl.interpreter.program import Program, actor_body, build_program
from dsl.interpreter.state import (
    ACTOR,
    ALLOCATOR,
    CUT,
    ENDED,
    PENDING,
    RUNNING,
    SPINNING,
    ActorState,
    Frame,
    State,
    Step,
    Violation,
    initial_actor,
)
from dsl.interpreter.values import Pointer, Value, Violated
from dsl.interpreter.work import Work
from dsl.source import Span

LOCAL_LIMIT = 50_000
"""So many local ops in one step are taken for a loop without end."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What can happen in a state: the steps, and the blocked actors with whom they wait for.

    ``urgent`` is the one actor whose steps alone need exploring: it makes a
    choice that nobody else can see or influence ("": none).
    """

    steps: tuple[Step, ...]
    blocked: Mapping[str, frozenset[str]]
    urgent: str


@dataclass(frozen=True, slots=True)
class Performed:
    """A step's state, with what the step did, where."""

    state: State
    text: str
    span: Span


@dataclass(slots=True)
class Machine:
    """One scenario of a protocol under one configuration."""

    protocol: p.Protocol
    scenario: p.Scenario
    program: Program
    finals: list[tuple[int, p.Claim]] = field(default_factory=list[tuple[int, p.Claim]])
    invariants: list[tuple[int, p.Claim]] = field(default_factory=list[tuple[int, p.Claim]])

    def initial(self) -> State:
        """The state before the first step: every actor up to its first shared op."""
        state = self._memory()
        names = self._instances()
        state = state._replace(
            actors=tuple(
                initial_actor(name, ACTOR, "", RUNNING, self.program.frame(actor_body(body), nth))
                for name, body, nth in names
            )
        )
        for name, _, _ in names:
            w = Work(self.program, state, _actor(state, name))
            state = self._state(w, self._run_local(w), changed=False)
        return self._with_invariants(state)

    def _instances(self) -> list[tuple[str, str, int]]:
        """Each instance's name, its actor, and which of that actor's it is, from 0."""
        counts: dict[str, int] = {}
        found: list[tuple[str, str, int]] = []
        for name, times in self.scenario.run:
            for _ in range(times):
                counts[name] = counts.get(name, 0) + 1
                number = counts[name]
                shown = name if number == 1 else f"{name}.{number}"
                found.append((shown, name, number - 1))
        return sorted(found)

    def _memory(self) -> State:
        layout = self.program.layout
        cells: list[Value] = []
        for slot, number in enumerate(layout.slots):
            pool = layout.units[layout.nodes[number].unit].pool
            cells.append(layout.start(slot) if pool else layout.fresh(slot, zeroed=True))
        lives = tuple(0 if unit.pool else 1 for unit in layout.units)
        state = State(tuple(cells), lives, (), frozenset(), (), frozenset(), (), ())
        for obj in self.protocol.objects.values():
            for path, value in obj.initial:
                state = self._initialize(state, _place(layout.roots[obj.name], path, self), value)
        for place, value in self.scenario.init:
            state = self._initialize(state, place, value)
        return updates.settled_at_start(self.program, state)

    def _initialize(self, state: State, place: p.Place | Pointer, value: p.Expr) -> State:
        """Stores a constant before anything runs."""
        w = self._observer(state)

        def compiled(e: Emitter, dst: int) -> None:
            e.expression(value, dst)

        def located(e: Emitter, dst: int) -> None:
            assert not isinstance(place, Pointer)
            places.address(e, place, dst)

        new = self.program.quietly(w, self.program.claim(compiled, 0, value.span), ())
        ref: Value | None = place if isinstance(place, Pointer) else None
        if not isinstance(place, Pointer):
            ref = self.program.quietly(w, self.program.claim(located, 0, place.span), ())
        assert isinstance(ref, Pointer) and new is not None
        node = self.program.layout.nodes[ref.node]
        w.store(node.slot, memory.stored(new, node))
        return state._replace(memory=w.memory)

    def _observer(self, state: State) -> Work:
        frame = Frame(0, 0, (), -1, ())
        return Work(self.program, state, initial_actor("", ACTOR, "", RUNNING, frame))

    # --- what can happen ---------------------------------------------------------------

    def enabled(self, state: State) -> tuple[Step, ...]:
        """Every step possible in ``state``; none once a property is violated."""
        return self.moves(state).steps

    def moves(self, state: State) -> Moves:
        """The steps possible in ``state`` and who is blocked on whom."""
        if state.violations:
            return Moves((), {}, "")
        steps: list[Step] = []
        blocked: dict[str, frozenset[str]] = {}
        urgent = ""
        for actor in state.actors:
            if actor.status not in (RUNNING, PENDING):
                continue
            choices, waits, fork = self.choices(state, actor)
            if not choices:
                blocked[actor.name] = waits
            elif fork and not actor.spun and not urgent:
                urgent = actor.name
            steps.extend(Step(actor.name, choice) for choice in choices)
        steps.extend(pages.steps(state))
        return Moves(tuple(steps), blocked, urgent)

    def choices(
        self, state: State, actor: ActorState, *, lasting: bool = False
    ) -> tuple[tuple[int, ...], frozenset[str], bool]:
        """The alternatives of an actor's next step, who blocks it, and whether it only chooses;
        ``lasting``: those that are left where nobody else ever does anything.
        """
        w = Work(self.program, state, actor)
        if actor.status == PENDING:
            if sections.can_start(w):
                return (0,), frozenset(), False
            return (), sections.start_blockers(w), False
        if handler := sections.interrupting(state.actors, actor.name):
            return (), frozenset({handler}), False
        op = self._op(w)
        if not op.shared:
            return (0,), frozenset(), False
        choices = op.lasting(w) if lasting and op.lasting else op.choices(w)
        return choices, frozenset() if choices else op.blockers(w), op.fork

    def _op(self, w: Work) -> Op:
        return self.program.codes[w.code].ops[w.pc]

    def span(self, state: State, name: str) -> Span:
        """Where an actor stands."""
        actor = _actor(state, name)
        code = self.program.codes[actor.frames[-1].code]
        return code.span if actor.status == PENDING else code.ops[actor.frames[-1].pc].span

    # --- stepping ----------------------------------------------------------------------

    def apply(self, state: State, step: Step) -> State:
        """The state after ``step``, which must be enabled in ``state``."""
        return self.perform(state, step).state

    def perform(self, state: State, step: Step) -> Performed:
        """:meth:`apply`, with a description of the step."""
        if step.actor == ALLOCATOR:
            after, text, span = pages.give_back(self.program.layout, state, step.choice)
            return Performed(after, text, span)
        actor = _actor(state, step.actor)
        w = Work(self.program, state, actor)
        w.leave_hosts()
        w.spun = False if actor.status == PENDING else w.spun
        if actor.status == PENDING:
            sections.start(w)
            span = self.program.codes[w.code].span
            sites, text = self._run_local(w), "starts"
        else:
            op = self._op(w)
            span, text = op.span, op.text
            w.spun = w.spun and op.fork
            sites = self._run_one(w, op, step.choice) or self._run_local(w)
        note = f"{text}: {w.note}" if w.note else text
        after = self._state(w, sites, changed=w.memory is not state.memory)
        return Performed(after, note, span)

    def _run_one(self, w: Work, op: Op, choice: int) -> tuple[Violation, ...]:
        """Runs the op at hand; what it violates."""
        pc = w.pc
        w.pc += 1
        try:
            op.run(w, choice)
            self._finish_updates(w)
        except Violated as violated:
            w.pc = pc
            return tuple((kind, op.span) for kind in violated.kinds)
        return ()

    def _finish_updates(self, w: Work) -> None:
        """Completes an update as soon as its call cannot store another half."""
        if not w.pending:
            return
        codes = self.program.codes
        open_calls = [(f.code, f.pc) for f in w.lower[w.update :]] if w.update >= 0 else []
        if w.update >= 0:
            open_calls.append((w.code, w.pc))
        if not any(codes[code].pending_halves[pc] for code, pc in open_calls):
            updates.finish_pending(w)

    def _run_local(self, w: Work) -> tuple[Violation, ...]:
        """Runs local ops up to a shared one, or to one that would violate something."""
        seen: set[tuple[object, ...]] = set()
        for _ in range(LOCAL_LIMIT):
            if w.status != RUNNING:
                return ()
            op = self._op(w)
            if op.shared and not op.local_if(w):
                # Where no choice follows, a back edge taken on the way tells nothing.
                w.spun = w.spun and op.fork
                return ()
            pc, depth = w.pc, len(w.lower)
            w.pc += 1
            try:
                op.run(w, 0)
            except Violated:
                # A step of its own: others may act before it.
                w.pc = pc
                return ()
            try:
                self._finish_updates(w)
            except Violated as violated:
                return tuple((kind, op.span) for kind in violated.kinds)
            if w.pc <= pc and len(w.lower) == depth and w.status == RUNNING:
                here = (tuple(w.lower), w.pc, tuple(w.registers), tuple(sorted(w.counts.items())))
                if here in seen:
                    w.status = SPINNING
                seen.add(here)
        w.status = CUT
        return ()

    def _state(self, w: Work, sites: tuple[Violation, ...], *, changed: bool) -> State:
        """The state that the step leaves, with everything it violates."""
        others = w.others
        if w.status != ENDED or w.kind == ACTOR:
            others = [*others, w.actor()]
        actors = tuple(sorted(others, key=lambda a: a.name))
        state = State(w.memory, w.lives, w.pages, w.completed, w.settled, w.edges, actors, sites)
        return self._with_invariants(state) if changed else state

    def _with_invariants(self, state: State) -> State:
        broken = tuple(
            ("invariant", claim.span)
            for code, claim in self.invariants
            if not self.holds(state, code)
        )
        return state._replace(violations=(*state.violations, *broken)) if broken else state

    def holds(self, state: State, code: int) -> bool:
        """Whether a claim holds; one that reads poison or through NULL does not."""
        return bool(self.program.quietly(self._observer(state), code, ()))

    def broken_finals(self, state: State) -> tuple[Violation, ...]:
        """The final claims that do not hold."""
        return tuple(
            ("final", claim.span) for code, claim in self.finals if not self.holds(state, code)
        )

    def violations(self, state: State) -> tuple[Violation, ...]:
        """Everything that is wrong with a state: the last step, deadlock, final claims."""
        if state.violations:
            return state.violations
        waits = waiting(self, state, self.moves(state), loops=has_loops(self.program.codes))
        if stuck := self.deadlocked(state, waits):
            return tuple(("deadlock", self.span(state, name)) for name in stuck)
        if all(a.status == ENDED for a in state.actors):
            return self.broken_finals(state)
        return ()

    # --- deadlock

    def deadlocked(self, state: State, blocked: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        """The blocked of the largest set of actors that only they or ended ones could let go on."""
        return tuple(sorted(self.hopeless(state, blocked) & blocked.keys()))

    def hopeless(self, state: State, blocked: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """That set, with the actors whose CPUs its callbacks keep.

        An actor that a callback may have interrupted waits for it; each runs on one CPU.
        """
        ended = frozenset(a.name for a in state.actors if a.status == ENDED)
        going = frozenset(a.name for a in state.actors) - ended
        waits = {name: [blockers] for name, blockers in blocked.items()}
        hosts = {a.name: a.hosts for a in state.actors if a.hosts and a.name in blocked}
        most = _hopeless(_with_hosts(waits, hosts.items()), going, ended)
        chances = [[(name, h) for h in sorted(hosts[name] & most)] for name in sorted(hosts)]
        largest = _hopeless(waits, going, ended)
        for chosen in product(*([None, *pairs] for pairs in chances if pairs)):
            taken = [(pair[0], frozenset({pair[1]})) for pair in chosen if pair is not None]
            found = _hopeless(_with_hosts(waits, taken), going, ended)
            largest = found if len(found) > len(largest) else largest
            if largest == most:
                break
        return largest


def _with_hosts(
    waits: Mapping[str, list[frozenset[str]]], hosts: Iterable[tuple[str, frozenset[str]]]
) -> dict[str, list[frozenset[str]]]:
    """``waits`` with every host of a callback waiting for that callback."""
    found = dict(waits)
    for callback, names in hosts:
        for name in names:
            found[name] = [*found.get(name, ()), frozenset({callback})]
    return found


def _hopeless(
    waits: Mapping[str, list[frozenset[str]]], going: frozenset[str], ended: frozenset[str]
) -> frozenset[str]:
    """The largest set each of whose members waits for members or ended actors in some way."""
    stuck = frozenset(waits)
    while True:
        hopeless = stuck | ended
        kept = frozenset(
            name for name in stuck if any(_stops(w, going, hopeless) for w in waits[name])
        )
        if kept == stuck:
            return stuck
        stuck = kept


def _stops(blockers: frozenset[str], going: frozenset[str], hopeless: frozenset[str]) -> bool:
    """Whether who must act never will: one of them, or all beside ``*``; alone it is anybody."""
    if "*" in blockers:
        return (blockers - {"*"} or going) <= hopeless
    return bool(blockers & hopeless)


def _actor(state: State, name: str) -> ActorState:
    return next(a for a in state.actors if a.name == name)


def _place(root: int, path: Iterable[str | int], machine: Machine) -> Pointer:
    node = root
    for step in path:
        node = machine.program.layout.nodes[node].children[step]
    return Pointer(node, 0)


def build_machine(
    protocol: p.Protocol,
    scenario: str,
    configuration: Mapping[str, str],
    loop_bound: int | None = None,
) -> Machine:
    """The machine of one scenario; every config name needs a value in ``configuration``."""
    chosen = protocol.scenarios[scenario]
    if chosen.unbounded:
        raise ValueError(f"{scenario} runs any number of actors, or for ever")
    program = build_program(protocol, configuration, loop_bound)
    machine = Machine(protocol, chosen, program)

    def compiled(claim: p.Claim) -> tuple[int, p.Claim]:
        return program.claim(
            lambda e, dst: e.expression(claim.condition, dst), 0, claim.span
        ), claim

    machine.finals = [compiled(c) for c in (*protocol.finals, *chosen.finals)]
    machine.invariants = [compiled(c) for c in (*protocol.invariants, *chosen.invariants)]
    return machine
