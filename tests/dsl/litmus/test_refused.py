"""Litmus tests and macro files that are refused, each with the code its first line names."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dsl.codes import CODES
from dsl.codes_litmus import LITMUS_CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus, parse_macros
from dsl.litmus.syntax import Macro
from dsl.source import Source

ROOT = Path(__file__).parents[3]
CASES = sorted(Path(__file__).with_name("refused").iterdir())


@functools.cache
def kernel() -> Mapping[str, Macro]:
    path = ROOT / "prover/models/shipped/lkmm.def"
    return parse_macros(Source(path.name, path.read_text(encoding="utf-8")))


def read(source: Source) -> object:
    if source.name.endswith(".def"):
        return parse_macros(source)
    return expand(parse_litmus(source), kernel())


def complaint(source: Source) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        read(source)
    (found,) = caught.value.diagnostics
    return found


def test_there_are_cases() -> None:
    assert len(CASES) > 100


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_each_case_has_its_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = text.split("\n", 1)[0]
    match = re.fullmatch(r"// error: ([a-z0-9-]+)", first)
    assert match, f"{path.name} does not begin with `// error: code`"
    found = complaint(Source(path.name, text))
    assert found.code == match[1], found
    assert found.code in CODES
    assert found.primary is not None
    span = found.primary.span
    assert span.file == path.name
    assert len(first) < span.start <= span.end <= len(text)
    assert found.primary.text
    assert found.hint
    assert not found.message.endswith(".")


def test_every_code_of_litmus_tests_has_a_case() -> None:
    used = {path.read_text(encoding="utf-8").split("\n", 1)[0].split()[2] for path in CASES}
    # Nothing that is shipped leads to itself: see test_macros.py.
    assert used | {"macro-recursion"} >= set(LITMUS_CODES)


def test_the_hint_names_what_may_have_been_meant() -> None:
    source = Source("t", "C t\n{}\nP0(int *x) { smp_mbb(); }")
    assert complaint(source).hint == "did you mean `smp_mb`?"


def test_the_place_is_that_of_the_mistake() -> None:
    text = "C t\n{}\nP0(int *x)\n{\n\tint r0 = 1;\n\tfor (;;) { }\n}"
    found = complaint(Source("t", text))
    assert found.primary is not None
    assert text[found.primary.span.start : found.primary.span.end] == "for"
