"""The programs of one scenario's variants as one program: what holds of all is asked once.

What no execution of the program with switches does, none of a variant does.  That is all that is
taken from it under weak models, whose order it may take less of than a variant has: a violation
that only they show is looked for in the variant's own program.  An execution under sequential
consistency with one switch on is one of that variant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeAlias

from dsl import protocol as p
from dsl.check.notes import Notes
from dsl.diagnostic import DiagnosticError
from dsl.frozen import Frozen
from dsl.protocol import Expect
from dsl.source import Span
from prover.execution.construct.updates import is_left_open
from prover.execution.domains import DomainTooLarge, World
from prover.execution.evaluate import Valuation
from prover.execution.racy import Touch, touches
from prover.execution.run.machine import Stage, stage
from prover.execution.skeleton import Skeleton
from prover.execution.terms import Term
from prover.graph import compile_program
from prover.graph.kept import Kept
from prover.graph.limits import TooLarge
from prover.graph.walk import actors_of, asserts_of, callees, reached
from prover.kin.family import Kin
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import Search, claims
from prover.pipeline.round import STRENGTH, Grounds, Round
from prover.pipeline.switches import choices, literals, with_one_on
from prover.smt.claim import Claim
from prover.smt.query import QueryTooLarge
from prover.smt.reply import Sat, Unsat

Expected: TypeAlias = Mapping[str, Mapping[str, Expect | None]]
"""What is expected of the variants ("" for none), by memory model."""

SOME = "some!"
"""The Boolean that some switch is on."""

WRONG = "wrong!"
"""The Boolean that something is violated which is not expected of the variant."""

MOST = 4
"""Where more variants than that are not as expected, each is asked about by itself."""

LINEAR = frozenset(("places", "bounds"))
"""Features that are only for what nobody sees an execution of."""

_NOT_TOGETHER = (DiagnosticError, TooLarge, DomainTooLarge, QueryTooLarge)
"""What one variant, or all of them together, may make impossible."""


@dataclass(slots=True)
class Facts:
    """What the program with switches shows of one variant under the model it was asked under.

    ``only`` are the properties that can be violated, of those its author expects; None: who
    knows.  ``suspect``: others seem to be.  ``whole``: no loop can go further.  ``clean`` are
    stronger models under which nothing can fail.  ``grounds`` are the answers that say so.
    """

    only: frozenset[str] | None = None
    suspect: bool = False
    whole: bool = False
    clean: set[str] = field(default_factory=set[str])
    grounds: Grounds = field(default_factory=dict[tuple[object, str], tuple[Claim, ...]])


class _Possible(Frozen, frozen=True):
    """The variants with which something is possible, and the answer that it is with no other."""

    variants: AbstractSet[str]
    claim: Claim | None


@dataclass(slots=True)
class Shared:
    """One program for all variants of a scenario in one configuration.

    ``model`` is the weakest that is asked about; ``facts`` are what it shows of each variant.
    ``clock`` is what that took, until an obligation has been charged with it.  ``notes`` are those
    of the file.
    """

    kin: Kin
    model: str
    limits: Limits
    round: Round
    search: Search
    clock: Clock
    notes: Notes
    facts: dict[str, Facts] = field(default_factory=dict[str, Facts])
    _valuations: dict[str, Valuation] = field(default_factory=dict[str, Valuation])
    _scene: Stage | None = None
    _touches: tuple[Touch, ...] | None = None

    # --- switches

    def made(self, variant: str) -> dict[int, int]:
        """The choices that are a variant, by their numbers."""
        own = self.kin.switches.get(variant)
        return {row.number: int(it == own) for it, row in choices(self.skeleton).items()}

    @property
    def skeleton(self) -> Skeleton:
        """The events of all variants."""
        return self.search.prepared.skeleton

    def under(self, search: Search, variant: str) -> tuple[str, ...]:
        """The Booleans of a document that are a variant."""
        literals = self.literals(search)
        return tuple(name if it == variant else f"!{name}" for it, name in literals.items())

    def literals(self, search: Search) -> dict[str, str]:
        """The Boolean of each variant that makes a difference to a document."""
        variants = {name: variant for variant, name in self.kin.switches.items()}
        return {variants[name]: text for name, text in literals(search).items()}

    # --- what is known before anything is asked

    def impossible(self, variant: str) -> frozenset[int]:
        """The events that no execution of a variant has, as its switch alone says."""
        guards = ((event.number, event.guard) for event in self.skeleton.events)
        return frozenset(number for number, guard in guards if not self.passed(variant, (guard,)))

    def scene(self) -> Stage:
        """The stage for plain executions."""
        if self._scene is None:
            self._scene = stage(self.skeleton)
        return self._scene

    def asserts(self, protocol: p.Protocol) -> frozenset[Span]:
        """Where asserts stand in a variant's protocol."""
        functions = (*protocol.functions.values(), *protocol.actors.values())
        return frozenset(span for f in functions for span in self.notes.of(asserts_of, f))

    def run(self, protocol: p.Protocol, scenario: str) -> dict[str, None]:
        """The functions that a scenario of a variant's protocol runs."""
        actors = actors_of(protocol, scenario)
        return reached(protocol, actors, lambda function: self.notes.of(callees, function))

    def touches(self) -> tuple[Touch, ...]:
        """The accesses of all variants that may race, where an author says so of any."""
        if self._touches is None:
            self._touches = touches(self.skeleton)
        return self._touches

    def world(self, variant: str, clock: Clock) -> World:
        """What may be under any model with a variant's switch on, as of its own program."""
        skeleton, domains = self.round.possible(clock)
        row = choices(skeleton).get(self.kin.switches.get(variant, ""))
        return domains.within(0 if row is None else 1 + self.round.open(skeleton).index(row))

    def passed(self, variant: str, guards: Iterable[Term]) -> bool:
        """Whether one of some guards may hold, as the switch alone says."""
        valuation = self._valuations.get(variant)
        if valuation is None:
            valuation = with_one_on(self.skeleton, self.kin.switches.get(variant))
            self._valuations[variant] = valuation
        return any(valuation.surely(guard) is not False for guard in guards)

    # --- questions

    def settle(self, expected: Expected) -> None:
        """Asks about all variants at once: what else than is expected can go wrong, and whether
        a loop can go further.
        """
        literals = self._exclusive(self.search)
        # What makes no difference to the program is the scenario as it is.
        asked = {name: expected[name] for name in ("", *literals)}
        allowed = {name: _allowed(each.get(self.model)) for name, each in asked.items()}
        self.search.loaded().add("\n".join(self._wrong(literals, allowed)))
        query = self.search.query
        wrong = self._possible(WRONG, literals, self.search.alike)
        loops = [self._possible(question, literals) for question in query.cuts.values()]
        for name in asked:
            suspect = wrong is not None and name in wrong.variants
            only = None if wrong is None or suspect else allowed[name]
            whole = all(cut is not None and name not in cut.variants for cut in loops)
            grounds: Grounds = {
                ("clean", self.model): claims(*(w.claim for w in (wrong,) if w is not None)),
                ("whole", self.model): claims(*(cut.claim for cut in loops if cut is not None)),
            }
            self.facts[name] = Facts(only, suspect, whole, grounds=grounds)

    def settle_stronger(self, expected: Expected) -> None:
        """Asks whether what only the weak model shows is expected of it alone."""
        for model in reversed(STRENGTH[: STRENGTH.index(self.model)]):
            safe = [
                name
                for name, facts in self.facts.items()
                if name and facts.only and _is_proved(expected[name].get(model))
            ]
            if safe:
                search = self.round.search(model, self.limits, self.clock)
                literals = self._exclusive(search)
                # Who has no switch in this document is not who is asked about.
                safe = [name for name in safe if name in literals]
                off = [f"!{name}" for it, name in literals.items() if it not in safe]
                if isinstance(search.ask(search.query.fail, SOME, search.alike, *off), Unsat):
                    claim = search.claim(search.query.fail, SOME, search.alike, *off, holds=False)
                    for name in safe:
                        self.facts[name].clean.add(model)
                        self.facts[name].grounds["clean", model] = claims(claim)
                    return

    def _exclusive(self, search: Search) -> dict[str, str]:
        """The Booleans of the variants in a document, of which no two hold from now on."""
        literals = self.literals(search)
        pairs = combinations(literals.values(), 2)
        lines = [f"(assert (or (not {a}) (not {b})))" for a, b in pairs]
        some = " ".join(("or", *literals.values(), "false"))
        lines.append(f"(declare-const {SOME} Bool) (assert (=> {SOME} ({some})))")
        search.loaded().add("\n".join(lines))
        return literals

    def _wrong(
        self, literals: Mapping[str, str], allowed: Mapping[str, frozenset[str]]
    ) -> list[str]:
        """What is wrong: what is expected of a variant is not, where its switch is on.

        Nor is what comes after that.  Where nothing is expected, whatever fails is wrong: with
        weak models three violations can come one before the other in a circle, none first.
        """
        nobody = " ".join(f"(not {name})" for name in literals.values())
        here = {"": f"(and {nobody} true)", **literals}
        query = self.search.query
        safe = " ".join(here[variant] for variant, names in allowed.items() if not names)
        wrong = f"(or {query.remaining} (and {query.fail} (or {safe} false)))"
        return [
            f"(declare-const {WRONG} Bool) (assert (=> {WRONG} {wrong}))",
            *(
                f"(assert (=> (and {WRONG} {here[variant]}) {query.switches[name]}))"
                for variant, names in allowed.items()
                for name in sorted(names & query.switches.keys())
            ),
        ]

    def _possible(
        self, question: str, literals: Mapping[str, str], alike: str = "true"
    ) -> _Possible | None:
        """The variants with which something is possible; None where they are too many."""
        # In order: what the solver is asked may not hang on how strings are hashed.
        found: dict[str, None] = {}
        while len(found) <= MOST:
            # One that need not be asked about any more is as good as switched off.
            off = [SOME if not name else f"!{literals[name]}" for name in found]
            reply = self.search.ask(question, alike, *off, values=True)
            if isinstance(reply, Unsat):
                return _Possible(
                    found.keys(), self.search.claim(question, alike, *off, holds=False)
                )
            if not isinstance(reply, Sat):
                return None
            on = [name for name, literal in literals.items() if reply.values.get(literal)]
            found.update(dict.fromkeys(on or ("",)))
        return None

    def is_asked_again(self) -> bool:
        """Whether some variant is to show what only the weak model shows."""
        weak = (f.only and (f.clean or "data-race" in f.only) for f in self.facts.values())
        return self.model != "sc" and any(weak)

    def of(self, variant: str) -> Facts:
        """What is known of a variant; nothing of one that has no switch."""
        if variant and variant not in self.kin.switches:
            return Facts()
        # A switch that makes no difference leaves the scenario as it is.
        return self.facts.get(variant) or self.facts[""]


