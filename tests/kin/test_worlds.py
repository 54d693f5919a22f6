"""What can be in each world of the program of all variants is what can be with its switch fixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load
from dsl.protocol import Protocol
from prover.execution.analysis import analyse
from prover.execution.construct.program import build
from prover.execution.order import static_order
from prover.execution.skeleton import Skeleton
from prover.execution.terms import Constant, Row, Term
from prover.graph import compile_program
from prover.kin.family import Kin, kin
from prover.pipeline.obligations import configurations
from prover.pipeline.switches import choices
from prover.verdict import Request
from tests.kin.test_same_events import ROOT, WITH_VARIANTS

SHIPPED = ("retract_locks", "pae_tear", "replace", "weak_order")
CASES = [path for path in WITH_VARIANTS if path.is_relative_to(ROOT / "tests")]
FILES = [*CASES, *(path for path in WITH_VARIANTS if path.stem in SHIPPED)]


def families(path: Path) -> list[tuple[Kin, str]]:
    program = load(path, (library_root(),))
    base = check(program)
    found: list[tuple[Kin, str]] = []
    for scenario in base.scenarios:
        names = [v.name for v in base.variants.values() if scenario in v.scenarios]
        variants: dict[str, Protocol] = {}
        for name in names:
            try:
                variants[name] = check(program, name, base)
            except DiagnosticError:
                continue
        made = kin(base, variants)
        if made.switches:
            found.append((made, scenario))
    return found


def of_all(made: Kin, scenario: str) -> Skeleton:
    """The events of all variants, in the first configuration."""
    first = next(iter(configurations(made.protocol, Request(files=("any.khp",)))))
    chosen = {name: value for name, value in first if name not in made.switches.values()}
    return build(compile_program(made.protocol, scenario, chosen, 1))


def fixed(skeleton: Skeleton, on: Row | None) -> Skeleton:
    """The same with each switch a constant: 1 for the one that is on."""
    switches = set(choices(skeleton).values())
    rows = [Constant(int(row == on)) if row in switches else row for row in skeleton.rows]
    return replace(skeleton, rows=tuple(rows))


@pytest.mark.parametrize("weak", [False, True], ids=["sc", "weak"])
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_each_world_is_one_analysis(path: Path, weak: bool) -> None:
    for made, scenario in families(path):
        skeleton = of_all(made, scenario)
        rows = tuple(choices(skeleton).values())
        order = static_order(skeleton)
        together = analyse(skeleton, order, weak=weak, switches=rows)
        joined: list[set[object]] = [set() for _ in skeleton.rows]
        for number, on in enumerate((None, *rows)):
            world, alone = together.within(number), analyse(fixed(skeleton, on), order, weak=weak)
            for term in map(Term, range(len(skeleton.rows))):
                if skeleton.rows[term] not in rows:
                    assert set(world.of(term)) == set(alone.values[term]), (scenario, on, term)
                    joined[term] |= set(alone.values[term])
            for mine, theirs in zip(together.sources, alone.sources, strict=True):
                assert set(theirs) <= set(mine)
        assert all(
            set(together.values[term]) == some
            for term, some in enumerate(joined)
            if skeleton.rows[term] not in rows
        )


def test_switches_are_on_one_at_a_time() -> None:
    path = next(path for path in WITH_VARIANTS if path.stem == "retract_locks")
    made, scenario = families(path)[0]
    skeleton = of_all(made, scenario)
    rows = tuple(choices(skeleton).values())
    assert len(rows) > 1
    domains = analyse(skeleton, static_order(skeleton), switches=rows)
    on = [
        {n for n in range(len(rows) + 1) if domains.within(n).may(skeleton.shared[name])}
        for name in choices(skeleton)
    ]
    assert on == [{number + 1} for number in range(len(rows))]
