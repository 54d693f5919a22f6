"""No word of a function can change without being noticed, and nothing else is."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

from dsl.diagnostic import DiagnosticError
from dsl.paste.tokens import tokens
from dsl.source import Source
from prover.drift.tree import code
from tests.drift.trees import LOCKING

TEXT = LOCKING.replace("got = 1;", '#ifdef A\n\t\tgot = 0x1UL << 2;\n#endif\n\t\tprintk("a\\"b");')
WORD = re.compile(r'"(?:\\.|[^"])*"|\w+|<<|->|--|&&|\S')
BEGIN, END = TEXT.index("static int take"), TEXT.index("int drop")
WORDS = [match.span() for match in WORD.finditer(TEXT, BEGIN, TEXT.rindex("}", 0, END) + 1)]


def summed(text: str) -> str:
    """The sum of take(), or what is said instead."""
    source = Source("box.c", text)
    try:
        found = code(source, tokens(source), "take")
    except DiagnosticError as error:
        return error.diagnostics[0].code
    return found.sum if found else "gone"


SUM = summed(TEXT)


def test_a_word_that_goes_or_comes_twice_or_is_another() -> None:
    assert len(WORDS) > 60
    for start, end in WORDS:
        word = TEXT[start:end]
        # A second brace at the end is behind the function.
        twice = f"{word} {word}" if end < WORDS[-1][1] else ""
        for new in ("", twice, "other"):
            assert summed(f"{TEXT[:start]}{new}{TEXT[end:]}") != SUM, (start, word, new)


def test_two_words_that_change_places() -> None:
    for (a, b), (c, d) in pairwise(WORDS):
        if TEXT[a:b] != TEXT[c:d]:
            swapped = f"{TEXT[:a]}{TEXT[c:d]}{TEXT[b:c]}{TEXT[a:b]}{TEXT[d:]}"
            assert summed(swapped) != SUM, TEXT[a:d]


def test_comments_and_space_between_words_do_not_count() -> None:
    rng = Random(7)
    lines = {TEXT.count("\n", 0, match.start()) for match in re.finditer(r"#\w+", TEXT)}
    for start, end in WORDS:
        # What follows a directive in its line belongs to it, and is looked at elsewhere.
        if TEXT.count("\n", 0, start) not in lines:
            more = rng.choice((" ", "\n", "\t", "/* } */", "/*\n*/", "// {\n", "\\\n", "\r\n"))
            assert summed(f"{TEXT[:end]}{more}{TEXT[end:]}") == SUM, (TEXT[start:end], more)


def test_what_stands_around_the_function_does_not_count() -> None:
    end = WORDS[-1][1]
    for more in (
        "int z(void) { return take(0); }",
        "#define z(a) take(a)",
        "#if 0\n{\n#endif",
        "/*}*/",
    ):
        assert summed(f"{TEXT[:BEGIN]}{more}\n\n{TEXT[BEGIN:end]}\n{more}\n{TEXT[end:]}") == SUM


def test_files_at_random_end_in_a_sum_or_a_code() -> None:
    rng = Random(11)
    parts = [
        "{",
        "}",
        "(",
        ")",
        "/*",
        "*/",
        '"',
        "'",
        "#if\n",
        "\n#else\n",
        "\n#endif\n",
        "\\",
        "\n",
    ]
    for _ in range(400):
        text = TEXT
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(text))
            text = (
                text[:at]
                + rng.choice([*parts, "take(", "\x00", "\N{BELL}"])
                + text[at + rng.randint(0, 9) :]
            )
        assert re.fullmatch(
            r"[0-9a-f]{32}|gone|too-large|drift-source|unterminated-comment", summed(text)
        ), text