def _is_proved(expect: Expect | None) -> bool:
    """Whether a proof is expected."""
    return expect is not None and expect.verdict == "proved"


def _allowed(expect: Expect | None) -> frozenset[str]:
    """The properties whose violation is no surprise."""
    if expect is None:
        return frozenset()
    return frozenset((*expect.properties, *expect.allowing))


def _pays(skeleton: Skeleton, programs: int) -> bool:
    """Whether one program costs less than so many: most of the cost is in pairs of events."""
    base = with_one_on(skeleton, None)
    alone = sum(base.surely(event.guard) is not False for event in skeleton.events)
    return len(skeleton.events) ** 2 <= programs * alone**2


def share(
    kin: Kin,
    scenario: str,
    configuration: Mapping[str, str],
    expected: Expected,
    limits: Limits,
    kept: Kept | None,
    notes: Notes,
    clock: Clock,
) -> Shared | None:
    """The program of all variants, with what it shows; None where they cannot be put together."""
    model = max({m for each in expected.values() for m in each}, key=STRENGTH.index)
    try:
        with clock.stage("compile"):
            program = compile_program(kin.protocol, scenario, configuration, 1, kept)
        if is_left_open(program):
            return None
        switches = tuple(kin.switches.values())
        found = Round(program, linear=LINEAR.difference(limits.without), switches=switches)
        if not _pays(found.skeleton(clock, claims=True), len(expected)):
            return None
        shared = Shared(kin, model, limits, found, found.naming(model, limits, clock), clock, notes)
        shared.settle(expected)
        shared.settle_stronger(expected)
    except _NOT_TOGETHER:
        return None
    found.rest(shared.search if shared.is_asked_again() else None)
    return shared
