"""From the acyclic graphs of a program to its skeleton.

Each thread is walked once, block by block in topological order.  Registers become
terms, joined by Phi where paths meet; an instruction becomes an event with the
accesses it makes and the checks that are a matter of the thread alone.  What a
thread holds (locks, sections, interrupt state) is kept in registers of the
builder's own, so those checks are terms like any other.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.frozen import Frozen, replace
from prover.execution import skeleton as sk
from prover.execution.construct import srcu as build_srcu
from prover.execution.construct.arms import within_arms
from prover.execution.construct.chosen import Chosen
from prover.execution.construct.conditions import Conditions
from prover.execution.construct.controls import controlling, in_rounds, met, open_branches
from prover.execution.construct.draft import Draft, Env, topological
from prover.execution.construct.instructions import Strand, step
from prover.execution.construct.locks import folio_edges, interrupting
from prover.execution.construct.pages import build_pages
from prover.execution.construct.strand import SPINNING
from prover.execution.construct.updates import updates_after, updates_in
from prover.execution.declared import declared_orders
from prover.execution.terms import Term
from prover.graph import ir
from prover.graph.values import POISON


class Job(Frozen, frozen=True):
    """A thread still to be built."""

    number: int
    name: str
    kind: str
    symmetry: str
    graph: ir.Cfg
    guard: Term
    env: Env
    parent: int
    host: int
    anchor: int
    domain: Term | None = None


def build(program: ir.Program) -> sk.Skeleton:
    """The skeleton of a bounded program."""
    draft = Draft(program.layout)
    true = draft.constant(1)
    jobs = [
        _job(draft, actor.name, "actor", actor.symmetry, actor.graph, true)
        for actor in program.actors
    ]
    ipis = _build_all(draft, jobs, program)
    _build_handlers(draft, ipis, program)
    build_srcu.match_readers(draft)
    _build_claims(draft, program)
    return _freeze(draft, program.orders)


def _job(
    draft: Draft,
    name: str,
    kind: str,
    symmetry: str,
    graph: ir.Cfg,
    guard: Term,
    env: Env | None = None,
    parent: int = -1,
    host: int = -1,
    anchor: int = -1,
) -> Job:
    """A job with a thread number of its own."""
    draft.threads.append(None)
    number = len(draft.threads) - 1
    return Job(number, name, kind, symmetry, graph, guard, env or {}, parent, host, anchor)


def _build_all(draft: Draft, jobs: list[Job], program: ir.Program) -> list[tuple[ir.Ipi, int, int]]:
    """Builds the jobs and their callbacks; gives the IPIs: (instruction, event, thread)."""
    ipis: list[tuple[ir.Ipi, int, int]] = []
    position = 0
    while position < len(jobs):
        job = jobs[position]
        position += 1
        strand = _build_thread(draft, job, program)
        ipis.extend((instr, event, job.number) for instr, event, _ in strand.ipis)
        for instr, event, thread, argument in strand.callbacks:
            name = f"{instr.name} callback of {job.name}"
            jobs.append(
                Job(
                    number=thread,
                    name=name,
                    kind="callback",
                    symmetry=f"{name}#{event}",
                    graph=instr.callback,
                    guard=draft.outcome(event, "ok"),
                    env={instr.parameter: argument},
                    parent=event,
                    host=-1,
                    anchor=-1,
                    domain=_domain(draft, event),
                )
            )
    return ipis


def _domain(draft: Draft, event: int) -> Term | None:
    """The SRCU domain that the callback queued at ``event`` belongs to."""
    queued = draft.events[event]
    assert queued is not None
    assert isinstance(queued.action, sk.Queue)
    return queued.action.domain


def _origin(draft: Draft, event: int) -> ir.Origin:
    """Where an event comes from."""
    found = draft.events[event]
    assert found is not None
    return found.origin


def _build_handlers(draft: Draft, ipis: list[tuple[ir.Ipi, int, int]], program: ir.Program) -> None:
    """One handler thread per IPI and target."""
    hosts = [t for t in draft.threads if t is not None and t.kind == "actor"]
    pending = list(ipis)
    while pending:
        instr, event, sender = pending.pop(0)
        sending = draft.threads[sender]
        assert sending is not None
        own = (sender, sending.host)
        handlers: list[int] = []
        jobs: list[Job] = []
        for host in hosts:
            named = (
                not instr.targets or host.symmetry in instr.targets or host.name in instr.targets
            )
            if host.number in own or not named:
                continue
            job = _job(
                draft,
                f"{instr.name} on {host.name}",
                "handler",
                f"{instr.name}#{event}#{host.name}",
                instr.handler,
                draft.outcome(event, "ok"),
                None,
                event,
                host.number,
            )
            jobs.append(job)
            handlers.append(job.number)
        old = draft.events[event]
        assert old is not None
        draft.events[event] = replace(old, action=sk.IpiStart(tuple(handlers)))
        pending.extend(_build_all(draft, jobs, program))


def _build_claims(draft: Draft, program: ir.Program) -> None:
    """The threads of final claims and invariants; they look and touch nothing."""
    over = _all_over(draft)
    for claim in program.finals:
        job = _job(draft, "final state", "final", "", claim, over)
        _build_thread(draft, job, program)
    if not program.invariants:
        return
    moments = sorted({w.event for w in draft.writes})
    for claim in program.invariants:
        job = _job(draft, "initial state", "invariant", "", claim, draft.constant(1), anchor=-2)
        _build_thread(draft, job, program)
        for moment in moments:
            guard = draft.outcome(moment, "ok")
            job = _job(draft, "state", "invariant", "", claim, guard, anchor=moment)
            _build_thread(draft, job, program)


def _all_over(draft: Draft) -> Term:
    """Whether every actor has ended, and every callback and handler that was started."""
    terms = draft.terms
    parts: list[Term] = []
    for thread in list(draft.threads):
        if thread is None or thread.kind not in ("actor", "callback", "handler"):
            continue
        ended = draft.outcome(thread.events[-1], "ok")
        if thread.parent >= 0:
            begun = draft.outcome(thread.parent, "ok")
            ended = terms.either(terms.invert(begun), ended)
        parts.append(ended)
    return terms.both(*parts)


def _build_thread(draft: Draft, job: Job, program: ir.Program) -> Strand:
    """Walks one graph and adds its events."""
    strand = _strand_of(draft, job, program, job.kind == "actor" and _may_hang(program))
    begin = strand.emit(sk.Begin(), job.guard, ir.NOWHERE)
    strand.guard = draft.outcome(begin, "granted") if job.parent >= 0 else job.guard
    strand.env = {**strand.initial(), **job.env}
    if job.domain is not None:
        build_srcu.look(strand, job.domain, _origin(draft, job.parent))
    arrivals: dict[str, list[tuple[Term, Env]]] = {job.graph.entry: [(strand.guard, strand.env)]}
    ends: list[tuple[Term, Env]] = []
    later = updates_after(job.graph)
    open_ones = open_branches(job.graph, order := topological(job.graph))
    conditions = Conditions(draft, controlling(job.graph, open_ones), met(job.graph))
    arms = within_arms(job.graph, open_ones)
    chosen = Chosen.of(draft, job.graph)
    rounds = in_rounds(job.graph, surely=chosen.sure)
    for name in order:
        guard, env = _join(draft, arrivals.get(name, []))
        if draft.terms.known(guard) == 0:
            continue
        block = job.graph.blocks[name]
        chosen.joined([path for _, path in arrivals.pop(name)], env)
        strand.guard, strand.env = guard, env
        here = conditions.of(name, guard) if any(map(_acts, block.body)) else ((), ())
        for index, instr in enumerate(block.body):
            rows = (*arms.get((name, index), ()), *rounds.get((name, index), ()))
            decided = conditions.also(name, guard, rows) if rows else here
            strand.controls, strand.surely = chosen.added(decided, instr, strand.env)
            if isinstance(instr, ir.Store):
                rest = updates_in(block.body[index + 1 :])
                strand.more_follows = instr.update in rest | later[name]
            step(strand, instr)
        if isinstance(block.terminator, ir.Branch):
            _pass(strand, block, block.terminator, conditions, chosen)
        _leave(strand, block, arrivals, ends)
    strand.controls = strand.surely = ()
    strand.guard, strand.env = _join(draft, ends)
    if job.domain is not None:
        build_srcu.look(strand, job.domain, _origin(draft, job.parent))
    end = strand.emit(sk.Ended(), strand.guard, ir.NOWHERE, strand.end_checks())
    draft.threads[job.number] = sk.Thread(
        job.number, job.name, job.kind, job.symmetry, tuple(strand.numbers), job.parent, job.host
    )
    assert strand.numbers[-1] == end
    build_pages(draft, job.name, strand.pages)
    return strand


def _strand_of(draft: Draft, job: Job, program: ir.Program, haltable: bool) -> Strand:
    """A thread that has not begun; a workqueue runs the callbacks of an SRCU domain."""
    tables, worker = program.transitions, job.domain is not None
    return Strand(draft, job.number, job.kind, tables, job.anchor, haltable, worker=worker)


def _acts(instr: ir.Instr) -> bool:
    """Whether an instruction may have an event."""
    return not isinstance(instr, ir.Assign | ir.Met)


def _may_hang(program: ir.Program) -> bool:
    """Whether something that interrupts an actor may never end."""
    return _handlers_may_hang(program) or _callbacks_may_hang(program)


def _handlers_may_hang(program: ir.Program) -> bool:
    """Whether some IPI's handler does anything that could keep it from its end."""
    return any(
        not isinstance(inner, ir.Assign | ir.Fence | ir.Watch | ir.Mark | ir.Met)
        for actor in program.actors
        for instr in _instructions(actor.graph)
        if isinstance(instr, ir.Ipi)
        for inner in _instructions(instr.handler)
    )


