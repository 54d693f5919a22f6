"""One obligation decided: the three queries, the bound raised as far as it takes."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.protocol import Expect, Protocol
from dsl.source import Span
from prover.execution.domains import DomainTooLarge
from prover.execution.hazards import PRECEDENCE
from prover.execution.replay import ReplayError
from prover.execution.witness import Witness
from prover.graph.limits import TooLarge
from prover.pipeline.decision import Decision
from prover.pipeline.group import STRENGTH, Group
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import (
    QueryTooLarge,
    Search,
    smallest,
    trimmed,
    violated,
    witness,
)
from prover.smt.query import Query
from prover.smt.reply import GaveUp, Sat, Unsat
from prover.verdict import (
    Bounded,
    Broken,
    Measured,
    Obligation,
    Proved,
    Refuted,
    Unknown,
    Vacuous,
    Verdict,
    meets,
)


class _Undecided(Exception):
    """No answer; says why."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A property that can be the first to be violated: where it was found, and a witness."""

    search: Search
    reply: Sat
    witness: Witness


@dataclass(slots=True)
class _Case:
    """One obligation being decided."""

    group: Group
    obligation: Obligation
    expected: Expect | None
    found: dict[str, _Found] = field(default_factory=dict[str, "_Found"])
    query: Query | None = None
    bound: int = 0

    @property
    def model(self) -> str:
        """The memory model."""
        return self.obligation.model

    def wanted(self) -> tuple[str, ...]:
        """The properties that the author wants to see refuted."""
        return () if self.expected is None else self.expected.properties


def decide(
    protocol: Protocol, obligation: Obligation, expected: Expect | None, limits: Limits
) -> Decision:
    """The verdict on one obligation.  ``protocol`` has the obligation's variant applied."""
    ((_, decision),) = decide_group(protocol, [(obligation, expected)], limits)
    return decision


def decide_group(
    protocol: Protocol, asked: Sequence[tuple[Obligation, Expect | None]], limits: Limits
) -> list[tuple[Obligation, Decision]]:
    """The verdicts on obligations that differ only in the memory model, in their order.

    The weakest model is decided first: what it proves is proved under the stronger ones.
    """
    first = asked[0][0]
    group = Group(protocol, first.scenario, dict(first.configuration), limits)
    decided: dict[Obligation, Decision] = {}
    for obligation, expected in sorted(asked, key=lambda a: -STRENGTH.index(a[0].model)):
        group.clock = Clock()
        decision = _decided(_Case(group, obligation, expected))
        decided[obligation] = replace(decision, suppressed=group.suppressed(obligation.model))
    return [(obligation, decided[obligation]) for obligation, _ in asked]


def _decided(case: _Case) -> Decision:
    """One obligation's decision, whatever happens."""
    try:
        return _decide(case)
    except _Undecided as error:
        return _conclude(case, Unknown(str(error)))
    except DiagnosticError as error:
        return Decision(Unknown("not checked"), _measured(case), diagnostics=error.diagnostics)
    except (TooLarge, DomainTooLarge, QueryTooLarge) as error:
        return _conclude(case, Unknown(f"too large: {error}"))
    except ReplayError as error:
        return _conclude(case, Broken(f"a witness failed its replay: {error}"))
    except MemoryError:
        return _conclude(case, Unknown("out of memory"))
    except Exception as error:  # noqa: BLE001 - a bug must cost one obligation, and say so
        return _conclude(case, Broken(f"{type(error).__name__}: {error}"))


def refused(diagnostics: tuple[Diagnostic, ...]) -> Decision:
    """The decision on an obligation whose variant does not check."""
    return Decision(Unknown("not checked"), Measured(), diagnostics=diagnostics)


def _decide(case: _Case) -> Decision:
    """Raises the bound until the verdict is settled."""
    limits = case.group.limits
    scenario = case.group.protocol.scenarios[case.obligation.scenario]
    highest = min(scenario.bound or limits.max_bound, limits.max_bound)
    decision = Decision(Unknown("not asked"), Measured())
    for bound in range(1, highest + 1):
        case.bound = bound
        _look_for_violations(case)
        missing = [name for name in case.wanted() if name not in case.found]
        if case.found and not missing:
            break
        loops = _reachable_cuts(case)
        if not case.found:
            decision = _not_refuted(case, loops)
        if not loops:
            break
    return _refuted(case) if case.found else decision


def _search(case: _Case, model: str) -> Search:
    """The query and session of a model for the case's bound."""
    search = case.group.search(model, case.bound)
    if model == case.model or case.query is None:
        case.query = search.query
    return search


