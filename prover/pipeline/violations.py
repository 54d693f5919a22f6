"""What can go wrong: whether anything can, which properties, and a witness for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress

from dsl import frozen
from dsl.frozen import replace
from prover.execution.hazards import PRECEDENCE
from prover.execution.run.replay import ReplayError
from prover.pipeline.case import Case, Found, Undecided, ask, naming_of, search_of
from prover.pipeline.minimal import Search, claims, violated, witness
from prover.pipeline.round import STRENGTH
from prover.smt.reply import Sat, Unsat

_NO_REPLAY = "a deadlock that only {} shows has no replay yet"


def look_for_violations(case: Case) -> None:
    """Asks whether anything can fail, then which properties can, and gets a witness for each."""
    here = case.round
    # Only sequential consistency judges invariants.
    sure = case.model != "sc" or not here.program.invariants
    if sure and here.weaker_is(here.clean, case.model):
        return
    known = here.violations.get(case.model) or (_shown_by_weaker(case) if sure else None)
    if known is not None and not set(case.wanted()) - known.keys():
        case.found.update({name: f for name, f in known.items() if isinstance(f, Found)})
        return
    if case.model != "sc":
        if _is_plainly_clean(case):
            # Most often nothing fails, and then the stronger models need not be asked.
            return
        for every in () if _stronger_are_clean(case) else (False, True):
            _under_stronger_models(case, every=every)
            # All that is wanted was found; most often nothing else goes wrong anywhere.
            if case.found and not set(case.wanted()) - case.found.keys():
                # Where more seems to go wrong, interleavings are to show all of it that they can.
                if case.model not in here.suspect and _nothing_else(case):
                    here.violations[case.model] = dict(case.found)
                    return
    if not case.found and _is_plainly_clean(case):
        return
    every = _is_shown_plainly(case) or _name_violations(case, naming_of(case, case.model))
    if case.found and every:
        here.violations[case.model] = dict(case.found)


def _is_clean(case: Case) -> bool:
    """Whether nothing at all can fail."""
    search = search_of(case, case.model)
    clean = isinstance(ask(search, search.query.fail, search.alike), Unsat)
    if clean:
        case.round.clean.add(case.model)
        case.round.grounds["clean", case.model] = claims(
            search.claim(search.query.fail, search.alike, holds=False)
        )
    return clean


def _is_plainly_clean(case: Case) -> bool:
    """Whether one question shows that nothing can fail, where nothing is expected to."""
    return "together" not in case.group.limits.without and not case.wanted() and _is_clean(case)


def _is_shown_plainly(case: Case) -> bool:
    """Whether any violation is the one that is wanted, where it is known that there is no other.

    A question about one property is harder than whether anything can fail.
    """
    if (
        case.found
        or not case.round.sure(case.model)
        or len(case.wanted()) != 1
        or case.wanted() != tuple(case.round.only.get(case.model, ()))
    ):
        return False
    search = search_of(case, case.model)
    reply = ask(search, search.query.fail, values=True)
    (name,) = case.wanted()
    if isinstance(reply, Sat) and name in violated(search, reply):
        case.found[name] = _plainest(case, search, name, reply)
    return bool(case.found)


def _stronger_are_clean(case: Case) -> bool:
    """Whether nothing can fail under stronger models, where the author expects as much.

    What goes wrong under the weaker one only has no interleaving then: none is looked for.
    """
    stronger = STRENGTH[: STRENGTH.index(case.model)]
    safe = [model for model in stronger if model in case.group.safe]
    if stronger[-1:] != tuple(safe[-1:]):
        return False
    asked = Case(case.group, frozen.replace(case.obligation, model=stronger[-1]), None)
    asked.bound = case.bound
    try:
        return case.round.weaker_is(case.round.clean, asked.model) or _is_clean(asked)
    except Undecided:
        # It was asked to spare other questions only.
        return False


def _shown_by_weaker(case: Case) -> Mapping[str, object] | None:
    """All that a weaker model shows, where the case's model shows that too."""
    strong = STRENGTH[: STRENGTH.index(case.model) + 1]
    for model in STRENGTH[len(strong) :]:
        found = case.round.violations.get(model)
        if found and all(
            isinstance(f, Found) and f.witness.model in strong for f in found.values()
        ):
            return found
    return None


def _all_found(case: Case) -> bool:
    """Whether it is known that nothing can fail but what was found.

    What a weaker model does not show, none shows; only ``lkmm`` has data races.
    """
    here, place = case.round, STRENGTH.index(case.model)
    shown = (here.violations[m].keys() for m in STRENGTH[place + 1 :] if m in here.violations)
    known = [*((here.only[case.model],) if case.model in here.only else ()), *shown]
    races = {"data-race"} if case.model != "lkmm" else set[str]()
    return any(names - races <= case.found.keys() for names in known)


