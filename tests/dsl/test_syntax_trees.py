"""The syntax that text stands for: structure, spans, names."""

from __future__ import annotations

import pytest

from dsl import syntax as s
from dsl.diagnostic import DiagnosticError
from dsl.parse import parse
from dsl.precedence import BINARY
from dsl.source import Source, Span


def file_of(text: str) -> s.File:
    return parse(Source("test.khp", text))


def codes(text: str) -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        file_of(text)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def body_of(text: str) -> tuple[s.Stmt, ...]:
    (function,) = file_of(f"void f(void) {{ {text} }}").declarations
    assert isinstance(function, s.FunctionDecl)
    return function.body.body


def expr_of(text: str) -> s.Expr:
    (statement,) = body_of(f"{text};")
    assert isinstance(statement, s.ExprStmt)
    return statement.expr


def shape(expr: s.Expr | s.TypeName) -> str:
    """Fully parenthesised, so that the structure shows."""
    match expr:
        case s.Binary(op=op, left=left, right=right):
            return f"({shape(left)} {op} {shape(right)})"
        case s.Assign(op=op, target=target, value=value):
            return f"({shape(target)} {op} {shape(value)})"
        case s.Conditional():
            parts = (expr.condition, expr.then, expr.otherwise)
            return "({} ? {} : {})".format(*map(shape, parts))
        case s.Unary(op=op, operand=operand):
            return f"({op}{shape(operand)})"
        case s.Step(op=op, prefix=prefix, target=target):
            return f"({op}{shape(target)})" if prefix else f"({shape(target)}{op})"
        case s.Cast(type=type_name, operand=operand):
            return f"(<{type_name.tag}{type_name.name}{type_name.stars}>{shape(operand)})"
        case s.Member(base=base, field=field, arrow=arrow):
            return f"({shape(base)}{'->' if arrow else '.'}{field.text})"
        case s.Index(base=base, index=index):
            return f"({shape(base)}[{shape(index)}])"
        case s.Call(callee=callee, arguments=arguments):
            return f"{callee.text}({', '.join(map(shape, arguments))})"
        case s.TypeName(tag=tag, name=name):
            return f"<{tag} {name}>"
        case s.Ident(name=name):
            return name
        case s.Number(text=text) | s.String(text=text):
            return text
        case s.Braces():
            return "{}"


# --- expressions ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a = b += c", "(a = (b += c))"),
        ("a ? b = c : d ? e : f", "(a ? (b = c) : (d ? e : f))"),
        ("a || b && c | d ^ e & f", "(a || (b && (c | (d ^ (e & f)))))"),
        ("a == b < c << d + e * f", "(a == (b < (c << (d + (e * f)))))"),
        ("a - b - c", "((a - b) - c)"),
        ("!a.b->c[d]++", "(!((((a.b)->c)[d])++))"),
        ("-*p", "(-(*p))"),
        ("- -a", "(-(-a))"),
        ("--a", "(--a)"),
        ("(u64)a + (struct mm *)b", "((<u640>a) + (<structmm1>b))"),
        ("(pmd_t)a.b", "(<pmd_t0>(a.b))"),
        ("(a)(b) ? c : d", None),
        ("container_of(p, struct s, f)", "container_of(p, <struct s>, f)"),
        ("choose() + choose(1, 2)", "(choose() + choose(1, 2))"),
        ("a & b == c", "(a & (b == c))"),
        ("a >> 1 >= b", "((a >> 1) >= b)"),
        ("&a->b", "(&(a->b))"),
        ("x >>= a <<= 2", "(x >>= (a <<= 2))"),
        ("a % b / c", "((a % b) / c)"),
        ("a != b ^ c", "((a != b) ^ c)"),
        ("const_x ? 1 : 2", "(const_x ? 1 : 2)"),
    ],
)
def test_precedence(text: str, expected: str | None) -> None:
    if expected is None:
        assert codes(f"void f(void) {{ {text}; }}") == ["function-pointer"]
    else:
        assert shape(expr_of(text)) == expected


