"""What an outline says of the names in a file: what may mean something that is declared elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.parse import parse
from dsl.source import Source
from prover.cache.outline import Outline, mentions_of
from prover.cache.outlined import outlined
from tests.cache import small
from tests.cache.test_shared import Loads, loads, proved

__all__ = ["loads", "proved"]


def outline(text: str) -> Outline:
    return outlined(parse(Source("t.khp", text)), text)


@pytest.mark.parametrize(
    ("text", "names", "tags"),
    [
        ("a->b.c = d;", "a d", ""),
        ("a -> b = c . d", "a c", ""),
        ("while (i-->n) { }", "while i n", ""),
        ("x--->y", "x", ""),
        ("x - y > z", "x y z", ""),
        ("struct page *page = f(page, sizeof(struct p))", "page f sizeof", "page p"),
        ("enum e x; constructed y; enumerate z", "x constructed y enumerate z", "e"),
        ("struct /* of */ page *p", "struct page p", ""),
        ("a->/* b */c; // d\n e", "a c e", ""),
        ('f("a->b.c d", 0x1f, 12ul)', "f", ""),
    ],
)
def test_words_by_what_they_may_be(text: str, names: str, tags: str) -> None:
    said = mentions_of(text)
    assert set(said.names) == set(names.split())
    assert said.tags == frozenset(tags.split())


OWN = """\
struct page { int data; };
void f(struct page *page, int n)
{
	int early = 1, twice = early;
	late = 2;
	int late = 3;
	{
		int inner = 4;
	}
	label: n = 5;
	int label = twice, self = self + n;
	for (int i = 0; i < n; i++)
		page->other = i;
	int other = 6;
}
"""


def test_what_is_a_functions_own_throughout() -> None:
    (function,) = (item for item in outline(OWN).items if item.kind == "function")
    assert set(function.own) == {"page", "n", "early", "twice", "self", "other"}


def test_what_is_declared_is_told_by_its_kind() -> None:
    text = (
        "config A = b | c; struct s { int f; }; enum e { M, N }; typedef u32 w_t; int g, h;\n"
        "ghost int a.own; pool struct s p[2]; void v(void) { } actor a { in: v(); }\n"
        'scenario d { run a; } variant x "x" in d { drop v.in; } variant y "y" in d { exchange v with k; }'
    )
    found = outline(text)
    assert found.configs == ("A", "b", "c")
    assert found.objects == ("g", "h")
    assert found.tags == ("s", "e")
    assert set(found.names) == {"M", "N", "w_t", "a", "own", "p", "v", "d", "x", "y", "k"}


@pytest.mark.parametrize(
    ("text", "new", "again"),
    [
        # In the library `here` is a local, from its declaration on; later it may be a field, too.
        ("int here;", "pass_on(&here);\n\n", set[str]()),
        ("int here;", "p.one = 1;\n\tpass_on(&here);", set[str]()),
        ("struct here { int f; };\nstruct here what;", "\n\tpass_on(&here);", set[str]()),
        # A function of the name may be meant in spite of that.
        ("void here(void) { }", "\n\tpass_on(&here);", {"named"}),
        ("enum k { here };", "\n\tpass_on(&here);", {"named"}),
        ("pool struct pair here[2];", "\n\tpass_on(&here);", {"named"}),
        ("struct pairs { int f; };", "struct pair *q = &p;\n\tpass_on(&here);", set[str]()),
    ],
)
def test_a_name_that_is_hidden_wherever_it_stands(
    text: str, new: str, again: set[str], loads: Loads
) -> None:
    (loads.folder / "named.khp").write_text(
        f'models sc;\nimport "library.khp";\n{text}\nactor a {{ total = low(); }}\n'
        "scenario s { run a; final total == 2; expect proved; }\n",
        encoding="utf-8",
    )
    small.proved(loads.folder, loads.store)
    # The library's some() has the local.
    assert loads.after("library", "pass_on(&here);", new) == {"library"} | again


def test_a_name_that_is_not_hidden_yet(loads: Loads) -> None:
    """In an inner block it is a local, and before it nothing: that does not check by itself."""
    path = Path(loads.folder) / "named.khp"
    text = 'models sc;\nimport "library.khp";\nint there;\nactor a { total = low(); }\n'
    path.write_text(text + "scenario s { run a; final total == 2; expect proved; }\n", "utf-8")
    small.proved(loads.folder, loads.store)
    inner = "if (here == 0) { int there = 1; here = there; }\n\tpass_on(&here);"
    assert loads.after("library", "pass_on(&here);", inner) == {"library", "named"}
    free = "here = there;\n\tpass_on(&here);"
    assert loads.after("library", inner, free) >= {"library", "named"}
