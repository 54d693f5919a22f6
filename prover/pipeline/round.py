"""One bounded program, and all that was asked and found out about it.

None of it depends on what the obligation is called or on what is expected of it.  So where a
variant leaves the program as it was (a barrier that only one configuration has, in the other), what
was found out once holds for both: :class:`Rounds`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.frozen import fields_of, replace
from prover.execution import skeleton as sk
from prover.execution.analysis import analyse
from prover.execution.construct.program import build
from prover.execution.domains import Domains
from prover.execution.order import static_order
from prover.execution.racy import racy_places, touches
from prover.execution.run.machine import stage
from prover.execution.run.rehearse import Reached, rehearse
from prover.execution.skeleton import Skeleton
from prover.execution.terms import Choice, Term
from prover.graph.ir import Program
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import Search, start
from prover.pipeline.obligations import MODELS
from prover.pipeline.switches import choices
from prover.smt.claim import Claim
from prover.smt.encode import Prepared, prepare

STRENGTH = MODELS
"""The memory models, the strongest first."""

MOST = 12
"""So many programs of one scenario are remembered."""


Grounds: TypeAlias = dict[tuple[object, str], tuple[Claim, ...]]
"""What is known on the word of a solver, by what it is and the memory model."""


Label: TypeAlias = tuple[str, str]
"""A function, and a label in it."""

Sought: TypeAlias = tuple[frozenset[Label], bool]
"""Labels that executions are to pass, and whether all asserts and the end are sought as well."""


class Leave(Exception):
    """What is to be known takes a program of the variant's own."""


