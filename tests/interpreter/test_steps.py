"""Interleavings, choices, loops, and what a run's end is."""

from __future__ import annotations

import pytest


def test_actors_interleave_at_every_access(lab) -> None:
    text = """int x; int y; int r1; int r2;
    actor a { x = 1; r1 = y; } actor b { y = 1; r2 = x; }"""
    assert lab.finals(text, "r1", "r2") == {("1", "0"), ("0", "1"), ("1", "1")}


def test_an_execution_stops_at_its_first_violation(lab) -> None:
    text = "int x; actor a { x = 1; BUG(); x = 2; } actor b { BUG_ON(x == 2); }"
    assert lab.kinds(text) == {"bug-on"}
    assert not lab.explore(text).outcomes
    hidden = "int x; actor a { BUG_ON(x == 0); assert(0); }"
    assert lab.kinds(hidden) == {"bug-on"}


def test_others_may_act_before_a_check_that_will_fail(lab) -> None:
    text = "int x; actor a { x = 1; BUG(); } actor b { if (x) assert(0); }"
    assert lab.kinds(text) == {"bug-on", "assert"}


def test_instances_have_numbers(lab) -> None:
    text = "int x; actor w { x = 1; } scenario s { run w * 2; }"
    found = lab.explore(text)
    assert {o.actors for o in found.outcomes} == {(("w", "ended"), ("w.2", "ended"))}


def test_choose_is_any_value(lab) -> None:
    text = "int r; actor a { r = choose(2, 4); }"
    assert lab.finals(text, "r") == {("2",), ("3",), ("4",)}
    assert lab.finals("int r; actor a { bool b = choose(); r = b; }", "r") == {("0",), ("1",)}


def test_choose_runs_any_one_branch(lab) -> None:
    text = "int r; actor a { choose { r = 1; } or { r = 2; } or { } }"
    assert lab.finals(text, "r") == {("0",), ("1",), ("2",)}


def test_a_choice_in_an_endless_loop_does_not_starve_others(lab) -> None:
    text = """int x; actor a { bool go = 1; while (go) go = choose(); }
    actor b { x = 1; BUG(); }"""
    assert lab.kinds(text) == {"bug-on"}
    text = "int x; actor a { bool c; for (;;) c = choose(); } actor b { x = 1; BUG(); }"
    assert lab.kinds(text) == {"bug-on"}


def test_a_false_assume_stops_its_actor_only(lab) -> None:
    text = "int x; int y; actor a { assume(x == 1); y = 1; } actor b { x = 1; }"
    found = lab.explore(text)
    ends = {(dict(o.places)["y"], dict(o.actors)["a"]) for o in found.outcomes}
    assert ends == {("0", "stopped"), ("1", "ended")}
    assert found.some_run_ends


def test_a_stopped_actor_keeps_what_it_holds(lab) -> None:
    text = """spinlock_t l; actor a { spin_lock(&l); rcu_read_lock(); local_irq_disable();
    assume(0); } actor b { spin_lock(&l); spin_unlock(&l); }"""
    assert lab.kinds(text) == set()
    assert lab.statuses(text) == {("stopped", "ended"), ("stopped", "blocked")}


def test_no_run_ends(lab) -> None:
    found = lab.explore("actor a { assume(0); }")
    assert not found.some_run_ends
    assert len(found.outcomes) == 1
    assert lab.explore("actor a { }").some_run_ends


def test_a_loop_that_waits_for_another_is_finite(lab) -> None:
    text = "int x; int r; actor a { while (!READ_ONCE(x)) ; r = 1; } actor b { x = 1; }"
    found = lab.explore(text)
    assert found.complete
    assert {dict(o.places)["r"] for o in found.outcomes} == {"1"}


@pytest.mark.parametrize("loop", ["for (;;) ;", "again: goto again;"])
def test_an_endless_local_loop_has_no_end(lab, loop: str) -> None:
    found = lab.explore(f"int x; actor a {{ {loop} }} actor b {{ x = 1; }}")
    assert found.complete
    assert not found.outcomes
    assert not found.some_run_ends


@pytest.mark.parametrize(
    "loop",
    [
        "while (1) x++;",
        "do { x++; } while (1);",
        "for (int i = 0; i < 100; i++) x++;",
        "again: x++; goto again;",
    ],
)
def test_a_bound_cuts_at_the_back_edge(lab, loop: str) -> None:
    text = f"int x; actor a {{ {loop} }} actor b {{ BUG_ON(x > 2); }}"
    for bound in (0, 1):
        found = lab.explore(text, loop_bound=bound)
        assert found.cut_loops
        assert not found.complete
        assert not found.violations
        assert not found.outcomes
    assert lab.explore(text, loop_bound=2).violations == {"bug-on"}


def test_a_bound_that_suffices_cuts_nothing(lab) -> None:
    text = "int x; actor a { for (int i = 0; i < 3; i++) x++; }"
    found = lab.explore(text, loop_bound=3)
    assert found.complete
    assert not found.cut_loops
    assert lab.explore(text, loop_bound=2).cut_loops


