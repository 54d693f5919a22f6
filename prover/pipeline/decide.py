"""One obligation decided: the three queries, the bound raised as far as it takes."""

from __future__ import annotations

import resource
from collections.abc import Sequence

from dsl import frozen
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import replace
from dsl.protocol import Expect, Protocol
from dsl.source import Span
from prover.execution.domains import DomainTooLarge
from prover.execution.run.replay import ReplayError
from prover.execution.witness import Witness
from prover.graph.kept import Kept
from prover.graph.limits import TooLarge
from prover.pipeline.case import Case, Found, Undecided, ask, search_of
from prover.pipeline.decision import NO_MEMORY, Decision
from prover.pipeline.grounds import grounded
from prover.pipeline.group import Group, Tell
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.member import Member, member
from prover.pipeline.minimal import claims, smallest, trimmed
from prover.pipeline.obligations import with_stronger
from prover.pipeline.reach import (
    asserts_in,
    can,
    dead_marks,
    listing,
    unreached_asserts,
    unreached_marks,
)
from prover.pipeline.round import STRENGTH, Leave, Rounds
from prover.pipeline.shared import Shared
from prover.pipeline.violations import look_for_violations, rank
from prover.smt.claim import Claim
from prover.smt.query import QueryTooLarge
from prover.smt.reply import Sat
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

_NO_ANSWER = (Undecided, TooLarge, DomainTooLarge, QueryTooLarge, MemoryError)
"""What keeps a bound from having an answer."""


def decide(
    protocol: Protocol, obligation: Obligation, expected: Expect | None, limits: Limits
) -> Decision:
    """The verdict on one obligation.  ``protocol`` has the obligation's variant applied."""
    ((_, decision),) = decide_group(protocol, [(obligation, expected)], limits)
    return decision


def decide_group(
    protocol: Protocol,
    asked: Sequence[tuple[Obligation, Expect | None]],
    limits: Limits,
    kept: Kept | None = None,
    rounds: Rounds | None = None,
    shared: Shared | None = None,
    tell: Tell | None = None,
) -> list[tuple[Obligation, Decision]]:
    """The verdicts on obligations that differ only in the memory model, in their order.

    The weakest model is decided first: what it proves is proved under the stronger ones.
    ``kept`` are graphs of the same file under other variants, ``rounds`` what is known of its
    programs, ``shared`` the program of all variants of the scenario.  ``tell`` is told what is
    known of one up to some bound, while the next is asked about.
    """
    first = asked[0][0]
    rounds = Rounds() if rounds is None else rounds
    expected = with_stronger(protocol, first, {o.model: e for o, e in asked})
    safe = frozenset(m for m, e in expected.items() if e is not None and e.verdict == "proved")
    group = Group(
        protocol, first.scenario, dict(first.configuration), limits, kept, rounds, safe, tell
    )
    known = None if shared is None else member(shared, protocol, first.scenario, group.events)
    decided = None if known is None else _in_all(group, asked, known)
    if decided is None:
        group.found.clear()
        if known is not None:
            group.round(1).learn(known)
        elif shared is not None and shared.of(protocol.variant).suspect:
            group.round(1).suspect.add(shared.model)
        decided = _each(group, asked)
        rounds.rest()
    if shared is not None:
        decided[first] = _charged(decided[first], shared)
    # What the group found has the group: nobody is to have to look for that.
    group.found.clear()
    return [(obligation, decided[obligation]) for obligation, _ in asked]


def _charged(decision: Decision, shared: Shared) -> Decision:
    """The decision with the time of what was found out for all variants, for the first of them."""
    seconds = dict(decision.measured.seconds)
    for stage, took in shared.clock.seconds.items():
        seconds[stage] = seconds.get(stage, 0.0) + took
    shared.clock.seconds.clear()
    return replace(decision, measured=frozen.replace(decision.measured, seconds=seconds))


def _in_all(
    group: Group, asked: Sequence[tuple[Obligation, Expect | None]], known: Member
) -> dict[Obligation, Decision] | None:
    """The verdicts as the program of all variants gives them; None where that does not do."""
    group.found[1] = known
    try:
        decided = _each(group, asked)
    except Leave:
        return None
    expected = dict(asked)
    plain = all(_is_plain(decision, expected[o]) for o, decision in decided.items())
    return decided if plain else None


