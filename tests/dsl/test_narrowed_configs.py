"""Configs that a file declares again, with some of an imported config's values."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl import protocol as p
from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.imports import load_text
from tests.dsl.checking import all_of

BASE = """
config MODE = a | b | c;
word w_t { split low, high when MODE == a; none = 0; }
w_t w;
"""
RUN = "actor x { if (MODE == b) smp_mb(); } scenario s { run x; EXPECT }"


def checked(folder: Path, config: str, expect: str = "expect proved;") -> p.Protocol:
    (folder / "base.khp").write_text(BASE)
    text = 'import "base.khp";\n' + config + "\n" + RUN.replace("EXPECT", expect)
    return check(load_text("t.khp", text, folder, ()))


def codes(folder: Path, config: str, expect: str = "expect proved;") -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        checked(folder, config, expect)
    return [each.code for each in caught.value.diagnostics]


@pytest.mark.parametrize("values", ["a", "c", "c | b", "b | c"])
def test_what_is_proved_is_what_the_file_names(tmp_path: Path, values: str) -> None:
    protocol = checked(tmp_path, f"config MODE = {values};")

    assert protocol.configs == {"MODE": tuple(values.split(" | "))}


def test_a_place_among_the_values_means_the_same_everywhere(tmp_path: Path) -> None:
    protocol = checked(tmp_path, "config MODE = c | b;")
    (compared,) = all_of(protocol.actors["x"], p.Binary)

    assert isinstance(compared.right, p.Constant)
    assert protocol.configs["MODE"][compared.right.value] == "b"


def test_a_value_that_was_left_out_has_no_place(tmp_path: Path) -> None:
    protocol = checked(tmp_path, "config MODE = c | a;")
    (compared,) = all_of(protocol.actors["x"], p.Binary)

    assert isinstance(compared.right, p.Constant)
    assert compared.right.value >= len(protocol.configs["MODE"])


@pytest.mark.parametrize(
    ("config", "expect", "code"),
    [
        ("config MODE = a | d;", "expect proved;", "unknown-name"),
        ("config MODE = d;", "expect proved;", "unknown-name"),
        ("config MODE = a | a;", "expect proved;", "duplicate-name"),
        ("config MODE = c | b | a;", "expect proved;", "duplicate-name"),
        ("config MODE = a; config MODE = a;", "expect proved;", "duplicate-name"),
        ("config MODE = a;", "expect proved when MODE == b;", "never-holds"),
        ("config MODE = a;", "expect proved when MODE == b || MODE == c;", "never-holds"),
        (
            "config MODE = a | b;",
            "expect proved; expect vacuous when MODE != c;",
            "expect-conflict",
        ),
    ],
)
def test_refused(tmp_path: Path, config: str, expect: str, code: str) -> None:
    assert codes(tmp_path, config, expect) == [code]


def test_an_expectation_may_speak_of_what_was_left_out_too(tmp_path: Path) -> None:
    expects = "expect proved when MODE == a || MODE == b; expect vacuous when MODE == c;"
    protocol = checked(tmp_path, "config MODE = a | c;", expects)

    assert [each.verdict for each in protocol.scenarios["s"].expects] == ["proved", "vacuous"]
