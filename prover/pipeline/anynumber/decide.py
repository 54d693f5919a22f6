"""One obligation about any number of actors decided.

::

    system --views of 1, 2, 3--> Safe ----> checkers ----> proved, cross-checked with numbers
                                 Suspect -> numbers of actors, the smallest first -> refuted
                                            or none shows it -> views of one more, then unknown
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from time import monotonic

from dsl import frozen
from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.frozen import replace
from dsl.protocol import Expect, Protocol, Scenario
from prover.parametric.certificate.folded import count_of
from prover.parametric.invariant import Endless, Invariant, Safe, Suspect
from prover.parametric.system import Infinite, Refused, System
from prover.pipeline.anynumber import wording
from prover.pipeline.anynumber.engine import SIZES, Confirmed, Contradicted, Engine, Unfinished
from prover.pipeline.anynumber.finite import FEW_KINDS, Finite, Instance, ladder, quick, smallest
from prover.pipeline.decision import NO_MEMORY, Decision
from prover.pipeline.limits import Clock, Limits
from prover.verdict import (
    AnyNumber,
    Broken,
    Measured,
    Obligation,
    Proved,
    Refuted,
    Unknown,
    Verdict,
)

BY_NUMBERS = frozenset({"deadlock", "lock-order"})
"""What the abstraction does not decide: numbers of actors are asked about it."""

LARGE = 120
"""Where one of each has more events than that, no more of them are run to confirm a proof."""

CROSS_CHECKED = 6
"""To see that a proof holds of numbers so many actors, times rounds, are run."""

MUCH = 300
"""Numbers that are to confirm a proof, and will have more events than that, are left out."""

CONFIRMING = 80_000_000
"""Work for one question about numbers that are to confirm a proof, in z3's units: not seconds, as
what a proof says is to be the same on a machine that is busy.

None about what is shipped takes more than 28 million, some six seconds."""

ENOUGH = 0.3
"""The part of the time that goes into running a proof with numbers, or a suspicion."""


@dataclass(slots=True)
class Case:
    """One obligation on its way to a verdict."""

    protocol: Protocol
    obligation: Obligation
    expected: Expect | None
    limits: Limits
    engine: Engine
    save: Callable[[System, Invariant], None] | None = None
    started: float = field(default_factory=monotonic)
    clock: Clock = field(default_factory=Clock)
    views: int = 0
    _parts: tuple[System | None] | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario that is asked about."""
        return self.protocol.scenarios[self.obligation.scenario]

    def left(self) -> float:
        """The seconds that are left."""
        return self.started + self.limits.timeout - monotonic()

    def parts(self) -> System | None:
        """The system that has only parts of counts, made once; None where there is none."""
        if self._parts is None:
            self._parts = (self._counted(),)
        return self._parts[0]

    def _counted(self) -> System | None:
        if self.engine.counted is None:
            return None
        with self.clock.stage("compile"), suppress(Refused, Infinite):
            return self.engine.counted(self.protocol, self.obligation)
        return None

    def finite(self) -> Finite:
        """Its instances, and the time that there is for them."""
        deadline = monotonic() + max(0.0, self.left()) * ENOUGH
        return Finite(self.protocol, self.obligation, self.expected, self.limits, deadline)


def decide_any_number(
    protocol: Protocol,
    obligation: Obligation,
    expected: Expect | None,
    limits: Limits,
    engine: Engine,
    save: Callable[[System, Invariant], None] | None = None,
) -> Decision:
    """The verdict on one obligation.  ``protocol`` has the obligation's variant applied.

    ``save`` is given what proves it, once that is confirmed.
    """
    case = Case(protocol, obligation, expected, limits, engine, save)
    try:
        decision = _decide(case)
    except (Refused, Infinite) as error:
        decision = _refused(case.scenario, error)
    except DiagnosticError as error:
        decision = Decision(Unknown("not checked"), Measured(), diagnostics=error.diagnostics)
    except MemoryError:
        decision = Decision(Unknown(NO_MEMORY), Measured())
    except Exception as error:  # noqa: BLE001 - a bug must cost one obligation, and say so
        decision = Decision(Broken(f"{type(error).__name__}: {error}"), Measured())
    notes = (*wording.not_covered(protocol, case.scenario), *decision.notes)
    return replace(decision, notes=notes, measured=_measured(case))


