"""Accesses through pointers, alloc and free."""

from __future__ import annotations

import pytest

S = "struct s { int n; spinlock_t l; struct rcu_head h; }; struct s o;\n"


@pytest.mark.parametrize(
    "use",
    [
        "x = p->n;",
        "p->n = 1;",
        "spin_lock(&p->l);",
        "x = spin_trylock(&p->l);",
        "spin_lock_init(&p->l);",
        "call_rcu(&p->h, done);",
        "x = xchg(&p->n, 1);",
        "x = spin_is_locked(&p->l);",
    ],
)
def test_every_access_needs_a_live_object(lab, use: str) -> None:
    base = S + "static void done(struct rcu_head *h) { } int x; struct s *p;"
    assert lab.kinds(f"{base} actor a {{ {use} }}") == {"null-pointer"}
    live = f"{base} actor a {{ p = &o; {use} assume(0); }}"
    assert lab.kinds(live) == set()
    assert lab.kinds(f"{base} actor a {{ p = &o; free(p); {use} }}") == {"use-after-free"}


def test_the_free_and_the_access_interleave(lab) -> None:
    text = S + "int x; actor a { free(&o); } actor b { x = o.n; }"
    assert lab.kinds(text) == {"use-after-free"}


def test_unlocking_a_freed_lock_is_a_use(lab) -> None:
    text = S + "actor a { spin_lock(&o.l); free(&o); spin_unlock(&o.l); }"
    assert lab.kinds(text) == {"use-after-free"}


def test_waiting_for_a_lock_is_a_use(lab) -> None:
    text = (
        S
        + """actor a { spin_lock(&o.l); free(&o); assume(0); }
    actor b { spin_lock(&o.l); spin_unlock(&o.l); }"""
    )
    assert lab.kinds(text) == {"use-after-free"}
    text = """struct s { struct mutex m; }; struct s o;
    actor a { mutex_lock(&o.m); free(&o); assume(0); }
    actor b { mutex_lock(&o.m); mutex_unlock(&o.m); }"""
    assert lab.kinds(text) == {"use-after-free"}


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("free(&o);", set()),
        ("struct s *p = NULL; free(p);", set()),
        ("free(&o); free(&o);", {"double-free"}),
        ("struct s *p = alloc(slots); free(p); free(p);", {"double-free"}),
        ("struct s *p = alloc(slots); free(p); p = alloc(slots); free(p);", set()),
        ("free(&two[1]);", {"double-free"}),
    ],
)
def test_free(lab, body: str, kinds: set[str]) -> None:
    base = S + "pool struct s slots[1]; struct s two[2];"
    assert lab.kinds(f"{base} actor a {{ {body} }}") == kinds


def test_a_stale_pointer_is_of_its_own_allocation(lab) -> None:
    text = (
        S
        + """pool struct s slots[1];
    actor a { struct s *p = alloc(slots); free(p); struct s *q = alloc(slots); q->n = 1; p->n = 2; }"""
    )
    assert lab.kinds(text) == {"use-after-free"}
    text = (
        S
        + """pool struct s slots[1];
    actor a { struct s *p = alloc(slots); free(p); struct s *q = alloc(slots); q->n = 1; free(p); }"""
    )
    assert lab.kinds(text) == {"double-free"}


def test_alloc_takes_any_free_slot(lab) -> None:
    text = S + "pool struct s slots[2]; struct s *p; actor a { p = alloc(slots); }"
    assert lab.finals(text, "p") == {("&slots[0]",), ("&slots[1]",)}


def test_alloc_fails_iff_no_slot_is_free(lab) -> None:
    text = (
        S
        + """pool struct s slots[1]; struct s *p; struct s *q;
    actor a { p = alloc(slots); q = alloc(slots); }"""
    )
    assert lab.finals(text, "p", "q") == {("&slots[0]", "NULL")}


