"""What can be reached: the ends of actors, asserts, labelled statements."""

from __future__ import annotations

from collections.abc import Callable

from dsl.source import Span
from prover.execution.skeleton import Skeleton
from prover.pipeline.case import Case, ask, at_hand, search_of
from prover.pipeline.member import Member
from prover.pipeline.minimal import claims
from prover.pipeline.round import STRENGTH, Label
from prover.smt.query import Query
from prover.smt.reply import Sat


def can(case: Case, what: object, question: Callable[[Query], str], *, own: bool = True) -> bool:
    """Whether something can happen under the case's model.

    A few plain executions show most of it; what is known of another model is not asked again.
    Without ``own`` the strongest model at hand has the last word: a no may be wrong then.
    """
    known_so_far = case.round
    if not known_so_far.loaded("sc"):
        case.group.rehearse(case.bound, every=own or case.group.limits.reaches)
    settled = known_so_far.known(what, case.model)
    if settled is not None:
        return settled
    if known_so_far.never(what):
        return False
    at_hand = [model for model in STRENGTH if known_so_far.at_hand(model)]
    for model in dict.fromkeys((*at_hand[:1], case.model) if own else at_hand[:1]):
        if not known_so_far.weaker_is({case.model}, model):
            continue
        search = search_of(case, model)
        known = isinstance(ask(search, question(search.query)), Sat)
        known_so_far.reached[what, model] = known
        if known:
            claim = search.claim(question(search.query), holds=True)
            known_so_far.grounds[what, model] = claims(claim)
            return True
    return False


def _check(number: int) -> Callable[[Query], str]:
    """The question whether an event's check is reached."""
    return lambda query: query.checks.get(number, "false")


def _mark(label: tuple[str, str]) -> Callable[[Query], str]:
    """The question whether a labelled statement is passed."""
    return lambda query: query.marks.get(label, "false")


def asserts_in(case: Case) -> tuple[Span, ...]:
    """The asserts of the scenario."""
    events, foreign = listing(case)[0].events, case.round.foreign()
    found = {
        event.origin.span: None
        for event in events
        if event.number not in foreign and any(check.property == "assert" for check in event.checks)
    }
    return tuple(found)


def unreached_asserts(
    case: Case, asserts: tuple[Span, ...], *, own: bool = True
) -> tuple[Span, ...]:
    """Those of the scenario's ``asserts`` that no run reaches; ``own`` as for :func:`can`."""
    skeleton, query = listing(case)
    events, left = skeleton.events, set(asserts)
    # What is known already is looked at first: another event of the same assert may be.
    numbers = sorted(query.checks, key=lambda n: case.round.known(n, case.model) is not True)
    for number in numbers:
        span = events[number].origin.span
        if span in left and can(case, number, _check(number), own=own):
            left.remove(span)
    return tuple(span for span in asserts if span in left)


def unreached_marks(case: Case, *, own: bool = True) -> tuple[Label, ...]:
    """The variant's labels that no run passes; ``own`` is as for :func:`can`."""
    return tuple(label for label in _wanted(case) if not can(case, label, _mark(label), own=own))


def dead_marks(case: Case) -> tuple[Label, ...]:
    """The labels but the variant's that no run passes, as far as can be seen without asking."""
    dead, wanted = case.round.dead(case.model, case.group.clock), _wanted(case)
    return tuple(label for label in dead if label not in wanted)


def _wanted(case: Case) -> tuple[Label, ...]:
    """The labels that the variant itself has."""
    variant = case.group.protocol.variants.get(case.obligation.variant)
    return () if variant is None else variant.labels


def listing(case: Case) -> tuple[Skeleton, Query]:
    """The events, and a query that names what may be asked about them."""
    if isinstance(case.round, Member):
        return case.round.listing()
    search = at_hand(case)
    return search.prepared.skeleton, search.query