def _callbacks_may_hang(program: ir.Program) -> bool:
    """Whether some RCU callback may have to wait: for a spinning lock, an IPI, an await, readers.

    Or for other callbacks: that it must not sleep does not keep it from that.
    """
    return any(
        isinstance(inner, ir.Ipi | ir.Watch | ir.GraceWait | ir.RcuBarrier)
        or (isinstance(inner, ir.Acquire) and inner.kind in SPINNING)
        for actor in program.actors
        for instr in _instructions(actor.graph)
        for queued in (_instructions(instr.handler) if isinstance(instr, ir.Ipi) else (instr,))
        if isinstance(queued, ir.CallRcu)
        for inner in _instructions(queued.callback)
    )


def _instructions(graph: ir.Cfg) -> Iterator[ir.Instr]:
    """Every instruction of a graph and of the callbacks inside it."""
    for block in graph.blocks.values():
        for instr in block.body:
            yield instr
            if isinstance(instr, ir.CallRcu):
                yield from _instructions(instr.callback)


def _pass(
    strand: Strand, block: ir.BasicBlock, end: ir.Branch, conditions: Conditions, chosen: Chosen
) -> None:
    """Takes down what a branch looks at."""
    holds = strand.draft.truth(strand.value(end.condition))
    conditions.add(block.name, strand.guard, holds)
    more = chosen.conditions((holds,))
    earlier = chosen.looked_at(holds, block.name)
    for name in earlier:
        conditions.selected.pop(name, None)
    if more and not earlier:
        conditions.selected[block.name] = more, chosen.sure
    chosen.passed(end.chooses, strand.guard, (holds, *more))


