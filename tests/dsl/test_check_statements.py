"""What the checker makes of good programs: statements, scenarios, variants."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl import protocol as p
from dsl.check import check
from dsl.imports import load
from dsl.types import PointerType, StructType
from tests.dsl.checking import TYPES, all_of, body, diagnostics, program

PROJECT = Path(__file__).parents[2]


def test_declarations_become_assignments_or_declares() -> None:
    first, second = body("int n = 1; int k;").body.body

    assert isinstance(first, p.Evaluate)
    assert isinstance(first.expr, p.Assign)
    assert isinstance(second, p.Declare)


def test_shadowing_gives_fresh_locals() -> None:
    function = body("int n = 1; { int n = 2; n = 3; } n = 4;")

    targets = [
        a.target.local.number
        for a in all_of(function, p.Assign)
        if isinstance(a.target, p.LocalPlace)
    ]
    assert targets == [0, 1, 1, 0]
    assert [local.number for local in function.locals] == [0, 1]


def test_steps_are_compound_assignments() -> None:
    function = body("int n = 0; for (int i = 0; i < 3; i++) n += i; --n;")

    ops = [a.op for a in all_of(function, p.Assign)]
    assert sorted(ops) == ["", "", "+", "+", "-"]


def test_switches_have_constant_cases() -> None:
    (switch,) = all_of(
        body("switch (m.nr) { case FAIL: case 1 + 1: break; default: m.nr = 1; }"), p.Switch
    )

    assert [(values, default) for values, default, _ in switch.cases] == [
        ((0, 2), False),
        ((), True),
    ]


ITERATOR = """
int list[2];
iterator each(int *out, int limit)
{
again:
        for (int i = 0; i < limit; i++) {
                *out = list[i];
                if (*out)
                        yield;
                *out = 0;
        }
        if (limit > 5)
                goto again;
}
"""


def test_block_macros_are_put_in_place() -> None:
    function = check(
        program(ITERATOR + "actor a { int i = 7, v; each(&v, i) { if (v == i) continue; break; } }")
    ).actors["a"]

    names = [local.name for local in function.locals]
    assert names == ["i", "v", "limit", "i"]
    labels = {label.label for label in all_of(function, p.Label)}
    assert labels == {".each.0.again", ".each.0.after", ".each.0.end"}
    assert {jump.label for jump in all_of(function, p.Goto)} == labels
    assert function.labels == ()
    compared = next(b for b in all_of(function, p.Binary) if b.op == "==")
    assert [
        r.place.local.number for r in all_of(compared, p.Read) if isinstance(r.place, p.LocalPlace)
    ] == [1, 0]


def test_block_macros_nest_and_loops_inside_keep_their_breaks() -> None:
    function = check(
        program(
            ITERATOR + "actor a { int v, w; each(&v, 1) { each(&w, 2) { while (w) break; "
            "if (v) break; } if (w) continue; out: w = 1; } }"
        )
    ).actors["a"]

    jumps = [jump.label for jump in all_of(function, p.Goto)]
    assert ".each.1.end" in jumps
    assert ".each.0.after" in jumps
    assert len(all_of(function, p.Break)) == 1
    assert function.labels == ("out",)


def test_return_in_the_block_leaves_the_function() -> None:
    checked = check(
        program(
            ITERATOR + "static int f(void) { int v; each(&v, 1) return v; return 0; } "
            "actor a { f(); }"
        )
    )

    assert len(all_of(checked.functions["f"], p.Return)) == 2


def test_out_parameters_may_be_passed_on() -> None:
    checked = check(
        program(
            "static void set(int *p) { if (p) *p = 1; if (p != NULL) WRITE_ONCE(*p, 2); } "
            "static void on(int *q) { set(q); set(&*q); } actor a { int n; on(&n); set(NULL); }"
        )
    )

    assert set(checked.functions) == {"set", "on"}


def test_claims_call_functions_of_one_return() -> None:
    checked = check(
        program(
            TYPES + "static bool low_is(pmd_t v, u32 n) { return v.low == n; } "
            "static bool empty(struct mm *mm) { return low_is(mm->pmd, 0); } "
            'actor a { m.nr = 0; } final empty(&m) : "gone";'
        )
    )

    (claim,) = checked.finals
    assert claim.message == "gone"
    assert not all_of(claim, p.CallFunction)
    assert [f.field for f in all_of(claim, p.FieldPlace)] == ["low", "pmd"]


SCENARIO = (
    TYPES
    + """
