"""Macro files, the shipped one among them, and macros put in place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dsl.diagnostic import DiagnosticError
from dsl.litmus import syntax as s
from dsl.litmus.macros import MAX_CALLS, expand
from dsl.litmus.parse import parse_litmus, parse_macros
from dsl.source import Source
from tests.dsl.litmus import notation

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "prover/models/shipped/lkmm.def"


def macros(text: str) -> Mapping[str, s.Macro]:
    return parse_macros(Source("m.def", text))


def shipped() -> Mapping[str, s.Macro]:
    return macros(SHIPPED.read_text(encoding="utf-8"))


def expanded(body: str, known: Mapping[str, s.Macro]) -> str:
    test = parse_litmus(Source("t", f"C t {{}} P0(int *x) {{ {body} }}"))
    return " ".join(notation.stmt(f) for f in expand(test, known).processes[0].body.body)


def code(body: str, known: Mapping[str, s.Macro]) -> str:
    with pytest.raises(DiagnosticError) as caught:
        expanded(body, known)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        ("r0 = READ_ONCE(*x);", "[= r0 (__load{ONCE} (* x))]"),
        ("READ_ONCE(*x);", "[(__load{ONCE} (* x))]"),
        ("WRITE_ONCE(*x, r0 + 1);", "{[(__store{ONCE} (* x) (+ r0 1))]}"),
        ("r0 = smp_load_acquire(x);", "[= r0 (__load{ACQUIRE} (* x))]"),
        ("smp_store_release(x, 1);", "{[(__store{RELEASE} (* x) 1)]}"),
        ("smp_store_mb(*x, 1);", "{[(__store{ONCE} (* x) 1)] [(__fence{MB})]}"),
        ("smp_mb__after_unlock_lock();", "{[(__fence{after-unlock-lock})]}"),
        ("rcu_read_lock();", "{[(__fence{rcu-lock})]}"),
        ("r0 = srcu_read_lock(x);", "[= r0 (__load{srcu-lock} (* x))]"),
        ("srcu_up_read(x, r0);", "{[(__store{srcu-unlock} (* x) r0)]}"),
        ("synchronize_srcu(x);", "{[(__srcu{sync-srcu} x)]}"),
        ("r0 = xchg_acquire(x, 1);", "[= r0 (__xchg{ACQUIRE} x 1)]"),
        ("r0 = cmpxchg(x, 0, 1);", "[= r0 (__cmpxchg{MB} x 0 1)]"),
        ("atomic_inc(x);", "{[(__atomic_op{NORETURN} x + 1)]}"),
        ("atomic_andnot(2, x);", "{[(__atomic_op{NORETURN} x &~ 2)]}"),
        ("r0 = atomic_dec_and_test(x);", "[= r0 (== (__atomic_op_return{MB} x - 1) 0)]"),
        ("r0 = atomic_fetch_or_relaxed(1, x);", "[= r0 (__atomic_fetch_op{ONCE} x | 1)]"),
        ("r0 = atomic_read_acquire(x);", "[= r0 (__load{ACQUIRE} (* x))]"),
        ("atomic_set(x, 1);", "{{[(__store{ONCE} (* x) 1)]}}"),
        ("if (spin_trylock(x)) spin_unlock(x);", "[if (__trylock x) {{[(__unlock x)]}} {}]"),
        ("WRITE_ONCE(*x, READ_ONCE(*x));", "{[(__store{ONCE} (* x) (__load{ONCE} (* x)))]}"),
        ("r0 = READ_ONCE(*READ_ONCE(*x));", "[= r0 (__load{ONCE} (* (__load{ONCE} (* x))))]"),
        ("int r0 = *x ? -1 : !READ_ONCE(*x);", "[int r0 (? (* x) -1 (! (__load{ONCE} (* x))))]"),
    ],
)
def test_primitives_of_the_kernel(body: str, tree: str) -> None:
    assert expanded(body, shipped()) == tree


def test_the_families_are_whole() -> None:
    found = shipped()
    orders = ("", "_relaxed", "_acquire", "_release")
    for order in orders:
        for name in ("xchg", "cmpxchg", "atomic_xchg", "atomic_cmpxchg", "atomic_add_negative"):
            assert name + order in found
        for op in ("add", "sub", "inc", "dec"):
            assert f"atomic_{op}_return{order}" in found
        for op in ("add", "sub", "inc", "dec", "and", "or", "xor", "andnot"):
            assert f"atomic_fetch_{op}{order}" in found
            assert f"atomic_{op}" in found


def test_every_shipped_macro_can_be_put_in_place() -> None:
    for name, macro in shipped().items():
        arguments = ", ".join("*x" if re.fullmatch("[XY]", p) else "1" for p in macro.parameters)
        call = f"{name}({arguments});"
        operations = expanded(call if macro.result is None else f"r0 = {call}", shipped())
        assert re.findall(r"\((__\w+)", operations), name
        assert not re.search(r"\((?!__)[a-z]\w*", operations), name


def test_what_a_macro_makes_stands_where_it_is_called() -> None:
    text = "C t {} P0(int *x) { r0 = READ_ONCE(*x); }"
    body = expand(parse_litmus(Source("t", text)), shipped()).processes[0].body.body
    assert isinstance(body[0], s.Assign)
    span = body[0].value.span
    assert (span.file, text[span.start : span.end]) == ("t", "READ_ONCE(*x)")


def test_macro_files_have_comments_and_several_lines() -> None:
    found = macros("// one\nf(X) *X // two\n  + 1\n/* three */ g(X,Y) { *X = Y; f(X); }\nh() 1")
    assert list(found) == ["f", "g", "h"]
    assert found["f"].result is not None
    assert notation.expr(found["f"].result) == "(+ (* X) 1)"
    assert found["g"].parameters == ("X", "Y")
    assert len(found["g"].statements) == 2
    assert found["h"].parameters == ()


def test_an_argument_is_passed_as_a_tree() -> None:
    assert expanded("r0 = f(1 + 2);", macros("f(X) X * X")) == "[= r0 (* (+ 1 2) (+ 1 2))]"
    assert expanded("f(*x);", macros("f(X) { X = 1; }")) == "{[= (* x) 1]}"
    assert expanded("r0 = f(*x);", macros("f(X) &X")) == "[= r0 x]"
    assert expanded("r0 = f(x);", macros("f(X) &X")) == "[= r0 (& x)]"


@pytest.mark.parametrize(
    ("body", "text", "expected"),
    [
        ("r0 = f(1);", "f(X) f(X)", "macro-recursion"),
        ("r0 = f(1);", "f(X) g(X)\ng(X) f(X)", "macro-recursion"),
        ("f(1);", "f(X) { f(X); }", "macro-recursion"),
        ("r0 = f();", "f() r1", "unknown-name"),
        ("f();", "f() { int r1 = 1; }", "unknown-name"),
        ("f(1);", "f(X) { X = 1; }", "not-a-place"),
        ("r0 = f(1);", "f(X) &X", "not-a-place"),
        ("r0 = f();", "f() g()", "unknown-primitive"),
        ("r0 = f();", "f() g()\ng() { }", "no-value"),
        ("r0 = f();", "f() __load{ONCE}()", "argument-count"),
        ("r0 = f();", "f() g(1)\ng() 1", "argument-count"),
    ],
)
def test_macros_that_cannot_be_put_in_place(body: str, text: str, expected: str) -> None:
    assert code(body, macros(text)) == expected


def test_macros_that_grow_are_stopped() -> None:
    doubling = "m0(X) X\n" + "".join(f"m{i}(X) m{i - 1}(X + X)\n" for i in range(1, 19))
    assert code("r0 = m18(1);", macros(doubling)) == "too-large"
    twice = "m0() { __fence{MB}; }\n" + "".join(
        f"m{i}() {{ m{i - 1}(); m{i - 1}(); }}\n" for i in range(1, 19)
    )
    assert code("m18();", macros(twice)) == "too-large"
    chain = "m0() 1\n" + "".join(f"m{i}() m{i - 1}()\n" for i in range(1, MAX_CALLS + 5))
    assert code(f"r0 = m{MAX_CALLS + 4}();", macros(chain)) == "too-deep"
    tall = "m0(X) X\n" + "".join(f"m{i}(X) m{i - 1}({'- ' * 40}X)\n" for i in range(1, 10))
    assert code("r0 = m9(r1);", macros(tall)) == "too-deep"
