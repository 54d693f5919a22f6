"""Proofs that are none: what they are about is never come to, or never judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TypeAlias

from dsl import protocol as p
from dsl.diagnostic import DiagnosticError
from dsl.frozen import Frozen, replace
from dsl.source import Span
from prover.graph.walk import actors_of, asserts_of, parts, reached
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.pool import Lost
from prover.verdict import Bounded, Broken, Obligation, Proved, Request, Unknown

Own: TypeAlias = Sequence[tuple[Task, Decision | Lost]]
"""What became of the obligations of one file."""


class Hollow(Frozen, frozen=True):
    """What is never come to, or never judged, by the numbers of obligations.

    ``nothing`` is why one says nothing so; ``doubts`` are what it does not come to, and others may
    that have no answer or were not asked about.
    """

    nothing: Mapping[int, str]
    doubts: Mapping[int, tuple[str, ...]]


def hollow(file: Loaded, own: Own) -> Hollow:
    """What obligations do not show, as all of the file's together say."""
    found = _never_reached(file, own)
    return Hollow({**found.nothing, **_never_judged(file, own)}, found.doubts)


def in_doubt(file: Loaded, own: Own) -> list[int]:
    """The numbers of refutations of which it is to be asked which asserts they reach.

    Nothing else that is known reaches one of those that they may.
    """
    unasked = {n: d for n, (_, d) in enumerate(own) if isinstance(d, Decision) and d.unasked}
    lost = (
        {span for spans in _lost(file, own).values() for span in spans} if unasked else set[Span]()
    )
    return [n for n, d in unasked.items() if not lost.isdisjoint(d.asserts)]


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


def _never_reached(file: Loaded, own: Own) -> Hollow:
    """Proofs whose asserts, or whose variant's statements, no obligation at all reaches.

    What a refutation reaches counts.  One with a loop that can go further may reach what it has not
    reached yet; one without an answer, or that was not asked about, whatever it runs.
    """
    proofs, lost = _proofs(own), _lost(file, own)
    others = _Others(file, own)
    others.look_for({span for spans in lost.values() for span in spans})
    uncalled = _never_called(file, [o for o, _ in proofs.values()])
    nothing: dict[int, str] = {}
    doubts: dict[int, tuple[str, ...]] = {}
    for number, (o, d) in proofs.items():
        may = {f"the assert at {_at(file, span)}": others.reach.get(span) for span in lost[number]}
        marks = {".".join(label): others.passes(label, o.variant) for label in d.unmarked}
        never = [what for what, who in (*marks.items(), *may.items()) if who is None]
        if never:
            nothing[number] = f"{never[0]} is never reached"
        if o.variant in uncalled:
            nothing[number] = f"{uncalled[o.variant]}() is never called"
        doubts[number] = tuple(
            f"{what} is not reached here; whether `{who}` reaches it is not known"
            for what, who in (*may.items(), *marks.items())
            if who
        )
    return Hollow(nothing, doubts)


def _proofs(own: Own) -> dict[int, tuple[Obligation, Decision]]:
    """The proofs, by number."""
    return {
        number: (task.obligation, d)
        for number, (task, d) in enumerate(own)
        if isinstance(d, Decision) and isinstance(d.verdict, Proved)
    }


def _lost(file: Loaded, own: Own) -> dict[int, list[Span]]:
    """The asserts that a proof, by its number, does not reach, nor anything else that is known."""
    decided = [d for task, d in own if isinstance(d, Decision) and not _is_open(task, d)]
    come_to = {span for d in decided for span in d.asserts if span not in d.unreached}
    gone = _folded_away(file, decided)
    return {
        number: [
            span
            for span in (*d.unreached, *(() if o.variant else gone.get(o.scenario, ())))
            if span not in come_to
        ]
        for number, (o, d) in _proofs(own).items()
    }


def _is_open(task: Task, decision: Decision | Lost) -> bool:
    """Whether it is not known what an obligation reaches."""
    if isinstance(decision, Lost) or isinstance(decision.verdict, Unknown | Broken):
        return True
    return task.unbounded and not isinstance(decision.verdict, Proved)


class _Others:
    """What obligations of a file may come to of which that is not known.

    ``reach`` are asserts that are looked for, each with one that may reach it.
    """

    def __init__(self, file: Loaded, own: Own) -> None:
        self._file = file
        self._own = own
        self.reach: dict[Span, str] = {}

    def look_for(self, wanted: AbstractSet[Span]) -> None:
        """Who may reach some asserts."""
        for task, decision in self._own:
            if isinstance(decision, Decision) and isinstance(decision.verdict, Bounded):
                for span in wanted & {*decision.unreached}:
                    self.reach.setdefault(span, task.obligation.question)
        for one in self._open if wanted else ():
            if not wanted <= self.reach.keys():
                for span in wanted & self._asserts(one, wanted):
                    self.reach.setdefault(span, one.question)

    def passes(self, label: tuple[str, str], variant: str) -> str | None:
        """Who may pass a label of a variant; "" where that somebody does is known."""
        about = [(task, d) for task, d in self._own if task.obligation.variant == variant]
        known = [(t, d) for t, d in about if isinstance(d, Decision) and not _is_open(t, d)]
        if any(label not in decision.unmarked for _, decision in known):
            return ""
        cut = (t.obligation for t, d in known if isinstance(d.verdict, Bounded))
        may = (one for one in self._open if one.variant == variant and self._runs(one, label[0]))
        return next((one.question for one in (*cut, *may)), None)

    @cached_property
    def _open(self) -> tuple[Obligation, ...]:
        """One for each scenario and variant of which something is not known; variants last."""
        asked = {_whatever(task.obligation) for task, _ in self._own}
        open_ = [task.obligation for task, d in self._own if _is_open(task, d)]
        every = (task.obligation for task in tasks(self._file.protocols[""], Request(())))
        open_ += [one for one in every if _whatever(one) not in asked]
        first = {(one.scenario, one.variant): one for one in reversed(open_)}
        return tuple(sorted(first.values(), key=lambda one: one.variant != ""))

    def _asserts(self, one: Obligation, wanted: AbstractSet[Span]) -> AbstractSet[Span]:
        """Where asserts stand in what an obligation runs; all where that is not to be had."""
        run = self._run(one)
        return wanted if run is None else {span for each in run for span in asserts_of(each)}

    def _runs(self, one: Obligation, owner: str) -> bool:
        """Whether an obligation runs a function, or an actor."""
        run = self._run(one)
        return run is None or any(each.name in (owner, p.handler_of(owner)) for each in run)

    def _run(self, one: Obligation) -> list[p.Function] | None:
        """What an obligation runs; None where its variant has mistakes."""
        try:
            protocol = self._file.protocol(one.variant)
        except DiagnosticError:
            return None
        names = reached(protocol, actors_of(protocol, one.scenario))
        found = (
            source.get(each)
            for name in names
            for each in (name, p.handler_of(name))
            for source in (protocol.functions, protocol.actors)
        )
        return [each for each in found if each is not None]


def _whatever(one: Obligation) -> Obligation:
    """An obligation under whatever memory model."""
    return replace(one, model="")


def _never_called(file: Loaded, asked: Iterable[Obligation]) -> dict[str, str]:
    """By variant a function that it exchanges for another one, and that nothing calls."""
    protocol = file.protocols[""]
    found: dict[str, str] = {}
    for name in dict.fromkeys(each.variant for each in asked if each.variant):
        variant = protocol.variants[name]
        called = [_called(protocol, each) for each in variant.scenarios if variant.exchanged]
        for each in variant.exchanged:
            if not any(each in names for names in called):
                found[name] = each
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
