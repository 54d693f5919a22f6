"""What an error in a file looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostic import Diagnostic, Label
from dsl.source import Source, Span
from prover.render.diagnostics import SHOWN, STEPS, WIDTH, render

GOLDEN = Path(__file__).parent / "golden"
TEXT = (
    "int x;\n"
    "\tpte_free_dfer(pgt);\t// \N{LEFT DOUBLE QUOTATION MARK}kept\N{RIGHT DOUBLE QUOTATION MARK}\n"
    + "a" * 300
    + " foo "
    + "b" * 300
    + "\nif (x)\n        goto out;\nend"
)
SOURCE = Source("kernel/retract.khp", TEXT)


def place(part: str, length: int | None = None) -> Span:
    start = TEXT.index(part)
    return Span(SOURCE.name, start, start + (len(part) if length is None else length))


CASES: dict[str, tuple[Diagnostic, ...]] = {
    "trail-and-hint": (
        Diagnostic(
            "unknown-name",
            "no function or primitive is called `pte_free_dfer`",
            Label(place("pte_free_dfer"), "not declared"),
            (Label(place("int x;"), "in a call from here"),),
            "did you mean `pte_free_defer`?",
        ),
    ),
    "long-line": (
        Diagnostic(
            "word-of-many-words",
            "a message that goes on " * 8 + "until it ends",
            Label(place("foo"), "a label that does not fit beside its carets " * 2),
        ),
    ),
    "several-lines": (
        Diagnostic("bad", "more than one line", Label(place("if", 24), "all of it")),
    ),
    "not-ascii": (Diagnostic("bad", "odd: \x1b[31m\N{BELL}", Label(place("//", 9), "here")),),
    "end-of-file": (
        Diagnostic("bad", "more was expected", Label(Span(SOURCE.name, len(TEXT), len(TEXT)), "")),
    ),
    "no-place": (Diagnostic("no-file", "cannot read `x.khp`: no such file", None, (), "see `ls`"),),
    "no-source": (Diagnostic("bad", "elsewhere", Label(Span("other.khp", 3, 9), "the label")),),
    "several": tuple(Diagnostic("bad", f"number {n}", Label(place("foo"), "")) for n in range(3)),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, pytestconfig: pytest.Config) -> None:
    shown = render(CASES[name], {SOURCE.name: SOURCE})
    path = GOLDEN / f"{name}.txt"
    if pytestconfig.getoption("update_expected", default=False):
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown


def test_every_golden_file_has_a_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


def test_colour_changes_nothing_but_colour() -> None:
    for diagnostics in CASES.values():
        without = render(diagnostics, {SOURCE.name: SOURCE})
        colored = render(diagnostics, {SOURCE.name: SOURCE}, color=True)
        assert colored != without
        assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == without


def test_a_flood_is_counted() -> None:
    flood = (Diagnostic("bad", "again", None),) * (SHOWN + 7)
    text = render(flood, {})
    assert text.count("error[bad]") == SHOWN
    assert text.endswith(f"{SHOWN + 7} errors, {SHOWN} of them shown\n")


def test_a_long_trail_is_shown_at_both_ends() -> None:
    trail = tuple(Label(place("foo"), f"step {number}") for number in range(STEPS + 30))
    text = render((Diagnostic("bad", "far away", None, trail),), {SOURCE.name: SOURCE})
    shown = re.findall(r"^note: step (\d+)$", text, re.MULTILINE)
    half = STEPS // 2
    assert [int(n) for n in shown] == [*range(half), *range(30 + half, 30 + STEPS)]
    assert "note: and 30 more in between\n" in text


@given(
    st.text(st.characters(codec="utf-8"), max_size=400),
    st.integers(0, 400),
    st.integers(0, 400),
    st.text(max_size=200),
    st.text(max_size=200),
)
def test_any_text_is_shown_in_plain_ascii_and_in_width(
    text: str, start: int, length: int, message: str, label: str
) -> None:
    source = Source("f.khp", text)
    start = min(start, len(text))
    span = Span("f.khp", start, min(start + length, len(text)))
    shown = render(
        (Diagnostic("code", message, Label(span, label), (Label(span, label),), message),),
        {"f.khp": source},
    )
    assert shown.isascii()
    assert shown.replace("\n", "").isprintable()
    assert all(len(line) <= WIDTH for line in shown.splitlines())
    assert re.search(r"^ *\| *\^+", shown, re.MULTILINE)


@given(st.integers(0, 3000), st.integers(1, 40), st.integers(0, 3000))
def test_the_carets_stand_under_the_place(before: int, length: int, after: int) -> None:
    text = "a" * before + "X" * length + "b" * after
    span = Span("f.khp", before, before + length)
    shown = render(
        (Diagnostic("code", "message", Label(span, "")),), {"f.khp": Source("f.khp", text)}
    )
    line, under = shown.splitlines()[3:5]
    marked = "".join(c for c, mark in zip(line, under, strict=False) if mark == "^")
    assert marked == "X" * length