def test_fresh_memory_is_poison(lab) -> None:
    text = S + "pool struct s slots[1]; int x; actor a { struct s *p = alloc(slots); x = p->n; }"
    assert lab.kinds(text) == {"uninitialized"}
    assert lab.kinds(text.replace("slots[1]", "slots[1] zeroed")) == set()
    written = text.replace("x = p->n", "p->n = 1; x = p->n")
    assert lab.kinds(written) == set()


def test_memory_is_poison_again_after_reuse(lab) -> None:
    text = (
        S
        + """pool struct s slots[1]; int x;
    actor a { struct s *p = alloc(slots); p->n = 1; free(p); p = alloc(slots); x = p->n; }"""
    )
    assert lab.kinds(text) == {"uninitialized"}


@pytest.mark.parametrize(
    "use", ["spin_lock(&p->l);", "if (spin_trylock(&p->l)) ;", "spin_unlock(&p->l);"]
)
def test_a_fresh_lock_must_be_set_up(lab, use: str) -> None:
    text = S + f"pool struct s slots[1]; actor a {{ struct s *p = alloc(slots); {use} }}"
    assert lab.kinds(text) == {"uninitialized"}


def test_a_fresh_lock_that_is_set_up(lab) -> None:
    text = (
        S
        + """pool struct s slots[1];
    actor a { struct s *p = alloc(slots); spin_lock_init(&p->l); spin_lock(&p->l); spin_unlock(&p->l); }"""
    )
    assert lab.kinds(text) == set()
    text = (
        S
        + """pool struct s slots[1] zeroed;
    actor a { struct s *p = alloc(slots); spin_lock(&p->l); spin_unlock(&p->l); }"""
    )
    assert lab.kinds(text) == set()


def test_a_fresh_folio_lock_is_unlocked(lab) -> None:
    text = """struct f { folio_lock_t lock; }; pool struct f folios[1];
    actor a { struct f *p = alloc(folios); folio_lock(p); folio_unlock(p); }"""
    assert lab.kinds(text) == set()


def test_a_fresh_counter_is_poison(lab) -> None:
    text = """struct s { atomic_t c; }; pool struct s slots[1];
    actor a { struct s *p = alloc(slots); atomic_inc(&p->c); }"""
    assert lab.kinds(text) == {"uninitialized"}
    assert (
        lab.kinds(text.replace("atomic_inc(&p->c)", "atomic_set(&p->c, 1); atomic_inc(&p->c)"))
        == set()
    )


def test_alloc_and_free_do_not_sleep(lab) -> None:
    text = (
        S
        + """pool struct s slots[1];
    actor a { spin_lock(&o.l); struct s *p = alloc(slots); free(p); spin_unlock(&o.l); }"""
    )
    assert lab.kinds(text) == set()


def test_aba(lab) -> None:
    """A compare by address cannot tell a reused object from the old one."""
    text = (
        S
        + """pool struct s slots[1]; struct s *top; int won;
    actor a {
        struct s *p = top;
        if (p) { free(p); p = alloc(slots); p->n = 1; top = p; }
    }
    actor b { struct s *p = top; if (p && cmpxchg(&top, p, NULL) == p) { won = 1; p->n = 7; } }
    actor c { struct s *p = alloc(slots); if (p) { p->n = 0; top = p; } }
    scenario s { run a, b, c; }"""
    )
    assert "use-after-free" in lab.kinds(text)


def test_word_casts_keep_the_allocation(lab) -> None:
    base = """struct t { int n; }; word w_t { split low, high; present 0x1; none = 0; at(struct t *) = 0x67; }
    pool struct t slots[1] at (0x5000); w_t w;"""
    stale = """actor a { struct t *p = alloc(slots); w = at(p); free(p); struct t *q = alloc(slots);
    q->n = 1; ((struct t *)w)->n = 2; }"""
    assert lab.kinds(base + stale) == {"use-after-free"}
    bits = """actor a { struct t *p = alloc(slots); p->n = 1; w_t v = (w_t)0x5067;
    ((struct t *)v)->n = 2; }"""
    assert lab.kinds(base + bits) == set()
    assert lab.kinds(base + bits.replace("p->n = 1;", "free(p);")) == {"use-after-free"}