def _refused(scenario: Scenario, error: Refused | Infinite) -> Decision:
    """What keeps a scenario from being decided at all."""
    code, message = "infinite-state", error.what
    hint = "give it a smaller type, take it modulo something, or run numbers of actors"
    if isinstance(error, Refused):
        code = "any-number-unsupported"
        message = f"proofs for any number of actors do not cover this: {error.what}"
        hint = "run numbers of actors instead: run walker * 2, fault;"
    where = error.span or scenario.span
    return Decision(
        Unknown("not checked"),
        Measured(),
        diagnostics=(Diagnostic(code, message, Label(where, ""), (), hint),),
    )


def _decide(case: Case) -> Decision:
    with case.clock.stage("compile"):
        system = case.engine.system(case.protocol, case.obligation)
    last: Suspect | Endless | Infinite | None = None
    reached = 0
    for size in SIZES:
        if case.left() <= 0:
            break
        found = _found(case, system, size) if not isinstance(last, Infinite) else last
        if isinstance(found, Safe):
            return _safe(case, system, found)
        parts = case.parts() if size > 1 else None
        other = None if parts is None else _by_parts(case, parts, size)
        if parts is not None and isinstance(other, Safe):
            return _safe(case, parts, other)
        if found is None:
            continue
        last, reached = found, size
        suspect = other if isinstance(found, Infinite) else found
        # With views of one nearly everything is suspect: nothing is lost by asking views of two.
        if isinstance(suspect, Suspect) and size > 1:
            shown = _shown(case, suspect)
            if shown is not None:
                return shown
    if last is None:
        return Decision(Unknown("no time was left"), Measured())
    if isinstance(last, Infinite):
        raise last
    told = wording.steps(last.moves, case.protocol.sources) if isinstance(last, Suspect) else ()
    question = case.obligation.question
    notes = (f"{question}: the abstract steps are {', '.join(told)}",) if told else ()
    why = wording.blocked(last, reached, case.protocol.sources)
    return Decision(Unknown(why), Measured(), notes=notes)


def _found(case: Case, system: System, size: int) -> Safe | Suspect | Endless | Infinite | None:
    """What views of one size say; None where views of one see something without an end.

    Raises Infinite where one of each actor sees that, too.
    """
    try:
        with case.clock.stage("search"):
            return case.engine.search(system, size, case.left())
    except Infinite as error:
        if size > 1:
            return error
    # Views of one allow too much: what has no end in them may have one in larger ones.
    if case.engine.few is not None:
        with case.clock.stage("numbers"):
            case.engine.few(system)
    return None


def _by_parts(case: Case, parts: System, size: int) -> Safe | Suspect | Endless | None:
    """What views say where of counts of references only parts are kept.

    What is not covered with parts may be without them, so nothing is said of it.
    """
    try:
        with case.clock.stage("search"):
            return case.engine.search(parts, size, max(0.0, case.left()))
    except (Refused, Infinite):
        return None


def _shown(case: Case, suspect: Suspect) -> Decision | None:
    """The refutation by the smallest number of actors that shows something."""
    finite = case.finite()
    with case.clock.stage("numbers"):
        shown = smallest(finite, dict(suspect.actors))
    return None if shown is None else _refuted(case, shown[1], shown[0])


def _refuted(case: Case, found: Refuted, tried: Instance) -> Decision:
    takes = wording.needed(case.scenario, tried)
    return Decision(found, Measured(), notes=(f"{case.obligation.question}: {takes}",))


# --- proofs ---------------------------------------------------------------------------------


def _safe(case: Case, system: System, safe: Safe) -> Decision:
    """The verdict where nothing goes wrong in the abstraction."""
    number = _number(case, safe.invariant)
    names: list[str] = []
    with case.clock.stage("check"):
        opinions = case.engine.opinions(system, safe.invariant, max(0.0, case.left()))
        with closing(opinions) as said:
            for opinion in said:
                match opinion:
                    case Confirmed(by=by):
                        names.append(by)
                    case Contradicted(by=by, why=why):
                        what = f"{by} does not accept the certificate: {why}"
                        return Decision(Broken(what), Measured())
                    case Unfinished(by=by, why=why):
                        what = f"safe, but the certificate was not confirmed by {by}: {why}"
                        return Decision(Unknown(what), Measured())
    if not names:
        return Decision(Unknown("safe, but nobody has checked the certificate"), Measured())
    if case.save is not None:
        case.save(system, safe.invariant)
    decided = safe.stuck is None
    if case.engine.interrupts is not None:
        decided = decided and not case.engine.interrupts(system)
    counts = () if case.engine.counts is None else case.engine.counts(system)
    # A step that looks at a count may be too much, so somebody who waits for one need not go on.
    decided = decided and not counts
    limit = wording.few_references(counts) if counts else ""
    proved = Proved(frozen.replace(number, checkers=tuple(names), limited=limit))
    return _cross_checked(case, safe, proved, deadlock=not decided)


