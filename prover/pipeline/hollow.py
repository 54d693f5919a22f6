"""Proofs that are none: what they are about is never come to, or never judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from dsl import protocol as p
from dsl.source import Span
from prover.graph.walk import actors_of, asserts_of, parts, reached
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.verdict import Bounded, Broken, Proved, Refuted, Unknown

Own: TypeAlias = Sequence[tuple[Task, Decision | Lost]]
"""What became of the obligations of one file."""


def hollow(file: Loaded, own: Own, *, partial: bool) -> dict[int, str]:
    """What is never come to, or never judged, by the numbers of obligations that say nothing so.

    ``partial``: not all of the file was asked about.  A part of it cannot show that nothing in the
    whole of it reaches a statement.
    """
    found = {} if partial else _never_reached(file, own)
    return found | _never_judged(file, own)


def in_doubt(file: Loaded, own: Own, *, partial: bool) -> list[int]:
    """The numbers of refutations of which it is to be asked which asserts they reach.

    Nothing else reaches one of those that they may.
    """
    decisions = [] if partial else _all_decided(own)
    if not any(decision.unasked for _, decision in decisions):
        return []
    lost = {span for spans in _lost(file, decisions).values() for span in spans}
    return [n for n, (_, d) in enumerate(decisions) if d.unasked and not lost.isdisjoint(d.asserts)]


def beyond(file: Loaded, decision: Decision | Lost) -> Iterator[str]:
    """What is not come to within a bound, and may be beyond it."""
    if not isinstance(decision, Lost) and isinstance(decision.verdict, Bounded):
        for span in decision.unreached:
            yield f"the assert at {_at(file, span)} is not reached within the bound"
        for owner, label in decision.unmarked:
            yield f"{owner}.{label} is not reached within the bound"


def _never_judged(file: Loaded, own: Own) -> dict[int, str]:
    """Proofs beside invariants in a file that names no model under which those are judged."""
    protocol = file.protocols[""]
    if "sc" in protocol.models:
        return {}
    found: dict[int, str] = {}
    for number, (task, decision) in enumerate(own):
        proof = not isinstance(decision, Lost) and isinstance(decision.verdict, Proved | Bounded)
        scenario = protocol.scenarios[task.obligation.scenario]
        claims = (*protocol.invariants, *scenario.invariants)
        if proof and claims and task.obligation.model != "sc" and not task.unbounded:
            where = _at(file, claims[0].span)
            found[number] = f"the invariant at {where} is judged under sc, which is not named"
    return found


def _never_reached(file: Loaded, own: Own) -> dict[int, str]:
    """Obligations whose asserts, or whose variant's statements, none at all reaches.

    A refutation is none of them, but what it reaches counts; an obligation without an answer, or
    with a loop that can go further, may reach everything.
    """
    decisions = _all_decided(own)
    lost = _lost(file, decisions)
    passed = {task.obligation.variant for task, d in decisions if not d.unmarked}
    uncalled = _never_called(file, [task for task, _ in decisions])
    found: dict[int, str] = {}
    for number, (task, decision) in enumerate(decisions):
        if isinstance(decision.verdict, Refuted | Bounded):
            continue
        if number in lost:
            found[number] = f"the assert at {_at(file, lost[number][0])} is never reached"
        if decision.unmarked and task.obligation.variant not in passed:
            owner, label = decision.unmarked[0]
            found[number] = f"{owner}.{label} is never reached"
        if task.obligation.variant in uncalled:
            found[number] = f"{uncalled[task.obligation.variant]}() is never called"
    return found


def _all_decided(own: Own) -> list[tuple[Task, Decision]]:
    """The decisions; none where not all obligations have an answer."""
    decisions = [(task, d) for task, d in own if not isinstance(d, Lost)]
    if len(decisions) < len(own) or any(
        isinstance(d.verdict, Unknown | Broken) for _, d in decisions
    ):
        return []
    return decisions


def _lost(file: Loaded, decisions: Sequence[tuple[Task, Decision]]) -> dict[int, list[Span]]:
    """The asserts that a proof, by its number, does not reach, and nothing else."""
    come_to = {span for _, d in decisions for span in d.asserts if span not in d.unreached}
    gone = _folded_away(file, [d for _, d in decisions]) if decisions else {}
    found: dict[int, list[Span]] = {}
    for number, (task, decision) in enumerate(decisions):
        if isinstance(decision.verdict, Refuted | Bounded):
            continue
        here = () if task.obligation.variant else gone.get(task.obligation.scenario, ())
        lost = [span for span in (*decision.unreached, *here) if span not in come_to]
        if lost:
            found[number] = lost
    return found


def _never_called(file: Loaded, tasks: Sequence[Task]) -> dict[str, str]:
    """By variant a function that it exchanges for another one, and that nothing calls."""
    protocol = file.protocols[""]
    asked: dict[str, set[str]] = {}
    for task in tasks:
        variant = protocol.variants.get(task.obligation.variant)
        if variant is not None and variant.exchanged:
            asked.setdefault(variant.name, set()).add(task.obligation.scenario)
    called = {name: _called(protocol, name) for name in sorted(set[str]().union(*asked.values()))}
    found: dict[str, str] = {}
    for of, scenarios in asked.items():
        for name in protocol.variants[of].exchanged:
            if not any(name in called[scenario] for scenario in scenarios):
                found[of] = name
    return found


def _called(protocol: p.Protocol, name: str) -> set[str]:
    """The functions that a scenario's actors or claims call."""
    scenario = protocol.scenarios[name]
    claims = (*protocol.finals, *protocol.invariants, *scenario.finals, *scenario.invariants)
    named = {
        part.function
        for claim in claims
        for part in parts(claim.condition)
        if isinstance(part, p.CallFunction)
    }
    roots = [*actors_of(protocol, name), *(protocol.functions[each] for each in sorted(named))]
    return set(reached(protocol, roots))


def _folded_away(file: Loaded, decisions: Sequence[Decision]) -> dict[str, list[Span]]:
    """By scenario the asserts in what it runs that no events come from, as constants say.

    Of the file's own functions only: in what is imported there are modes that nobody here asks for.
    """
    protocol, main = file.protocols[""], file.program.main.name
    known = {span for decision in decisions for span in decision.asserts}
    missing: dict[str, list[Span]] = {}
    for name, function in (*protocol.functions.items(), *protocol.actors.items()):
        spans = asserts_of(function) if function.span.file == main else ()
        if lost := [span for span in spans if span.file == main and span not in known]:
            missing[name] = lost
    if not missing:
        return {}
    runs = {name: reached(protocol, actors_of(protocol, name)) for name in protocol.scenarios}
    return {
        name: [span for each in run for span in missing.get(each, ())] for name, run in runs.items()
    }


def _at(file: Loaded, span: Span) -> str:
    return file.sources[span.file].at(span.start)
