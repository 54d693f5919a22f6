"""What lowering refuses, and the small facts that golden files do not show well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dsl.diagnostic import DiagnosticError
from dsl.primitives import PRIMITIVES
from dsl.protocol import Protocol
from prover.graph import compile_program
from prover.graph.instructions import inner, instructions
from prover.graph.ir import CallRcu, Cfg, Check, Load, Mark, Program, Rmw, Store
from prover.graph.limits import TooLarge
from prover.graph.lower import lower
from prover.graph.primitives import meanings
from prover.graph.values import POISON, Allocation, Half, Pointer, Word

Checked = Callable[[str], Protocol]

WORD = """
config PAE = off | on;
word w_t { split low, high when PAE == on; present 0x1; none = 0; at(struct o *) = 0x1; }
struct o { struct rcu_head rcu; w_t w; int x; spinlock_t l; struct o *next; };
struct o o at 0x100001000;
w_t w;
int a;
"""


def compiled(checked: Checked, text: str, pae: str = "off") -> Program:
    return lower(checked(f"{WORD}{text}\nscenario s {{ run m; }}"), "s", {"PAE": pae})


def graph(checked: Checked, body: str, pae: str = "off") -> Cfg:
    return compiled(checked, f"actor m {{ {body} }}", pae).actors[0].graph


def codes(checked: Checked, text: str, pae: str = "off") -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        compiled(checked, text, pae)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def test_every_primitive_has_a_meaning() -> None:
    assert set(meanings()) == set(PRIMITIVES)


# --- refused ----------------------------------------------------------------------------


def test_half_a_store_to_a_word_that_is_one_location_is_refused(checked) -> None:
    text = "actor m { w.low = 1; if (PAE == on) w.high = 2; }"
    assert codes(checked, text) == ["half-of-whole-word"]
    compiled(checked, text, "on")


def test_what_cannot_be_reached_is_not_refused(checked) -> None:
    graph(checked, "if (PAE == on) { w.low = 1; } else if (PAE == off) return; w.high = 1;")


def test_each_store_is_refused_once_however_often_it_is_called(checked) -> None:
    text = "static void f(w_t *p) { p->low = 1; }\nactor m { f(&w); f(&o.w); o.w.high = 1; }"
    assert codes(checked, text) == ["half-of-whole-word", "half-of-whole-word"]


@pytest.mark.parametrize(
    "update", ["xchg(&w.low, 1)", "cmpxchg(&w.high, 1, 2)", "set_bit(1, &w.low)"]
)
def test_an_atomic_update_of_a_half_is_refused(checked, update: str) -> None:
    assert codes(checked, f"actor m {{ {update}; }}", "on") == ["rmw-of-half"]


def test_the_address_of_a_half_is_refused_but_not_an_access_to_it(checked) -> None:
    text = "static void f(u32 *p) { *p = 1; }\nactor m { f(&w.low); }"
    assert codes(checked, text, "on") == ["address-of-half"]
    found = graph(checked, "u32 x = smp_load_acquire(&w.low); smp_store_release(&w.low, x);", "on")
    assert [i.part for i in instructions(found) if isinstance(i, Load | Store)] == ["low", "low"]


def test_a_callback_that_queues_itself_is_refused(checked) -> None:
    text = "static void f(struct rcu_head *h) { call_rcu(h, f); }\nactor m { call_rcu(&o.rcu, f); }"
    with pytest.raises(DiagnosticError) as caught:
        compiled(checked, text)
    assert {d.code for d in caught.value.diagnostics} <= {"recursive-callback", "recursion"}


def test_a_lock_of_an_edge_is_named_without_reading(checked) -> None:
    text = "actor m { } transition w { none -> at holding o.next->l; }"
    assert codes(checked, text) == ["transition-holding-load"]


def test_calls_that_double_at_every_level_are_refused(checked) -> None:
    levels = "".join(
        f"static int f{n}(void) {{ return f{n - 1}() + f{n - 1}(); }}\n" for n in range(1, 12)
    )
    text = f"static int f0(void) {{ return READ_ONCE(a) + READ_ONCE(o.x); }}\n{levels}"
    with pytest.raises((TooLarge, DiagnosticError)):
        compiled(
            checked, f"{text}static void g(void) {{ {'f11(); ' * 9} }}\nactor m {{ g(); g(); }}"
        )


# --- memory at the start ---------------------------------------------------------------------


def test_memory_holds_what_the_scenario_says(checked) -> None:
    protocol = checked(
        WORD
        + """
