"""The shapes of the litmus literature and what sequential consistency says of each.

Each thread is a list of ``W x 1`` and ``R x``; the question is whether the reads can give, in
the order in which they stand, the values that the weak outcome asks for.  Names as in
Alglave, Maranget, Tautschnig, "Herding cats", TOPLAS 2014.
"""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.enumerate.executions import enumerate_executions, outcomes
from prover.execution.execution import INITIAL, relations
from prover.graph import compile_program
from prover.models.algebra import ACYCLIC, Axiom, Base, MemoryModel, union
from prover.models.concrete import cycle
from prover.models.sc import SC

Shape = tuple[tuple[str, ...], tuple[int, ...], dict[str, int], bool]

SHAPES: dict[str, Shape] = {
    # name: threads, values read, final memory, allowed under SC
    "MP": (("W x 1; W y 1", "R y; R x"), (1, 0), {}, False),
    "MP in order": (("W x 1; W y 1", "R y; R x"), (1, 1), {}, True),
    "MP early": (("W x 1; W y 1", "R y; R x"), (0, 1), {}, True),
    "SB": (("W x 1; R y", "W y 1; R x"), (0, 0), {}, False),
    "SB one": (("W x 1; R y", "W y 1; R x"), (0, 1), {}, True),
    "LB": (("R x; W y 1", "R y; W x 1"), (1, 1), {}, False),
    "LB one": (("R x; W y 1", "R y; W x 1"), (0, 1), {}, True),
    "S": (("W x 2; W y 1", "R y; W x 1"), (1,), {"x": 2}, False),
    "S allowed": (("W x 2; W y 1", "R y; W x 1"), (0,), {"x": 2}, True),
    "R": (("W x 1; W y 1", "W y 2; R x"), (0,), {"y": 2}, False),
    "R allowed": (("W x 1; W y 1", "W y 2; R x"), (1,), {"y": 2}, True),
    "2+2W": (("W x 1; W y 2", "W y 1; W x 2"), (), {"x": 1, "y": 1}, False),
    "2+2W allowed": (("W x 1; W y 2", "W y 1; W x 2"), (), {"x": 2, "y": 2}, True),
    "WRC": (("W x 1", "R x; W y 1", "R y; R x"), (1, 1, 0), {}, False),
    "RWC": (("W x 1", "R x; R y", "W y 1; R x"), (1, 0, 0), {}, False),
    "WWC": (("W x 2", "R x; W y 1", "R y; W x 1"), (2, 1), {"x": 2}, False),
    "WRW+WR": (("W x 1", "R x; W y 1", "W y 2; R x"), (1, 0), {"y": 2}, False),
    "IRIW": (("W x 1", "W y 1", "R x; R y", "R y; R x"), (1, 0, 1, 0), {}, False),
    "IRIW seen": (("W x 1", "W y 1", "R x; R y", "R y; R x"), (1, 0, 1, 1), {}, True),
    "ISA2": (("W x 1; W y 1", "R y; W z 1", "R z; R x"), (1, 1, 0), {}, False),
    "Z6.0": (("W x 1; W y 1", "R y; W z 1", "W z 2; R x"), (1, 0), {"z": 2}, False),
    "3.SB": (("W x 1; R y", "W y 1; R z", "W z 1; R x"), (0, 0, 0), {}, False),
    "3.LB": (("R x; W y 1", "R y; W z 1", "R z; W x 1"), (1, 1, 1), {}, False),
    "CoRR": (("W x 1", "R x; R x"), (1, 0), {}, False),
    "CoRW1": (("R x; W x 1",), (1,), {}, False),
    "CoRW2": (("W x 1", "R x; W x 2"), (1,), {"x": 1}, False),
    "CoWR": (("W x 1; R x", "W x 2"), (2,), {"x": 1}, False),
    "CoWR own": (("W x 1; R x",), (0,), {}, False),
    "CoWW": (("W x 1; W x 2",), (), {"x": 1}, False),
}


def _text(threads: tuple[str, ...]) -> str:
    """The protocol of a shape; ``rN`` keeps what the N-th read gives."""
    lines = ["int x; int y; int z;"]
    reads = 0
    for number, thread in enumerate(threads):
        body: list[str] = []
        after: list[str] = []
        for step in thread.split("; "):
            match step.split():
                case ["W", place, value]:
                    body.append(f"WRITE_ONCE({place}, {value});")
                case ["R", place]:
                    lines.append(f"int r{reads};")
                    body.append(f"int v{reads} = READ_ONCE({place});")
                    after.append(f"r{reads} = v{reads};")
                    reads += 1
                case _:
                    raise AssertionError(step)
        lines.append(f"actor t{number} {{ {' '.join((*body, *after))} }}")
    run = ", ".join(f"t{number}" for number in range(len(threads)))
    return "\n".join((*lines, f"scenario s {{ run {run}; }}"))


def _skeleton(text: str) -> sk.Skeleton:
    protocol = check(load_text("t.khp", text, None, ()))
    return build(compile_program(protocol, "s", {}, 1))


@pytest.mark.parametrize("name", SHAPES)
def test_sequential_consistency_on_litmus_shapes(name: str) -> None:
    threads, values, memory, allowed = SHAPES[name]
    found = outcomes(_skeleton(_text(threads)), SC)
    assert found.complete
    wanted = {f"r{number}": str(value) for number, value in enumerate(values)}
    wanted |= {place: str(value) for place, value in memory.items()}
    hits = [state for state in found.outcomes if wanted.items() <= dict(state.places).items()]
    assert bool(hits) == allowed


STORE_BUFFERING = _text(SHAPES["SB"][0])


def test_each_execution_has_an_acyclic_po_rf_co_fr() -> None:
    executions = list(enumerate_executions(_skeleton(STORE_BUFFERING), SC))
    assert len(executions) == 3
    for execution in executions:
        found = relations(execution)
        assert cycle(frozenset().union(*found.values())) == ()
        assert all(one != two for pairs in found.values() for one, two in pairs)
        both = [source == INITIAL for source in execution.rf.values()]
        assert len(both) == 2
        assert sum(both) == len(found["fr"])
        assert len(found["rf"]) == 2 - sum(both)


def test_a_weaker_model_allows_more() -> None:
    communication = union(Base("rf"), Base("co"), Base("fr"))
    weak = MemoryModel("weak", (), (Axiom("coherence", ACYCLIC, communication),), communication)
    relaxed = outcomes(_skeleton(STORE_BUFFERING), weak)
    states = {(dict(s.places)["r0"], dict(s.places)["r1"]) for s in relaxed.outcomes}
    assert states == {("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")}


def test_relations_of_a_read_modify_write_have_it_as_one_event() -> None:
    text = """int x;
    actor a { xchg(&x, 1); }
    actor b { xchg(&x, 2); }
    scenario s { run a, b; }"""
    first, second = enumerate_executions(_skeleton(text), SC)
    for execution in (first, second):
        found = relations(execution)
        assert len(found["co"]) == 1
        assert found["rf"] == found["co"] == found["fr"]
    assert relations(first)["co"] != relations(second)["co"]
