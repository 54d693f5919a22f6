"""What obligations that differ only in the memory model share.

Whatever one model allows, a weaker one allows too.  So an execution found under a stronger model
shows a violation, or that a statement is reached, under every weaker one; and what no execution
of a weaker model does, none of a stronger one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dsl.protocol import Protocol
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.run.rehearse import Reached, rehearse
from prover.execution.skeleton import Skeleton
from prover.graph import compile_program
from prover.graph.ir import Program
from prover.graph.kept import Kept
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import Search, start
from prover.smt.encode import Prepared, prepare

STRENGTH = ("sc", "tso", "lkmm")
"""The memory models, the strongest first."""


@dataclass(slots=True)
class Group:
    """One scenario, variant and configuration: its programs, and what was asked of them.

    ``clean`` are pairs (model, bound) under which nothing can fail; ``whole`` those under which no
    loop can go further; ``violations`` are what was found under a model; ``reached`` is whether
    something can happen under a model and bound.
    """

    protocol: Protocol
    scenario: str
    configuration: Mapping[str, str]
    limits: Limits
    kept: Kept | None = None
    clock: Clock = field(default_factory=Clock)
    programs: dict[int, Program] = field(default_factory=dict[int, Program])
    skeletons: dict[tuple[int, bool], Skeleton] = field(
        default_factory=dict[tuple[int, bool], Skeleton]
    )
    searches: dict[tuple[str, int], Search] = field(default_factory=dict[tuple[str, int], Search])
    detailed: dict[tuple[str, int], Search] = field(default_factory=dict[tuple[str, int], Search])
    prepared: dict[tuple[str, int], Prepared] = field(
        default_factory=dict[tuple[str, int], Prepared]
    )
    clean: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    whole: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    violations: dict[tuple[str, int], Mapping[str, object]] = field(
        default_factory=dict[tuple[str, int], Mapping[str, object]]
    )
    reached: dict[tuple[object, str, int], bool] = field(
        default_factory=dict[tuple[object, str, int], bool]
    )
    rehearsed: dict[int, Reached] = field(default_factory=dict[int, Reached])

    def search(self, model: str, bound: int) -> Search:
        """The query and solver session of a model for one bound: whether anything can fail.

        One with every violation named serves too.
        """
        found = self.searches.get((model, bound)) or self.detailed.get((model, bound))
        if found is None:
            found = self.searches[model, bound] = self._start(model, bound, detail=False)
        return found

    def naming(self, model: str, bound: int) -> Search:
        """The same with every violation named."""
        found = self.detailed.get((model, bound))
        if found is None:
            found = self.detailed[model, bound] = self._start(model, bound, detail=True)
        return found

    def _start(self, model: str, bound: int, *, detail: bool) -> Search:
        prepared = self.prepared.get((model, bound))
        if prepared is None:
            skeleton = self.skeleton(bound, claims=model == "sc")
            with self.clock.stage("encode"):
                prepared = self._alike(model, bound, skeleton) or prepare(skeleton, model)
            self.prepared[model, bound] = prepared
        return start(prepared, self.limits, self.clock, stretches=0, detail=detail)

    def _alike(self, model: str, bound: int, skeleton: Skeleton) -> Prepared | None:
        """What is known of the skeleton under another model, where that is the same."""
        pools = any(region.pool for region in skeleton.layout.regions.values())
        for (other, size), prepared in self.prepared.items():
            if size == bound and prepared.skeleton is skeleton:
                if not pools or "sc" not in (model, other):
                    return replace(prepared, model=model)
        return None

    def skeleton(self, bound: int, *, claims: bool) -> Skeleton:
        """The bounded program; without ``claims`` it has no invariants.

        An invariant is about the states of an interleaving: weaker models have none.
        """
        with self.clock.stage("compile"):
            program = self.programs.get(bound)
            if program is None:
                program = compile_program(
                    self.protocol, self.scenario, self.configuration, bound, self.kept
                )
                self.programs[bound] = program
            claims = claims or not program.invariants
            found = self.skeletons.get((bound, claims))
            if found is None:
                found = build(program if claims else replace(program, invariants=()))
                self.skeletons[bound, claims] = found
        return found

    def weaker_is(self, known: set[tuple[str, int]], model: str, bound: int) -> bool:
        """Whether something is known of a model, or of one that allows all it allows."""
        return any((name, bound) in known for name in STRENGTH[STRENGTH.index(model) :])

    def at_hand(self, model: str, bound: int) -> bool:
        """Whether there is a query under a model already."""
        return (model, bound) in self.searches or (model, bound) in self.detailed

    def rehearse(self, bound: int) -> None:
        """Finds out what a few plain executions reach, once."""
        if bound in self.rehearsed:
            return
        skeleton = self.skeleton(bound, claims=True)
        variant = self.protocol.variants.get(self.protocol.variant)
        marks = frozenset(() if variant is None else variant.labels)
        asserts = (e.number for e in skeleton.events if sk.is_assert(e))
        with self.clock.stage("replay"):
            found = self.rehearsed[bound] = rehearse(skeleton, marks, frozenset(asserts))
        shown = (*found.marks, *found.events, *(("ends",) if found.ends else ()))
        self.reached.update({(what, "sc", bound): True for what in shown})

    def known(self, what: object, model: str, bound: int) -> bool | None:
        """Whether something can happen under a model, where any model says so."""
        place = STRENGTH.index(model)
        if any(self.reached.get((what, name, bound), False) for name in STRENGTH[: place + 1]):
            return True
        if not all(self.reached.get((what, name, bound), True) for name in STRENGTH[place:]):
            return False
        return None

    def suppressed(self, model: str) -> tuple[str, ...]:
        """Places whose data races under a model are not looked for."""
        searches = (*self.searches.items(), *self.detailed.items())
        names = (s.query.suppressed for (name, _), s in searches if name == model)
        return tuple(dict.fromkeys(place for found in names for place in found))

    def states_matter(self, bound: int) -> bool:
        """Whether there are invariants, which only sequential consistency judges."""
        program = self.programs.get(bound)
        return program is not None and bool(program.invariants)