def _nothing_else(case: Case) -> bool:
    """Whether nothing can fail but what was found."""
    if _all_found(case):
        return True
    if not case.round.names(case.model):
        return False
    ask_of = search_of if case.round.sure(case.model) else naming_of
    search = ask_of(case, case.model)
    off = [search.query.switches[n] for n in case.found if n in search.query.switches]
    return isinstance(ask(search, search.query.remaining, search.alike, *off), Unsat)


def _under_stronger_models(case: Case, *, every: bool) -> None:
    """What a stronger model shows, the plainest witnesses: all of it, or what is wanted."""
    stronger = Case(case.group, frozen.replace(case.obligation, model="sc"), case.expected)
    stronger.bound = case.bound
    if not every and case.wanted():
        detailed = naming_of(case, "sc")
        for name in case.wanted():
            _ask_for(stronger, detailed, name)
    else:
        look_for_violations(stronger)
        if "invariant" in stronger.found:
            # States are a matter of interleavings: under a weaker model nothing ends there.
            stronger = replace(stronger, claims=False, found={})
            look_for_violations(stronger)
    for name, found in stronger.found.items():
        case.found.setdefault(name, found)


def _ask_for(case: Case, detailed: Search, name: str) -> None:
    """A witness for one property, where it can be the first to be violated."""
    question = detailed.query.properties.get(name, "false")
    if _is_shown_at_once(case, detailed, name, question):
        return
    reply = ask(detailed, question, values=True)
    if isinstance(reply, Sat):
        case.found[name] = _plainest(case, detailed, name, reply)


def _is_shown_at_once(case: Case, detailed: Search, name: str, question: str) -> bool:
    """Whether the solver's first answer has a replay, positions level or not.

    Asked in the program of all variants only, whose witnesses nobody sees: the replay says whether
    the model allows what was found, and most often it does.
    """
    level = "level" not in case.group.limits.without and detailed.query.distinct
    if not level or case.round.sure(detailed.prepared.model):
        return False
    reply = ask(detailed, question, values=True, level=True)
    if isinstance(reply, Sat):
        with suppress(ReplayError):
            case.found[name] = _plainest(case, detailed, name, reply)
    return name in case.found


def _name_violations(case: Case, detailed: Search) -> bool:
    """Which properties can be the first to be violated, with a witness for each.

    False where there may be a deadlock besides that no replay shows: what the author expects is not
    all there is then, but what was found unexpected is.
    """
    query = detailed.query
    settled, unshown = dict.fromkeys(case.found), False
    for name in case.wanted():
        settled[name] = None
        if name not in case.found:
            _ask_for(case, detailed, name)
    while not _all_found(case):
        off = [query.switches[name] for name in settled if name in query.switches]
        reply = ask(detailed, query.remaining, *off, values=True)
        if isinstance(reply, Unsat):
            break
        names = (violated(detailed, reply) & query.properties.keys()) - settled.keys()
        if not names and _deadlocks(case, detailed, settled):
            # No replay says so; what else can fail is still to be named.
            settled["deadlock"], unshown = None, True
            continue
        if not names:
            raise ReplayError("something else can fail, and replayed nothing does")
        # That there is a race, too, is a guess: it is the reason only where there is no other.
        name = min(names, key=lambda name: (name == "data-race", rank(name)))
        case.found[name] = _plainest(case, detailed, name, reply)
        settled[name] = None
    if unshown and (case.wanted() or not case.found):
        raise Undecided(_NO_REPLAY.format(case.model))
    if not case.found and not _is_clean(case):
        raise ReplayError("something can fail, but no property can be the first to")
    return not unshown


def _deadlocks(case: Case, detailed: Search, settled: Collection[str]) -> bool:
    """Whether a weaker model has a deadlock that was not found under a stronger one."""
    if case.model == "sc" or "deadlock" in settled:
        return False
    return isinstance(ask(detailed, detailed.query.properties.get("deadlock", "false")), Sat)


def _plainest(case: Case, detailed: Search, name: str, reply: Sat) -> Found:
    """The witness under the strongest model that has one; sequential consistency has none."""
    try:
        return _plain(case, detailed, name, reply)
    except ReplayError as error:
        if name != "deadlock" or case.model == "sc":
            raise
        raise Undecided(_NO_REPLAY.format(case.model)) from error


def _plain(case: Case, detailed: Search, name: str, reply: Sat) -> Found:
    """The same; raises ReplayError where a witness is none."""
    if case.model == "lkmm" and name != "data-race" and "tso" not in case.round.clean:
        stronger = naming_of(case, "tso")
        again = ask(stronger, stronger.query.properties.get(name, "false"), values=True)
        if isinstance(again, Sat):
            return Found(stronger, again, witness(stronger, name, again))
    return Found(detailed, reply, witness(detailed, name, reply))


def rank(name: str) -> tuple[int, str]:
    """Which of several violations an author should see first."""
    return (PRECEDENCE.index(name) if name in PRECEDENCE else len(PRECEDENCE), name)
