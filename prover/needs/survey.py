"""What a file has that could be taken away, from its text and from the programs it becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsl import protocol as p
from dsl.frozen import replace
from dsl.source import Span
from prover.graph import compile_program
from prover.graph.instructions import inner
from prover.graph.ir import Cfg, Program
from prover.graph.walk import actors_of, reached
from prover.needed import Skipped
from prover.needs.looks import Looks
from prover.needs.pairs import Paired, planned, skipped
from prover.needs.plan import Planned
from prover.needs.sections import Sections, TooManyPaths, sections
from prover.needs.sites import Sites, known

_BOUND = 2
"""How often loops are unrolled to find what belongs together."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One program: its sections (None where it has too many paths), and what it executes."""

    sections: Sections | None
    spans: frozenset[Span]


def survey(protocol: p.Protocol, scenario: str, configuration: dict[str, str]) -> Surveyed:
    """What one scenario has in one configuration."""
    program = compile_program(protocol, scenario, configuration, _BOUND)
    try:
        found = sections(program)
    except TooManyPaths:
        found = None
    return Surveyed(found, frozenset(_spans(program)))


def _spans(program: Program) -> set[Span]:
    """The places of all instructions."""
    found: set[Span] = set()
    pending: list[Cfg] = [actor.graph for actor in program.actors]
    while pending:
        for block in pending.pop().blocks.values():
            for instr in block.body:
                found.add(instr.origin.span)
                started = inner(instr)
                if started is not None:
                    pending.append(started)
    return found


def plan(
    protocol: p.Protocol, scenarios: Iterable[str], surveyed: Iterable[Surveyed]
) -> tuple[list[Planned], list[Skipped]]:
    """The changes, numbered in the order of the text, and what is left alone."""
    paired = Paired()
    spans: set[Span] = set()
    left: list[Skipped] = []
    for one in surveyed:
        spans |= one.spans
        if one.sections is not None:
            paired.add(one.sections)
        else:
            actor = next(iter(protocol.actors.values()))
            why = "has too many paths to match its locks with their unlocks"
            left.append(Skipped(actor.span, "a scenario", why))
    roots = [actor for name in scenarios for actor in actors_of(protocol, name)]
    sites = Sites(protocol, paired, Looks(protocol.functions))
    functions = known(protocol)
    for name in reached(protocol, roots):
        sites.function(functions[name])
    single = sites.planned()
    instead = dict(sites.instead())
    pairs = planned(paired, protocol.sources)
    # Until they are numbered, changes know the one that goes further by its place.
    whole = [*single, *pairs]
    order = sorted(range(len(whole)), key=lambda index: _place(protocol, whole[index], index))
    numbers = {index: number for number, index in enumerate(order, 1)}
    numbered = [
        replace(
            whole[index],
            change=replace(whole[index].change, number=numbers[index]),
            instead=numbers[instead[index]] if index in instead else 0,
        )
        for index in order
    ]
    executed = [each for each in numbered if _executed(each, spans)]
    return executed, [*left, *skipped(paired, protocol.sources), *sites.skipped]


def _place(protocol: p.Protocol, planned: Planned, index: int) -> tuple[int, int, int]:
    """The order of the text, the main file last as it is read."""
    files = {name: place for place, name in enumerate(protocol.sources)}
    return files[planned.change.span.file], planned.change.span.start, index


def _executed(planned: Planned, spans: set[Span]) -> bool:
    """Whether any program has an instruction that could be touched.

    That a change does change a program is seen when it is made: this only saves trying.
    """
    if planned.change.kind in ("check", "label", "unlock order"):
        return True
    return any(edit.span in spans for edit in planned.edits)