def test_rounds_count_from_zero_at_each_entry(lab) -> None:
    text = """int x; actor a {
    for (int i = 0; i < 2; i++) { int j = 0; again: x++; if (++j < 3) goto again; } }"""
    found = lab.explore(text, loop_bound=2)
    assert found.complete
    assert {dict(o.places)["x"] for o in found.outcomes} == {"6"}


def test_rounds_count_per_call(lab) -> None:
    text = """int x; static void f(void) { for (int i = 0; i < 2; i++) x++; }
    actor a { f(); f(); }"""
    assert lab.explore(text, loop_bound=2).complete


def test_a_cut_actor_holds_what_it_holds(lab) -> None:
    text = """spinlock_t l; int x; actor a { spin_lock(&l); while (1) x++; }
    actor b { spin_lock(&l); spin_unlock(&l); }"""
    found = lab.explore(text, loop_bound=1)
    assert not found.violations
    assert not found.outcomes


def test_too_many_states_are_said(lab) -> None:
    text = "int x; actor a { x = 1; x = 2; } actor b { x = 3; x = 4; }"
    assert not lab.explore(text, max_states=4).complete
    assert lab.explore(text).complete


def test_jumps_and_switches(lab) -> None:
    text = """enum e { A, B, C, D }; int r[4];
    static int f(enum e x) {
        int n = 0;
        switch (x) { case A: n = 1; break; case B: n = 2; case C: n += 10; break; default: n = 7; }
        return n;
    }
    actor a { r[0] = f(A); r[1] = f(B); r[2] = f(C); r[3] = f(D); }"""
    assert lab.finals(text, "r[0]", "r[1]", "r[2]", "r[3]") == {("1", "12", "10", "7")}


def test_goto_forward_out_of_nested_loops(lab) -> None:
    text = """int x; actor a { for (;;) { while (1) { x++; if (x == 2) goto out; continue; } }
    out: x += 10; }"""
    assert lab.finals(text, "x") == {("12",)}


def test_break_and_continue(lab) -> None:
    text = """int x; actor a { for (int i = 0; i < 9; i++) { if (i == 1) continue; if (i == 4) break;
    x += i; } do { x += 100; continue; } while (0); }"""
    assert lab.finals(text, "x") == {("105",)}


def test_lazy_operators_do_not_touch_what_they_skip(lab) -> None:
    text = """struct s { int n; }; struct s *p; int r[4];
    actor a { r[0] = p && p->n; r[1] = !p || p->n; r[2] = p ? p->n : 5; r[3] = 1 && 2; }"""
    assert lab.finals(text, *(f"r[{i}]" for i in range(4))) == {("0", "1", "5", "1")}


def test_block_macros(lab) -> None:
    text = """int v[3] = { 1, 0, 4 }; int sum;
    iterator each(int *x) { for (int i = 0; i < 3; i++) { *x = v[i]; if (*x) yield; } }
    actor a { int x; each(&x) { sum += x; } }"""
    assert lab.finals(text, "sum") == {("5",)}


def test_out_parameters(lab) -> None:
    text = """int y; static void get(int *x) { *x = y; *x += 1; }
    static void twice(int *x) { get(x); get(x); }
    actor a { int v = 3; twice(&v); y = v; }"""
    assert lab.finals(text, "y") == {("1",)}


def test_out_parameters_take_shared_places_too(lab) -> None:
    text = """int y; int z; static void put(int *x) { *x = 4; }
    actor a { int v; put(&v); z = v; put(&y); } actor b { BUG_ON(y == 4); }"""
    assert lab.kinds(text) == {"bug-on"}


def test_evaluation_goes_from_left_to_right(lab) -> None:
    text = """int x; int r; static int next(void) { x += 1; return x; }
    actor a { r = next() * 100 + next() * 10 + next(); }"""
    assert lab.finals(text, "r") == {("123",)}
    text = "int x = 5; int r; actor a { int l = 1; r = l + (l = 7); }"
    assert lab.finals(text, "r") == {("8",)}


def test_a_compound_assignment_reads_before_its_value_is_computed(lab) -> None:
    text = "int x = 1; static int f(void) { x = 10; return 1; } actor a { x += f(); }"
    assert lab.finals(text, "x") == {("2",)}


def test_a_configuration_picks_the_branch(lab) -> None:
    text = "config C = off | on; int x; actor a { if (C == on) x = 1; }"
    for value, result in (("off", "0"), ("on", "1")):
        found = lab.explore(text, {"C": value})
        assert {dict(o.places)["x"] for o in found.outcomes} == {result}


def test_outcomes_name_every_scalar_of_every_object(lab) -> None:
    text = """struct s { spinlock_t l; struct rcu_head h; int n; struct s *next; atomic_t c; };
    struct s o; ghost int g; struct s *p = &o; pool struct s slots[1]; struct s *q; struct s *a1[2];
    word w_t { present 0x1; none = 0; at(struct s *) = 0x67; }
    w_t w = at(&o);
    actor a { q = alloc(slots); g = -3; a1[1] = &o; }"""
    (end,) = lab.explore(text).outcomes
    places = dict(end.places)
    assert places.pop("w").endswith("067")
    assert places == {
        "o.n": "0",
        "o.next": "NULL",
        "o.c": "0",
        "g": "-3",
        "p": "&o",
        "q": "&slots[0]",
        "a1[0]": "NULL",
        "a1[1]": "&o",
    }
