from __future__ import annotations

import pytest

from dsl.interpreter.primitives import MEANINGS
from dsl.primitives import PRIMITIVES


def test_every_primitive_has_a_meaning_and_nothing_else_has() -> None:
    assert set(MEANINGS) == set(PRIMITIVES)


@pytest.mark.parametrize(
    ("start", "call", "result", "after"),
    [
        (5, "atomic_read(&v)", 5, 5),
        (5, "atomic_read_acquire(&v)", 5, 5),
        (5, "atomic_inc_return(&v)", 6, 6),
        (5, "atomic_dec_return_release(&v)", 4, 4),
        (5, "atomic_fetch_inc(&v)", 5, 6),
        (5, "atomic_fetch_dec_relaxed(&v)", 5, 4),
        (5, "atomic_add_return(3, &v)", 8, 8),
        (5, "atomic_sub_return_acquire(3, &v)", 2, 2),
        (5, "atomic_fetch_add(3, &v)", 5, 8),
        (5, "atomic_fetch_sub(3, &v)", 5, 2),
        (6, "atomic_fetch_and(3, &v)", 6, 2),
        (6, "atomic_fetch_or(1, &v)", 6, 7),
        (6, "atomic_fetch_xor(3, &v)", 6, 5),
        (7, "atomic_fetch_andnot(2, &v)", 7, 5),
        (7, "atomic_xchg(&v, 3)", 7, 3),
        (7, "atomic_cmpxchg(&v, 7, 3)", 7, 3),
        (7, "atomic_cmpxchg_relaxed(&v, 6, 3)", 7, 7),
        (-1, "atomic_inc_and_test(&v)", 1, 0),
        (0, "atomic_inc_and_test(&v)", 0, 1),
        (1, "atomic_dec_and_test(&v)", 1, 0),
        (2, "atomic_dec_and_test(&v)", 0, 1),
        (3, "atomic_sub_and_test(3, &v)", 1, 0),
        (3, "atomic_sub_and_test(2, &v)", 0, 1),
        (1, "atomic_add_negative(-2, &v)", 1, -1),
        (1, "atomic_add_negative(2, &v)", 0, 3),
        (1, "atomic_add_unless(&v, 2, 1)", 0, 1),
        (1, "atomic_add_unless(&v, 2, 3)", 1, 3),
        (0, "atomic_inc_not_zero(&v)", 0, 0),
        (1, "atomic_inc_not_zero(&v)", 1, 2),
        (2, "atomic_dec_if_positive(&v)", 1, 1),
        (0, "atomic_dec_if_positive(&v)", -1, 0),
        (2147483647, "atomic_inc_return(&v)", -2147483648, -2147483648),
        (-2147483648, "atomic_dec_return(&v)", 2147483647, 2147483647),
        (2147483647, "atomic_add_negative(1, &v)", 1, -2147483648),
    ],
)
def test_a_counter(lab, start: int, call: str, result: int, after: int) -> None:
    text = f"atomic_t v; int r; actor a {{ atomic_set(&v, {start}); r = {call}; }}"
    assert lab.finals(text, "r", "v") == {(str(result), str(after))}


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("atomic_inc(&v)", 7),
        ("atomic_dec(&v)", 5),
        ("atomic_add(4, &v)", 10),
        ("atomic_sub(4, &v)", 2),
        ("atomic_and(3, &v)", 2),
        ("atomic_or(1, &v)", 7),
        ("atomic_xor(3, &v)", 5),
        ("atomic_andnot(2, &v)", 4),
        ("atomic_set_release(&v, 1)", 1),
    ],
)
def test_a_counter_without_result(lab, call: str, after: int) -> None:
    text = f"atomic_t v; actor a {{ atomic_set(&v, 6); {call}; }}"
    assert lab.finals(text, "v") == {(str(after),)}


def test_a_wide_counter_wraps_at_64_bits(lab) -> None:
    text = "atomic_long_t v; actor a { atomic_long_set(&v, 2147483647); atomic_long_inc(&v); }"
    assert lab.finals(text, "v") == {("2147483648",)}


def test_refcounts_are_counters(lab) -> None:
    text = """
    refcount_t v; int r[5];
    actor a {
        refcount_set(&v, 1);
        r[0] = refcount_inc_not_zero(&v);
        refcount_add(2, &v);
        refcount_inc(&v);
        refcount_dec(&v);
        r[1] = refcount_sub_and_test(3, &v);
        r[2] = refcount_dec_and_test(&v);
        r[3] = refcount_read(&v);
        r[4] = refcount_inc_not_zero(&v);
    }"""
    assert lab.finals(text, "r[0]", "r[1]", "r[2]", "r[3]", "r[4]") == {("1", "0", "1", "0", "0")}


