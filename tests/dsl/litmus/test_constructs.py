"""What each construct of a litmus test becomes."""

from __future__ import annotations

import ast
import random

import pytest

from dsl.litmus import syntax as s
from dsl.litmus.parse import parse_litmus
from dsl.source import Source, Span
from tests.dsl.litmus import notation


def parsed(text: str) -> s.Litmus:
    return parse_litmus(Source("t", text))


def body(text: str) -> list[str]:
    test = parsed(f"C t\n{{}}\nP0(int *x, int *y)\n{{\n{text}\n}}\nexists (0:r0=1)")
    return [notation.stmt(found) for found in test.processes[0].body.body]


def value(text: str) -> s.Expr:
    found = parsed(f"C t {{}} P0() {{ r0 = {text}; }}").processes[0].body.body[0]
    assert isinstance(found, s.Assign)
    return found.value


def initial(text: str) -> list[tuple[int, str, int | str, str]]:
    test = parsed(f"C t {{ {text} }} P0(int *x) {{ }} P1(int *x) {{ }}")
    return [(i.process, i.name, i.value, i.type) for i in test.initial]


def asked(text: str) -> tuple[str, str]:
    test = parsed(f"C t {{ }} P0(int *x) {{ }} P1(int *x) {{ }} {text}")
    return test.quantifier, notation.condition(test.condition)


# --- expressions ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1", "1"),
        ("0x1F", "31"),
        ("1UL", "1"),
        ("-1", "-1"),
        ("- -1", "(- -1)"),
        ("+r1", "r1"),
        ("r1 - 1", "(- r1 1)"),
        ("r1 -1", "(- r1 1)"),
        ("!r1", "(! r1)"),
        ("~r1", "(~ r1)"),
        ("x", "x"),
        ("&x", "(& x)"),
        ("*x", "(* x)"),
        ("**x", "(* (* x))"),
        ("*(x)", "(* x)"),
        ("*(x + r1)", "(* (+ x r1))"),
        ("(int *)r1", "r1"),
        ("(int)r1 + 1", "(+ r1 1)"),
        ("(struct foo *)r1", "r1"),
        ("(foo_t *)r1", "r1"),
        ("(const volatile int **)*x", "(* x)"),
        ("(r1)", "r1"),
        ("((r1 & 1)) * 2", "(* (& r1 1) 2)"),
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("1 << 2 + 3", "(<< 1 (+ 2 3))"),
        ("1 < 2 == 3 >= 4", "(== (< 1 2) (>= 3 4))"),
        ("1 | 2 ^ 3 & 4 != 5", "(| 1 (^ 2 (& 3 (!= 4 5))))"),
        ("1 || 2 && 3 | 4", "(|| 1 (&& 2 (| 3 4)))"),
        ("1 ? 2 : 3 ? 4 : 5", "(? 1 2 (? 3 4 5))"),
        ("r1 == 1 ? *x : *y", "(? (== r1 1) (* x) (* y))"),
        ("-r1 * 2 % 3 / 4", "(/ (% (* (- r1) 2) 3) 4)"),
        ("READ_ONCE(*x)", "(READ_ONCE (* x))"),
        ("READ_ONCE (* x)", "(READ_ONCE (* x))"),
        ("(int)READ_ONCE(*(int **)x)", "(READ_ONCE (* x))"),
        ("xchg(x, 1) == 0", "(== (xchg x 1) 0)"),
        ("__load{ONCE}(*x)", "(__load{ONCE} (* x))"),
        ("__atomic_op_return{MB}(x,+,1)", "(__atomic_op_return{MB} x + 1)"),
        ("__atomic_fetch_op{MB}(x,&~,-1)", "(__atomic_fetch_op{MB} x &~ -1)"),
        ("__atomic_fetch_op{MB}(x,-,-r1)", "(__atomic_fetch_op{MB} x - (- r1))"),
        ("1 /* one */ + // two\n 2", "(+ 1 2)"),
    ],
)
def test_expressions(text: str, tree: str) -> None:
    assert notation.expr(value(text)) == tree


_OPERATORS = "+ - * / % << >> < <= > >= == != & ^ | && ||".split()


_AS_IN_PYTHON = "+ - * / % << >> & ^ |".split()


def _random(rng: random.Random, depth: int) -> s.Expr:
    span = Span("t", 0, 0)
    if depth == 0 or rng.random() < 0.2:
        return s.Number(rng.randrange(9), span) if rng.random() < 0.5 else s.Name("r1", span)
    match rng.randrange(5):
        case 0:
            inner = s.Name("x", span) if rng.random() < 0.5 else _random(rng, depth - 1)
            return s.Deref(inner, span)
        case 1:
            return s.Unary(rng.choice("!~"), _random(rng, depth - 1), span)
        case 2:
            one, two, three = (_random(rng, depth - 1) for _ in range(3))
            return s.Conditional(one, two, three, span)
        case 3:
            return s.Call(
                "f", tuple(_random(rng, depth - 1) for _ in range(rng.randrange(3))), span
            )
        case _:
            op = rng.choice(_OPERATORS)
            return s.Binary(op, _random(rng, depth - 1), _random(rng, depth - 1), span)