@pytest.mark.parametrize("outer", sorted(BINARY))
@pytest.mark.parametrize("inner", sorted(BINARY))
def test_any_two_operators_bind_as_in_c(outer: str, inner: str) -> None:
    left_first = BINARY[outer] >= BINARY[inner]
    expected = f"((a {outer} b) {inner} c)" if left_first else f"(a {outer} (b {inner} c))"
    assert shape(expr_of(f"a {outer} b {inner} c")) == expected


def test_spans_are_exact() -> None:
    text = "void f(void) { (a + b) * c->d [ 1 ]; }"
    (function,) = file_of(text).declarations
    assert isinstance(function, s.FunctionDecl)
    (statement,) = function.body.body
    assert isinstance(statement, s.ExprStmt)
    product = statement.expr
    assert isinstance(product, s.Binary)

    def at(span: Span) -> str:
        return text[span.start : span.end]

    assert at(function.span) == text
    assert at(statement.span) == "(a + b) * c->d [ 1 ];"
    assert at(product.span) == "(a + b) * c->d [ 1 ]"
    assert at(product.left.span) == "a + b"
    assert at(product.right.span) == "c->d [ 1 ]"
    assert at(function.result.span) == "void"


# --- statements and names ---------------------------------------------------------


def test_a_call_before_a_statement_is_a_block_macro() -> None:
    texts = ("{ }", "x();", "x = 1;", "x++;", "if (y) x();", "each(b) z();", "a: x();", "int x;")
    for text in texts:
        (statement,) = body_of(f"each(a) {text}")
        assert isinstance(statement, s.ForEach), text
    (product,) = body_of("each(a) * x;")
    assert isinstance(product, s.ExprStmt)


def test_else_belongs_to_the_nearest_if() -> None:
    (outer,) = body_of("if (a) if (b) x(); else y();")
    assert isinstance(outer, s.If)
    assert outer.otherwise is None
    assert isinstance(outer.then, s.If)
    assert outer.then.otherwise is not None


def test_labels_may_end_a_block() -> None:
    first, last = body_of("a: x(); b: c:")
    assert isinstance(first, s.Labelled)
    assert isinstance(last, s.Labelled)
    assert isinstance(last.body, s.Labelled)
    assert isinstance(last.body.body, s.Empty)


def test_case_labels_in_a_row_are_one_case() -> None:
    (switch,) = body_of("switch (x) { case 1: case 2: a(); b(); default: break; case 3: }")
    assert isinstance(switch, s.Switch)
    rows = [(len(case.values), case.default, len(case.body)) for case in switch.cases]
    assert rows == [(2, False, 2), (0, True, 1), (1, False, 0)]


def test_for_takes_a_declaration_or_nothing() -> None:
    first, second, third = body_of("for (int i = 0; i < 2; i++) ; for (;;) { } for (i = 1;;) ;")
    assert isinstance(first, s.For)
    assert isinstance(second, s.For)
    assert isinstance(third, s.For)
    assert isinstance(first.init, s.Declare)
    assert (second.init, second.condition, second.step) == (None, None, None)
    assert isinstance(third.init, s.ExprStmt)


WORDS = """
    import models config word split present when ghost pool zeroed typesafe_by_rcu at class
    update iterator actor scenario run forever init bound final invariant expect allowing under
    variant in drop replace with move before after exchange transition holding lock_order proved refuted
""".split()

BODIES = """
    W = 3;
    { } W(x);
    if (x) { y(); } W = W + 1;
    int W = 1, *b; W: W++; goto W;
    x.W = y->W; f(W, W(W));
    do W(); while (W); for (;;) { } W();
    switch (x) { case W: W(); } W();
    each(x) { } W = 1;
    a: { } W: ;
    choose { W(); } or { W(); } W();
    return W;
""".strip().split("\n")