def _is_plain(decision: Decision, expect: Expect | None) -> bool:
    """Whether a verdict is one that stands, and as expected."""
    return isinstance(decision.verdict, Refuted | Proved) and meets(decision.verdict, expect)


def _each(
    group: Group, asked: Sequence[tuple[Obligation, Expect | None]]
) -> dict[Obligation, Decision]:
    """Each obligation's decision, the weakest model's first."""
    decided: dict[Obligation, Decision] = {}
    for obligation, expected in sorted(asked, key=lambda a: -STRENGTH.index(a[0].model)):
        group.clock = Clock()
        case = Case(group, obligation, expected)
        decided[obligation] = grounded(case, _decided(case))
    return decided


def _decided(case: Case) -> Decision:
    """One obligation's decision, whatever happens."""
    try:
        return _with_races(case, _decide(case))
    except Leave:
        raise
    except DiagnosticError as error:
        return Decision(Unknown("not checked"), _measured(case), diagnostics=error.diagnostics)
    except _NO_ANSWER as error:
        return _conclude(case, Unknown(_why(case, error)))
    except ReplayError as error:
        return _conclude(case, Broken(f"a witness failed its replay: {error}"))
    except Exception as error:  # noqa: BLE001 - a bug must cost one obligation, and say so
        return _conclude(case, Broken(f"{type(error).__name__}: {error}"))


def _why(case: Case, error: Exception) -> str:
    """Why there is no answer."""
    match error:
        case Undecided():
            return str(error)
        case MemoryError():
            return NO_MEMORY
        case _:
            return f"too large: {error}{_at(case, error)}"


def _at(case: Case, error: Exception) -> str:
    """Where the program becomes too large, if that is one statement, and what to do about it."""
    if not isinstance(error, DomainTooLarge):
        return ""
    span, advice = error.span, f"; {error.advice}" if error.advice else ""
    if span is None:
        return advice
    return f", at {case.group.protocol.sources[span.file].at(span.start)}{advice}"


def _with_races(case: Case, decision: Decision) -> Decision:
    """The decision with the places whose data races are not looked for.

    These are the program's own, whatever was asked of a solver.
    """
    if case.model != "lkmm":
        return decision
    places = case.round.racy(case.group.clock)
    measured = frozen.replace(decision.measured, seconds=dict(case.group.clock.seconds))
    return replace(decision, measured=measured, suppressed=places)


def refused(diagnostics: tuple[Diagnostic, ...]) -> Decision:
    """The decision on an obligation whose variant does not check."""
    return Decision(Unknown("not checked"), Measured(), diagnostics=diagnostics)


def _decide(case: Case) -> Decision:
    """Raises the bound until the verdict is settled.

    Where all is found that the author wants to see, what nobody expects may come behind a loop that
    goes further: it is looked for as long as there is an answer.
    """
    limits = case.group.limits
    scenario = case.group.protocol.scenarios[case.obligation.scenario]
    highest = min(scenario.bound or limits.max_bound, limits.max_bound)
    decision = Decision(Unknown("not asked"), Measured())
    for bound in range(1, highest + 1):
        case.bound, before = bound, dict(case.found)
        try:
            look_for_violations(case)
            if _is_shown(case) and (not case.wanted() or _surprises(case)):
                return _refuted(case)
            loops = _reachable_cuts(case)
            if not case.found:
                decision = _not_refuted(case, loops)
            elif loops and _is_shown(case) and not isinstance(decision.verdict, Refuted):
                decision = _refuted(case)
        except _NO_ANSWER as error:
            # As if the last bound had been the highest.
            case.bound, case.found = bound - 1, before
            if not before or isinstance(decision.verdict, Refuted):
                if (short := decision.short_of(_why(case, error))) is not None:
                    return _timed(case, short)
            elif _surprises(case):
                break
            raise
        if not loops:
            break
        if case.group.tell is not None and bound < highest and (not case.found or _is_shown(case)):
            case.group.tell(case.obligation, grounded(case, _with_races(case, decision)))
    if isinstance(decision.verdict, Refuted):
        return _timed(case, decision)
    return _refuted(case) if case.found else decision


