"""Numbers, pointers and words as values."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("declared", "expr", "result"),
    [
        ("u8 v = 250;", "(u8)(v + 10)", 4),
        ("int v = 2147483647;", "v + 1", -2147483648),
        ("int v = 2147483647;", "v * 2", -2),
        ("u32 v = 0;", "(u64)(v - 1)", 4294967295),
        ("long v = -1;", "(u64)v >> 63", 1),
        ("int v = -1;", "v >> 5", -1),
        ("int v = -7;", "v / 2", -3),
        ("int v = -7;", "v % 2", -1),
        ("u32 v = 0xffffffff;", "~v", 0),
        ("int v = 5;", "-v", -5),
        ("int v = 5;", "!v", 0),
        ("int v = 5;", "(v & 4) | (v ^ 1)", 4),
        ("int v = 31;", "1 << v", -2147483648),
        ("int v = 31;", "-1 >> v", -1),
        ("u32 v = 31;", "0xffffffffU >> v", 1),
        ("u64 v = 0x1ffffffff;", "(u32)v", 4294967295),
        ("u32 v = 0x80000000;", "(int)v", -2147483648),
        ("int v = -1;", "v < 0U", 0),
        ("bool v = 7;", "v", 1),
    ],
)
def test_arithmetic_wraps_as_its_type_does(lab, declared: str, expr: str, result: int) -> None:
    text = f"{declared} long r; u64 u; actor a {{ u = {expr}; r = {expr}; }}"
    bits = (1 << 64) - 1
    ((value, unsigned),) = lab.finals(text, "r", "u")
    assert int(unsigned) == int(value) & bits == result & bits


def test_a_division_by_zero_is_an_oops(lab) -> None:
    assert lab.kinds("int x; int r; actor a { r = 5 / x; }") == {"bug-on"}
    assert lab.kinds("int x; int r; actor a { r = 5 % x; }") == {"bug-on"}


@pytest.mark.parametrize(
    ("declared", "expr"),
    [
        ("int v = 32;", "1 << v"),
        ("int v = -1;", "1U >> v"),
        ("u64 v = 64;", "1UL << v"),
        ("u64 v = 0x100000000;", "1 << v"),
        ("int v = -1;", "(-2147483647 - 1) / v"),
        ("long v = -1;", "(-9223372036854775807 - 1) % v"),
    ],
)
def test_what_has_no_value_is_an_oops(lab, declared: str, expr: str) -> None:
    text = f"{declared} long r; actor a {{ r = {expr}; }}"
    assert lab.kinds(text) == {"bug-on"}


def test_pointers_compare_by_address(lab) -> None:
    text = """struct s { int n; }; pool struct s slots[1]; int same;
    actor a {
        struct s *p = alloc(slots);
        free(p);
        struct s *q = alloc(slots);
        same = p == q;
    }"""
    assert lab.finals(text, "same") == {("1",)}


def test_the_first_field_of_null_is_null(lab) -> None:
    text = """struct s { int a; int n; }; struct s *p; int *q; int r;
    actor a { q = &p->%s; r = q == NULL; %s }"""
    assert lab.finals(text % ("a", ""), "r") == {("1",)}
    assert lab.finals(text % ("n", ""), "r") == {("0",)}
    for field in ("a", "n"):
        assert lab.kinds(text % (field, "*q = 1;")) == {"null-pointer"}


def test_container_of(lab) -> None:
    text = """struct s { int a; struct rcu_head h; }; struct s o; int same;
    actor a { struct rcu_head *h = &o.h; same = container_of(h, struct s, h) == &o; }"""
    assert lab.finals(text, "same") == {("1",)}


def test_container_of_something_else_is_wild(lab) -> None:
    text = """struct s { int a; int n; }; struct s o; int single;
    actor a { int *p = choose(0, 1) ? &o.a : &single; container_of(p, struct s, n)->n = 1; }"""
    assert lab.kinds(text) == {"wild-pointer"}


def test_container_of_null_is_null_by_the_first_field(lab) -> None:
    # a global of pointer type starts as NULL
    none = "struct rcu_head *none; actor a { container_of(none, struct s, h)->a = 1; }"
    assert lab.kinds("struct s { struct rcu_head h; int a; };" + none) == {"null-pointer"}
    assert lab.kinds("struct s { int a; struct rcu_head h; };" + none) == {"wild-pointer"}


WORD = """struct t { int n; };
word w_t { split low, high; present 0x1; none = 0; at(struct t *) = 0x67; }
struct t A at 0x123456000; struct t B at 0x323456000;
"""


def test_a_word_is_address_and_bits(lab) -> None:
    text = (
        WORD
        + "w_t w; u64 u; u32 lo; u32 hi; actor a { w = at(&A); u = (u64)w; lo = w.low; hi = w.high; }"
    )
    assert lab.finals(text, "w", "u", "lo", "hi") == {
        ("0x00000001'23456067", str(0x123456067), str(0x23456067), "1")
    }


def test_a_word_cast_is_the_object_at_its_address_bits(lab) -> None:
    text = WORD + """int r; actor a { w_t w = (w_t)0x323456fff; r = (struct t *)w == &B; }"""
    assert lab.finals(text, "r") == {("1",)}


def test_a_word_that_names_no_object_is_wild(lab) -> None:
    assert lab.kinds(WORD + "actor a { w_t w = none; ((struct t *)w)->n = 1; }") == {"wild-pointer"}
    other = "struct u { int n; }; struct u C at 0x9000;"
    text = WORD + other + "actor a { w_t w = (w_t)0x9067; ((struct t *)w)->n = 1; }"
    assert lab.kinds(text) == {"wild-pointer"}


def test_words_compare_by_bits(lab) -> None:
    text = WORD + "int r; actor a { w_t v = at(&A); w_t w = (w_t)0x123456067; r = v == w; }"
    assert lab.finals(text, "r") == {("1",)}


def test_a_named_value_needs_an_object(lab) -> None:
    text = WORD + "struct t *p; w_t w; actor a { w = at(p); }"
    assert lab.kinds(text) == {"null-pointer"}
    text = WORD + "w_t w; w_t bad = none; actor a { w = at((struct t *)bad); }"
    assert lab.kinds(text) == {"wild-pointer"}


def test_halves_of_a_local_word(lab) -> None:
    text = WORD + "w_t w; actor a { w_t v = at(&A); v.high = 3; w = v; }"
    assert lab.finals(text, "w") == {("0x00000003'23456067",)}


def test_a_local_without_value_is_uninitialized(lab) -> None:
    assert lab.kinds("int r; actor a { int x; r = x; }") == {"uninitialized"}
    assert lab.kinds(WORD + "w_t w; actor a { w_t v; v.low = 1; w = v; }") == {"uninitialized"}
    assert lab.kinds(WORD + "int r; actor a { w_t v; v.low = 1; r = v.low; }") == set()
    again = "int r; actor a { for (int i = 0; i < 2; i++) { int x; if (!i) x = 1; r = x; } }"
    assert lab.kinds(again) == {"uninitialized"}


def test_an_enum_and_bools(lab) -> None:
    text = """enum e { A = 3, B }; enum e v; bool b; struct s { int n; }; struct s o; struct s *p = &o;
    actor a { v = B; b = p; b = b && v; }"""
    assert lab.finals(text, "v", "b") == {("4", "1")}


def test_an_index_outside_is_wild(lab) -> None:
    text = "int v[2]; actor a { int i = choose(1, 2); v[i] = 1; }"
    assert lab.kinds(text) == {"wild-pointer"}
