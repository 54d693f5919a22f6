"""One scenario with a change made: is it still proved?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.primitives import PROPERTIES
from dsl.protocol import ALWAYS, Expect, Protocol
from dsl.source import Span
from prover.execution.domains import DomainTooLarge
from prover.execution.witness import Witness
from prover.graph import compile_program
from prover.graph.ir import Program
from prover.graph.kept import Kept as Graphs
from prover.graph.limits import TooLarge
from prover.needed import Broken, Unsettled
from prover.needs.at_once import settling
from prover.needs.edits import MARK, Edit, edited
from prover.pipeline.decide import decide_group
from prover.pipeline.group import Group
from prover.pipeline.limits import Limits
from prover.pipeline.round import STRENGTH
from prover.smt.query import QueryTooLarge
from prover.smt.reply import Sat, Unsat
from prover.verdict import Bounded, Obligation, Proved, Refuted, Unknown, Vacuous
from prover.verdict import Broken as Bug

Configuration: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Same:
    """The change changes nothing in the scenario."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The scenario is proved with the change."""


Probed: TypeAlias = Same | Kept | Broken | Unsettled

_ANY_REFUTATION = Expect("refuted", (), tuple(PROPERTIES), ALWAYS, (), Span("", 0, 0))
"""No witness is shown, so none has to be small."""


@dataclass(slots=True)
class Prober:
    """Asks about changes of one protocol, under the models asked.

    ``bounds`` are those at which its scenarios were proved as they are.
    """

    protocol: Protocol
    models: tuple[str, ...]
    limits: Limits
    bounds: Mapping[tuple[str, Configuration], int]
    graphs: Graphs = field(default_factory=Graphs)
    programs: dict[tuple[str, Configuration], Program] = field(
        default_factory=dict[tuple[str, Configuration], Program]
    )

    def probe(
        self, edits: Iterable[Edit], scenario: str, configurations: Iterable[Configuration]
    ) -> Probed:
        """What becomes of a scenario: broken in the first configuration that shows it."""
        changed = edited(self.protocol, edits)
        kept = False
        unsettled: Unsettled | None = None
        for configuration in configurations:
            group = Group(changed, scenario, dict(configuration), self.limits, self.graphs)
            try:
                if self._same(group, configuration):
                    continue
                if self._proved(group):
                    kept = True
                    continue
            except DiagnosticError as error:
                return Unsettled(scenario, error.diagnostics[0].message)
            except (TooLarge, DomainTooLarge, QueryTooLarge) as error:
                return Unsettled(scenario, f"too large: {error}")
            found = self._decided(changed, scenario, configuration)
            if isinstance(found, Broken):
                return found
            unsettled = unsettled or (found if isinstance(found, Unsettled) else None)
            kept = True
        if unsettled is not None:
            return unsettled
        return Kept() if kept else Same()

    def _same(self, group: Group, configuration: Configuration) -> bool:
        """Whether the program is the one that was proved, at the bound it was proved at."""
        key = group.scenario, configuration
        bound = self.bounds[key]
        if key not in self.programs:
            self.programs[key] = compile_program(
                self.protocol, group.scenario, dict(configuration), bound, self.graphs
            )
        return group.program(bound) == self.programs[key]

    def _proved(self, group: Group) -> bool:
        """Whether the weakest model proves it; nothing else is asked, for that settles all.

        False is no answer: whoever wants one asks the pipeline.
        """
        model, *others = settling(self.protocol, group.scenario, self.models)
        if others or model == "sc":
            return False
        scenario = self.protocol.scenarios[group.scenario]
        highest = min(scenario.bound or self.limits.max_bound, self.limits.max_bound)
        for bound in range(1, highest + 1):
            search = group.search(model, bound)
            if not isinstance(search.ask(search.query.fail), Unsat):
                return False
            cuts = [search.ask(cut) for cut in search.query.cuts.values()]
            if all(isinstance(cut, Unsat) for cut in cuts):
                return isinstance(search.ask(search.query.ends), Sat)
            if not all(isinstance(cut, Unsat | Sat) for cut in cuts):
                return False
        return False

    def _decided(
        self, changed: Protocol, scenario: str, configuration: Configuration
    ) -> Kept | Broken | Unsettled:
        asked = [
            (Obligation(scenario, "", configuration, model), _ANY_REFUTATION)
            for model in settling(self.protocol, scenario, self.models)
        ]
        decisions = [
            decision for _, decision in decide_group(changed, asked, self.limits, self.graphs)
        ]
        verdicts = [decision.verdict for decision in decisions]
        broken: dict[str, None] = {}
        for verdict in verdicts:
            if isinstance(verdict, Refuted):
                broken |= dict.fromkeys(verdict.properties)
        if broken:
            return Broken(scenario, configuration, tuple(broken))
        for decision in decisions:
            match decision.verdict:
                case Proved() | Refuted():
                    continue
                case Bounded(bound=bound):
                    return Unsettled(scenario, f"loops go back more than {bound} times")
                case Unknown(why=why):
                    said = decision.diagnostics[0].message if decision.diagnostics else why
                    return Unsettled(scenario, said)
                case Vacuous(what=what):
                    return Unsettled(scenario, what)
                case Bug(what=what):
                    return Unsettled(scenario, what, bug=True)
                case _:
                    assert_never(decision.verdict)
        return Kept()

    def witness(
        self, edits: Iterable[Edit], scenario: str, configuration: Configuration
    ) -> Witness | None:
        """The smallest execution that goes wrong with a change, if there is one."""
        changed = edited(self.protocol, edits)
        limits = replace(self.limits, explain=True)
        for model in sorted(settling(self.protocol, scenario, self.models), key=STRENGTH.index):
            asked = [(Obligation(scenario, "", configuration, model), None)]
            ((_, decision),) = decide_group(changed, asked, limits)
            if isinstance(decision.verdict, Refuted):
                return _named(decision.verdict.witness)
        return None


def _named(witness: Witness) -> Witness:
    """The witness with the names of copied functions as the author knows them."""

    def plain(name: str) -> str:
        return name.partition(MARK)[0]

    moments = tuple(
        replace(
            moment,
            calls=tuple(replace(call, function=plain(call.function)) for call in moment.calls),
        )
        for moment in witness.moments
    )
    return replace(witness, moments=moments)
