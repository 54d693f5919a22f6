"""Split words, completed updates, torn values, transitions."""

from __future__ import annotations

import pytest

BASE = """config PAE = off | on;
struct t { int n; };
word w_t { split low, high when PAE == on; present 0x1; none = 0; at(struct t *) = 0x67; }
struct t A at 0x123456000; struct t B at 0x323456000; struct t C at 0x123457000;
w_t w = at(&A); int r; w_t copy;
"""

USE = "if (v.low & 1) r = ((struct t *)v)->n;"


def kinds(lab, text: str, value: str = "on") -> set[str]:
    found: set[str] = lab.kinds(BASE + text, {"PAE": value})
    return found


def halves(lab, text: str, name: str = "copy", value: str = "on") -> set[str]:
    return {dict(o.places)[name] for o in lab.explore(BASE + text, {"PAE": value}).outcomes}


def test_a_whole_access_is_two_where_the_word_is_split(lab) -> None:
    text = "actor a { w = at(&C); } actor b { w_t v = w; r = v.high * 2 + (v.low == 0x23457067); }"
    assert halves(
        lab, "actor a { w = none; } actor b { w_t v = w; r = v.high * 2 + (v.low != 0); }", "r"
    ) == {"3", "2", "1", "0"}
    assert halves(lab, text, "r", "off") == {"2", "3"}


@pytest.mark.parametrize(
    ("write", "read"),
    [
        ("w = none;", "w_t v = w;"),
        ("WRITE_ONCE(w, none);", "w_t v = READ_ONCE(w);"),
        ("smp_store_release(&w, none);", "w_t v = smp_load_acquire(&w);"),
        ("smp_store_mb(w, none);", "w_t v = data_race(w);"),
    ],
)
def test_once_accesses_are_two_as_well(lab, write: str, read: str) -> None:
    text = f"actor a {{ {write} }} actor b {{ {read} r = v.high * 2 + (v.low != 0); }}"
    assert halves(lab, text, "r") == {"3", "2", "1", "0"}


def test_exchanges_are_one_step(lab) -> None:
    text = "actor a { w_t v = xchg(&w, none); r += v.low != 0; } actor b { w_t v = xchg(&w, none); r += v.high; }"
    assert kinds(lab, text) == set()
    mixed = """actor a { xchg(&w, none); } actor b { w_t e = at(&B); if (try_cmpxchg(&w, &e, e)) BUG();
    r = e.high * 2 + (e.low != 0); }"""
    assert halves(lab, mixed, "r") == {"3", "0"}


def test_dereferencing_a_torn_value(lab) -> None:
    text = f"actor a {{ xchg(&w, at(&B)); }} actor b {{ w_t v = w; {USE} }}"
    # A and B share the low half: the two halves of different updates are A's or B's own.
    assert kinds(lab, text) == set()
    text = f"actor a {{ xchg(&w, at(&C)); xchg(&w, at(&B)); }} actor b {{ w_t v = w; {USE} }}"
    assert kinds(lab, text) == {"torn-value"}
    assert kinds(lab, text, "off") == set()


def test_a_torn_value_that_names_an_object_is_torn_all_the_same(lab) -> None:
    base = "struct t D at 0x300457000;"
    text = (
        base
        + f"actor a {{ xchg(&w, (w_t)0x300456067); xchg(&w, (w_t)0x000457067); }} actor b {{ w_t v = w; if (v.high == 3) {USE} }}"
    )
    assert "torn-value" in kinds(lab, text)


def test_branching_on_a_torn_value_is_no_violation(lab) -> None:
    text = "actor a { xchg(&w, none); } actor b { w_t v = w; if (v.low && !v.high) r = 1; }"
    assert kinds(lab, text) == set()
    assert halves(lab, text, "r") == {"0", "1"}


def test_storing_a_present_torn_value(lab) -> None:
    text = "actor a { xchg(&w, none); } actor b { w_t v = w; copy = v; }"
    assert kinds(lab, text) == {"torn-value"}
    assert kinds(lab, text.replace("copy = v", "xchg(&copy, v)")) == {"torn-value"}
    absent = "actor a { xchg(&w, none); } actor b { w_t v = w; if (!(v.low & 1)) copy = v; }"
    assert kinds(lab, absent) == set()


def test_a_failed_cmpxchg_stores_nothing(lab) -> None:
    text = "actor a { xchg(&w, none); } actor b { w_t v = w; cmpxchg(&copy, at(&B), v); }"
    assert kinds(lab, text) == set()


def test_a_value_that_is_made_is_not_torn(lab) -> None:
    text = "actor b { w_t v = (w_t)0x55000001; copy = v; copy = at(&B); }"
    assert kinds(lab, text) == set()
    through = "actor a { xchg(&w, none); } actor b { w_t v = w; copy = (w_t)(u64)v; }"
    assert kinds(lab, through) == set()


