"""The checker: what it refuses (one case file per code) and what it makes of good programs."""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from dsl import protocol as p
from dsl.check import check
from dsl.codes_check import CHECK_CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.imports import Program, load, load_text
from dsl.source import Source
from dsl.types import BOOL, INT, U32, U64, IntType, LockType, PointerType, StructType, WordType

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
CASES = sorted((HERE.parent / "cases" / "check").glob("*.khp"))
WANTED = re.compile(r"// error: ([\w, -]+)$")
VARIANT = re.compile(r"// variant: (\w+)")

T = TypeVar("T")


def program(text: str) -> Program:
    return load_text("t.khp", text, None, ())


def diagnostics(text: str, variant: str = "") -> tuple[Diagnostic, ...]:
    with pytest.raises(DiagnosticError) as caught:
        check(program(text), variant)
    return caught.value.diagnostics


def expected(text: str) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for number, line in enumerate(text.splitlines(), 1):
        match = WANTED.search(line)
        if match:
            found.update((number, code.strip()) for code in match[1].split(","))
    return found


def everything(part: object) -> Iterator[object]:
    """The tree of dataclasses below ``part``, itself first."""
    if isinstance(part, tuple):
        for each in part:
            yield from everything(each)
    elif is_dataclass(part):
        yield part
        for each in fields(part):
            yield from everything(getattr(part, each.name))


def all_of(part: object, kind: type[T]) -> list[T]:
    return [each for each in everything(part) if isinstance(each, kind)]


# --- what is refused -------------------------------------------------------------------


def test_there_are_cases() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path) -> None:
    text = case.read_text()
    wanted = expected(text)
    assert wanted
    variant = VARIANT.search(text)

    found = diagnostics(text, variant[1] if variant else "")

    source = Source("t.khp", text)
    lines = {
        (source.line_column(d.primary.span.start)[0], d.code)
        for d in found
        if d.primary is not None
    }
    assert lines == wanted
    assert any(code == case.stem for _, code in wanted)


@pytest.mark.parametrize("code", sorted(CHECK_CODES))
def test_every_code_has_a_case(code: str) -> None:
    assert (HERE.parent / "cases" / "check" / f"{code}.khp").exists()