def _timed(case: Case, decision: Decision) -> Decision:
    """A decision of an earlier bound, with the time of all."""
    took = dict(case.group.clock.seconds)
    return replace(decision, measured=frozen.replace(decision.measured, seconds=took))


def _is_shown(case: Case) -> bool:
    """Whether something was found, and all that the author wants to see."""
    return bool(case.found) and all(name in case.found for name in case.wanted())


def _reachable_cuts(case: Case) -> tuple[Span, ...]:
    """The loops that can go further than the bound."""
    here = case.round
    if here.weaker_is(here.whole, case.model):
        return ()
    search = search_of(case, case.model)
    loops: dict[Span, None] = {}
    ends: list[Claim | None] = []
    for index, question in search.query.cuts.items():
        loop = search.prepared.skeleton.cuts[index].loop
        if loop in loops:
            continue
        if isinstance(ask(search, question), Sat):
            loops[loop] = None
        else:
            ends.append(search.claim(question, holds=False))
    if not loops:
        here.whole.add(case.model)
        here.grounds["whole", case.model] = claims(*ends)
    return tuple(sorted(loops, key=lambda s: (s.file, s.start)))


def _not_refuted(case: Case, loops: tuple[Span, ...]) -> Decision:
    """The verdict where nothing can fail up to the bound."""
    ends = can(case, "ends", lambda query: query.ends)
    asserts = asserts_in(case)
    unreached = unreached_asserts(case, asserts)
    unmarked, dead = unreached_marks(case), dead_marks(case)
    verdict: Verdict = Proved() if ends else Vacuous("no run of the scenario ends")
    verdict = Bounded(case.bound, loops) if loops else verdict
    return Decision(verdict, _measured(case), asserts, unreached, unmarked, dead)


def _refuted(case: Case) -> Decision:
    """The refutation, with what the author wants to see in front.

    Where something is found that is not expected, that is what is to be seen.
    """
    wanted = case.wanted()
    front = _surprises(case) or set(wanted)
    names = sorted(case.found, key=lambda n: (n not in front, *rank(n)))
    witnesses = [case.found[name].witness for name in names]
    if case.group.limits.explain or not meets(_refutation(witnesses), case.expected):
        if isinstance(case.round, Member):
            raise Leave
        witnesses = [
            _explained(case.found[name], name, minimal=name in (names[0], *wanted))
            for name in names
        ]
    # What a refutation reaches can only speak for other obligations: the plainest answer will do,
    # and most often the others reach all there is without it.
    asserts = unreached = asserts_in(case)
    unasked = bool(asserts) and not case.group.limits.reaches
    if not unasked:
        unreached = unreached_asserts(case, asserts, own=False)
    unmarked = unreached_marks(case, own=False)
    refuted, measured = _refutation(witnesses), _measured(case)
    return Decision(refuted, measured, asserts, unreached, unmarked, unasked=unasked)


def _surprises(case: Case) -> set[str]:
    """What was found that the author does not name."""
    allowed = () if case.expected is None else case.expected.allowing
    return set(case.found).difference(case.wanted(), allowed)


def _refutation(witnesses: list[Witness]) -> Refuted:
    return Refuted(witnesses[0], tuple(witnesses[1:]))


def _explained(found: Found, name: str, *, minimal: bool) -> Witness:
    """The witness to be shown: the smallest, or the one found without what it does not need."""
    if found.witness.model == "sc" and minimal:
        return smallest(found.search, name, found.reply, found.witness)
    return trimmed(found.search, name, found.reply)


def _conclude(case: Case, verdict: Verdict) -> Decision:
    return Decision(verdict, _measured(case))


def _measured(case: Case) -> Measured:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    query = case.query
    if query is None and isinstance(case.group.found.get(case.bound), Member):
        query = listing(case)[1]
    return Measured(
        events=0 if query is None else query.events,
        clauses=0 if query is None else query.clauses,
        bound=case.bound,
        seconds=dict(case.group.clock.seconds),
        peak_mib=peak,
    )
