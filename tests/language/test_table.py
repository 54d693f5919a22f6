"""Every line of what a protocol must be able to say has a proved case, a refuted one, and its docs.

What the cases come out as is judged by tests/verdict, which runs every file in their folder.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from dsl.primitives import PRIMITIVES
from tests.language.reference import ROOT, sections, words

CASES = ROOT / "tests" / "cases" / "verdict"
GROUPS = (
    "types",
    "objects",
    "control",
    "memory",
    "locks",
    "RCU",
    "hardware",
    "interrupts",
    "protocol",
    "import",
)


@dataclass(frozen=True)
class Line:
    group: str
    what: str
    names: list[str]
    proved: list[str]
    refuted: list[str]
    section: str
    line: str
    without: bool = False


def lines() -> list[Line]:
    with (Path(__file__).parent / "table.toml").open("rb") as file:
        return [Line(**row) for row in tomllib.load(file)["line"]]


def code(case: str) -> str:
    """A case without its comments and texts."""
    text = (CASES / f"{case}.khp").read_text(encoding="utf-8")
    return re.sub(r'//[^\n]*|/\*.*?\*/|"[^"\n]*"(?!;)', "", text, flags=re.DOTALL)


def expected(case: str) -> set[str]:
    """The verdicts that a case expects anywhere."""
    protocol = check(load(CASES / f"{case}.khp", (library_root(),)))
    expects = [e for scenario in protocol.scenarios.values() for e in scenario.expects]
    expects += [e for variant in protocol.variants.values() for e in variant.expects]
    return {expect.verdict for expect in expects}


def every(line: Line) -> Any:
    return pytest.param(line, id=f"{line.group}: {line.what}")


EVERY = [every(line) for line in lines()]


def test_every_group_has_lines() -> None:
    assert tuple(dict.fromkeys(line.group for line in lines())) == GROUPS
    assert len({line.what for line in lines()}) == len(lines()) >= 60


@pytest.mark.parametrize("line", EVERY)
def test_cases_expect_what_they_stand_for(line: Line) -> None:
    assert line.proved
    assert line.refuted
    for case in (*line.proved, *line.refuted):
        assert not case.startswith("open/"), "not settled"
        assert (CASES / f"{case}.khp").exists(), case
    for case in line.proved:
        assert "proved" in expected(case), case
    for case in line.refuted:
        assert "refuted" in expected(case), case


@pytest.mark.parametrize("line", EVERY)
def test_names_are_used_on_both_sides(line: Line) -> None:
    """Every name is in one of the cases, and cases of either kind have one of them."""
    used = {case: set(re.findall(r"\w+", code(case))) for case in (*line.proved, *line.refuted)}
    for name in line.names:
        assert any(name in found for found in used.values()), name
    sides = [
        any(set(line.names) & used[case] for case in cases) for cases in (line.proved, line.refuted)
    ]
    assert sum(sides) == (0 if not line.names else 1 if line.without else 2)


@pytest.mark.parametrize("line", EVERY)
def test_the_reference_says_so(line: Line) -> None:
    assert line.line in sections()[line.section]
    assert set(line.names) <= words()


def test_every_primitive_is_in_a_case() -> None:
    used = {
        name
        for path in CASES.rglob("*.khp")
        for name in re.findall(r"\w+", code(path.relative_to(CASES).with_suffix("").as_posix()))
    }
    assert not PRIMITIVES.keys() - used
