"""All changes of one scenario at once: which break it alone, and which two do together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.diagnostic import DiagnosticError
from dsl.protocol import Protocol
from prover.execution.domains import DomainTooLarge
from prover.graph.kept import Kept as Graphs
from prover.graph.limits import TooLarge
from prover.needed import Broken
from prover.needs.board import board, failing, present
from prover.needs.family import Family, family
from prover.needs.plan import PAIRED, UNBALANCED, Planned
from prover.pipeline.case import Undecided
from prover.pipeline.group import Group
from prover.pipeline.limits import Limits
from prover.pipeline.minimal import Search
from prover.pipeline.round import STRENGTH
from prover.smt.query import QueryTooLarge

Configuration: TypeAlias = tuple[tuple[str, str], ...]

Alone: TypeAlias = Broken | str | None
"""What a change alone does: ``proved``, ``same``, or what breaks; None where it must be asked."""

_NOT_FOR_ALL = (DiagnosticError, TooLarge, DomainTooLarge, QueryTooLarge, Undecided)
"""What one change, or all of them together, may make impossible."""


@dataclass(frozen=True, slots=True)
class Two:
    """Two changes that break a scenario together; no ``broken``: that must be asked."""

    one: int
    other: int
    broken: Broken | None


def settling(protocol: Protocol, scenario: str, models: Iterable[str]) -> tuple[str, ...]:
    """The models that settle all: the weakest, and where there are invariants ``sc``."""
    models = tuple(models)
    weakest = max(models, key=STRENGTH.index)
    states = bool(protocol.invariants or protocol.scenarios[scenario].invariants)
    also = ("sc",) if states and "sc" in models and weakest != "sc" else ()
    return (weakest, *also)


@dataclass(slots=True)
class AtOnce:
    """Asks about the changes of one scenario in each of its configurations.

    ``bounds`` are those at which it was proved as it is, by its configurations.
    """

    protocol: Protocol
    scenario: str
    models: Sequence[str]
    limits: Limits
    bounds: Mapping[Configuration, int]
    graphs: Graphs = field(default_factory=Graphs)

    # --- alone

    def alone(self, planned: Sequence[Planned]) -> dict[int, Alone]:
        """What each change does alone: broken in the first configuration that shows it."""
        answers: dict[int, Alone] = {each.change.number: None for each in planned}
        made = family(self.protocol, planned)
        paired = {each.change.number for each in planned if each.change.kind in PAIRED}
        answers.update(dict.fromkeys(made.switches.values(), "same"))
        for configuration in self.bounds:
            asked = [n for n in made.switches.values() if answers[n] in ("same", "proved")]
            try:
                found = self._configuration(made, configuration, asked)
            except _NOT_FOR_ALL:
                answers.update(dict.fromkeys(asked))
                break
            for number, answer in found.items():
                loose = isinstance(answer, Broken) and UNBALANCED.issuperset(answer.properties)
                # A lock dropped without its unlock says nothing: what else breaks is asked.
                answers[number] = None if loose and number in paired else answer
        return answers

    def _configuration(
        self, made: Family, configuration: Configuration, asked: Iterable[int]
    ) -> dict[int, Alone]:
        """The changes among ``asked`` that change the program, with what each does."""
        answers: dict[int, Alone] = {}
        for place, search in enumerate(self._searches(made, configuration)):
            if not place:
                answers = dict.fromkeys(present(search, made.switches) & set(asked), "proved")
            on = board(search, made.switches)
            on.off |= {n for n in on.literals if answers.get(n) != "proved"}
            on.at_most(1)
            for (number,), reply in failing(on, search.query.fail):
                name = on.property_of(reply)
                broken = Broken(self.scenario, configuration, (name,))
                answers[number] = broken if name else None
            for question in search.query.cuts.values():
                answers.update({number: None for (number,), _ in failing(on, question)})
            for number in [n for n, answer in answers.items() if answer == "proved"]:
                if not on.holds_with(search.query.ends, number):
                    answers[number] = None
        return answers

    # --- together

    def together(self, planned: Sequence[Planned]) -> tuple[list[Two], set[int]]:
        """The pairs that break the scenario, of changes that break it alone nowhere.

        Also the changes of which all pairs have an answer.
        """
        made = family(self.protocol, planned)
        numbers = set(made.switches.values())
        found: dict[tuple[int, ...], Two] = {}
        for configuration in self.bounds:
            try:
                for two in self._pairs(made, configuration):
                    found.setdefault((two.one, two.other), two)
            except _NOT_FOR_ALL:
                return [], set()
        return list(found.values()), numbers

    def _pairs(self, made: Family, configuration: Configuration) -> Iterator[Two]:
        for search in self._searches(made, configuration):
            on = board(search, made.switches)
            for reason in (search.query.fail, *search.query.cuts.values()):
                for numbers, reply in failing(on, reason):
                    if len(numbers) == 1:
                        raise Undecided("it breaks alone")
                    if len(numbers) > 2:
                        on.at_most(2)
                        continue
                    name = on.property_of(reply) if reason == search.query.fail else ""
                    broken = Broken(self.scenario, configuration, (name,)) if name else None
                    yield Two(min(numbers), max(numbers), broken)

    # --- queries

    def _searches(self, made: Family, configuration: Configuration) -> Iterator[Search]:
        """The searches of the models that settle all, at the bound of the proof."""
        group = Group(made.protocol, self.scenario, dict(configuration), self.limits, self.graphs)
        for model in settling(self.protocol, self.scenario, self.models):
            yield group.search(model, self.bounds[configuration])