def _cross_checked(case: Case, safe: Safe, proved: Proved, *, deadlock: bool) -> Decision:
    """The proof, once numbers of actors have been run: they say what else goes wrong.

    ``deadlock``: only they say so of deadlocks.
    """
    finite = case.finite()
    finite.effort = CONFIRMING
    with case.clock.stage("numbers"):
        for tried in _tried(finite, safe.stuck):
            if finite.foreseen(tried) > MUCH:
                continue
            found = finite.refuted(tried)
            if found is None:
                continue
            wrong = [name for name in found.properties if name not in BY_NUMBERS]
            if wrong:
                took = wording.needed(case.scenario, tried)
                what = f"proved for any number, but {wrong[0]} is found: {took}"
                return Decision(Broken(what), Measured())
            shown = smallest(finite, dict(tried.numbers))
            return _refuted(
                case, found if shown is None else shown[1], shown[0] if shown else tried
            )
    asserts, unreached = finite.unreached()
    unmarked, dead = _never(finite, "unmarked"), _never(finite, "dead")
    limit = wording.checked_up_to(case.scenario, finite.clean, cut=finite.cut, deadlock=deadlock)
    assert proved.number is not None
    taken = proved.number.limited
    number = frozen.replace(proved.number, limited=f"{taken}; {limit}" if taken else limit)
    verdict: Verdict = finite.vacuous() or Proved(number)
    return Decision(verdict, Measured(), asserts, unreached, unmarked, dead)


def _tried(finite: Finite, stuck: Suspect | None) -> Iterator[Instance]:
    """The samples; and two of one actor as long as there is an assert that nobody has come to."""
    yield from _samples(finite, stuck)
    for name in finite.many:
        if finite.unreached()[1]:
            numbers = tuple((other, 2 if other == name else 0) for other in finite.many)
            yield Instance(numbers, 1)


def _samples(finite: Finite, stuck: Suspect | None) -> list[Instance]:
    """One of each actor, two of each; those that may be in a deadlock, the smallest first."""
    # A number of actors that is given is given for being hard.
    most = CROSS_CHECKED if finite.many else CROSS_CHECKED - 2
    found = [
        Instance(tuple((name, number) for name in finite.many), rounds)
        for number, rounds in ((1, 1), (1, 2), (2, 1))
        if (rounds == 1 or finite.forever) and (number == 1 or finite.many)
    ]
    found = [each for each in found if finite.turns(each) <= most] or found[:1]
    # How large one of each is says what more of them would cost, on any machine.
    if finite.refuted(found[0]) is None and finite.events > LARGE:
        found = found[:1]
    if stuck is not None:
        # Who is suspected need not be all that waits: others, who go on, may not be there at all.
        kinds = finite.many if len(finite.many) <= FEW_KINDS else ()
        few = quick(kinds, dict.fromkeys(kinds, 1), forever=finite.forever) if kinds else ()
        none = Instance(tuple((name, 0) for name in finite.many), 1)
        found = [
            none,
            *few,
            *ladder(finite.many, dict(stuck.actors), forever=finite.forever),
            *found,
        ]
    return list(dict.fromkeys(found))


def _never(finite: Finite, what: str) -> tuple[tuple[str, str], ...]:
    """Labels that no instance reaches."""
    every = (*finite.decisions, *finite.endless)
    found: list[tuple[tuple[str, str], ...]] = [getattr(d, what) for d in every]
    return (
        tuple(label for label in found[0] if all(label in each for each in found)) if found else ()
    )


def _number(case: Case, invariant: Invariant) -> AnyNumber:
    """What a proof is of."""
    scenario = case.scenario
    shared = list(invariant.shared())
    case.views = count_of(invariant)
    return AnyNumber(
        scenario.many,
        tuple((name, count) for name, count in scenario.run if name not in scenario.many),
        scenario.forever,
        tuple((pool.name, pool.length) for pool in case.protocol.pools.values()),
        invariant.size,
        len(shared),
        case.views,
        (),
        "",
    )


def _measured(case: Case) -> Measured:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(clauses=case.views, seconds=dict(case.clock.seconds), peak_mib=peak)