@pytest.mark.parametrize("word", WORDS)
def test_words_of_declarations_are_names_elsewhere(word: str) -> None:
    for body in BODIES:
        file_of(
            f"void {word}(int {word}) {{ {body.replace('W', word)} }}\n"
            f"struct {word} {{ int {word}; }};\nint {word};\nactor {word} {{ }}\n"
            f"enum {word} {{ {word} }};\npool struct {word} {word}[1];\n"
            f"word w_t {{ {word} = 1; }}\n"
            f"scenario {word} {{ run {word}; init {{ {word} = 1; }} final {word}; }}\n"
            f"variant {word} in {word} {{ drop {word}.{word}; exchange {word} with {word};\n"
            f"replace {word}.{word} with {{ {word}(); }} move {word}.{word} after {word}.{word}; }}\n"
            f"transition {word}.{word} {{ {word} -> {word} holding {word}; }}\n"
            f"lock_order {word}.{word} -> {word};\n"
        )


def test_declarations() -> None:
    text = """
    static inline struct folio **get(const struct mm *const m, unsigned long n) { }
    int a, *b = &a;
    struct mm m at 0x1000 class("x") = { .a = 1, { 2 }, };
    pool struct mm ms[2] zeroed typesafe_by_rcu at (1, 2);
    word p_t { split lo, hi when PAE == on; present 1; none = 0; t(struct mm *) = 3; };
    """
    function, first, second, mm, pool, word = file_of(text).declarations
    assert isinstance(function, s.FunctionDecl)
    assert function.words == ("static", "inline")
    assert (function.result.tag, function.result.stars) == ("struct", 2)
    kinds = [(p.type.name, p.type.stars) for p in function.parameters]
    assert kinds == [("mm", 1), ("unsigned long", 0)]
    assert isinstance(first, s.ObjectDecl)
    assert isinstance(second, s.ObjectDecl)
    assert (first.declarator.stars, second.declarator.stars) == (0, 1)
    assert isinstance(mm, s.ObjectDecl)
    assert isinstance(mm.declarator.init, s.Braces)
    assert mm.lock_class is not None
    assert [name.text if name else None for name, _ in mm.declarator.init.items] == ["a", None]
    assert isinstance(pool, s.PoolDecl)
    assert (pool.zeroed, pool.typesafe_by_rcu, len(pool.at)) == (True, True, 2)
    assert isinstance(word, s.WordDecl)
    assert word.halves is not None
    assert [half.text for half in word.halves] == ["lo", "hi"]
    assert [value.name.text for value in word.values] == ["none", "t"]


def test_any_number() -> None:
    text = "scenario s { run a *, b * 2, c; forever; run d * ; }"
    (scenario,) = file_of(text).declarations
    assert isinstance(scenario, s.Scenario)
    first, forever, second = scenario.items
    assert isinstance(first, s.Run)
    assert isinstance(forever, s.Forever)
    assert isinstance(second, s.Run)
    (_, many), (_, two), (_, one), (_, also) = (*first.actors, *second.actors)
    assert isinstance(many, s.Many)
    assert text[many.span.start : many.span.end] == "*"
    assert isinstance(two, s.Number)
    assert one is None
    assert isinstance(also, s.Many)


def test_expect() -> None:
    text = "expect refuted torn-value, bug-on allowing final when A == on || B == x under sc, lkmm;"
    (scenario,) = file_of(f"scenario s {{ {text} }}").declarations
    assert isinstance(scenario, s.Scenario)
    (expect,) = scenario.items
    assert isinstance(expect, s.Expect)
    assert [name.text for name in expect.properties] == ["torn-value", "bug-on"]
    assert [name.text for name in expect.allowing] == ["final"]
    assert [name.text for name in expect.under] == ["sc", "lkmm"]
    assert expect.when is not None
    assert shape(expect.when) == "((A == on) || (B == x))"


def test_comments_are_kept_in_order() -> None:
    comments = file_of("// a\r\nint x; /* b\n * c */ // d\r\n").comments
    assert [comment.text for comment in comments] == ["// a", "/* b\n * c */", "// d"]


def test_an_empty_file_is_a_file() -> None:
    assert file_of("").declarations == ()
    assert file_of(" \r\n\t// only this\n").declarations == ()