def _at_hand(case: _Case) -> Search:
    """A query there is already, under whatever model, else the case's own."""
    models = (m for m in STRENGTH if case.group.at_hand(m, case.bound))
    return _search(case, next(models, case.model))


def _ask(search: Search, question: str, *also: str, values: bool = False) -> Sat | Unsat:
    """The answer to a question; no answer ends the obligation."""
    reply = search.ask(question, *also, values=values)
    if isinstance(reply, GaveUp):
        raise _Undecided(reply.reason)
    return reply


def _look_for_violations(case: _Case) -> None:
    """Asks whether anything can fail, then which properties can, and gets a witness for each."""
    group, bound = case.group, case.bound
    sure = case.model != "sc" or not group.states_matter(bound)
    if sure and group.weaker_is(group.clean, case.model, bound):
        return
    known = group.violations.get((case.model, bound))
    if known is not None and not set(case.wanted()) - known.keys():
        case.found.update({name: f for name, f in known.items() if isinstance(f, _Found)})
        return
    if case.model != "sc" and not case.wanted():
        # Most often nothing fails, and then the stronger models need not be asked.
        search = _search(case, case.model)
        if isinstance(_ask(search, search.query.fail), Unsat):
            group.clean.add((case.model, bound))
            return
    _under_stronger_models(case)
    if case.found and case.model != "sc" and group.no_more(case.model, bound, case.found):
        group.violations[case.model, bound] = dict(case.found)
        return
    if not case.found:
        if case.wanted():
            # A refutation is expected: the query that names it answers this question too.
            group.naming(case.model, bound)
        search = _search(case, case.model)
        if isinstance(_ask(search, search.query.fail), Unsat):
            group.clean.add((case.model, bound))
            return
    elif case.model != "sc" and not set(case.wanted()) - case.found.keys():
        # All that is wanted was found; most often nothing else goes wrong anywhere.
        search = _search(case, case.model)
        off = [search.query.switches[name] for name in case.found if name in search.query.switches]
        if isinstance(_ask(search, search.query.remaining, *off), Unsat):
            group.violations[case.model, bound] = dict(case.found)
            return
    _name_violations(case, group.naming(case.model, bound))
    group.violations[case.model, bound] = dict(case.found)


def _under_stronger_models(case: _Case) -> None:
    """What a stronger model shows: the plainest witnesses."""
    if case.model == "sc":
        return
    stronger = _Case(case.group, replace(case.obligation, model="sc"), case.expected)
    stronger.bound = case.bound
    _look_for_violations(stronger)
    for name, found in stronger.found.items():
        # States are a matter of interleavings.
        if name != "invariant":
            case.found.setdefault(name, found)


def _name_violations(case: _Case, detailed: Search) -> None:
    """Which properties can be the first to be violated, with a witness for each."""
    query = detailed.query
    settled = dict.fromkeys(case.found)
    for name in case.wanted():
        settled[name] = None
        if name not in case.found:
            reply = _ask(detailed, query.properties.get(name, "false"), values=True)
            if isinstance(reply, Sat):
                case.found[name] = _plainest(case, detailed, name, reply)
    while True:
        off = [query.switches[name] for name in settled if name in query.switches]
        reply = _ask(detailed, query.remaining, *off, values=True)
        if isinstance(reply, Unsat):
            break
        names = violated(detailed, reply) - settled.keys()
        if not names:
            raise ReplayError("something else can fail, and replayed nothing does")
        name = min(names, key=_rank)
        case.found[name] = _plainest(case, detailed, name, reply)
        settled[name] = None
    if not case.found:
        raise ReplayError("something can fail, but no property can be the first to")


def _plainest(case: _Case, detailed: Search, name: str, reply: Sat) -> _Found:
    """The witness under the strongest model that has one; sequential consistency has none."""
    if name == "deadlock" and case.model != "sc":
        raise _Undecided(f"a deadlock that only {case.model} shows has no replay yet")
    if case.model == "lkmm" and name != "data-race":
        stronger = case.group.naming("tso", case.bound)
        again = _ask(stronger, stronger.query.properties.get(name, "false"), values=True)
        if isinstance(again, Sat):
            return _Found(stronger, again, witness(stronger, name, again))
    return _Found(detailed, reply, witness(detailed, name, reply))


def _rank(name: str) -> tuple[int, str]:
    return (PRECEDENCE.index(name) if name in PRECEDENCE else len(PRECEDENCE), name)