def _leave(
    strand: Strand,
    block: ir.BasicBlock,
    arrivals: dict[str, list[tuple[Term, Env]]],
    ends: list[tuple[Term, Env]],
) -> None:
    """Sends the state at the end of a block where control goes."""
    terms = strand.draft.terms
    match block.terminator:
        case ir.Jump(target=target):
            arrivals.setdefault(target, []).append((strand.guard, strand.env))
        case ir.Branch(condition=condition, then=then, otherwise=otherwise):
            holds = strand.draft.truth(strand.value(condition))
            for target, when in ((then, holds), (otherwise, terms.invert(holds))):
                arm = terms.both(strand.guard, when)
                arrivals.setdefault(target, []).append((arm, dict(strand.env)))
        case ir.End():
            ends.append((strand.guard, strand.env))
        case ir.Spin(name=name, origin=origin):
            strand.emit(sk.Spin(strand.watches[name]), strand.guard, origin)
        case ir.Cut(loop=loop):
            strand.draft.cuts.append(sk.CutPoint(strand.thread, strand.guard, loop))


def _join(draft: Draft, arrivals: list[tuple[Term, Env]]) -> tuple[Term, Env]:
    """The guard and registers where several paths meet."""
    live = [(g, e) for g, e in arrivals if draft.terms.known(g) != 0]
    if not live:
        return draft.constant(0), {}
    if len(live) == 1:
        return live[0]
    guard = draft.terms.either(*(g for g, _ in live))
    names: dict[str, None] = {}
    for _, env in live:
        names.update(dict.fromkeys(env))
    joined: Env = {}
    for name in names:
        absent = _absent(draft, name)
        joined[name] = draft.terms.phi([(g, e.get(name, absent)) for g, e in live])
    return guard, joined


def _absent(draft: Draft, name: str) -> Term:
    """What a register holds on a path that never set it: nothing held, else poison."""
    counts = name.startswith("!") and not name.startswith("!u")
    return draft.constant(0 if counts else POISON)


def _freeze(draft: Draft, orders: tuple[ir.DeclaredOrder, ...]) -> sk.Skeleton:
    """The finished skeleton."""
    lock_edges = interrupting(folio_edges(draft))
    events = tuple(event for event in draft.events if event is not None)
    threads = tuple(thread for thread in draft.threads if thread is not None)
    assert len(events) == len(draft.events)
    assert len(threads) == len(draft.threads)
    return sk.Skeleton(
        rows=tuple(draft.terms.rows),
        events=events,
        threads=threads,
        reads=tuple(draft.reads),
        writes=tuple(draft.writes),
        updates=tuple(draft.updates),
        stored=tuple(draft.stored),
        lock_edges=lock_edges,
        cuts=tuple(draft.cuts),
        marks=tuple(draft.marks),
        term_of={row: Term(i) for i, row in enumerate(draft.terms.rows)},
        layout=draft.layout,
        lock_uses=tuple(draft.lock_uses),
        shared=dict(draft.shared),
        kept=draft.kept,
        declared=declared_orders(lock_edges, orders),
    )
