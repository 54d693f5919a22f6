"""Final conditions and invariants."""

from __future__ import annotations


def test_a_final_is_judged_when_every_actor_has_ended(lab) -> None:
    text = "int x; actor a { x = 1; x = 2; } scenario s { run a; final x == 2; }"
    assert lab.kinds(text) == set()
    assert lab.kinds(text.replace("x == 2", "x == 1")) == {"final"}
    stopped = "int x; actor a { assume(0); } scenario s { run a; final x == 1; }"
    assert lab.kinds(stopped) == set()


def test_a_violated_final_is_no_outcome(lab) -> None:
    text = "int x; actor a { x = choose(0, 1); } scenario s { run a; final x == 0; }"
    found = lab.explore(text)
    assert found.violations == {"final"}
    assert found.some_run_ends
    assert {dict(o.places)["x"] for o in found.outcomes} == {"0"}


def test_a_final_may_read_freed_memory(lab) -> None:
    text = """struct s { int n; }; struct s o; actor a { o.n = 3; free(&o); } scenario s { run a; final o.n == 3; }"""
    assert lab.kinds(text) == set()


def test_a_claim_through_null_does_not_hold(lab) -> None:
    text = (
        """struct s { int n; }; struct s *p; actor a { } scenario s { run a; final p->n == 0; }"""
    )
    assert lab.kinds(text) == {"final"}
    guarded = text.replace("p->n == 0", "!p || p->n == 1")
    assert lab.kinds(guarded) == set()


def test_a_claim_on_poison_does_not_hold(lab) -> None:
    text = """struct s { int n; }; pool struct s slots[1]; struct s *p; actor a { p = alloc(slots); }
    scenario s { run a; final p->n == 0 || p->n != 0; }"""
    assert lab.kinds(text) == {"final"}


def test_an_invariant_is_judged_after_every_write(lab) -> None:
    text = "int x; actor a { x = 1; x = 0; } scenario s { run a; invariant x == 0; }"
    assert lab.kinds(text) == {"invariant"}
    assert lab.kinds(text.replace("x = 1; x = 0;", "x = 0;")) == set()


def test_an_invariant_stops_the_execution(lab) -> None:
    text = "int x; actor a { x = 1; BUG(); } scenario s { run a; invariant x == 0; }"
    assert lab.kinds(text) == {"invariant"}


def test_an_invariant_holds_in_the_initial_state_too(lab) -> None:
    text = "int x = 1; actor a { } scenario s { run a; invariant x == 0; }"
    assert lab.kinds(text) == {"invariant"}


def test_an_invariant_sees_a_word_between_its_half_stores(lab) -> None:
    text = """struct t { int n; }; word w_t { split low, high; present 0x1; none = 0; at(struct t *) = 0x67; }
    struct t A at 0x123456000; w_t w = at(&A); actor a { w = none; }
    scenario s { run a; invariant (w.low == 0) == (w.high == 0); }"""
    assert lab.kinds(text) == {"invariant"}
    assert lab.kinds(text.replace("w = none;", "xchg(&w, none);")) == set()


def test_claims_of_the_file_hold_in_every_scenario(lab) -> None:
    text = "int x; final x == 0; actor a { x = 1; } scenario s { run a; }"
    assert lab.kinds(text) == {"final"}
    text = "int x; invariant x == 0; actor a { x = 1; } scenario s { run a; }"
    assert lab.kinds(text) == {"invariant"}


def test_init_replaces_initial_values(lab) -> None:
    text = """struct s { int v[2]; struct s *p; }; struct s o = { .p = &o }; int r; actor a { r = o.v[1]; }
    scenario s { run a; init { o.v[1] = 5; o.p = NULL; } }"""
    assert lab.finals(text, "r", "o.p") == {("5", "NULL")}


def test_a_claim_calls_a_function(lab) -> None:
    text = """int x; static bool small(int v) { return v < 2; } actor a { x = 1; x = 2; }
    scenario s { run a; invariant small(x); }"""
    assert lab.kinds(text) == {"invariant"}
