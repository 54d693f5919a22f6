"""Which stores branches decide on in graphs that go round, on graphs whose answers are known.

A graph is written block by block: ``a: s b c`` stores to a place of its own and branches on what it
loads, ``a: count b c`` on what it does not, ``a: b`` goes on, ``a:`` ends.
"""

from __future__ import annotations

from dsl.source import Span
from prover.graph import ir
from prover.graph.decided import decided


def told(text: str) -> dict[str, str]:
    """By block that branches the blocks with a store that it decides on."""
    blocks: dict[str, ir.BasicBlock] = {}
    where: dict[ir.Origin, str] = {}
    for line in text.split(";"):
        name, *words = line.replace(":", "").split()
        origin = ir.Origin(Span("t", len(blocks), len(blocks) + 1))
        stores = [word for word in words if word in ("s", "same")]
        if "same" in stores:
            origin = ir.Origin(Span("t", 99, 100))
        targets = [word for word in words if word not in (*stores, "count")]
        address, on = ir.Const(0), "i" if "count" in words else "r"
        body: tuple[ir.Instr, ...] = ()
        if stores:
            body = (ir.Store(address, ir.Const(1), "once", "whole", "", 0, origin),)
        if len(targets) > 1 and on == "r":
            body = (*body, ir.Load(on, address, "once", "whole", "", ir.NOWHERE))
        where[origin] = name
        end: ir.Terminator = ir.End()
        if len(targets) == 1:
            end = ir.Jump(targets[0])
        elif targets:
            then, otherwise = targets
            end = ir.Branch(ir.Reg(on), then, otherwise)
        blocks[name] = ir.BasicBlock(name, body, end)
    graph = ir.Cfg("t", next(iter(blocks)), blocks)
    found = {name: sorted(where[o] for o in origins) for name, origins in decided(graph).items()}
    return {name: " ".join(names) for name, names in found.items() if names}


def test_a_store_behind_a_loop_is_decided_by_nothing_in_it() -> None:
    assert told("a: b c; b: a; c: s") == {}


def test_a_store_that_rounds_lead_to_is_decided_by_what_they_look_at() -> None:
    assert told("h: b e; b: c k; k: h; c: s; e:")["b"] == "c"


def test_a_store_behind_the_point_where_arms_meet_is_decided_by_the_next_branch() -> None:
    assert told("h: b m; b: m h; m: c e; c: s; e:") == {"m": "c"}


def test_a_store_of_a_round_is_decided_by_the_round_before() -> None:
    assert told("h: s b; b: h e; e:") == {"b": "h"}


def test_of_stores_that_come_from_one_place_all_count() -> None:
    assert told("a: b c; b: same d; c: d; d: same") == {}


def test_where_nothing_ends_nothing_is_decided() -> None:
    assert told("a: b c; b: s a; c: a") == {}


def test_a_count_that_may_be_sure_to_lead_to_a_store_is_foreseen() -> None:
    rounds = "h: {} b c; b: x y; x: e h; y: c h; c: s; e:"
    assert told(rounds.format(""))["y"] == "c"
    assert "y" not in told(rounds.format("count"))


def test_a_count_that_leaves_every_way_open_is_not() -> None:
    assert told("h: count b e; b: c k; k: h; c: s; e:")["b"] == "c"
