"""The machine step by step, and given schedules."""

from __future__ import annotations

from dsl.interpreter import Choice, Step, run_schedule

RACE = "int x; actor a { int v = x; x = v + 1; } actor b { int v = x; x = v + 1; } scenario s { run a, b; final x == 2; }"


def test_a_schedule_is_followed(checked) -> None:
    protocol = checked(RACE)
    trace = run_schedule(protocol, "s", {}, [Choice("a"), Choice("b"), Choice("b"), Choice("a")])
    assert trace.refused == -1
    assert [kind for kind, _ in trace.violations] == ["final"]
    assert [(t.actor, t.text) for t in trace.steps] == [
        ("a", "reads: reads 0 at x"),
        ("b", "reads: reads 0 at x"),
        ("b", "writes: writes 1 to x"),
        ("a", "writes: writes 1 to x"),
    ]
    source = protocol.sources["t.khp"].text
    first = trace.steps[0].span
    assert source[first.start : first.end] == "x"
    good = run_schedule(protocol, "s", {}, [Choice("a"), Choice("a"), Choice("b"), Choice("b")])
    assert good.violations == ()


def test_an_impossible_choice_is_refused(checked) -> None:
    protocol = checked(RACE)
    trace = run_schedule(protocol, "s", {}, [Choice("a"), Choice("c"), Choice("b")])
    assert trace.refused == 1
    assert len(trace.steps) == 1
    assert run_schedule(protocol, "s", {}, [Choice("a", 7)]).refused == 0


def test_a_deadlock_is_seen_at_the_end_of_a_schedule(checked) -> None:
    protocol = checked("""spinlock_t p class("A"); spinlock_t q class("B");
    actor a { spin_lock(&p); spin_lock(&q); assume(0); } actor b { spin_lock(&q); spin_lock(&p); assume(0); }""")
    trace = run_schedule(protocol, "s", {}, [Choice("a"), Choice("b")])
    assert {kind for kind, _ in trace.violations} == {"deadlock"}
    assert run_schedule(protocol, "s", {}, [Choice("a")]).violations == ()


def test_a_violation_ends_a_schedule(checked) -> None:
    protocol = checked("int x; actor a { x = 1; BUG_ON(x); x = 2; }")
    steps = [Choice("a"), Choice("a"), Choice("a")]
    trace = run_schedule(protocol, "s", {}, steps)
    assert [kind for kind, _ in trace.violations] == ["bug-on"]
    assert run_schedule(protocol, "s", {}, [*steps, Choice("a")]).refused == 3


def test_choices_are_alternatives(lab) -> None:
    machine = lab.machine("int x; actor a { x = choose(3, 5); }")
    state = machine.initial()
    assert machine.enabled(state) == (Step("a", 3), Step("a", 4), Step("a", 5))
    state = machine.apply(machine.apply(state, Step("a", 4)), Step("a"))
    assert machine.enabled(state) == ()
    assert state.memory == (4,)


def test_the_half_that_comes_first_is_an_alternative(lab) -> None:
    machine = lab.machine("""struct t { int n; }; word w_t { split low, high; none = 0; at(struct t *) = 0x67; }
    struct t A at 0x123456000; w_t w; actor a { w = at(&A); }""")
    assert machine.enabled(machine.initial()) == (Step("a", 0), Step("a", 1))


def test_states_are_equal_where_nothing_tells_them_apart(lab) -> None:
    machine = lab.machine(
        "int x; int y; actor a { int v = x; if (v) y = 1; } actor b { int v = x; if (v) y = 1; }"
    )
    first = machine.initial()
    one = machine.apply(machine.apply(first, Step("a")), Step("b"))
    other = machine.apply(machine.apply(first, Step("b")), Step("a"))
    assert one == other
    assert hash(one) == hash(other)


def test_a_step_runs_all_local_work_that_follows(lab) -> None:
    machine = lab.machine(
        "int x; actor a { int s = 0; for (int i = 0; i < 50; i++) s += i; x = s; }"
    )
    state = machine.apply(machine.initial(), Step("a"))
    assert state.memory == (1225,)
    assert [a.status for a in state.actors] == ["ended"]


def test_the_same_text_explores_the_same(lab) -> None:
    assert lab.explore(RACE) == lab.explore(RACE)
