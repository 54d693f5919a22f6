"""Every label of an assertion is a fact, or is listed as taken for granted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.imports import LoadError, load
from prover.execution.construct.program import build
from prover.execution.domains import DomainTooLarge
from prover.graph import compile_program
from prover.graph.limits import TooLarge
from prover.smt.encode import encode_apart, prepare
from prover.smt.labels import FACTS, GRANTED, rule_of
from prover.smt.tracked import tracked

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "cases" / "verdict").rglob("*.khp"))


def labels(path: Path) -> set[str]:
    """The labels of the first scenario's queries."""
    try:
        protocol = check(load(path, (library_root(),)))
        scenario = next(iter(protocol.scenarios))
        configuration = {name: values[0] for name, values in protocol.configs.items()}
        program = compile_program(protocol, scenario, configuration, 1)
        found: set[str] = set()
        for model in protocol.models:
            query = encode_apart(prepare(build(program), model))
            found.update(query.labels)
    except (DiagnosticError, LoadError, TooLarge, DomainTooLarge):
        return set()
    return found


def test_every_label_is_known_and_every_kind_of_fact_occurs() -> None:
    assert len(FILES) > 100
    found = {label for path in FILES for label in labels(path)}
    unknown = {label for label in found if rule_of(label) is None and not GRANTED.fullmatch(label)}
    assert not unknown
    both = {label for label in found if rule_of(label) is not None and GRANTED.fullmatch(label)}
    assert not both
    assert {name for name, _ in FACTS} == {
        rule.name for label in found if (rule := rule_of(label)) is not None
    }


@pytest.mark.parametrize("model", ["sc", "tso", "lkmm"])
def test_tracking_changes_only_what_is_tracked(model: str) -> None:
    path = ROOT / "tests" / "why" / "cases" / "passing.khp"
    program = compile_program(check(load(path, (library_root(),))), "both", {}, 1)
    query = encode_apart(prepare(build(program), model))
    no_groups: dict[str, int] = {}
    assert tracked(query, no_groups, no_groups) == (query.text, {})
    groups = {label: 0 for label in query.labels if rule_of(label) is not None}
    text, literals = tracked(query, groups, no_groups)
    assert list(literals) == [0]
    lines = [line for line in text.splitlines() if "t!0" in line]
    declared, *asserted = lines
    assert declared == "(declare-const t!0 Bool)"
    assert len(asserted) == sum(label in groups for label in query.labels)
    rest = [line for line in text.splitlines() if "t!0" not in line]
    assert set(rest) <= set(query.text.splitlines())