@pytest.mark.parametrize(
    ("start", "call", "result", "after"),
    [
        (4, "test_bit(2, &v)", 1, 4),
        (4, "test_bit(1, &v)", 0, 4),
        (4, "test_and_set_bit(0, &v)", 0, 5),
        (4, "test_and_set_bit_lock(2, &v)", 1, 4),
        (4, "test_and_clear_bit(2, &v)", 1, 0),
        (4, "test_and_change_bit(0, &v)", 0, 5),
    ],
)
def test_a_bit(lab, start: int, call: str, result: int, after: int) -> None:
    text = f"unsigned long v = {start}; int r; actor a {{ r = {call}; }}"
    assert lab.finals(text, "r", "v") == {(str(result), str(after))}


def test_bits_without_result(lab) -> None:
    text = """unsigned long v;
    actor a { set_bit(0, &v); set_bit(63, &v); change_bit(1, &v); clear_bit(0, &v);
              clear_bit_unlock(1, &v); }"""
    assert lab.finals(text, "v") == {(str(1 << 63),)}


def test_a_bit_outside_of_the_place_is_wild(lab) -> None:
    text = "u32 v; actor a { int n = choose(31, 32); set_bit(n, &v); }"
    assert lab.kinds(text) == {"wild-pointer"}


def test_exchanges_on_numbers(lab) -> None:
    text = """int v = 1; int r[4];
    actor a {
        int old = 5;
        r[0] = xchg(&v, 2);
        r[1] = cmpxchg(&v, 1, 9);
        r[2] = try_cmpxchg(&v, &old, 7);
        r[3] = try_cmpxchg(&v, &old, 7);
    }"""
    assert lab.finals(text, "v", "r[0]", "r[1]", "r[2]", "r[3]") == {("7", "1", "2", "0", "1")}


def test_a_counters_try_cmpxchg(lab) -> None:
    text = """atomic_t v; int r;
    actor a { int old = 0; r = atomic_try_cmpxchg(&v, &old, 3); if (!r) BUG(); }"""
    assert lab.finals(text, "v", "r") == {("3", "1")}


def test_a_counter_is_one_step(lab) -> None:
    text = "atomic_t v; actor a { atomic_inc(&v); } actor b { atomic_inc(&v); }"
    assert lab.finals(text, "v") == {("2",)}
    text = "int v; actor a { v++; } actor b { v++; }"
    assert lab.finals(text, "v") == {("1",), ("2",)}


def test_accesses(lab) -> None:
    text = """struct s { int n; }; struct s o; struct s *p; int x; int r[5];
    actor a {
        WRITE_ONCE(x, 3); r[0] = READ_ONCE(x); smp_store_release(&x, 4);
        r[1] = smp_load_acquire(&x); smp_store_mb(x, 5); r[2] = data_race(x);
        rcu_assign_pointer(p, &o);
        struct s *q = rcu_dereference(p);
        r[3] = q == &o; r[4] = rcu_access_pointer(p) == q;
    }"""
    names = [f"r[{i}]" for i in range(5)]
    assert lab.finals(text, *names, "p") == {("3", "4", "5", "1", "1", "&o")}


def test_barriers_do_nothing(lab) -> None:
    text = """int x; actor a { smp_mb(); smp_rmb(); smp_wmb(); barrier(); smp_mb__before_atomic();
    smp_mb__after_atomic(); smp_mb__after_spinlock(); smp_mb__after_unlock_lock(); x = 1; }"""
    found = lab.explore(text)
    assert found.states == 2
    assert not found.violations


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ('assert(x == 1, "message");', "assert"),
        ("BUG_ON(x == 0);", "bug-on"),
        ("VM_BUG_ON(x == 0);", "bug-on"),
        ("BUG();", "bug-on"),
        ("WARN_ON(x == 0);", "warn-on"),
        ("WARN_ON_ONCE(x == 0);", "warn-on"),
        ("VM_WARN_ON(x == 0);", "warn-on"),
        ("if (VM_WARN_ON_ONCE(x == 0)) x = 2;", "warn-on"),
    ],
)
def test_a_failed_check_stops_the_execution(lab, statement: str, kind: str) -> None:
    found = lab.explore(f"int x; actor a {{ {statement} x = 3; }}")
    assert found.violations == {kind}
    assert not found.outcomes


def test_checks_that_pass(lab) -> None:
    text = """int x; int r;
    actor a { assert(x == 0); BUG_ON(x); if (!WARN_ON(x) && likely(1) && !unlikely(0)) r = 1; }"""
    assert lab.finals(text, "r") == {("1",)}
