"""Slots of pools that change places in real protocols, and what keeps them from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load, load_text
from prover.graph import ir
from prover.graph.values import Allocation, Pointer
from prover.parametric.certificate.checker import check as confirm
from prover.parametric.certificate.folded import Folded, folded
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import Endless, Safe
from prover.parametric.machine import Compiled, build
from prover.parametric.machine.exchange import Exchange
from prover.parametric.machine.values import OVER
from prover.parametric.search import Limits, search
from prover.parametric.search.limits import Overrun
from prover.parametric.search.pairs import Pairs
from prover.parametric.system import Infinite, Refused
from prover.smt.none import first_yes
from tests.anynumber.themes import generate
from tests.parametric.comparing import graphs, system

CASES = Path(__file__).parents[1] / "cases" / "verdict" / "anynumber"
PROTOCOLS = Path(__file__).parents[2] / "protocols"
MOST = 300_000

SEEDS = range(400)
"""Seeds of generated protocols, of which a few have a pool with several slots."""

HOLDING = ("recycled", "removal", "owners", "sleepable")
"""Themes with pools that may have them."""


def proved(made: Compiled, exchanges: tuple[Exchange, ...]) -> Folded | Table | None:
    """What proves a system, as the search looks at it.  Raises Overrun."""
    said = search(made, 2, Limits(views=MOST), exchanges)
    if isinstance(said, Endless):
        raise Overrun
    if not isinstance(said, Safe):
        return None
    assert isinstance(said.invariant, Pairs)
    kept = said.invariant.exchanges
    return folded(said.invariant, said.invariant.rooms, kept) if kept else tabled(said.invariant)


def compared(make: Callable[[], Compiled]) -> Folded | None:
    """That a proof is the same with slots exchanged and without, and both checkers accept it."""
    made = make()
    exchanges = made.exchanges()
    one = proved(made, exchanges)
    two = proved(made, ())
    plain = proved(make(), ())
    assert (one is None) == (two is None) == (plain is None)
    if one is None or two is None or plain is None:
        return None
    assert tabled(one).rows == two.rows
    assert len(tabled(one)) == len(tabled(plain))
    assert confirm(made, one) is None
    if not isinstance(one, Folded):
        return None
    assert first_yes(questions(made, one), 60) is None
    return one


def of_text(text: str, scenario: str = "s", *, counting: bool = False) -> Compiled:
    protocol = check(load_text("slots.khp", text, CASES, (library_root(),)))
    (scenario,) = protocol.scenarios
    asked = protocol.scenarios[scenario]
    many = frozenset(asked.many)
    return system(protocol, scenario, many=many, forever=asked.forever, counting=counting)


def slots(text: str, number: int) -> str:
    """A protocol with so many slots in each of its pools."""
    return re.sub(r"(pool [^;\[]*)\[\d\]", rf"\1[{number}]", text)


@pytest.mark.parametrize(
    ("name", "number", "counting", "exchanges"),
    [
        ("rcu_removal", 2, False, 1),
        ("rcu_removal", 3, False, 5),
        ("rcu_removal_wrong", 2, False, 0),
        ("rcu_removal_wrong", 3, False, 0),
        ("reference_table", 2, False, 0),
        ("reference_table", 2, True, 1),
        ("typesafe_lookup", 2, False, 0),
        ("typesafe_lookup", 2, True, 1),
    ],
)
def test_known_answers(name: str, number: int, counting: bool, exchanges: int) -> None:
    """The known cases, with so many slots; 0: there is no proof."""
    text = slots((CASES / f"{name}.khp").read_text(encoding="utf-8"), number)
    found = compared(lambda: of_text(text, counting=counting))
    assert (found is not None) == (exchanges > 0)
    if found is not None:
        assert len(found.exchanges) == exchanges
        assert len(found.kept.rows) < len(list(found.shared()))


@pytest.mark.parametrize("seeds", [range(120), pytest.param(SEEDS, marks=pytest.mark.soak)])
def test_generated_protocols(seeds: range) -> None:
    fewer = 0
    for seed in seeds:
        generated = generate(seed)
        if generated.theme not in HOLDING or not re.search(r"pool [^;]*\[2\]", generated.text):
            continue
        for counting in (False, True):
            try:
                found = compared(lambda: of_text(generated.text, counting=counting))  # noqa: B023
            except (Infinite, Refused, Overrun):
                continue
            fewer += found is not None
    assert fewer > len(seeds) // 24


def of_file(name: str, scenario: str, configuration: dict[str, str]) -> Compiled:
    protocol = check(load(PROTOCOLS / name, (library_root(),)))
    asked = protocol.scenarios[scenario]
    many = frozenset(asked.many)
    return system(protocol, scenario, configuration, many, forever=asked.forever, forgetful=True)


@pytest.mark.parametrize(
    ("name", "scenario", "pae"),
    [
        ("retract_any.khp", "walk_populate", "off"),
        ("retract_any.khp", "walk_populate", "on"),
        ("retract_any.khp", "uffd", "off"),
        ("any/pt_reclaim.khp", "retract", "off"),
        pytest.param("any/map_nolock.khp", "write", "off", marks=pytest.mark.soak),
        pytest.param("retract_any.khp", "uffd", "on", marks=pytest.mark.soak),
        pytest.param("any/vma_lock.khp", "unmap", "off", marks=pytest.mark.soak),
    ],
)
def test_protocols_of_the_kernel(name: str, scenario: str, pae: str) -> None:
    found = compared(lambda: of_file(name, scenario, {"PAE": pae}))
    assert found is not None
    assert len(found.kept.rows) < 0.7 * len(list(found.shared()))


ORDER = """
struct item { int value; };
word ref_t { none = 0; to(struct item *) = 0x1; }
pool struct item items[2] zeroed at (0x1000, 0x2000);
struct cell { ref_t ref; };
struct cell a;
struct cell b;
int said;
spinlock_t l;
actor user {
	struct item *fresh = alloc(items);
	if (!fresh)
		return;
	spin_lock(&l);
	ref_t other = READ_ONCE(a.ref);
	WRITE_ONCE(a.ref, to(fresh));
	WRITE_ONCE(said, %s);
	WRITE_ONCE(b.ref, other);
	spin_unlock(&l);
}
actor looker { assert(READ_ONCE(said) < 2, "a bool"); }
scenario s { run user *, looker *; forever; expect proved; }
"""


@pytest.mark.parametrize(
    ("said", "exchanges", "folds"),
    [
        ("READ_ONCE(a.ref) == other", 1, True),
        # Of two addresses the lower one: nothing names a slot, but rules are others.
        ("(u64)READ_ONCE(a.ref) < (u64)other", 1, False),
        # The address of a slot.
        ("(u64)other == 0x1001", 0, False),
        ("(u64)other == 0x3001", 1, True),
    ],
)
def test_what_tells_slots_apart(said: str, exchanges: int, folds: bool) -> None:
    made = of_text(ORDER % said)
    assert len(made.exchanges()) == exchanges
    assert (compared(lambda: of_text(ORDER % said)) is not None) == folds


def removal() -> ir.Program:
    protocol = check(load(CASES / "rcu_removal.khp", (library_root(),)))
    return graphs(protocol, "list", {})


def with_initial(program: ir.Program, name: str, value: int | Pointer) -> ir.Program:
    """The program where the first cell of an object holds something else at the start."""
    regions = dict(program.layout.regions)
    region = regions[name]
    path = next(iter(region.initial))
    regions[name] = replace(region, initial={**region.initial, path: value})
    return replace(program, layout=replace(program.layout, regions=regions))


def with_constant(program: ir.Program, value: int | Pointer) -> ir.Program:
    """The program where somebody names a value, and does nothing with it."""
    actor = program.actors[0]
    blocks = dict(actor.graph.blocks)
    entry = blocks[actor.graph.entry]
    origin = next(each.origin for block in blocks.values() for each in block.body)
    named = ir.Assign("%named", ir.Const(value), origin)
    blocks[entry.name] = replace(entry, body=(named, *entry.body))
    changed = replace(actor, graph=replace(actor.graph, blocks=blocks))
    return replace(program, actors=(changed, *program.actors[1:]))


FIRST = Pointer(Allocation("entries[0]", OVER))


def otherwise() -> Iterator[tuple[ir.Program, int]]:
    """Programs in which slots are told apart by one thing, or (1) are not."""
    program = removal()
    yield program, 1
    yield with_initial(program, "entries[0]", 7), 0
    yield with_initial(program, "head", FIRST), 0
    yield with_initial(program, "head", 0), 1
    yield with_constant(program, FIRST), 0
    yield with_constant(program, Pointer(Allocation("entries[1]", OVER), ("value",))), 0
    yield with_constant(program, 5), 1


def test_a_slot_that_is_named() -> None:
    for program, number in otherwise():
        made = build(program, frozenset({"reader", "updater"}), True)
        assert len(made.exchanges()) == number


@pytest.mark.parametrize(
    "left_out", ["local", "pair", "shared", "label", "guard", "wait", "change", "held", "region"]
)
def test_an_exchange_that_forgets_something(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an exchange forgets is noticed by the search, which does without it then."""
    known = Exchange.image
    forgotten: dict[str, tuple[str, Callable[..., object]]] = {
        "local": ("local", lambda _, number: number),
        "pair": ("pair", lambda _, variable, value: (variable, value)),
        "shared": ("shared", lambda _, shared: shared),
        "label": ("label", lambda _, label: label),
        "guard": ("guard", lambda _, guard: guard),
        "wait": ("wait", lambda _, wait: wait),
        "change": ("change", lambda _, change: change),
        "held": ("image", lambda self, local: known(self, local)._replace(held=local.held)),
        "region": ("_region", lambda _, region: region),
    }
    name, instead = forgotten[left_out]
    plain = proved(of_file("retract_any.khp", "walk_populate", {"PAE": "off"}), ())
    assert plain is not None
    monkeypatch.setattr(Exchange, name, instead)
    made = of_file("retract_any.khp", "walk_populate", {"PAE": "off"})
    said = proved(made, made.exchanges())
    if left_out in UNUSED:
        assert isinstance(said, Folded)
        return
    assert isinstance(said, Table)
    assert len(said) == len(plain)


UNUSED = ("wait",)
"""What makes no difference there: no wait is for an object of a slot."""
