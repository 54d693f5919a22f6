"""Locks: who gets them, who may give them back."""

from __future__ import annotations

import pytest

LOCKS = """spinlock_t sl; rwlock_t rw; struct mutex mx; struct rw_semaphore rs;
struct f { folio_lock_t lock; int n; }; struct f fo; int x; int r; int q;
"""

EXCLUSIVE = [
    ("spin_lock(&sl);", "spin_unlock(&sl);"),
    ("spin_lock_irq(&sl);", "spin_unlock_irq(&sl);"),
    ("spin_lock_bh(&sl);", "spin_unlock_bh(&sl);"),
    ("unsigned long fl; spin_lock_irqsave(&sl, fl);", "spin_unlock_irqrestore(&sl, fl);"),
    ("spin_lock_nested(&sl, 1);", "spin_unlock(&sl);"),
    ("while (!spin_trylock(&sl)) ;", "spin_unlock(&sl);"),
    ("write_lock(&rw);", "write_unlock(&rw);"),
    ("while (!write_trylock(&rw)) ;", "write_unlock(&rw);"),
    ("mutex_lock(&mx);", "mutex_unlock(&mx);"),
    ("mutex_lock_nested(&mx, 1);", "mutex_unlock(&mx);"),
    ("while (!mutex_trylock(&mx)) ;", "mutex_unlock(&mx);"),
    ("down_write(&rs);", "up_write(&rs);"),
    ("down_write_nested(&rs, 1);", "up_write(&rs);"),
    ("while (!down_write_trylock(&rs)) ;", "up_write(&rs);"),
    ("folio_lock(&fo);", "folio_unlock(&fo);"),
    ("while (!folio_trylock(&fo)) ;", "folio_unlock(&fo);"),
]

SHARED = [
    ("read_lock(&rw);", "read_unlock(&rw);"),
    ("while (!read_trylock(&rw)) ;", "read_unlock(&rw);"),
    ("down_read(&rs);", "up_read(&rs);"),
    ("down_read_nested(&rs, 1);", "up_read(&rs);"),
    ("while (!down_read_trylock(&rs)) ;", "up_read(&rs);"),
]


@pytest.mark.parametrize(("lock", "unlock"), EXCLUSIVE)
def test_sections_exclude_each_other(lab, lock: str, unlock: str) -> None:
    text = f"{LOCKS} actor a {{ {lock} x++; {unlock} }} scenario s {{ run a * 2; }}"
    assert lab.kinds(text) == set()
    assert lab.finals(text, "x") == {("2",)}


@pytest.mark.parametrize(("lock", "unlock"), SHARED)
def test_readers_share_and_exclude_writers(lab, lock: str, unlock: str) -> None:
    writer = (
        "write_lock(&rw); x++; write_unlock(&rw);"
        if "rw" in lock
        else "down_write(&rs); x++; up_write(&rs);"
    )
    text = f"{LOCKS} actor a {{ {lock} x++; {unlock} }} scenario s {{ run a * 2; }}"
    assert lab.finals(text, "x") == {("1",), ("2",)}
    text = f"{LOCKS} actor a {{ {lock} r = x; q = x; {unlock} }} actor b {{ {writer} }}"
    assert {pair[0] == pair[1] for pair in lab.finals(text, "r", "q")} == {True}


@pytest.mark.parametrize(("lock", "unlock"), EXCLUSIVE + SHARED)
def test_an_unlock_needs_the_lock(lab, lock: str, unlock: str) -> None:
    if "irqrestore" in unlock:
        unlock = "unsigned long fl = 0; " + unlock
    assert "unlock-not-held" in lab.kinds(f"{LOCKS} actor a {{ {unlock} }}")


@pytest.mark.parametrize(
    ("lock", "unlock"),
    [
        ("down_read(&rs);", "up_write(&rs);"),
        ("down_write(&rs);", "up_read(&rs);"),
        ("read_lock(&rw);", "write_unlock(&rw);"),
        ("write_lock(&rw);", "read_unlock(&rw);"),
    ],
)
def test_an_unlock_needs_the_right_mode(lab, lock: str, unlock: str) -> None:
    assert lab.kinds(f"{LOCKS} actor a {{ {lock} {unlock} }}") == {"unlock-not-held"}