actor walker { m.nr = 1; }
actor fault {
free:   m.nr = 2;
more:   m.nr = 3;
        if (m.nr)
last:           m.nr = 4;
}
static void f(void) { m.nr = 5; }
static void g(void) { f(); m.nr = 6; }
actor caller { f(); smp_call_function(f, 1); }
scenario s {
        run walker, fault * 2, caller;
        init { m.nr = 1 + 1; m.pmd = none; }
        bound 3;
        invariant m.nr >= 0;
        expect refuted deadlock, final allowing assert when PAE == on || PAE != on;
}
variant none_left "nothing" in s { drop fault.free; expect proved; }
variant other in s { replace fault.free with { m.nr = 9; m.nr = 10; } }
variant later in s { move fault.free after fault.more; }
variant inner in s { move fault.free before fault.last; }
variant swap in s { exchange f with g; }
transition m.pmd {
        none -> table;
        table -> none holding big, before->ptl;
        any -> any holding big;
}
"""
)


def test_scenarios() -> None:
    scenario = check(program(SCENARIO)).scenarios["s"]

    assert scenario.run == (("walker", 1), ("fault", 2), ("caller", 1))
    assert scenario.bound == 3
    assert [e.value for _, e in scenario.init if isinstance(e, p.Constant)] == [2]
    assert [type(e) for _, e in scenario.init] == [p.Constant, p.WordMake]
    assert len(scenario.invariants) == 1
    (expect,) = scenario.expects
    assert (expect.verdict, expect.properties, expect.allowing) == (
        "refuted",
        ("deadlock", "final"),
        ("assert",),
    )
    assert expect.when == p.Condition(((("PAE", "off"),), (("PAE", "on"),)))
    assert expect.models == ()


def test_transitions() -> None:
    (transition,) = check(program(SCENARIO)).transitions

    assert transition.word == "pmd_t"
    assert [(e.before, e.after, len(e.holding)) for e in transition.edges] == [
        ("none", "table", 0),
        ("table", "none", 2),
        ("any", "any", 1),
    ]
    (local,) = all_of(transition.edges[1].holding, p.Local)
    assert (local.name, local.number) == (transition.before.name, transition.before.number)
    assert local.type == PointerType(StructType("page_table"))


def written(variant: str) -> list[object]:
    """The constants that the actor ``fault`` stores, in the order of its text."""
    fault = check(program(SCENARIO), variant).actors["fault"]
    return [a.value.value for a in all_of(fault, p.Assign) if isinstance(a.value, p.Constant)]


@pytest.mark.parametrize(
    ("variant", "stores"),
    [
        ("", [2, 3, 4]),
        ("none_left", [3, 4]),
        ("other", [9, 10, 3, 4]),
        ("later", [3, 2, 4]),
        ("inner", [3, 2, 4]),
    ],
)
def test_variants_change_statements(variant: str, stores: list[int]) -> None:
    assert written(variant) == stores


def test_variants_keep_labels() -> None:
    for variant in ("none_left", "other", "later", "inner"):
        checked = check(program(SCENARIO), variant)
        assert set(checked.actors["fault"].labels) == {"free", "more", "last"}
        assert checked.variant == variant


def test_exchange_changes_calls_and_callbacks_but_not_the_new_function() -> None:
    checked = check(program(SCENARIO), "swap")

    caller = checked.actors["caller"]
    assert [c.function for c in all_of(caller, p.CallFunction)] == ["g"]
    assert [c.name for c in all_of(caller, p.FunctionName)] == ["g"]
    assert [c.function for c in all_of(checked.functions["g"], p.CallFunction)] == ["f"]


def test_variants_list_what_they_touch() -> None:
    variants = check(program(SCENARIO)).variants

    assert variants["none_left"].labels == (("fault", "free"),)
    assert variants["none_left"].title == "nothing"
    assert variants["none_left"].scenarios == ("s",)
    assert variants["swap"].labels == ()


def test_what_a_variant_breaks_is_reported_when_it_is_applied() -> None:
    text = "actor a { l: int n = 1; n = 2; } scenario s { run a; } variant v in s { drop a.l; }"

    check(program(text))
    assert [d.code for d in diagnostics(text, "v")] == ["unknown-name"]


def test_equal_programs_give_equal_protocols() -> None:
    assert check(program(SCENARIO)) == check(program(SCENARIO))


# What they are about is what their importers say: those check them.
UNFINISHED = ("maple_tree", "mmu_table_batch", "page")
WHOLE = [p for p in sorted((PROJECT / "protocols").rglob("*.khp")) if p.stem not in UNFINISHED]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_the_library_is_sound(path: Path) -> None:
    loaded = load(path, (PROJECT / "protocols",))
    base = check(loaded)

    for variant in base.variants:
        assert check(loaded, variant).variant == variant
