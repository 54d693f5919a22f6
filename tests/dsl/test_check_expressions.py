"""What the checker makes of good programs: declarations, expressions, primitives."""

from __future__ import annotations

import pytest

from dsl import protocol as p
from dsl.check import check
from dsl.types import BOOL, INT, U32, U64, IntType, LockType, PointerType, StructType, WordType
from tests.dsl.checking import TYPES, all_of, body, only, program


def test_declarations() -> None:
    checked = check(program("// About it.\n//\n// Why?\n\n// Not this.\n" + TYPES))

    assert checked.header == "About it.\n\nWhy?"
    assert checked.models == ("lkmm",)
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