struct o p at 0x200002000 = { .w = at(&o), .x = 3 };
pool struct o slots[2];
ghost int count;
spinlock_t big class("big");
actor m { }
scenario s { run m; init { p.x = 4; w = at(&p); p.next = &o; } }
"""
    )
    layout = lower(protocol, "s", {"PAE": "on"}).layout
    start = layout.regions["p"].initial
    assert start["x",] == 4
    assert start["next",] == Pointer(Allocation("o", 0))
    assert start["w",] == Word(Half(0x1001, Allocation("o", 0)), Half(1, Allocation("o", 0)))
    assert start["l",] == 0
    assert layout.regions["w"].initial[()] == Word(
        Half(0x2001, Allocation("p", 0)), Half(2, Allocation("p", 0))
    )
    assert layout.regions["slots[1]"].initial["x",] is POISON
    assert layout.regions["slots[1]"].pool == "slots"
    assert layout.regions["count"].ghost
    classes = {c.lock_class for r in layout.regions.values() for c in r.cells if c.kind == "lock"}
    assert classes == {"o.l", "big"}
    assert [c.split for c in layout.regions["o"].cells if c.kind == "word"] == [True]
    assert set(layout.space.objects) == {"o", "p", "slots[0]", "slots[1]"}


# --- the details of what is emitted --------------------------------------------------------


def test_frames_tell_the_calls_apart(checked) -> None:
    text = """
static void store(void) { a = 1; }
static void twice(void) { store(); store(); }
actor m { twice(); }
"""
    cfg = compiled(checked, text).actors[0].graph
    frames = [i.origin.frames for i in instructions(cfg) if isinstance(i, Store)]
    assert [[f.function for f in found] for found in frames] == [["twice", "store"]] * 2
    assert [[f.call for f in found] for found in frames] == [[1, 2], [1, 3]]


def test_marks_name_the_function_that_has_the_label(checked) -> None:
    text = "static void f(void) { here: a = 1; }\nactor m { f(); there: f(); }"
    program = compile_program(
        checked(f"{WORD}{text} scenario s {{ run m * 2; }}"), "s", {"PAE": "off"}, 1
    )
    marks = [
        (i.owner, i.label) for i in instructions(program.actors[1].graph) if isinstance(i, Mark)
    ]
    assert marks == [("f", "here"), ("m", "there"), ("f", "here")]


def test_a_callback_has_frames_of_its_own(checked) -> None:
    text = """
static void cb(struct rcu_head *head) { container_of(head, struct o, rcu)->x = 1; }
static void defer(void) { call_rcu(&o.rcu, cb); }
actor m { defer(); }
"""
    cfg = compiled(checked, text).actors[0].graph
    calls = [i for i in instructions(cfg) if isinstance(i, CallRcu)]
    (call,) = calls
    stores = [i for i in instructions(call.callback) if isinstance(i, Store)]
    assert [[f.function for f in i.origin.frames] for i in stores] == [["cb"]]
    assert call.parameter == "cb.1.head"
    assert call.name == "cb()"
    assert inner(call) is call.callback


@pytest.mark.parametrize(
    ("call", "order", "writes"),
    [
        ("xchg(&a, 1)", "full", True),
        ("cmpxchg_acquire(&a, 0, 1)", "acquire", False),
        ("atomic_inc(&n)", "noreturn", True),
        ("atomic_inc_return(&n)", "full", True),
        ("atomic_fetch_or_release(1, &n)", "release", True),
        ("atomic_add_unless(&n, 1, 2)", "full", False),
        ("refcount_dec_and_test(&r)", "release", True),
        ("test_and_set_bit_lock(1, &a)", "acquire", False),
        ("clear_bit(1, &a)", "noreturn", True),
    ],
)
def test_the_orders_of_atomic_updates(checked, call: str, order: str, writes: bool) -> None:
    text = f"atomic_t n; refcount_t r; actor m {{ {call}; }}"
    cfg = compiled(checked, text).actors[0].graph
    (rmw,) = (i for i in instructions(cfg) if isinstance(i, Rmw))
    assert rmw.order == order
    assert (str(rmw.when) == "Const(value=1)") == writes


def test_no_check_of_a_local_that_surely_has_a_value(checked) -> None:
    body = "int x; if (a) x = 1; else x = 2; a = x; w_t v; v.low = 1; v.high = 2; w = v;"
    assert not [i for i in instructions(graph(checked, body, "on")) if isinstance(i, Check)]


def test_a_half_that_has_no_value_is_checked(checked) -> None:
    found = graph(checked, "w_t v; v.low = 1; w = v;", "on")
    (check,) = (i for i in instructions(found) if isinstance(i, Check))
    assert check.property == "uninitialized"
    assert "v" in check.message


def test_equal_runs_give_equal_programs(checked) -> None:
    text = f"{WORD}actor m {{ while (a) {{ w = xchg(&o.w, w); }} }} scenario s {{ run m; }}"
    first, second = (compile_program(checked(text), "s", {"PAE": "on"}, 2) for _ in range(2))
    assert first == second
