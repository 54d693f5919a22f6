"""One scenario explained: its weakest proof asked again, with its facts told apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.protocol import Expect, Protocol
from dsl.source import Span
from prover.execution.construct.program import build
from prover.execution.domains import DomainTooLarge
from prover.explained import KINDS, Core, Explanation, Fact, Used
from prover.graph import compile_program
from prover.graph.ir import Program
from prover.graph.limits import TooLarge
from prover.pipeline.case import Undecided
from prover.pipeline.decide import decide_group
from prover.pipeline.decision import Decision
from prover.pipeline.limits import Limits
from prover.pipeline.minimal import MAX_CLAUSES
from prover.pipeline.proving import known_races, not_covered
from prover.pipeline.round import STRENGTH
from prover.render.table import summary_of
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode_apart, prepare
from prover.smt.query import Query, QueryTooLarge
from prover.smt.tracked import tracked
from prover.verdict import Broken, Obligation, Proved, name_of
from prover.why.core import Asker, minimal
from prover.why.facts import fact_of, fact_of_gate
from prover.why.opened import gates_of, opened


@dataclass(frozen=True, slots=True)
class Tracked:
    """A query with its facts, each with the literal that it is assumed by, in KINDS' order."""

    query: Query
    text: str
    literals: dict[Fact, str]
    loops: dict[int, Span]


def explain(
    protocol: Protocol,
    asked: Sequence[tuple[Obligation, Expect | None]],
    limits: Limits,
    budget: float,
    chosen: Sequence[str] = (),
) -> Explanation:
    """Why obligations that differ only in the memory model are proved.

    ``protocol`` has their variant applied.  ``budget`` is how many seconds finding small cores
    may take; ``chosen`` are the properties to be explained, all if there is none.
    Raises DiagnosticError for what is wrong with the file.
    """
    decided = decide_group(protocol, asked, limits)
    wrong = [d for _, decision in decided for d in decision.diagnostics]
    if wrong:
        raise DiagnosticError(tuple(wrong))
    first = asked[0][0]
    verdicts = tuple((o.model, _said(decision)) for o, decision in decided)
    bug = any(isinstance(decision.verdict, Broken) for _, decision in decided)
    empty = Explanation(first.scenario, first.variant, (first.configuration,), verdicts, bug=bug)
    proved = [(o, d) for o, d in decided if isinstance(d.verdict, Proved)]
    if not proved:
        return empty
    obligation, decision = max(proved, key=lambda each: STRENGTH.index(each[0].model))
    bound = max(1, decision.measured.bound)
    program = compile_program(protocol, first.scenario, dict(first.configuration), bound)
    found = replace(
        empty,
        model=obligation.model,
        bound=bound,
        unreached=decision.unreached,
        notes=_notes(obligation.model, decision),
    )
    return _explained(found, program, limits, budget, chosen)


def _said(decision: Decision) -> str:
    """The verdict in a word, with what is violated, or why it is no proof."""
    verdict = decision.verdict
    name = name_of(verdict)
    return name if isinstance(verdict, Proved) else f"{name}: {summary_of(verdict)}"


def _notes(model: str, decision: Decision) -> tuple[str, ...]:
    """What the verdict leaves out."""
    return (*not_covered(model), *known_races(decision.suppressed))


def _explained(
    found: Explanation, program: Program, limits: Limits, budget: float, chosen: Sequence[str]
) -> Explanation:
    """The same with its cores: tests in the code told apart if that can be done."""
    for conditions in (True, False):
        try:
            tracked_ = track(program, found.model, conditions=conditions)
        except (TooLarge, DomainTooLarge, QueryTooLarge) as error:
            if not conditions:
                return replace(found, model="", why=f"too large: {error}")
            continue
        try:
            cores = cores_of(tracked_, limits, budget, chosen)
        except Undecided as error:
            if not conditions:
                return replace(found, model="", why=str(error))
            continue
        if cores is not None:
            used = {each.fact for core in cores for each in core.used}
            unused = tuple(fact for fact in tracked_.literals if fact not in used)
            return replace(found, cores=cores, unused=unused, conditions=conditions)
    return replace(found, model="", why="proved, but not when asked again", bug=True)


def track(program: Program, model: str, *, conditions: bool) -> Tracked:
    """The query of a program with its facts told apart."""
    program = program if model == "sc" else replace(program, invariants=())
    gated = opened(program) if conditions else None
    skeleton = build(program if gated is None else gated.program)
    prepared = prepare(skeleton, model)
    query = encode_apart(prepared)
    if query.clauses > MAX_CLAUSES:
        raise QueryTooLarge(f"{query.clauses} clauses")
    by_label = (
        (label, fact_of(label, skeleton, prepared.domains)) for label in dict.fromkeys(query.labels)
    )
    groups = {label: fact for label, fact in by_label if fact is not None}
    gates = gates_of(skeleton, [] if gated is None else gated.gates)
    given = {name: fact_of_gate(gate) for name, gate in gates.items()}
    text, literals = tracked(query, groups, given)
    kinds = {kind: index for index, kind in enumerate(KINDS)}
    order = sorted(literals, key=lambda fact: (kinds[fact.kind], fact.sites, fact.note))
    loops = {index: skeleton.cuts[index].loop for index in query.cuts}
    return Tracked(query, text, {fact: literals[fact] for fact in order}, loops)


def cores_of(
    tracked_: Tracked, limits: Limits, budget: float, chosen: Sequence[str] = ()
) -> tuple[Core, ...] | None:
    """A core for each property and each loop; None where there is none, which a proof excludes.

    ``chosen`` are the properties asked about ("loop": all loops), all if there is none.

    Nor is there one where the facts contradict each other: with all of them the scenario ends.
    """
    query = tracked_.query
    asker = Asker(query, Session(tracked_.text, limits.timeout), time.monotonic() + budget)
    if asker.core(tuple(tracked_.literals.values()), [query.ends]) is not None:
        return None
    cores: list[Core] = []
    for name, span, question in questions_of(tracked_):
        if chosen and name not in chosen:
            continue
        core = _core(tracked_, asker, name, question)
        if core is None:
            return None
        cores.append(replace(core, loop=span))
    return tuple(dict.fromkeys(cores))


def questions_of(tracked_: Tracked) -> Iterator[tuple[str, Span | None, list[str]]]:
    """What is asked, by property and loop: whether it can be violated, or go further."""
    query = tracked_.query
    for name in query.switches:
        others = (switch for other, switch in query.switches.items() if other != name)
        yield name, None, [query.remaining, *others]
    for index, cut in query.cuts.items():
        yield "loop", tracked_.loops[index], [cut]


def _core(tracked_: Tracked, asker: Asker, name: str, question: list[str]) -> Core | None:
    literals = tuple(tracked_.literals.values())
    facts = {literal: fact for fact, literal in tracked_.literals.items()}
    small = minimal(asker, literals, question)
    if small is None:
        return None
    used = tuple(Used(facts[literal], needed) for literal, needed in small.chosen)
    return Core(name, used, small.minimal)
