"""The lexer against lark's own contextual one: the same words are the same terminals everywhere.

They differ where a mark is longer than what fits (``a = &&b``): as in C, the longest is meant.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark, UnexpectedInput
from lark.lexer import PatternRE, PatternStr

from dsl.build import build
from dsl.diagnostic import DiagnosticError
from dsl.parse import parse
from dsl.scan import scan
from dsl.source import Source

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("protocols/**/*.khp"))
CASES = sorted(ROOT.glob("tests/cases/**/*.khp"))


def _whole_words(terminal: Any) -> None:
    """A keyword is a word of its own."""
    word = str(terminal.pattern.value)
    if isinstance(terminal.pattern, PatternStr) and word.isidentifier():
        terminal.pattern = PatternRE(rf"{word}(?!\w)")
        terminal.priority = 1


@functools.cache
def _contextual() -> Any:
    make: Any = Lark
    return make(
        (ROOT / "dsl/khp.lark").read_text(),
        parser="lalr",
        lexer="contextual",
        edit_terminals=_whole_words,
        start="file",
        propagate_positions=True,
        maybe_placeholders=True,
    )


def _ours(text: str) -> object:
    try:
        return parse(Source("x.khp", text)).declarations
    except DiagnosticError:
        return None


def _theirs(text: str) -> object:
    source = Source("x.khp", text)
    scanned = scan(source)
    if scanned.diagnostics:
        return None
    try:
        tree = _contextual().parse(scanned.text)
    except UnexpectedInput:
        return None
    file, complaints = build(tree, source, scanned.comments)
    return None if complaints else file.declarations


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_library_has_the_same_trees(path: Path) -> None:
    text = path.read_text()
    assert _ours(text) is not None
    assert _ours(text) == _theirs(text)


def test_the_cases_have_the_same_trees() -> None:
    for path in CASES:
        text = path.read_bytes().decode("utf-8", "replace")
        assert _ours(text) == _theirs(text), path


_WORDS = re.compile(r"\s*(\w+|\"[^\"\n]*\"|[a-z]+(?:-[a-z]+)+|.)", re.DOTALL)
_PIECES = [
    "actor a { move = 1; or = before->after; }",
    "scenario s { run a * 2, b*; expect refuted use-after-free, torn-value when PAE under lkmm; }",
    'variant v "why" in s, t { drop a.x; replace a.y with { f(); } expect proved; }',
    'struct mm { spinlock_t lock class("ptl"); unsigned long n[2]; };',
    "word pmd_t { split low, high when PAE; present v & 1; none = 0; }",
    "pool struct page tables[2] zeroed at (1, 2);",
    "static inline int f(struct mm *m) { if (m->n) return -1; else goto out; out: return 0; }",
    "transition m.pmd { none -> table holding &m.lock; }",
    "update void g(void) { choose { f(); } or { yield; } }",
]


@given(st.data())
def test_shuffled_words_have_the_same_trees(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=3))
    words = [word for piece in pieces for word in _WORDS.findall(piece) if word.strip()]
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(words) - 1))
        match data.draw(st.sampled_from(["drop", "twice", "other"])):
            case "drop" if len(words) > 1:
                del words[at]
            case "twice":
                words.insert(at, words[at])
            case _:
                words[at] = data.draw(st.sampled_from(words))
    text = " ".join(words)
    assert _ours(text) == _theirs(text)


def test_the_longest_mark_is_meant() -> None:
    assert _ours("actor a { x = & &y; }") is not None
    assert _ours("actor a { x = &&y; }") is None


@pytest.mark.parametrize("tail", ["2", "2x", "_x", "_t", "-free2", "-Free", "2 under tso"])
def test_a_property_is_whole_words(tail: str) -> None:
    assert _ours("scenario s { run a; expect refuted deadlock; }") is not None
    assert _ours(f"scenario s {{ run a; expect refuted deadlock{tail}; }}") is None
    assert _ours(f"scenario s {{ run a; expect refuted use-after-free{tail}; }}") is None