def test_only_the_owner_unlocks_except_a_folio(lab) -> None:
    for lock, unlock in (
        ("spin_lock(&sl);", "spin_unlock(&sl);"),
        ("mutex_lock(&mx);", "mutex_unlock(&mx);"),
    ):
        text = f"{LOCKS} actor a {{ {lock} assume(0); }} actor b {{ {unlock} }}"
        assert lab.kinds(text) == {"unlock-not-held"}
    text = (
        LOCKS
        + """actor a { folio_lock(&fo); x = 1; }
    actor b { if (smp_load_acquire(&x)) folio_unlock(&fo); }"""
    )
    assert lab.kinds(text) == set()


@pytest.mark.parametrize(("lock", "unlock"), EXCLUSIVE + SHARED)
def test_a_lock_held_at_the_end(lab, lock: str, unlock: str) -> None:
    expected = set() if "folio" in lock else {"lock-held-at-end"}
    if "irq" in lock:
        expected.add("irq-unbalanced")
    if "_bh" in lock:
        expected.add("preempt-unbalanced")
    assert lab.kinds(f"{LOCKS} actor a {{ {lock} }}") == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("spin_lock(&sl);", "spin_lock(&sl);"),
        ("mutex_lock(&mx);", "mutex_lock(&mx);"),
        ("write_lock(&rw);", "write_lock(&rw);"),
        ("write_lock(&rw);", "read_lock(&rw);"),
        ("read_lock(&rw);", "write_lock(&rw);"),
        ("down_write(&rs);", "down_read(&rs);"),
        ("down_write(&rs);", "down_write(&rs);"),
        ("down_read(&rs);", "down_write(&rs);"),
        ("if (!spin_trylock(&sl)) BUG();", "spin_lock(&sl);"),
    ],
)
def test_waiting_for_oneself(lab, first: str, second: str) -> None:
    assert lab.kinds(f"{LOCKS} actor a {{ {first} {second} }}") == {"self-deadlock"}


def test_a_folio_is_waited_for_even_by_who_has_locked_it(lab) -> None:
    again = f"{LOCKS} actor a {{ folio_lock(&fo); folio_lock(&fo); folio_unlock(&fo); }}"
    assert lab.kinds(again) == {"deadlock"}
    other = f"{again} actor b {{ while (!folio_test_locked(&fo)) cpu_relax(); folio_unlock(&fo); }}"
    assert lab.kinds(other) == set()


def test_a_folio_locked_by_another_is_no_self_deadlock(lab) -> None:
    text = (
        LOCKS
        + "actor a { folio_lock(&fo); folio_unlock(&fo); folio_lock(&fo); folio_unlock(&fo); }"
    )
    assert lab.kinds(text) == set()


def test_recursive_readers(lab) -> None:
    for lock, unlock, found in (
        ("read_lock_bh(&rw);", "read_unlock_bh(&rw);", set()),
        ("read_lock(&rw);", "read_unlock(&rw);", {"lock-order"}),
        ("down_read(&rs);", "up_read(&rs);", {"lock-order"}),
    ):
        assert lab.kinds(f"{LOCKS} actor a {{ {lock} {lock} {unlock} {unlock} }}") == found
    once = "read_lock_bh(&rw); read_lock(&rw); read_unlock(&rw); local_bh_enable();"
    assert lab.kinds(f"{LOCKS} actor a {{ {once} }}") == {"lock-held-at-end"}


def test_a_rwlock_reader_waits_behind_a_waiting_writer(lab) -> None:
    text = (
        LOCKS
        + """actor a { read_lock(&rw); read_lock(&rw); read_unlock(&rw); read_unlock(&rw); }
    actor b { write_lock(&rw); write_unlock(&rw); }"""
    )
    assert lab.kinds(text) == {"deadlock", "lock-order"}
    assert lab.kinds(text.replace("a { ", "a { local_irq_disable(); ", 1)) >= {"deadlock"}


def test_a_rwlock_reader_with_softirqs_off_passes_a_waiting_writer(lab) -> None:
    text = (
        LOCKS
        + """actor a { read_lock_bh(&rw); read_lock(&rw); read_unlock(&rw); read_unlock_bh(&rw); }
    actor b { write_lock(&rw); write_unlock(&rw); }"""
    )
    assert lab.kinds(text) == set()


def test_a_rwlock_reader_in_a_handler_passes_a_waiting_writer(lab) -> None:
    text = (
        LOCKS
        + """actor a { read_lock(&rw); read_unlock(&rw); }
    actor b { write_lock_irq(&rw); write_unlock_irq(&rw); }
    actor tick interrupts a { read_lock(&rw); read_unlock(&rw); }"""
    )
    assert lab.kinds(text) == set()


