"""What is shown where a name is pointed at."""

from __future__ import annotations

import pytest

from dsl.codes import CODES
from dsl.files import library_root
from dsl.imports import load_text
from dsl.primitives import PROPERTIES, SIGNATURES
from prover.lsp import texts
from prover.lsp.index import index_of


def shown(text: str, mark: str) -> str:
    program = load_text("t.khp", text, None, (library_root(),))
    use = index_of(program).at("t.khp", text.index(mark))
    assert use is not None
    return texts.shown(use, program.sources, "t.khp")


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("// one\n// two\n", "one  \ntwo"),
        ("/* one */\n", "one"),
        ("/*\n * one\n * two\n */\n", "one  \ntwo"),
        ("/* one\n   two */\n", "one  \ntwo"),
        ("// far\n\n", ""),
        ("int before;\n", ""),
        ("", ""),
    ],
)
def test_the_comment_above_is_shown(comment: str, said: str) -> None:
    found = shown(f"{comment}static void f(void) {{ }}\nactor a {{ f(); }}\n", "f(); }")
    assert found == "function `f`\n\n```c\nstatic void f(void)\n```" + (
        f"\n\n{said}" if said else ""
    )


def test_text_of_a_file_is_no_markdown() -> None:
    text = "// ![x](http://host/a.png) <b>`a`</b> __b__ *c* # d\nint n;\nactor a { n = 1; }\n"
    found = shown(text, "n = 1")
    assert "\\!\\[x\\](http://host/a.png) \\<b\\>\\`a\\`" in found
    assert "\\*c\\* \\# d" in found
    assert "\\<U+00E9\\>" in shown("// \u00e9\nint n;\nactor a { n = 1; }\n", "n = 1")


def test_a_declaration_stays_in_its_fence() -> None:
    found = shown('int n class("```\\n# a");\nactor a { n = 1; }\n', "n = 1")
    assert found.count("```") == 2


def test_a_long_declaration_is_cut() -> None:
    fields = "".join(f"\tint f{number};\n" for number in range(200))
    found = shown(f"struct s {{\n{fields}}};\nstruct s one;\n", "s one")
    assert found.count("\n") == texts.LONGEST + 4
    assert found.endswith("\n...\n```")


def test_everything_that_has_a_name_of_its_own_is_explained() -> None:
    for code in (*CODES, *PROPERTIES):
        assert code in texts.explanation(code)
    assert texts.explanation("no-such-code") == ""
    for name in SIGNATURES:
        assert f" {name}(" in texts.primitive(name)


@pytest.mark.parametrize(
    ("offset", "word"), [(0, "one"), (3, "one"), (4, "two"), (7, "two"), (9, "x9"), (12, "")]
)
def test_the_name_at_a_place(offset: int, word: str) -> None:
    assert texts.word_at("one two\n\tx9 \n", offset) == word