def test_every_code_that_is_reported_is_explained() -> None:
    used: set[str] = set()
    for path in [*sorted((PROJECT / "dsl" / "check").glob("*.py")), PROJECT / "dsl" / "variant.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            at = {"error": 0, "fail": 0, "Diagnostic": 0, "_report": 1}.get(name)
            code = None if at is None else node.args[at]
            if isinstance(code, ast.Constant):
                used.add(str(code.value))

    assert used == set(CHECK_CODES)


def test_explanations_are_short() -> None:
    assert all(2 <= len(text.splitlines()) <= 6 for text in CHECK_CODES.values())


def test_diagnostics_come_in_the_order_of_the_text_and_at_most_fifty() -> None:
    found = diagnostics("actor a {" + " ".join(f"x{i} = 1;" for i in range(300)) + "}")

    starts = [d.primary.span.start for d in found if d.primary is not None]
    assert starts == sorted(starts)
    assert len(found) == 50


def test_the_nearest_name_is_suggested() -> None:
    (found,) = diagnostics("int nr_ptes; actor a { nr_pte = 1; }")

    assert found.hint == "did you mean `nr_ptes`?"


def test_a_trail_leads_to_the_first_declaration() -> None:
    (found,) = diagnostics("int x;\nint x;")

    assert [label.span.start for label in found.trail] == [4]


def test_a_trail_leads_to_the_call_that_makes_an_out_parameter() -> None:
    text = (
        "int *keep; static void f(int *out) { keep = out; } static void g(int *o) { f(o); } "
        "actor a { int n; g(&n); }"
    )
    (found,) = diagnostics(text)

    assert found.primary is not None
    assert found.primary.span.start == text.index("out; }")
    assert [label.span.start for label in found.trail] == [text.index("&n")]


def test_the_narrowest_place_is_named() -> None:
    text = "struct s { int f; }; struct s o; actor a { o.f = o.g; }"
    (found,) = diagnostics(text)

    assert found.primary is not None
    assert text[found.primary.span.start : found.primary.span.end] == "g"


def test_a_mistake_is_reported_once() -> None:
    found = diagnostics("struct s { nope_t f; }; struct s o; actor a { o.f = 1; o.f = 2; }")

    assert [d.code for d in found] == ["unknown-type"]


def test_deep_nesting_is_checked_and_the_recursion_limit_restored() -> None:
    before = sys.getrecursionlimit()
    deep = 95
    text = "int x; actor a { " + "if (x) { " * deep + "x = y;" + "}" * deep + "}"

    assert [d.code for d in diagnostics(text)] == ["unknown-name"]
    assert sys.getrecursionlimit() == before


CALL = "static int f0(int x) { return x; }"
YIELD = "iterator f0(int x) { yield; }"


@pytest.mark.parametrize(
    ("first", "following", "end"),
    [
        (CALL, "static int f{0}(int x) {{ return f{1}(x + x); }}", "final f300(x) == 0;"),
        (CALL, "static int f{0}(int x) {{ return f{1}(x) + f{1}(x); }}", ""),
        (YIELD, "iterator f{0}(int x) {{ f{1}(x) {{ yield; }} }}", ""),
        (YIELD, "iterator f{0}(int x) {{ f{1}(x) {{ }} f{1}(x) {{ yield; }} }}", ""),
    ],
    ids=["claims", "calls", "nesting", "doubling"],
)
def test_hostile_expansion_ends_soon(first: str, following: str, end: str) -> None:
    chain = (following.format(i, i - 1) for i in range(1, 301))
    text = "\n".join(["int x;", first, *chain, end])
    start = time.perf_counter()

    assert {d.code for d in diagnostics(text)} == {"too-large"}
    assert time.perf_counter() - start < 10


# --- what is made of good programs -----------------------------------------------------

TYPES = """
config PAE = off | on;
enum scan { FAIL, SUCCEED = 3, LATER };
typedef unsigned long pfn_t;
struct page_table { spinlock_t ptl; spinlock_t sub class("pte"); struct rcu_head rcu; int n[2]; };
struct folio { int x; folio_lock_t lock; refcount_t ref; };
word pmd_t {
        split low, high when PAE == on;
        present 0x1;
        none = 0;
        table(struct page_table *) = 0x67;
}
struct mm { pmd_t pmd; int nr; __data_racy int hint; };
struct page_table A;
struct page_table B at 0x123456000;
struct folio F;
struct mm m = { .pmd = table(&A), .nr = SUCCEED };
spinlock_t big;
pool struct page_table tables[2];
"""


def body(statements: str, extra: str = "") -> p.Function:
    return check(program(TYPES + extra + "actor a { " + statements + " }")).actors["a"]


def only(statements: str, extra: str = "") -> p.Expr:
    """The expression of the last statement."""
    last = body(statements, extra).body.body[-1]
    assert isinstance(last, p.Evaluate)
    return last.expr


def test_declarations() -> None:
    checked = check(program("// Result: proved\n//\n// Why?\n\n// Not this.\n" + TYPES))

    assert checked.header == "Result: proved\n\nWhy?"
    assert checked.models == ("sc",)
    assert checked.configs == {"PAE": ("off", "on")}
    assert checked.enums == {"scan": {"FAIL": 0, "SUCCEED": 3, "LATER": 4}}
    word = checked.words["pmd_t"]
    assert word.halves == ("low", "high")
    assert word.split_when == p.Condition(((("PAE", "on"),),))
    assert word.present == 1
    assert [(v.name, v.bits) for v in word.values] == [("none", 0), ("table", 0x67)]
    assert word.values[1].parameter == PointerType(StructType("page_table"))
    classes = {f.name: f.lock_class for f in checked.structs["page_table"].fields}
    assert classes == {"ptl": "page_table.ptl", "sub": "pte", "rcu": "", "n": ""}
    assert [f.data_racy for f in checked.structs["mm"].fields] == [False, False, True]
    assert checked.objects["big"].lock_class == "big"
    assert checked.objects["big"].address == 0


def test_initial_values_are_constants_by_path() -> None:
    (pmd, nr) = check(program(TYPES)).objects["m"].initial

    assert pmd[0] == ("pmd",)
    assert isinstance(pmd[1], p.WordMake)
    assert isinstance(pmd[1].argument, p.AddressOf)
    assert nr[0] == ("nr",)
    assert isinstance(nr[1], p.Constant)
    assert (nr[1].value, nr[1].type) == (3, INT)


def test_addresses_are_pages_that_differ_in_both_halves() -> None:
    text = (
        TYPES
        + "struct page_table C at 0x300000;"
        + "".join(f"struct page_table T{i};" for i in range(40))
    )
    checked = check(program(text))
    found = [o.address for o in checked.objects.values() if isinstance(o.type, StructType)]
    found += [address for pool in checked.pools.values() for address in pool.addresses]

    assert checked.objects["B"].address == 0x123456000
    assert all(address and address % 0x1000 == 0 for address in found)
    assert len({address & 0xFFFFFFFF for address in found}) == len(found)
    assert len({address >> 32 for address in found}) >= len(found) - 2


def test_numbers_convert_with_explicit_casts() -> None:
    assign = only("u64 wide = 1; int n = 2; wide = wide + n;")

    assert isinstance(assign, p.Assign)
    assert isinstance(assign.value, p.Binary)
    assert assign.value.type == U64
    assert isinstance(assign.value.right, p.Cast)
    assert assign.value.right.type == U64


def test_small_types_are_promoted() -> None:
    assign = only("u8 b = 1; s16 h = 2; int n = b + h;")

    assert isinstance(assign, p.Assign)
    assert isinstance(assign.value, p.Binary)
    assert assign.value.type == INT
    assert [c.type for c in all_of(assign.value, p.Cast)] == [INT, INT]


@pytest.mark.parametrize(
    ("literal", "type_", "value"),
    [
        ("1", INT, 1),
        ("0xffffffff", U32, 0xFFFFFFFF),
        ("4294967295", IntType(64, True), 0xFFFFFFFF),
        ("1U", U32, 1),
        ("1UL", U64, 1),
        ("-1", INT, -1),
        ("~0U", U32, 0xFFFFFFFF),
    ],
)
def test_literals(literal: str, type_: IntType, value: int) -> None:
    call = only(f"(void)({literal});")

    assert isinstance(call, p.Constant)
    assert (call.type, call.value) == (type_, value)


def test_null_takes_the_type_that_is_needed() -> None:
    function = body("struct mm *p = NULL; if (p == NULL || p == 0 || !p) p = 0;")

    pointers = [c for c in all_of(function, p.Constant) if isinstance(c.type, PointerType)]
    assert [c.type for c in pointers] == [PointerType(StructType("mm"))] * 4


def test_named_values_of_words() -> None:
    function = body("pmd_t old = m.pmd; if (old == none) m.pmd = table(&A); if (none != old) ;")

    made = all_of(function, p.WordMake)
    assert [(w.word, w.value) for w in made] == [
        ("pmd_t", "none"),
        ("pmd_t", "table"),
        ("pmd_t", "none"),
    ]


def test_a_local_shadows_a_named_value_but_not_its_call() -> None:
    function = body("struct page_table *table = &A; pmd_t none = m.pmd; none = table(table);")

    assert [w.value for w in all_of(function, p.WordMake)] == ["table"]
    assert len(all_of(function, p.Local)) >= 2


def test_casts_of_words() -> None:
    pointer = only("struct page_table *t = (struct page_table *)m.pmd;")
    bits = only("u32 n = (u32)m.pmd;")
    word = only("m.pmd = (pmd_t)1;")

    assert [c.type for c in all_of(pointer, p.Cast)] == [PointerType(StructType("page_table"))]
    assert [c.type for c in all_of(bits, p.Cast)] == [U32, U64]
    assert [c.type for c in all_of(word, p.Cast)] == [WordType("pmd_t")]


def test_halves_of_places() -> None:
    function = body("pmd_t v; v.low = m.pmd.high; WRITE_ONCE(m.pmd.low, v.low);")

    places = [(f.field, f.type) for f in all_of(function, p.FieldPlace) if f.field != "pmd"]
    assert set(places) == {("low", U32), ("high", U32)}


def test_conditions_are_bools() -> None:
    function = body("struct mm *q = &m; while (q && m.nr && m.pmd && !q) break;")

    (loop,) = all_of(function, p.Loop)
    assert loop.condition.type == BOOL
    assert [c.type for c in all_of(loop.condition, p.Cast)] == [BOOL] * 4


def test_configs_compare_with_their_values() -> None:
    compared = all_of(body("if (PAE == on) m.nr = 1;"), p.Binary)[0]

    assert isinstance(compared.left, p.ConfigValue)
    assert isinstance(compared.right, p.Constant)
    assert compared.right.value == 1


def test_primitives_take_addresses() -> None:
    function = body("m.nr = READ_ONCE(m.hint); xchg(&m.pmd, none); set_bit(1, &m.nr);")

    calls = all_of(function, p.CallPrimitive)
    assert [(c.primitive, c.type) for c in calls] == [
        ("READ_ONCE", INT),
        ("xchg", WordType("pmd_t")),
        ("set_bit", calls[2].type),
    ]
    assert isinstance(calls[0].arguments[0], p.AddressOf)
    assert isinstance(calls[2].arguments[0], p.Constant)


def test_a_local_is_accessed_plainly() -> None:
    function = body("int n = 1; n = READ_ONCE(n); WRITE_ONCE(n, 2);")

    assert not all_of(function, p.CallPrimitive)


def test_flags_and_old_are_addresses_of_locals() -> None:
    function = body(
        "unsigned long flags; int old = 1; spin_lock_irqsave(&big, flags); "
        "try_cmpxchg(&m.nr, &old, 2); spin_unlock_irqrestore(&big, flags);"
    )

    calls = all_of(function, p.CallPrimitive)
    lent = [c.arguments[1] for c in calls]
    assert [
        a.place.local.name
        for a in lent
        if isinstance(a, p.AddressOf) and isinstance(a.place, p.LocalPlace)
    ] == ["flags", "old", "flags"]


def test_folio_locks_are_found_in_their_struct() -> None:
    direct = only("folio_lock(&F);")
    through = only("struct folio *f = &F; folio_lock(f);")

    for call in (direct, through):
        assert isinstance(call, p.CallPrimitive)
        (argument,) = call.arguments
        assert argument.type == PointerType(LockType("folio"))
        assert isinstance(argument, p.AddressOf)
        assert isinstance(argument.place, p.FieldPlace)
        assert argument.place.field == "lock"


def test_kfree_rcu_takes_the_head_of_the_object() -> None:
    simple = only("struct page_table *t = &A; kfree_rcu(t, rcu);")
    once = only("kfree_rcu(get(), rcu);", "static struct page_table *get(void) { return &A; }")

    for call in (simple, once):
        assert isinstance(call, p.CallPrimitive)
        head = call.arguments[1]
        assert isinstance(head, p.AddressOf)
        assert isinstance(head.place, p.FieldPlace)
        assert head.place.field == "rcu"
    assert len(all_of(once, p.CallFunction)) == 1


def test_alloc_gives_a_pointer_to_the_pools_struct() -> None:
    call = all_of(body("struct page_table *t = alloc(tables);"), p.CallPrimitive)[0]

    assert call.type == PointerType(StructType("page_table"))
    assert [type(a) for a in call.arguments] == [p.PoolName]


def test_messages_and_targets_are_kept_apart() -> None:
    checked = check(
        program(
            "int x; static void f(void) { x = 1; } actor b { x = 2; } "
            'actor a { smp_call_function(f, true, b); assert(x == 1, "why"); }'
        )
    )

    ipi, claim = all_of(checked.actors["a"], p.CallPrimitive)
    assert ipi.actors == ("b",)
    assert len(ipi.arguments) == 2
    assert claim.message == "why"
    assert len(claim.arguments) == 1


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


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "protocols").rglob("*.khp")), ids=lambda path: path.stem
)
def test_the_library_is_sound(path: Path) -> None:
    loaded = load(path, (PROJECT / "protocols",))
    base = check(loaded)

    for variant in base.variants:
        assert check(loaded, variant).variant == variant