def test_an_expression_with_all_brackets_comes_back() -> None:
    rng = random.Random(7)
    for _ in range(300):
        tree = _random(rng, 4)
        assert notation.expr(value(notation.c(tree))) == notation.expr(tree)


def test_without_brackets_operators_bind_as_in_python_where_python_is_as_c() -> None:
    rng = random.Random(8)
    for _ in range(300):
        words = [str(rng.randrange(1, 9))]
        for _ in range(rng.randrange(1, 8)):
            words += [rng.choice(_AS_IN_PYTHON), str(rng.randrange(1, 9))]
        text = " ".join(words)
        bracketed = ast.parse(notation.c(value(text)), mode="eval")
        assert ast.dump(bracketed) == ast.dump(ast.parse(text, mode="eval"))


def test_a_span_covers_the_whole_expression() -> None:
    text = "C t {} P0(int *x) { r0 = READ_ONCE(*x) + 1; }"
    found = parsed(text).processes[0].body.body[0]
    assert isinstance(found, s.Assign)
    assert text[found.span.start : found.span.end] == "r0 = READ_ONCE(*x) + 1;"
    assert text[found.value.span.start : found.value.span.end] == "READ_ONCE(*x) + 1"


# --- statements -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", []),
        (";;", []),
        ("int r0;", ["[int r0]"]),
        ("int r0, *r1 = x, r2 = 1;", ["[int r0]", "[int r1 x]", "[int r2 1]"]),
        ("int *r1;", ["[int r1]"]),
        ("intptr_t r0 = (intptr_t)x;", ["[int r0 x]"]),
        ("unsigned long r0; struct foo *r1; foo_t r2;", ["[int r0]", "[int r1]", "[int r2]"]),
        ("const volatile int *const r0 = x;", ["[int r0 x]"]),
        ("r0 = 1;", ["[= r0 1]"]),
        ("*x = 1;", ["[= (* x) 1]"]),
        ("*(int *)r0 = *y;", ["[= (* r0) (* y)]"]),
        ("smp_mb();", ["[(smp_mb)]"]),
        ("(void)READ_ONCE(*x);", ["[(READ_ONCE (* x))]"]),
        ("__fence{rcu-lock};", ["[(__fence{rcu-lock})]"]),
        ("__fence{after-srcu-read-unlock};", ["[(__fence{after-srcu-read-unlock})]"]),
        ("{ r0 = 1; }", ["{[= r0 1]}"]),
        ("if (r0) r1 = 1;", ["[if r0 {[= r1 1]} {}]"]),
        ("if (r0) { r1 = 1; } else r2 = 1;", ["[if r0 {[= r1 1]} {[= r2 1]}]"]),
        ("if (r0) ; else { }", ["[if r0 {} {}]"]),
        ("if (a) if (b) r0=1; else r0=2;", ["[if a {[if b {[= r0 1]} {[= r0 2]}]} {}]"]),
        ("if (a) r0=1; else if (b) r0=2;", ["[if a {[= r0 1]} {[if b {[= r0 2]} {}]}]"]),
        ("int exists; filter = 1;", ["[int exists]", "[= filter 1]"]),
    ],
)
def test_statements(text: str, statements: list[str]) -> None:
    assert body(text) == statements


# --- the frame ------------------------------------------------------------------------


def test_the_header_may_have_comments_and_information() -> None:
    text = '// first\nC MP+a-b_1.2/x[3]\n(* (* in { one *) another *)\n"Fre Rfe"\nCom=Rf Fr\n{}\nP0() {}'
    assert parsed(text).name == "MP+a-b_1.2/x[3]"
    assert parsed('C t "a\n{ doc }"\n{ x=1; }\nP0() {}').initial[0].name == "x"


def test_comments_stand_between_all_parts() -> None:
    text = """C t (* a *) { (* b (* c *) *) x = 1; /* d */ // e
    } (* f *) P0(int *x) /* g */ { r0 = *x; (*x); } // h
    (* i *) exists (0:r0 = (* j *) 1) (* k *)"""
    with pytest.raises(Exception, match="expected"):
        parsed(text)
    assert len(parsed(text.replace("(*x);", "")).processes) == 1


