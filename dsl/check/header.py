"""Whether a file's header says of the scenarios what they say themselves."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from dsl import protocol as p
from dsl.check.conditions import mask, masks
from dsl.check.world import World
from dsl.diagnostic import Label
from dsl.header import Result, read_header
from dsl.imports import Program
from dsl.source import Span

WORST_FIRST = ("refuted", "unknown", "vacuous", "bounded", "proved")
"""Verdicts: what one of them is worth where another is there too."""


def check_header(
    world: World, program: Program, scenarios: Iterable[p.Scenario], models: tuple[str, ...]
) -> None:
    """Report what is wrong with the header, and a result that the scenarios contradict.

    A result names verdicts that the scenarios as they stand are expected to have, the worst of
    them among the named.  Variants have no say.
    """
    header, found = read_header(program.main, program.sources[program.main.name])
    for diagnostic in found:
        assert diagnostic.primary is not None
        world.report.error(
            "bad-header", diagnostic.message, diagnostic.primary.span, diagnostic.hint
        )
    # What is wrong elsewhere may be an expectation.
    if header is not None and not world.report.found:
        _check_result(world, header.result, expected(world, scenarios, models))


def expected(
    world: World, scenarios: Iterable[p.Scenario], models: tuple[str, ...]
) -> dict[str, Span]:
    """The verdicts that scenarios expect, each with the first place that says so.

    A scenario that says nothing expects to be proved.
    """
    if not world.masks:
        world.masks = masks(world)
    everywhere = (1 << prod(len(values) for values in world.configs.values())) - 1
    found: dict[str, Span] = {}
    for scenario in scenarios:
        for model in ("sc",) if scenario.unbounded else models:
            silent = everywhere
            for expect in scenario.expects:
                here = mask(expect.when, world.masks, everywhere)
                if here and (not expect.models or model in expect.models):
                    found.setdefault(expect.verdict, expect.span)
                    silent &= ~here
            if silent:
                found.setdefault("proved", scenario.span)
    return found


def _check_result(world: World, result: Result, found: dict[str, Span]) -> None:
    said = ", ".join(result.verdicts)
    if not found:
        message = f"the header says `{said}`, but there is no scenario"
        world.report.error("header-result", message, result.span, "leave the line out")
        return
    worst = next(verdict for verdict in WORST_FIRST if verdict in found)
    wrong = [verdict for verdict in result.verdicts if verdict not in found]
    if not wrong and worst in result.verdicts:
        return
    right = ", ".join(verdict for verdict in reversed(WORST_FIRST) if verdict in found)
    world.report.error(
        "header-result",
        f"the header says `{said}`, the scenarios expect `{right}`",
        result.span,
        f"write `Result: {right}`, or put right what is expected; variants do not count",
        (Label(found[worst], "expected here"),),
    )
