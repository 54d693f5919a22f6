"""Which words of a C file are the definition of a function."""

from __future__ import annotations

import pytest

from dsl.diagnostic import DiagnosticError
from dsl.paste.definitions import definitions
from dsl.paste.tokens import tokens
from dsl.source import Source
from prover.drift.tree import Code, code


def found(text: str, name: str = "f") -> list[str]:
    source = Source("x.c", text)
    return [" ".join(w for w, _ in one.words) for one in definitions(source, tokens(source), name)]


def summed(text: str) -> Code:
    source = Source("x.c", text)
    made = code(source, tokens(source), "f")
    assert made is not None
    return made


PLAIN = "static int f(int a)\n{\n\treturn a + 1;\n}\n"
SAME = {
    "comments": "static int f(int a) /* { */\n{\n\t// }\n\treturn a /*x*/ + 1;\n}\n",
    "white-space": "static   int\nf(int a) { return a+1; }",
    "line-ends": PLAIN.replace("\n", "\r\n"),
    "continuation": "static int f(int a) {\\\n return a + 1; }",
    "place": "int g(void) { return f(1); }\n" + PLAIN + "int h(void) { return f(2); }\n",
    "declared-before": "static int f(int a);\n" + PLAIN,
    "second-that-never-counts": f"{PLAIN}#if 0\n{PLAIN}#endif\n#if  0 // no\n{PLAIN}#endif\n",
    "in-the-else": f"#if 0\nint f;\n#else\n{PLAIN}#endif\n",
    "called-before": "#define X f(1) {\n" + PLAIN,
}
OTHER = {
    "word": PLAIN.replace("1", "2"),
    "order": PLAIN.replace("a + 1", "1 + a"),
    "static": PLAIN.replace("static ", ""),
    "inline": PLAIN.replace("static", "static inline"),
    "glued": PLAIN.replace("+ 1", "+1 + 1"),
    "directive": PLAIN.replace("\treturn", "#ifdef A\n#endif\n\treturn"),
    "second": PLAIN + "#if A\n" + PLAIN + "#endif\n",
}


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_count(name: str) -> None:
    assert summed(SAME[name]).sum == summed(PLAIN).sum


@pytest.mark.parametrize("name", OTHER)
def test_what_counts(name: str) -> None:
    assert summed(OTHER[name]).sum != summed(PLAIN).sum


def test_strings_are_words() -> None:
    one, other = 'int f(void) { g("a  /* b */"); }', 'int f(void) { g("a /* b */"); }'
    assert summed(one).sum != summed(other).sum


def test_every_branch_of_a_conditional_is_a_definition() -> None:
    text = (
        "#ifdef A\nint f(void) { return 1; }\n#elif B\n#define f() 2 /* two */\n"
        "#else\nint f(void);\n#endif\n"
    )
    assert found(text) == ["int f ( void ) { return 1 ; }", "# define f ( ) 2"]
    turned = text.replace("ifdef A", "ifndef A")
    assert summed(text).sum != summed(turned).sum, "of several, the conditions say which is meant"


def test_conditions_around_a_single_definition_do_not_count() -> None:
    assert summed(f"#ifdef A\n{PLAIN}#endif\n").sum == summed(f"#ifndef B\n{PLAIN}#endif\n").sum


def test_what_is_switched_off_is_gone() -> None:
    assert found(f"#if 0\n{PLAIN}#endif\n") == []
    assert found(f"#if 0\n#ifdef A\n#endif\n{PLAIN}#endif\n") == []


def test_brackets_are_followed_branch_by_branch() -> None:
    text = (
        "int f(int a)\n{\n#ifdef A\n\tif (a) {\n#else\n\tif (!a) {\n#endif\n\t\tg();\n\t}\n}\n"
        "int g(void) { return 7; }\n"
    )
    (one,) = found(text)
    assert one.endswith("g ( ) ; } }")


def test_a_head_for_each_branch() -> None:
    text = "#ifdef A\nint f(int a) {\n#else\nint f(void) {\n#endif\n\treturn 1;\n}\nint g;\n"
    first, second = found(text)
    assert first.startswith("int f ( int a ) { # else int f ( void )")
    assert first.endswith(second.removeprefix("int f ( void ) {"))


def test_macros_with_arguments_only() -> None:
    assert found("#define f f\n#define f_x(a) a\n#define g(a) f(a)\n") == []
    assert found("#define f(a) \\\n\tdo { g(a); } while (0)\n") == [
        "# define f ( a ) do { g ( a ) ; } while ( 0 )"
    ]


def test_annotations_stand_between_head_and_body() -> None:
    text = "static int __must_check f(int a)\n\t__acquires(&x)\n{ return 1; }"
    assert found(text) == ["static int __must_check f ( int a ) __acquires ( & x ) { return 1 ; }"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("int f(void) { if (1) {", "has no partner"),
        ("int f(void) { " + ";" * 30_000, "more than 20000 words"),
        ("x f(" * 2_500, "more than 2000 places"),
        ("#if x\n" * 90_000, "more than 64 deep"),
    ],
)
def test_what_has_no_end_is_refused(text: str, said: str) -> None:
    source = Source("x.c", text)
    with pytest.raises(DiagnosticError, match=said):
        definitions(source, tokens(source), "f")


@pytest.mark.parametrize(
    "text",
    ["#" + "/*" * 400_000, "'\\" * 390_000, '"\\' * 390_000, "x f(" * 60_000],
    ids=["directive", "char", "string", "heads"],
)
def test_hostile_files_take_linear_time(text: str) -> None:
    source = Source("x.c", text)
    assert definitions(source, tokens(source), "g") == ()