@dataclass(slots=True)
class Round:
    """A program with its loops cut at one bound, and what is known of it by memory model.

    ``clean`` are the models under which nothing can fail; ``whole`` those under which no loop can
    go further; ``only`` the properties that alone may be violated under a model; ``suspect`` are
    models under which others than those expected seem to be; ``violations`` are what was found
    under a model; ``reached`` is whether something can happen under a model.  ``grounds`` are the
    answers of a solver that this rests on, by model and by ``"clean"``, ``"whole"`` or what
    is reached.  ``linear`` is that of its queries
    (:class:`Prepared`): where nobody is shown an execution of it.  ``switches`` are configs left
    open, of which whatever is asked has at most one on.
    """

    program: Program
    skeletons: dict[bool, Skeleton] = field(default_factory=dict[bool, Skeleton])
    searches: dict[str, Search] = field(default_factory=dict[str, Search])
    detailed: dict[str, Search] = field(default_factory=dict[str, Search])
    prepared: dict[str, Prepared] = field(default_factory=dict[str, Prepared])
    clean: set[str] = field(default_factory=set[str])
    whole: set[str] = field(default_factory=set[str])
    only: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    suspect: set[str] = field(default_factory=set[str])
    violations: dict[str, Mapping[str, object]] = field(
        default_factory=dict[str, Mapping[str, object]]
    )
    reached: dict[tuple[object, str], bool] = field(default_factory=dict[tuple[object, str], bool])
    rehearsed: set[Sought] = field(default_factory=set["Sought"])
    grounds: Grounds = field(default_factory=dict[tuple[object, str], tuple[Claim, ...]])
    linear: frozenset[str] = frozenset()
    switches: tuple[str, ...] = ()
    _claimless: Round | None = None
    _possible: tuple[Skeleton, Domains] | None = None

    def open(self, skeleton: Skeleton) -> tuple[Choice, ...]:
        """The choices that are switches; of those that make no difference there is none."""
        found = choices(skeleton) if self.switches else {}
        return tuple(found[name] for name in self.switches if name in found)

    def search(self, model: str, limits: Limits, clock: Clock) -> Search:
        """The query and solver session of a model: whether anything can fail.

        One with every violation named serves too.
        """
        found = self.searches.get(model) or self.detailed.get(model)
        if found is None:
            found = self.searches[model] = self._start(model, limits, clock, detail=False)
        found.clock = clock
        return found

    def naming(self, model: str, limits: Limits, clock: Clock) -> Search:
        """The same with every violation named."""
        found = self.detailed.get(model)
        if found is None:
            found = self.detailed[model] = self._start(model, limits, clock, detail=True)
        found.clock = clock
        return found

    def _start(self, model: str, limits: Limits, clock: Clock, *, detail: bool) -> Search:
        prepared = self.prepared.get(model)
        if prepared is None:
            skeleton = self.skeleton(clock, claims=model == "sc")
            with clock.stage("encode"):
                ordered = "order" not in limits.without
                prepared = self._alike(model, skeleton) if ordered else None
                prepared = prepared or prepare(
                    skeleton, model, ordered=ordered, switches=self.open(skeleton)
                )
                prepared = replace(prepared, linear=self.linear)
            self.prepared[model] = prepared
        return start(prepared, limits, clock, stretches=0, detail=detail)

    def _alike(self, model: str, skeleton: Skeleton) -> Prepared | None:
        """What is known of the skeleton under another model, where that is the same."""
        pools = any(region.pool for region in skeleton.layout.regions.values())
        for other, prepared in self.prepared.items():
            if prepared.skeleton is skeleton and (not pools or "sc" not in (model, other)):
                return replace(prepared, model=model)
        return None

    def skeleton(self, clock: Clock, *, claims: bool) -> Skeleton:
        """The program's events; without ``claims`` it has no invariants.

        An invariant is about the states of an interleaving: weaker models have none.
        """
        claims = claims or not self.program.invariants
        found = self.skeletons.get(claims)
        if found is None:
            with clock.stage("compile"):
                program = self.program if claims else replace(self.program, invariants=())
                found = self.skeletons[claims] = build(program)
        return found

    def without_claims(self) -> Round:
        """The program without its invariants.

        Its executions go on where an invariant is broken, as those of weaker models do.
        """
        if not self.program.invariants:
            return self
        if self._claimless is None:
            self._claimless = Round(replace(self.program, invariants=()), linear=self.linear)
            if False in self.skeletons:
                self._claimless.skeletons[True] = self.skeletons[False]
        return self._claimless

    def weaker_is(self, known: set[str], model: str) -> bool:
        """Whether something is known of a model, or of one that allows all it allows."""
        return any(name in known for name in STRENGTH[STRENGTH.index(model) :])

    def at_hand(self, model: str) -> bool:
        """Whether there is a query under a model already."""
        return self.loaded(model)

    def sure(self, _model: str, /) -> bool:
        """Whether whatever is possible under a model, as its query has it, is possible."""
        return True

    def names(self, _model: str, /) -> bool:
        """Whether single violations can be asked about under a model."""
        return True

    def loaded(self, model: str) -> bool:
        """Whether asking under a model takes no more than the question."""
        return model in self.searches or model in self.detailed

    def foreign(self) -> frozenset[int]:
        """Checks that are not the program's own."""
        return frozenset()

    def never(self, _what: object, /) -> bool:
        """Whether it can be seen without asking that something does not happen."""
        return False

    def rehearse(self, sought: Sought, clock: Clock) -> None:
        """Finds out what a few plain executions reach, once for what is sought."""
        marks, every = sought
        if {sought, (marks, True)} & self.rehearsed:
            return
        self.rehearsed.add(sought)
        self.note(self._rehearsed(marks, clock, every=every))

    def _rehearsed(self, marks: frozenset[Label], clock: Clock, *, every: bool) -> Reached:
        """What they reach."""
        skeleton = self.skeleton(clock, claims=True)
        asserts = (e.number for e in skeleton.events if every and sk.is_assert(e))
        with clock.stage("replay"):
            return rehearse(stage(skeleton), marks, frozenset(asserts), ends=every)

    def note(self, found: Reached) -> None:
        """Takes over what executions under sequential consistency reached."""
        ends = ("ends",) if found.ends else ()
        reached = (*found.marks, *found.events, *ends)
        self.reached.update({(what, "sc"): True for what in reached})

    def known(self, what: object, model: str) -> bool | None:
        """Whether something can happen under a model, where any model says so."""
        place = STRENGTH.index(model)
        if any(self.reached.get((what, name), False) for name in STRENGTH[: place + 1]):
            return True
        if not all(self.reached.get((what, name), True) for name in STRENGTH[place:]):
            return False
        return None

    def possible(self, clock: Clock) -> tuple[Skeleton, Domains]:
        """The program's events, and what may be of them under any model."""
        if self._possible is None:
            known = next((self.prepared[m] for m in ("lkmm", "tso") if m in self.prepared), None)
            if known is not None:
                self._possible = known.skeleton, known.domains
            else:
                skeleton = self.skeleton(clock, claims=False)
                with clock.stage("encode"):
                    order, switches = static_order(skeleton), self.open(skeleton)
                    domains = analyse(skeleton, order, weak=True, switches=switches)
                self._possible = skeleton, domains
        return self._possible

    def racy(self, clock: Clock) -> tuple[str, ...]:
        """Places whose data races are not looked for: their author knows of them."""
        skeleton = self._any_skeleton(clock)
        if not touches(skeleton):
            return ()
        known, domains = self.possible(clock)
        return racy_places(touches(known), domains)

    def dead(self, model: str, clock: Clock) -> tuple[tuple[str, str], ...]:
        """The labels that no run passes, as can be seen without asking, in order.

        What is known to be passed under ``model`` need not be looked at.
        """
        labels = sorted(marks_of(self._any_skeleton(clock)))
        doubtful = [label for label in labels if self.known(label, model) is not True]
        if not doubtful:
            return ()
        skeleton, domains = self.possible(clock)
        guards = marks_of(skeleton)
        return tuple(label for label in doubtful if not any(map(domains.may, guards[label])))

    def _any_skeleton(self, clock: Clock) -> Skeleton:
        """The program's events with or without invariants, whichever are there already."""
        return next(iter(self.skeletons.values()), None) or self.skeleton(clock, claims=False)

    def rest(self, but: Search | None = None) -> None:
        """Gives the solvers' memory back, but for one; who asks again loads the text again."""
        for search in (*self.searches.values(), *self.detailed.values()):
            if search is not but:
                search.session = None
        if self._claimless is not None:
            self._claimless.rest(but)

    def learn(self, other: Round) -> None:
        """Takes over what is known by model of a program with the same executions."""
        self.clean |= other.clean
        self.whole |= other.whole
        self.only |= other.only
        for key, claims in other.grounds.items():
            if key[0] in ("clean", "whole"):
                self.grounds.setdefault(key, claims)

    def inherit(self, other: Round) -> None:
        """Takes over what is known of a program with the same events from other statements.

        Not the witnesses, which tell of statements.
        """
        for model, search in other.searches.items():
            claims = model == "sc" or not self.program.invariants
            skeleton = self.skeletons.get(claims)
            if skeleton is None:
                continue
            prepared = replace(search.prepared, skeleton=skeleton)
            marks = {k: q for k, q in search.query.marks.items() if k in marks_of(skeleton)}
            query = replace(search.query, marks=marks)
            self.prepared[model] = prepared
            self.searches[model] = replace(search, prepared=prepared, query=query, session=None)
        self.learn(other)
        self.reached |= other.reached
        self.grounds |= other.grounds
        self.rehearsed |= other.rehearsed


