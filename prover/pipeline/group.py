"""What obligations that differ only in the memory model share.

Whatever one model allows, a weaker one allows too.  So an execution found under a stronger model
shows a violation, or that a statement is reached, under every weaker one; and what no execution
of a weaker model does, none of a stronger one does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.frozen import replace
from dsl.protocol import Protocol
from prover.execution.construct.program import build
from prover.execution.skeleton import Skeleton
from prover.graph import compile_program
from prover.graph.ir import Program
from prover.graph.kept import Kept
from prover.pipeline.decision import Decision
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import Search
from prover.pipeline.round import Round, Rounds
from prover.verdict import Obligation

Tell: TypeAlias = Callable[[Obligation, Decision], None]
"""Hears what is known of an obligation before all is."""


@dataclass(slots=True)
class Group:
    """One scenario, variant and configuration: its programs by bound, and what is known of them.

    ``safe`` are the models under which the author expects that nothing goes wrong: worth asking
    as a whole, before what goes wrong is named.  ``tell`` is told what is known up to a bound.
    """

    protocol: Protocol
    scenario: str
    configuration: Mapping[str, str]
    limits: Limits
    kept: Kept | None = None
    rounds: Rounds = field(default_factory=Rounds)
    safe: frozenset[str] = frozenset()
    tell: Tell | None = None
    clock: Clock = field(default_factory=Clock)
    programs: dict[int, Program] = field(default_factory=dict[int, Program])
    found: dict[int, Round] = field(default_factory=dict[int, Round])

    def round(self, bound: int, *, claims: bool = True) -> Round:
        """The program at one bound, and what is known of it; without ``claims``, its invariants."""
        found = self.found.get(bound)
        if found is None:
            subject = self.scenario, tuple(sorted(self.configuration.items()))
            found = self.found[bound] = self.rounds.of(subject, self.program(bound), self.clock)
        return found if claims else found.without_claims()

    def program(self, bound: int) -> Program:
        """The program at one bound."""
        found = self.programs.get(bound)
        if found is None:
            with self.clock.stage("compile"):
                found = self.programs[bound] = compile_program(
                    self.protocol, self.scenario, self.configuration, bound, self.kept
                )
        return found

    def events(self) -> Skeleton:
        """The events of the program at bound 1, without invariants."""
        program = replace(self.program(1), invariants=())
        with self.clock.stage("compile"):
            return build(program)

    def search(self, model: str, bound: int, *, claims: bool = True) -> Search:
        """The query and solver session of a model for one bound: whether anything can fail."""
        return self.round(bound, claims=claims).search(model, self.limits, self.clock)

    def naming(self, model: str, bound: int, *, claims: bool = True) -> Search:
        """The same with every violation named."""
        return self.round(bound, claims=claims).naming(model, self.limits, self.clock)

    def rehearse(self, bound: int, *, every: bool) -> None:
        """Finds out what a few plain executions reach: the variant's labels, or everything."""
        if "rehearsal" in self.limits.without:
            return
        variant = self.protocol.variants.get(self.protocol.variant)
        marks = frozenset(() if variant is None else variant.labels)
        self.round(bound).rehearse((marks, every), self.clock)