def test_processes_are_sorted_and_their_parameters_have_types() -> None:
    test = parsed(
        "C t {} void P1(volatile int* y, spinlock_t *l, atomic_t *v) {}"
        "P0(struct srcu_struct *s, int **p, int volatile *q, unsigned long *u) {} P2(void) {}"
    )
    assert [process.number for process in test.processes] == [0, 1, 2]
    zero, one, two = ([(p.name, p.type) for p in q.parameters] for q in test.processes)
    assert zero == [
        ("s", "struct srcu_struct"),
        ("p", "int *"),
        ("q", "int volatile"),
        ("u", "unsigned long"),
    ]
    assert one == [("y", "volatile int"), ("l", "spinlock_t"), ("v", "atomic_t")]
    assert two == []


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        (";", []),
        ("x=1", [(-1, "x", 1, "")]),
        ("x = -1; [y] = 0x10;", [(-1, "x", -1, ""), (-1, "y", 16, "")]),
        ("x;", [(-1, "x", 0, "")]),
        ("int x; spinlock_t l;", [(-1, "x", 0, "int"), (-1, "l", 0, "spinlock_t")]),
        ("int *p = &x; int **q = p;", [(-1, "p", "x", "int *"), (-1, "q", "p", "int **")]),
        ("p = x; q = &x", [(-1, "p", "x", ""), (-1, "q", "x", "")]),
        ("*p = x", [(-1, "p", "x", "*")]),
        (
            "0:r1=x; int P1:r2=3; int 1:r3",
            [(0, "r1", "x", ""), (1, "r2", 3, "int"), (1, "r3", 0, "int")],
        ),
        ("atomic_t v = ATOMIC_INIT(2)", [(-1, "v", 2, "atomic_t")]),
        ("struct srcu_struct s; foo f", [(-1, "s", 0, "struct srcu_struct"), (-1, "f", 0, "foo")]),
        ("int P0; P1 = 1", [(-1, "P0", 0, "int"), (-1, "P1", 1, "")]),
    ],
)
def test_initial_states(text: str, items: list[tuple[int, str, int | str, str]]) -> None:
    assert initial(text) == items


@pytest.mark.parametrize(
    ("text", "quantifier", "tree"),
    [
        ("", "forall", "(and)"),
        ("exists (0:r1=1)", "exists", "0:r1=1"),
        ("exists 0:r1=1;", "exists", "0:r1=1"),
        ("(x=1)", "exists", "[x]=1"),
        ("final (x=1)", "exists", "[x]=1"),
        ("~exists (x=1)", "~exists", "[x]=1"),
        ("not exists (x=1)", "~exists", "[x]=1"),
        ("~ exists (x=1)", "~exists", "[x]=1"),
        ("forall (x=1)", "forall", "[x]=1"),
        ("exists (x=1 /\\ y=2 /\\ [z]=-3)", "exists", "(and [x]=1 [y]=2 [z]=-3)"),
        ("exists (x=1 \\/ y=2 /\\ z=3)", "exists", "(or [x]=1 (and [y]=2 [z]=3))"),
        ("exists ((x=1 \\/ y=2) /\\ z=3)", "exists", "(and (or [x]=1 [y]=2) [z]=3)"),
        ("exists (x=1) /\\ (y=2)", "exists", "(and [x]=1 [y]=2)"),
        ("exists (~x=1 /\\ y=2)", "exists", "(and (not [x]=1) [y]=2)"),
        ("exists (not (x=1))", "exists", "(not [x]=1)"),
        ("exists (~~x=1)", "exists", "(not (not [x]=1))"),
        ("exists (true /\\ ~false)", "exists", "(and (and) (not (or)))"),
        ("exists (x=1 => y=2 => z=3)", "exists", "(or (not [x]=1) (or (not [y]=2) [z]=3))"),
        ("exists (x=1 /\\ y=2 => z=3)", "exists", "(and [x]=1 (or (not [y]=2) [z]=3))"),
        ("exists (x==1 /\\ y!=2 /\\ z<>3)", "exists", "(and [x]=1 (not [y]=2) (not [z]=3))"),
        ("exists (P0:r1=0x2 /\\ 1:r1=x)", "exists", "(and 0:r1=2 1:r1=x)"),
        ("exists (0:r1=&x /\\ x=y)", "exists", "(and 0:r1=x [x]=y)"),
        ("exists (0:r1=1:r2 /\\ 0:r1=P1:r2)", "exists", "(and 0:r1=1:r2 0:r1=1:r2)"),
        ("exists (x=*y /\\ x=[y] /\\ x=*1:r1)", "exists", "(and [x]=[y] [x]=[y] [x]=1:r1)"),
        ("exists (0:nowhere=1 /\\ nowhere=1)", "exists", "(and 0:nowhere=1 [nowhere]=1)"),
    ],
)
def test_questions(text: str, quantifier: str, tree: str) -> None:
    assert asked(text) == (quantifier, tree)


def test_locations_and_filter() -> None:
    test = parsed(
        "C t {} P0(int *x) {} locations [x; 0:r1; [y] int*; P0:r2;] filter (x=1) exists (0:r1=1)"
    )
    assert [notation.place(found) for found in test.locations] == ["[x]", "0:r1", "[y]", "0:r2"]
    assert test.filter is not None
    assert notation.condition(test.filter) == "[x]=1"
    assert parsed("C t {} P0() {} locations [] exists (x=1)").locations == ()
