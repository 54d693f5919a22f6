"""What each pass makes of a case, and that nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from dsl.check import check
from dsl.imports import load
from dsl.protocol import Protocol
from prover.graph.ir import Program
from prover.graph.lower import lower
from prover.graph.pretty import format_program
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words
from prover.graph.unroll import unroll_program
from prover.graph.verify import verify

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "graph"
PROTOCOLS = ROOT / "protocols"
PASSES = ("lower", "split_words", "simplify", "unroll")

Stages = Mapping[str, Program]


def files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.khp"))
    assert found, f"no files in {folder}: the test would pass by testing nothing"
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def stages(checked: Protocol, scenario: str, configuration: Mapping[str, str]) -> Stages:
    """The program after each pass, simplified before and after unrolling as in earnest."""
    lowered = lower(checked, scenario, configuration)
    halves = split_words(lowered)
    small = simplify(halves)
    unrolled = unroll_program(small, checked.scenarios[scenario].bound or 1)
    return {
        "lower": lowered,
        "split_words": halves,
        "simplify": small,
        "unroll": unrolled,
        "all": simplify(unrolled),
    }


def obligations(
    checked: Protocol, configurations: Callable[[Protocol], Iterator[Mapping[str, str]]]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    for scenario in checked.scenarios:
        for configuration in configurations(checked):
            yield scenario, configuration


@pytest.mark.parametrize("path", files(CASES), ids=name_of)
def test_a_pass_gives_what_is_expected(path, golden, all_configurations):
    stage = path.parent.name
    assert stage in PASSES
    checked = check(load(path, (PROTOCOLS,)))
    parts: list[str] = []
    for scenario, configuration in obligations(checked, all_configurations):
        program = stages(checked, scenario, configuration)[stage]
        title = " ".join([scenario, *(f"{k}={v}" for k, v in configuration.items())])
        parts.append(f"== {title}\n\n{format_program(program)}")
    golden.check(path.with_suffix(".expected"), "\n".join(parts))


# What they are about is what their importers say, which are here as well.
UNFINISHED = ("maple_tree", "mmu_table_batch", "page")
WHOLE = [path for path in files(PROTOCOLS) if path.stem not in UNFINISHED]


@pytest.mark.parametrize("path", [*files(CASES), *WHOLE], ids=name_of)
def test_nothing_is_wrong_after_any_pass(path, all_configurations):
    program = load(path, (PROTOCOLS,))
    base = check(program)
    for variant in ("", *base.variants):
        checked = check(program, variant, base) if variant else base
        for scenario, configuration in obligations(checked, all_configurations):
            if variant and scenario not in checked.variants[variant].scenarios:
                continue
            for stage, made in stages(checked, scenario, configuration).items():
                wrong = verify(made, acyclic=stage in ("unroll", "all"))
                assert wrong == [], (variant, scenario, configuration, stage)


@pytest.mark.parametrize("path", files(CASES), ids=name_of)
def test_instances_share_their_graph(path, all_configurations):
    checked = check(load(path, (PROTOCOLS,)))
    for scenario, configuration in obligations(checked, all_configurations):
        program = stages(checked, scenario, configuration)["all"]
        graphs = {actor.symmetry: actor.graph for actor in program.actors}
        assert all(actor.graph is graphs[actor.symmetry] for actor in program.actors)