def test_read_trylock_fails_for_ever_while_a_writer_waits(lab) -> None:
    text = (
        LOCKS
        + """actor a { read_lock(&rw); while (!read_trylock(&rw)) ; read_unlock(&rw); read_unlock(&rw); }
    actor b { write_lock(&rw); write_unlock(&rw); }"""
    )
    assert lab.kinds(text) == {"deadlock"}


def test_a_rwsem_reader_waits_behind_a_waiting_writer(lab) -> None:
    text = (
        LOCKS
        + """actor a { down_read(&rs); down_read(&rs); up_read(&rs); up_read(&rs); }
    actor b { down_write(&rs); up_write(&rs); }"""
    )
    assert lab.kinds(text) == {"deadlock", "lock-order"}


def test_a_writer_does_not_wait_for_readers_that_only_wait(lab) -> None:
    text = (
        LOCKS
        + """actor a { down_write(&rs); x = 1; up_write(&rs); } actor b { down_read(&rs); r = x; up_read(&rs); }
    actor c { down_write(&rs); x = 2; up_write(&rs); }"""
    )
    assert lab.finals(text, "r") == {("0",), ("1",), ("2",)}


def test_a_trylock_fails_iff_the_lock_is_held(lab) -> None:
    for name, pointer, unlock in (
        ("spin_trylock", "&sl", "spin_unlock"),
        ("write_trylock", "&rw", "write_unlock"),
        ("folio_trylock", "&fo", "folio_unlock"),
        ("mutex_trylock", "&mx", "mutex_unlock"),
        ("down_write_trylock", "&rs", "up_write"),
    ):
        text = f"{LOCKS} actor a {{ r = {name}({pointer}); q = {name}({pointer}); {unlock}({pointer}); }}"
        assert lab.finals(text, "r", "q") == {("1", "0")}, name
    text = (
        LOCKS
        + "actor a { read_lock(&rw); r = read_trylock(&rw); q = write_trylock(&rw); read_unlock(&rw); read_unlock(&rw); }"
    )
    assert lab.finals(text, "r", "q") == {("1", "0")}


def test_a_sleeping_locks_trylock_may_fail_because_of_a_queued_request(lab) -> None:
    text = (
        LOCKS
        + """actor a { mutex_lock(&mx); mutex_unlock(&mx); }
    actor b { r = mutex_trylock(&mx); q = mutex_is_locked(&mx); if (r) mutex_unlock(&mx); }"""
    )
    assert ("0", "0") in lab.finals(text, "r", "q")
    spin = (
        text.replace("mutex", "spin").replace("&mx", "&sl").replace("struct spin", "struct mutex")
    )
    assert ("0", "1") in lab.finals(spin, "r", "q")
    readers = (
        LOCKS
        + """actor a { down_read(&rs); x = 1; assume(r); up_read(&rs); }
    actor w { if (x) { down_write(&rs); up_write(&rs); } }
    actor b { if (smp_load_acquire(&x)) { q = 1 + down_read_trylock(&rs); if (q == 2) up_read(&rs); r = 1; } }"""
    )
    assert {"1", "2"} <= {q for (q,) in lab.finals(readers, "q")}


def test_is_locked_reads_the_state(lab) -> None:
    text = (
        LOCKS
        + """actor a { r = spin_is_locked(&sl) + mutex_is_locked(&mx) + rwsem_is_locked(&rs) + folio_test_locked(&fo);
    down_read(&rs); mutex_lock(&mx); folio_lock(&fo); spin_lock(&sl);
    q = spin_is_locked(&sl) + mutex_is_locked(&mx) + rwsem_is_locked(&rs) + folio_test_locked(&fo);
    spin_unlock(&sl); folio_unlock(&fo); mutex_unlock(&mx); up_read(&rs); }"""
    )
    assert lab.finals(text, "r", "q") == {("0", "4")}


def test_init_unlocks(lab) -> None:
    text = (
        LOCKS
        + "actor a { spin_lock_init(&sl); rwlock_init(&rw); mutex_init(&mx); init_rwsem(&rs); }"
    )
    assert lab.kinds(text) == set()


# --- order of classes -----------------------------------------------------------------

ORDER = """struct n { spinlock_t l; struct mutex m; rwlock_t rw; }; struct n p; struct n q;
spinlock_t a1 class("A"); spinlock_t b1 class("B"); spinlock_t c1 class("C"); struct mutex m1 class("M");
"""


def nest(*locks: str) -> str:
    taken = " ".join(f"spin_lock(&{x});" for x in locks)
    return taken + " ".join(f"spin_unlock(&{x});" for x in reversed(locks))