def test_provenance_follows_halves(lab) -> None:
    text = """actor a { xchg(&w, none); }
    actor b { w_t v; v.low = READ_ONCE(w.low); v.high = READ_ONCE(w.high); copy = v; }"""
    assert kinds(lab, text) == {"torn-value"}
    through = text.replace("v.low = READ_ONCE(w.low);", "u32 l = READ_ONCE(w.low); v.low = l;")
    assert kinds(lab, through) == {"torn-value"}


def test_a_later_update_does_not_launder(lab) -> None:
    """What decides is whether an update stored the bits before the use."""
    text = """int go; actor a { xchg(&w, at(&C)); xchg(&w, at(&B)); smp_store_release(&go, 1);
    xchg(&w, (w_t)0x323457067); }
    actor b { w_t v = w; if (v.high == 3 && v.low == 0x23457067 && !go) copy = v; }"""
    assert kinds(lab, text) == {"torn-value"}


def test_a_torn_read_is_fine_once_an_update_stored_its_bits(lab) -> None:
    text = """actor a { w_t v = w; assume(v.high == 0 && v.low != 0); assume(READ_ONCE(r)); copy = v; }
    actor b { xchg(&w, none); xchg(&w, (w_t)0x23456067); WRITE_ONCE(r, 1); }"""
    assert kinds(lab, text) == set()


UPDATE = """
update void set(w_t *p, w_t v) { WRITE_ONCE(p->high, v.high); smp_wmb(); WRITE_ONCE(p->low, v.low); }
update void clear(w_t *p) { WRITE_ONCE(p->low, 0); smp_wmb(); WRITE_ONCE(p->high, 0); }
static void split_clear(w_t *p) { WRITE_ONCE(p->low, 0); WRITE_ONCE(p->high, 0); }
"""


def test_half_stores_of_an_update_complete_at_the_last(lab) -> None:
    reader = "actor b { w_t v = w; if (v.low && !v.high) copy = v; }"
    assert kinds(lab, UPDATE + "actor a { clear(&w); }" + reader) == {"torn-value"}
    half = (
        UPDATE
        + """int seen; actor a { set(&w, at(&B)); }
    actor b { w_t v = xchg(&w, none); if (v.high == 3 && v.low) copy = v; }"""
    )
    # between the two half-stores the word has B's bits, but no update has stored them
    assert kinds(lab, half) == {"torn-value"}


def test_a_narrow_store_is_an_update_by_itself(lab) -> None:
    half = (
        UPDATE
        + """actor a { WRITE_ONCE(w.high, 3); WRITE_ONCE(w.low, 0x23456067); }
    actor b { w_t v = xchg(&w, none); if (v.high == 3 && v.low) copy = v; }"""
    )
    assert kinds(lab, half) == set()


def test_a_whole_store_completes_at_its_second_half(lab) -> None:
    text = """actor a { w = (w_t)0x555555001; }
    actor b { w_t v = xchg(&w, none); if (v.low & 1) copy = v; }"""
    assert kinds(lab, text) == {"torn-value"}
    same_low = "actor a { w = at(&B); } actor b { w_t v = xchg(&w, none); if (v.low) copy = v; }"
    # low first leaves A's own bits, high first B's before B's update is complete
    assert kinds(lab, same_low) == {"torn-value"}


def test_an_update_inside_another_is_part_of_it(lab) -> None:
    text = (
        UPDATE
        + """transition w { at -> at; } update void replace(w_t *p) { clear(p); set(p, at(&B)); }
    actor a { replace(&w); }"""
    )
    assert kinds(lab, text) == set()
    assert kinds(lab, text.replace("replace(&w)", "clear(&w); set(&w, at(&B))")) == {"transition"}


def test_an_update_completes_where_no_half_store_can_follow(lab) -> None:
    text = """spinlock_t l;
    update void late(w_t *p) { WRITE_ONCE(p->high, 3); spin_lock(&l); spin_unlock(&l); }
    actor a { late(&w); }
    actor b { w_t v = xchg(&w, none); if (v.high == 3) copy = v; }"""
    assert kinds(lab, text) == set()


def test_the_decisive_regression_of_a_clear_out_of_order(lab) -> None:
    reader = """static w_t get(w_t *p) { w_t v; do { v.low = READ_ONCE(p->low); v.high = READ_ONCE(p->high); }
    while (v.low != READ_ONCE(p->low)); return v; }
    actor b { w_t v = get(&w); if (v.low & 1) r = ((struct t *)v)->n; }"""
    good = UPDATE + reader + "actor a { clear(&w); }"
    assert kinds(lab, good) == set()
    bad = (
        UPDATE
        + reader
        + """update void wrong(w_t *p) { WRITE_ONCE(p->high, 0); WRITE_ONCE(p->low, 0); }
    actor a { wrong(&w); }"""
    )
    assert kinds(lab, bad) == {"torn-value"}


