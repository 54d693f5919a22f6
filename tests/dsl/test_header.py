"""The comment at the head of a file: what is read from it, and what is wrong with it."""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.header import Commit, Header, read_header
from dsl.parse import parse
from dsl.source import Source
from tests.dsl.checking import diagnostics, program

RUN = "actor a { smp_mb(); }\nscenario s { run a; expect %s; }\n"
CODE = RUN % "proved"

WHOLE = """\
// Result: proved, refuted
//
// May a fault find a page table
// that is free?
//
// Title: mm/mremap: fix a race
//   that nobody saw
// Fix: 6fa1066fc5d0 (v6.12; 6.6.58, 6.11.5), 1d65b771bc08, before it was merged
// Bug: 1d65b771bc08cd054cf6d3766a72e113dc46d62f (v6.6)
// CVE: CVE-2024-50066, CVE-2024-46787
// Files: mm/mremap.c,
//	mm/khugepaged.c
// Witness: shorter than published (its second half)
//
// No: it may not.  Fix: not a key here.
//
// What is modelled: one entry.
// What is left out: the rest.

// Not part of it.
"""


def read(text: str) -> tuple[Header | None, list[tuple[str, str, str]]]:
    """The header, and of each diagnostic its code, message and the text it is about."""
    source = Source("t.khp", text + CODE)
    header, found = read_header(parse(source), source)
    shown = [
        (d.code, d.message, source.text[d.primary.span.start : d.primary.span.end])
        for d in found
        if d.primary is not None
    ]
    return header, shown


def test_all_that_a_header_says() -> None:
    header, found = read(WHOLE)
    assert not found
    assert header is not None
    assert header.result.verdicts == ("proved", "refuted")
    assert header.question == "May a fault find a page table that is free?"
    assert header.title == "mm/mremap: fix a race that nobody saw"
    assert header.fixes == (
        Commit("6fa1066fc5d0", "v6.12; 6.6.58, 6.11.5"),
        Commit("1d65b771bc08", ""),
        Commit("", "before it was merged"),
    )
    assert header.bugs == (Commit("1d65b771bc08cd054cf6d3766a72e113dc46d62f", "v6.6"),)
    assert header.cves == ("CVE-2024-50066", "CVE-2024-46787")
    assert header.files == ("mm/mremap.c", "mm/khugepaged.c")
    assert header.witness == "shorter than published (its second half)"
    assert header.says("What is modelled:")
    assert not header.says("Not part of it")


def test_a_block_comment_is_read_like_lines() -> None:
    block = "/*\n * Result: proved\n *\n * Why?\n *\n * Title: one\n *   and more\n */\n"
    header, found = read(block)
    assert not found
    assert header is not None
    assert (header.question, header.title) == ("Why?", "one and more")


def test_the_least_that_a_header_says() -> None:
    header, found = read("// Result: proved\n")
    assert not found
    assert header is not None
    assert header == Header(header.result)


@pytest.mark.parametrize("text", ["", "// Is it safe?\n//\n// Fix: nothing (\n", "\n// A\n"])
def test_any_other_comment_is_a_comment(text: str) -> None:
    assert read(text) == (None, [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Fix: 6fa1066fc5d0 v6.12", "`6fa1066fc5d0 v6.12` is no commit"),
        ("Fix: 6fa106", "`6fa106` is no commit"),
        ("Bug: before (v2", "`before (v2` is no commit"),
        ("CVE: CVE-50066", "`CVE-50066` is no CVE number"),
        ("Witness: longer", "`longer` is no kind of witness"),
        ("Title:", "`Title:` says nothing"),
        ("Files: ", "`Files:` says nothing"),
        ("Title: a\n// Title: b", "`Title:` is there twice"),
        ("Title: a\n// Fixes: b", "`Fixes` is no key of a header"),
        ("Title: a\n// b", "`b` is no key of a header"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(line: str, message: str) -> None:
    _, found = read(f"// Result: proved\n//\n// Why?\n//\n// {line}\n")
    assert [(code, said) for code, said, _ in found] == [("bad-header", message)]
    assert found[0][2] == line.rsplit("\n// ", maxsplit=1)[-1].strip()


def test_a_result_that_is_none_names_the_nearest() -> None:
    (found,) = diagnostics("// Result: prooved\n" + CODE)
    assert (found.code, found.hint) == ("bad-header", "did you mean `proved`?")


@pytest.mark.parametrize(
    ("result", "expect"),
    [
        ("proved", "proved"),
        ("refuted", "refuted deadlock"),
        ("refuted", "refuted deadlock under lkmm; expect proved under sc, tso"),
        ("proved, refuted", "refuted deadlock under lkmm; expect proved under sc, tso"),
        ("bounded", "bounded"),
        # Where nothing is said, a proof is expected.
        ("refuted, proved", "refuted deadlock under lkmm"),
    ],
)
def test_a_result_that_is_so(result: str, expect: str) -> None:
    check(program(f"// Result: {result}\nmodels lkmm, sc, tso;\n" + RUN % expect))


@pytest.mark.parametrize(
    ("result", "expect", "right"),
    [
        ("proved", "refuted deadlock", "refuted"),
        ("proved", "refuted deadlock under lkmm", "proved, refuted"),
        ("proved", "bounded under lkmm", "proved, bounded"),
        ("refuted", "proved", "proved"),
        ("refuted, proved", "refuted deadlock", "refuted"),
        ("bounded", "vacuous", "vacuous"),
    ],
)
def test_a_result_that_is_contradicted(result: str, expect: str, right: str) -> None:
    (found,) = diagnostics(f"// Result: {result}\nmodels lkmm, sc;\n" + RUN % expect)
    assert found.code == "header-result"
    assert found.message == f"the header says `{result}`, the scenarios expect `{right}`"
    assert found.primary is not None
    assert found.primary.span.start == 3
    assert f"`Result: {right}`" in found.hint


def test_a_result_without_a_scenario() -> None:
    (found,) = diagnostics("// Result: proved\nint x;\n")
    assert found.message == "the header says `proved`, but there is no scenario"


def test_what_else_is_wrong_comes_first() -> None:
    """An expectation that is not understood contradicts nothing."""
    found = diagnostics("// Result: refuted\n" + RUN % "refuted deadlok")
    assert [each.code for each in found] == ["unknown-property"]
