"""The canonical form: same meaning, same comments, and a second time the same text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import syntax as s
from dsl.diagnostic import DiagnosticError
from dsl.frozen import Frozen, fields_of
from dsl.parse import parse
from dsl.printer import format_file
from dsl.source import Source, Span

ROOT = Path(__file__).parents[2]
NOWHERE = Span("", 0, 0)


def formatted(text: str) -> str:
    source = Source("test.khp", text)
    return format_file(parse(source), source)


def without_spans(value: object) -> object:
    """``value`` with every span the same, and comments without their indent."""
    if isinstance(value, Span):
        return NOWHERE
    if isinstance(value, s.Comment):
        return " ".join(value.text.split())
    if isinstance(value, tuple):
        return tuple(without_spans(item) for item in value)
    if isinstance(value, Frozen):
        fields = {name: without_spans(getattr(value, name)) for name in fields_of(value)}
        return (type(value).__name__, *fields.items())
    return value


def check(text: str) -> str:
    """The formatted text, after a look at the properties that all formatting has."""
    once = formatted(text)
    source = Source("test.khp", text)
    assert without_spans(parse(Source("test.khp", once))) == without_spans(parse(source))
    assert formatted(once) == once
    assert not re.search(r"[ \t]\n|\n\n\n|\A\n|\n\n\Z|[^\n]\Z", once)
    return once


def body(text: str) -> str:
    """What the statements ``text`` look like in a function, without its first tab."""
    lines = check(f"void f(void)\n{{\n{text}\n}}\n").splitlines()
    assert lines[:2] == ["void f(void)", "{"]
    assert lines[-1] == "}"
    return "\n".join(line.removeprefix("\t") for line in lines[2:-1])


# --- all files there are ------------------------------------------------------------

FILES = sorted(
    path
    for folder in ("protocols", "tests/cases", "benchmarks")
    for path in (ROOT / folder).rglob("*.khp")
    if path.parent != ROOT / "tests/cases/syntax"
)


def test_there_are_files() -> None:
    assert len(FILES) > 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_formatting_keeps_every_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        parse(Source(path.name, text))
    except DiagnosticError as error:
        pytest.fail(f"{path} does not parse: {error}")
    check(text)


# --- expressions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((a))+(b*c)", "a + b * c"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a=(b=c)", "a = b = c"),
        ("x = (a = b) + 1", "x = (a = b) + 1"),
        ("- -a", "- -a"),
        ("-(--a)", "- --a"),
        ("+ +a", "+ +a"),
        ("& * a", "&*a"),
        ("!(a)", "!a"),
        ("!(a==b)", "!(a == b)"),
        ("(a?b:c)?d:(e?f:g)", "(a ? b : c) ? d : e ? f : g"),
        ("a?(b=c):d", "a ? b = c : d"),
        ("(*p).x", "(*p).x"),
        ("*(p.x)", "*p.x"),
        ("(*p)++", "(*p)++"),
        ("*(p++)", "*p++"),
        ("(u32)(a+b)", "(u32)(a + b)"),
        ("(struct mm**)(a)", "(struct mm **)a"),
        ("((u32)a).x", "((u32)a).x"),
        ("f((a),(b=c))", "f(a, b = c)"),
        ("container_of(p,struct s,f)", "container_of(p, struct s, f)"),
        ("t[(i+1)]", "t[i + 1]"),
        ("0X1fuL", "0X1fuL"),
        ('assert(a,"b  \\" // c")', 'assert(a, "b  \\" // c")'),
    ],
)
def test_expressions_have_the_parentheses_they_need(text: str, expected: str) -> None:
    assert body(f"{text};") == f"{expected};"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a&&b||c", "(a && b) || c"),
        ("a&b==c", "a & (b == c)"),
        ("a|b&c", "a | (b & c)"),
        ("a|b|c", "a | b | c"),
        ("a<<b+c", "a << (b + c)"),
        ("a<b==c", "(a < b) == c"),
        ("a&&b==c", "a && b == c"),
        ("a*b+c", "a * b + c"),
    ],
)
def test_pairs_that_are_easily_misread_get_parentheses(text: str, expected: str) -> None:
    assert body(f"{text};") == f"{expected};"


def test_line_breaks_inside_expressions_stay() -> None:
    text = "if (first(a,\n b) &&\nsecond\n|| third)\nx = a +\n  b;"
    assert body(text) == (
        "if ((first(a,\n\t\t   b) &&\n\t     second) ||\n\t    third)\n\t\tx = a +\n\t\t\tb;"
    ).replace("\n\t", "\n")


# --- statements ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "if(a){b();}else if(c)d();else{e();}",
            "if (a) {\n\tb();\n} else if (c)\n\td();\nelse {\n\te();\n}",
        ),
        ("while(a)b();", "while (a)\n\tb();"),
        ("while(a);", "while (a)\n\t;"),
        ("do{a();}while(b);", "do {\n\ta();\n} while (b);"),
        ("do a();while(b);", "do\n\ta();\nwhile (b);"),
        ("for(;;){a();}", "for (;;) {\n\ta();\n}"),
        ("for(int i=0;i<2;i++)a();", "for (int i = 0; i < 2; i++)\n\ta();"),
        ("each(a,b){c();}", "each(a, b) {\n\tc();\n}"),
        ("each(a)each(b)c();", "each(a)\n\teach(b)\n\t\tc();"),
        ("{a();}", "{\n\ta();\n}"),
        ("choose{a();}or{b();}", "choose { a(); } or { b(); }"),
        ("choose{a();\n}or{b();}", "choose {\n\ta();\n} or {\n\tb();\n}"),
        ("struct mm*a=b,*c,d[2][3];", "struct mm *a = b, *c, d[2][3];"),
        ("int a [ 2 ]={1,2,};", "int a[2] = { 1, 2 };"),
        ("return(a);", "return a;"),
        ("a(); \n\n\n\n b();", "a();\n\nb();"),
        ("\n\na();\n\n", "a();"),
    ],
)
def test_statements(text: str, expected: str) -> None:
    assert body(text) == expected


def test_labels_stand_one_tab_to_the_left() -> None:
    text = "void f(void) { a: b(); if (c) { d: e(); } g: }"
    assert check(text) == ("void f(void)\n{\na:\n\tb();\n\tif (c) {\n\td:\n\t\te();\n\t}\ng:\n}\n")


def test_switches() -> None:
    text = "switch(a){case 1:case 2:b();break;case 3:{c();}default:;}"
    assert body(text) == (
        "switch (a) {\ncase 1:\ncase 2:\n\tb();\n\tbreak;\ncase 3: {\n\tc();\n}\ndefault:\n\t;\n}"
    )


# --- declarations -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import   "a.khp" ;', 'import "a.khp";'),
        ("models sc ,lkmm;", "models sc, lkmm;"),
        ("config A=off|on;", "config A = off | on;"),
        ("typedef struct mm*mm_t;", "typedef struct mm *mm_t;"),
        ("enum a{A,B=2,};", "enum a { A, B = 2 };"),
        ("enum a{A,\nB};", "enum a {\n\tA,\n\tB,\n};"),
        ("struct a{};", "struct a {\n};"),
        ('struct a{__data_racy int*x,y[2];spinlock_t l class("c");};',
         'struct a {\n\t__data_racy int *x, y[2];\n\tspinlock_t l class("c");\n};'),
        ("word a_t{none=0;split l,h when A==on;present 1;t(struct b*)=3;};",
         "word a_t {\n\tnone = 0;\n\tsplit l, h when A == on;\n\tpresent 1;\n\tt(struct b *) = 3;\n}"),
        ("ghost int x=1;", "ghost int x = 1;"),
        ("ghost  int a . x ;", "ghost int a.x;"),
        ("int a,*b=&a;", "int a;\nint *b = &a;"),
        ('spinlock_t a class("b");', 'spinlock_t a class("b");'),
        ("struct a b at 0x10={.c=1};", "struct a b at 0x10 = { .c = 1 };"),
        ("struct a b={\n.c=1,.d={1,2}};", "struct a b = {\n\t.c = 1,\n\t.d = { 1, 2 },\n};"),
        ("struct a b={\n.c={\n1}};", "struct a b = {\n\t.c = {\n\t\t1,\n\t},\n};"),
        ("pool struct a b[2]typesafe_by_rcu zeroed at(1,2);",
         "pool struct a b[2] zeroed typesafe_by_rcu at (1, 2);"),
        ("static inline int f(){return 1;}", "static inline int f(void) { return 1; }"),
        ("struct a*f(struct b*c,int d){e();f();}",
         "struct a *f(struct b *c, int d)\n{\n\te();\n\tf();\n}"),
        ("update void f(void){\n}", "update void f(void)\n{\n}"),
        ("iterator f(int a){\nyield;}", "iterator f(int a)\n{\n\tyield;\n}"),
        ("actor a{b();}", "actor a { b(); }"),
        ("actor a{b();c();}", "actor a {\n\tb();\n\tc();\n}"),
        ('scenario a{run b,c*2;init{d=1;e=2;}bound 3;final a==b:"c";}',
         'scenario a {\n\trun b, c * 2;\n\tinit { d = 1; e = 2; }\n\tbound 3;\n\tfinal a == b : "c";\n}'),
        ("scenario a{run b*,c *,d*2;forever ;}", "scenario a {\n\trun b *, c *, d * 2;\n\tforever;\n}"),
        ("scenario a{expect refuted b,c-d allowing e when f==g||h==i under sc,lkmm;}",
         "scenario a {\n\texpect refuted b, c-d allowing e when f == g || h == i under sc, lkmm;\n}"),
        ('variant a"b"in c,d{expect proved;drop e.f;replace g.h with{i();}move j.k before l.m;exchange n with o;}',
         'variant a "b" in c, d {\n\texpect proved;\n\tdrop e.f;\n\treplace g.h with { i(); }\n\tmove j.k before l.m;\n\texchange n with o;\n}'),
        ("transition a.b{none->table holding c,d->e;any->x;}",
         "transition a.b {\n\tnone -> table holding c, d->e;\n\tany  -> x;\n}"),
        ('lock_order a.b->"c"->d:"e";', 'lock_order a.b -> "c" -> d : "e";'),
        ("invariant a==b;", "invariant a == b;"),
    ],
)  # fmt: skip
def test_declarations(text: str, expected: str) -> None:
    assert check(text) == expected + "\n"


# --- comments -----------------------------------------------------------------------


def test_comments_stay_where_they_belong() -> None:
    text = (
        "// head\n\n\n/* second\n      * line */\nint x;   // behind\n"
        "void f(void) // after the head\n{ // opens\n"
        "// own\n\n a(); /* b */ // c\n"
        "if (d) // e\n g(); // h\n"
        "// before else\nelse {\n i(/* inside */ j);\n// last\n} // closes\n}\n// tail\n"
    )
    assert check(text) == (
        "// head\n\n/* second\n * line */\nint x;   // behind\n"
        "void f(void) // after the head\n{ // opens\n"
        "\t// own\n\n\ta(); /* b */ // c\n"
        "\tif (d) // e\n\t\tg(); // h\n"
        "\t// before else\n\telse {\n\t\t/* inside */\n\t\ti(j);\n\t\t// last\n\t} // closes\n}\n// tail\n"
    )


def test_comments_in_tables_stay_behind_their_line() -> None:
    text = "enum a {\n\tA, // a\n\t// b\n\tB, // c\n};\nstruct s x = {\n\t.a = (1), // one\n\t.b = 2 // two\n};\n"
    assert check(text) == text.replace("(1)", "1").replace("2 //", "2, //")


# --- random text --------------------------------------------------------------------

Tokens = st.SearchStrategy[list[str]]
names = st.sampled_from("a b c actor final run p_ x1".split())


def joined(*parts: str | Tokens) -> Tokens:
    """Token lists one behind the other; a string is one token per word."""
    drawn = [st.just(part.split()) if isinstance(part, str) else part for part in parts]
    return st.tuples(*drawn).map(lambda lists: [token for one in lists for token in one])


def word(strategy: st.SearchStrategy[str]) -> Tokens:
    return strategy.map(lambda text: [text])


def several(item: Tokens, between: str, least: int = 0) -> Tokens:
    def interleave(items: list[list[str]]) -> list[str]:
        tokens: list[str] = []
        for i, one in enumerate(items):
            tokens += ([between] if i and between else []) + one
        return tokens

    return st.lists(item, min_size=least, max_size=3).map(interleave)


types = st.one_of(
    joined("struct", word(names)), joined("u32"), joined("unsigned long"), joined("pmd_t")
)
binary = st.sampled_from("|| && | ^ & == != < > <= >= << >> + - * / %".split())


def larger(inner: Tokens) -> Tokens:
    grouped = joined("(", inner, ")")
    place = st.one_of(word(names), grouped)
    return st.one_of(
        joined(grouped, word(binary), grouped),
        joined(place, word(binary), place, word(binary), place),
        joined(word(st.sampled_from("! ~ - + * & ++ --".split())), grouped),
        joined(place, word(st.sampled_from(["++", "--"]))),
        joined(grouped, "?", inner, ":", grouped),
        joined(place, word(st.sampled_from("= += <<=".split())), inner),
        joined(place, word(st.sampled_from([".", "->"])), word(names)),
        joined(place, "[", inner, "]"),
        joined(word(names), "(", several(inner, ","), ")"),
        joined("(", types, "*", ")", grouped),
    )


atoms = st.one_of(word(names), word(st.sampled_from(["1", "0x1fUL", '"m // /*"'])))
expressions = st.recursive(atoms, larger, max_leaves=6)
declarators = joined(
    several(joined("*"), ""), word(names), several(joined("[ 2 ]"), ""), "=", expressions
)
simple = st.one_of(
    joined(expressions, ";"),
    joined(types, several(declarators, ",", 1), ";"),
    joined("return", expressions, ";"),
    joined("goto", word(names), ";"),
    joined("struct a x = { . b =", expressions, ", {", expressions, "} , } ;"),
    st.sampled_from([[";"], ["break", ";"], ["continue", ";"], ["yield", ";"], ["return", ";"]]),
)


def nested(inner: Tokens) -> Tokens:
    block = joined("{", several(inner, ""), "}")
    governed = st.one_of(block, joined(expressions, ";"))
    return st.one_of(
        block,
        joined("if (", expressions, ")", block, "else", governed),
        joined("if (", expressions, ")", governed),
        joined("if (", expressions, ")", block, "else if (", expressions, ")", governed),
        joined("while (", expressions, ")", governed),
        joined("do", governed, "while (", expressions, ") ;"),
        joined("for ( int i = 0 ;", expressions, "; )", governed),
        joined("each (", several(expressions, ","), ")", block),
        joined(word(names), ":", inner),
        joined("choose", block, "or", block),
        joined("switch (", expressions, ") { case 1 : case 2 :", inner, "default :", block, "}"),
    )


statements = st.recursive(simple, nested, max_leaves=5)
blocks = joined("{", several(statements, ""), "}")
declarations = st.one_of(
    joined("static", types, "*", word(names), "( struct a * b , int c )", blocks),
    joined("actor", word(names), blocks),
    joined("int", several(declarators, ",", 1), ";"),
    joined("struct a x at 0x10 = { . b =", expressions, "} ;"),
    joined("enum a { A =", word(st.just("1")), ", B , } ;"),
    joined("struct a {", several(joined(types, word(names), ";"), ""), "} ;"),
    joined(
        "word w_t { none = 0 ; present ( 1 ) ; split l , h when a == b ; t ( struct a * ) = 3 ; }"
    ),
    joined(
        "scenario s { run a , b * 2 , c * ; forever ; init { a = 1 ; } final", expressions, "; }"
    ),
    joined("variant v in s { expect proved ; drop a . b ; replace a . b with", blocks, "}"),
    joined("transition a . b { none -> c holding", several(expressions, ",", 1), "; }"),
)
gaps = st.sampled_from(
    [" "] * 12 + ["\n", "\n\n\n", "\t", " /* b */ ", " // l\n", "\n// o\n", "\n/*\n * m\n */\n"]
)


@st.composite
def files(draw: Callable[[st.SearchStrategy[object]], object]) -> str:
    tokens = draw(several(declarations, "", 1))
    assert isinstance(tokens, list)
    return "".join(f"{token}{draw(gaps)}" for token in tokens)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(files())
def test_random_files_keep_their_meaning(text: str) -> None:
    check(text)