def test_half_of_a_torn_update_alone(lab) -> None:
    text = (
        UPDATE
        + """u32 kept; update void two(w_t *p) { WRITE_ONCE(p->low, 0x55000001); WRITE_ONCE(p->low, 0); }
    actor a { two(&w); } actor b { u32 l = READ_ONCE(w.low); kept = l; }"""
    )
    assert kinds(lab, text) == {"torn-value"}
    assert kinds(lab, text.replace("0x55000001", "0x55000000")) == set()


def test_atomicity_is_per_half_where_not_split(lab) -> None:
    text = "actor a { xchg(&w, none); } actor b { w_t v; v.low = READ_ONCE(w.low); v.high = READ_ONCE(w.high); copy = v; }"
    assert kinds(lab, text, "off") == set()


# --- transitions -----------------------------------------------------------------------

T = """struct mm { w_t w; spinlock_t l; struct t2 *x; }; struct t2 { int n; spinlock_t l; };
word v_t { present 0x1; none = 0; at(struct t2 *) = 0x67; huge = 0xe7; }
struct t2 D at 0x9000; v_t v = none; spinlock_t pml;
"""


@pytest.mark.parametrize(
    ("body", "legal"),
    [
        ("v = at(&D);", False),
        ("spin_lock(&pml); v = at(&D); spin_unlock(&pml);", True),
        ("v = none;", True),
        ("v = huge;", False),
        ("spin_lock(&pml); v = at(&D); v = huge; spin_unlock(&pml);", False),
        ("spin_lock(&pml); v = at(&D); v = none; spin_unlock(&pml);", False),
        (
            "spin_lock(&pml); v = at(&D); spin_lock(&D.l); v = none; spin_unlock(&D.l); spin_unlock(&pml);",
            True,
        ),
        ("spin_lock(&pml); v = (v_t)0x777; spin_unlock(&pml);", False),
        ("spin_lock(&pml); xchg(&v, at(&D)); spin_unlock(&pml);", True),
        ("xchg(&v, at(&D));", False),
        ("cmpxchg(&v, huge, at(&D));", True),
    ],
)
def test_transitions(lab, body: str, legal: bool) -> None:
    text = (
        T
        + f"""transition v {{ none -> at holding pml; at -> none holding before->l; }}
    actor a {{ {body} }}"""
    )
    assert kinds(lab, text) == (set() if legal else {"transition"})


def test_any_matches_every_value(lab) -> None:
    text = T + "transition v { any -> huge; huge -> any; } actor a { v = huge; v = (v_t)0x777; }"
    assert kinds(lab, text) == set()
    assert kinds(lab, text.replace("v = huge; ", "")) == {"transition"}


def test_transitions_judge_completed_updates_only(lab) -> None:
    text = (
        UPDATE + "transition w { at -> none; none -> at; } actor a { clear(&w); set(&w, at(&B)); }"
    )
    assert kinds(lab, text) == set()
    narrow = UPDATE + "transition w { at -> none; none -> at; } actor a { split_clear(&w); }"
    assert kinds(lab, narrow) == {"transition"}
    whole = "transition w { at -> none; none -> at; } actor a { w = none; w = at(&C); }"
    assert kinds(lab, whole) == set()


def test_a_lock_held_by_another_does_not_count(lab) -> None:
    text = (
        T
        + """transition v { none -> at holding pml; }
    actor a { spin_lock(&pml); assume(0); } actor b { v = at(&D); }"""
    )
    assert kinds(lab, text) == {"transition"}


def test_the_initial_value_needs_no_transition(lab) -> None:
    text = T + "transition v { none -> at; } actor a { } scenario s { run a; init { v = huge; } }"
    assert kinds(lab, text) == set()


def test_an_update_that_a_handler_makes_completes_at_its_end(lab) -> None:
    text = """spinlock_t l;
    update void sets(void) {
        spin_lock(&l); w = at(&C); spin_unlock(&l);
        spin_lock(&l); w = at(&B); spin_unlock(&l);
    }
    actor a { smp_call_function(sets, false, h); }
    actor h { }
    actor c { spin_lock_irq(&l); w_t v = w; r = ((struct t *)v)->n; spin_unlock_irq(&l); }"""
    # What is between the sections is of no update; without `update` it is one of its own.
    assert kinds(lab, text) == {"torn-value"}
    assert kinds(lab, text.replace("update void", "static void")) == set()


def test_freeing_a_torn_value(lab) -> None:
    text = "actor a { w = none; } actor b { w_t v = w; if (v.low & 1) free((struct t *)v); }"
    assert kinds(lab, text) == {"torn-value"}
    assert kinds(lab, text, "off") == set()