_PARTS = tuple(n for n in fields_of(Skeleton) if n not in ("events", "cuts", "marks", "kept"))
_OF_EVENTS = tuple(n for n in fields_of(sk.Event) if n != "origin")
_OF_CUTS = tuple(n for n in fields_of(sk.CutPoint) if n != "loop")


def same_events(one: Skeleton, other: Skeleton) -> bool:
    """Whether two skeletons differ at most in the statements that their events come from.

    The first may lack labels of the other.
    """
    marks = marks_of(other)
    return (
        all(marks.get(label) == guards for label, guards in marks_of(one).items())
        and all(getattr(one, name) == getattr(other, name) for name in _PARTS)
        and _same(one.events, other.events, _OF_EVENTS)
        and _same(one.cuts, other.cuts, _OF_CUTS)
    )


def marks_of(skeleton: Skeleton) -> dict[tuple[str, str], list[Term]]:
    """Where each label is passed."""
    found: dict[tuple[str, str], list[Term]] = {}
    for mark in skeleton.marks:
        found.setdefault((mark.owner, mark.label), []).append(mark.guard)
    return found


def _same(some: Sequence[object], others: Sequence[object], names: tuple[str, ...]) -> bool:
    return len(some) == len(others) and all(
        getattr(a, name) == getattr(b, name)
        for a, b in zip(some, others, strict=True)
        for name in names
    )


@dataclass(slots=True)
class Rounds:
    """The last programs of one scenario, for variants that leave it as it was."""

    subject: object = None
    rounds: list[Round] = field(default_factory=list[Round])

    def of(self, subject: object, program: Program, clock: Clock) -> Round:
        """The round of an equal program of the same subject, or a new one.

        A new one knows what is known of one with the same events.
        """
        if subject != self.subject:
            self.subject = subject
            self.rounds.clear()
        found = next((known for known in self.rounds if known.program == program), None)
        if found is None:
            found = Round(program)
            skeleton = found.skeleton(clock, claims=True)
            for known in self.rounds:
                if same_events(skeleton, known.skeleton(clock, claims=True)):
                    found.inherit(known)
                    break
            self.rounds.append(found)
            # The first is the scenario as it is: most variants that change nothing are like it.
            if len(self.rounds) > MOST:
                del self.rounds[1]
        return found

    def rest(self) -> None:
        """Gives the memory of all solvers back."""
        for known in self.rounds:
            known.rest()