def test_classes_taken_in_both_orders(lab) -> None:
    text = f"{ORDER} actor a {{ {nest('a1', 'b1')} {nest('b1', 'a1')} }}"
    assert lab.kinds(text) == {"lock-order"}
    assert lab.kinds(f"{ORDER} actor a {{ {nest('a1', 'b1')} {nest('a1', 'b1')} }}") == set()


def test_a_cycle_of_three(lab) -> None:
    text = f"{ORDER} actor a {{ {nest('a1', 'b1')} {nest('b1', 'c1')} {nest('c1', 'a1')} }}"
    assert lab.kinds(text) == {"lock-order"}


def test_any_actors_edges_count(lab) -> None:
    text = f"{ORDER} int go; actor a {{ {nest('a1', 'b1')} go = 1; }} actor b {{ if (go) {{ {nest('b1', 'a1')} }} }}"
    assert lab.kinds(text) == {"lock-order"}


def test_the_order_that_deadlocks_shows_both(lab) -> None:
    text = f"{ORDER} actor a {{ {nest('a1', 'b1')} }} actor b {{ {nest('b1', 'a1')} }}"
    assert lab.kinds(text) == {"lock-order", "deadlock"}


def test_one_class_in_itself(lab) -> None:
    assert lab.kinds(f"{ORDER} actor a {{ {nest('p.l', 'q.l')} }}") == {"lock-order"}
    nested = "spin_lock(&p.l); spin_lock_nested(&q.l, 1); spin_unlock(&q.l); spin_unlock(&p.l);"
    assert lab.kinds(f"{ORDER} actor a {{ {nested} }}") == set()
    twice = "spin_lock_nested(&p.l, 1); spin_lock_nested(&q.l, 1);"
    assert lab.kinds(f"{ORDER} actor a {{ {twice} }}") == {"lock-order"}
    zero = "spin_lock(&p.l); spin_lock_nested(&q.l, 0);"
    assert lab.kinds(f"{ORDER} actor a {{ {zero} }}") == {"lock-order"}


def test_a_subclass_is_a_class(lab) -> None:
    text = """actor a { spin_lock(&p.l); spin_lock_nested(&q.l, 1); spin_unlock(&q.l); spin_unlock(&p.l);
    spin_lock_nested(&q.l, 1); spin_lock(&p.l); spin_unlock(&p.l); spin_unlock(&q.l); }"""
    assert lab.kinds(ORDER + text) == {"lock-order"}


def test_a_trylock_records_no_edge_into_its_lock(lab) -> None:
    text = """actor a { spin_lock(&a1); if (spin_trylock(&b1)) spin_unlock(&b1); spin_unlock(&a1);
    spin_lock(&b1); spin_lock(&a1); spin_unlock(&a1); spin_unlock(&b1); }"""
    assert lab.kinds(ORDER + text) == set()
    held = """actor a { if (spin_trylock(&b1)) { spin_lock(&a1); spin_unlock(&a1); spin_unlock(&b1); }
    spin_lock(&a1); spin_lock(&b1); spin_unlock(&b1); spin_unlock(&a1); }"""
    assert lab.kinds(ORDER + held) == {"lock-order"}


def test_all_kinds_of_locks_are_ordered(lab) -> None:
    text = """actor a { mutex_lock(&m1); spin_lock(&a1); spin_unlock(&a1); mutex_unlock(&m1);
    if (spin_trylock(&a1)) spin_unlock(&a1);
    mutex_lock(&p.m); read_lock(&p.rw); read_unlock(&p.rw); mutex_unlock(&p.m);
    read_lock(&p.rw); spin_lock(&a1); spin_unlock(&a1); read_unlock(&p.rw);
    spin_lock(&a1); write_lock(&p.rw); }"""
    assert lab.kinds(ORDER + text) == {"lock-order"}
    folio = """struct f { folio_lock_t lock; }; struct f fo;
    actor a { mutex_lock(&m1); folio_lock(&fo); folio_unlock(&fo); mutex_unlock(&m1);
    folio_lock(&fo); mutex_lock(&m1); mutex_unlock(&m1); folio_unlock(&fo); }"""
    assert lab.kinds(ORDER + folio) == {"lock-order"}


def test_the_same_lock_again_is_an_order_but_in_interrupts(lab) -> None:
    text = "actor a { read_lock(&p.rw); read_lock(&p.rw); read_unlock(&p.rw); read_unlock(&p.rw); }"
    assert lab.kinds(ORDER + text) == {"lock-order"}
    off = text.replace("a { ", "a { local_bh_disable(); ").replace(" }", " local_bh_enable(); }")
    assert lab.kinds(ORDER + off) == set()