def _reachable_cuts(case: _Case) -> tuple[Span, ...]:
    """The loops that can go further than the bound."""
    group = case.group
    if group.weaker_is(group.whole, case.model, case.bound):
        return ()
    search = _search(case, case.model)
    loops: dict[Span, None] = {}
    for index, question in search.query.cuts.items():
        loop = search.prepared.skeleton.cuts[index].loop
        if loop not in loops and isinstance(_ask(search, question), Sat):
            loops[loop] = None
    if not loops:
        group.whole.add((case.model, case.bound))
    return tuple(sorted(loops, key=lambda s: (s.file, s.start)))


def _not_refuted(case: _Case, loops: tuple[Span, ...]) -> Decision:
    """The verdict where nothing can fail up to the bound."""
    if not _can(case, "ends", lambda query: query.ends):
        if loops:
            return _conclude(case, Bounded(case.bound, loops))
        return _conclude(case, Vacuous("no run of the scenario ends"))
    asserts, unreached = _unreached_asserts(case)
    unmarked, dead = _unreached_marks(case)
    verdict: Verdict = Bounded(case.bound, loops) if loops else Proved()
    return Decision(verdict, _measured(case), asserts, unreached, unmarked, dead)


def _can(case: _Case, what: object, question: Callable[[Query], str]) -> bool:
    """Whether something can happen under the case's model.

    A few plain executions show most of it; what is known of another model is not asked again.
    """
    group, bound = case.group, case.bound
    at_hand = [model for model in STRENGTH if group.at_hand(model, bound)]
    if "sc" not in at_hand:
        group.rehearse(bound)
    for model in dict.fromkeys((*at_hand[:1], case.model)):
        if not group.weaker_is({(case.model, bound)}, model, bound):
            continue
        known = group.known(what, model, bound)
        if known is None:
            search = _search(case, model)
            known = isinstance(_ask(search, question(search.query)), Sat)
            group.reached[what, model, bound] = known
        if known:
            return True
    return False


def _check(number: int) -> Callable[[Query], str]:
    """The question whether an event's check is reached."""
    return lambda query: query.checks.get(number, "false")


def _mark(label: tuple[str, str]) -> Callable[[Query], str]:
    """The question whether a labelled statement is passed."""
    return lambda query: query.marks.get(label, "false")


def _unreached_asserts(case: _Case) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The asserts of the scenario, and those that no run reaches."""
    search = _at_hand(case)
    events = search.prepared.skeleton.events
    asserts = {
        event.origin.span: None
        for event in events
        if any(check.property == "assert" for check in event.checks)
    }
    for number in search.query.checks:
        span = events[number].origin.span
        if any(check.property == "assert" for check in events[number].checks):
            asserts[span] = None
    reached: set[Span] = set()
    for number in search.query.checks:
        span = events[number].origin.span
        if span in asserts and span not in reached:
            if _can(case, number, _check(number)):
                reached.add(span)
    return tuple(asserts), tuple(span for span in asserts if span not in reached)


def _unreached_marks(
    case: _Case,
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """The variant's labels that no run passes, and the other labels like that."""
    search = _at_hand(case)
    variant = case.group.protocol.variants.get(case.obligation.variant)
    wanted = () if variant is None else variant.labels
    missing = tuple(label for label in wanted if not _can(case, label, _mark(label)))
    known_dead = tuple(k for k, q in search.query.marks.items() if q == "false" and k not in wanted)
    return missing, known_dead


def _refuted(case: _Case) -> Decision:
    """The refutation, with what the author wants to see in front."""
    wanted = case.wanted()
    names = sorted(case.found, key=lambda n: (n not in wanted, *_rank(n)))
    witnesses = [case.found[name].witness for name in names]
    if case.group.limits.explain or not meets(_refutation(witnesses), case.expected):
        witnesses = [
            _explained(case.found[name], name, minimal=name in (names[0], *wanted))
            for name in names
        ]
    asserts, unreached = _unreached_asserts(case)
    unmarked, _ = _unreached_marks(case)
    return Decision(_refutation(witnesses), _measured(case), asserts, unreached, unmarked)


def _refutation(witnesses: list[Witness]) -> Refuted:
    return Refuted(witnesses[0], tuple(witnesses[1:]))


def _explained(found: _Found, name: str, *, minimal: bool) -> Witness:
    """The witness to be shown: the smallest, or the one found without what it does not need."""
    if found.witness.model != "sc":
        return found.witness
    return (smallest if minimal else trimmed)(found.search, name, found.reply)


def _conclude(case: _Case, verdict: Verdict) -> Decision:
    return Decision(verdict, _measured(case))


def _measured(case: _Case) -> Measured:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    query = case.query
    return Measured(
        events=0 if query is None else query.events,
        clauses=0 if query is None else query.clauses,
        bound=case.bound,
        seconds=dict(case.group.clock.seconds),
        peak_mib=peak,
    )
