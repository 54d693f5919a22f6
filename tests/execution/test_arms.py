"""Which stores stand in arms that leave a loop, in programs whose answers are known by hand."""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution.construct.arms import within_arms
from prover.execution.construct.controls import open_branches
from prover.execution.construct.draft import topological
from prover.graph import compile_program, ir
from prover.graph.values import Pointer

HEAD = "models sc;\nint x;\nint y;\nint z;\n"
TAIL = """\
scenario s { run a; expect proved; }
variant v in s { move a.store after a.behind; expect proved; }
variant w in s { move a.behind before a.store; expect proved; }
variant r in s { replace a.store with { WRITE_ONCE(x, 2); } expect proved; }
variant o in s { replace a.behind with { WRITE_ONCE(x, 2); } expect proved; }
"""
LOOP = """\
actor a {
\tfor (;;) {
\t\tif (READ_ONCE(x)) {
\t\t\tWRITE_ONCE(z, 1);
\t\tstore:
\t\t\tWRITE_ONCE(y, 1);
\t\t\tbreak;
\t\t}
\t}
behind:
\tWRITE_ONCE(x, 0);
}
"""
ELSE = LOOP.replace("if (READ_ONCE(x)) {", "if (!READ_ONCE(x))\n\t\t\tcontinue;\n\t\telse {")
CALLED = "void f(void)\n{\n\tWRITE_ONCE(y, 1);\n}\n" + LOOP.replace(
    "WRITE_ONCE(z, 1);", "f();"
).replace("WRITE_ONCE(y, 1);\n\t\t\tb", "f();\n\t\t\tb")
CONDITION = LOOP.replace("READ_ONCE(x))", "READ_ONCE(x) && xchg(&z, 1))")
ROUND = LOOP.replace("if (READ_ONCE(x)) {", "if (!READ_ONCE(x))\n\t\t\tcontinue;").replace(
    "break;\n\t\t}", "break;"
)
CASE = """\
actor a {
\tfor (;;) {
\t\tswitch (READ_ONCE(x)) {
\t\tcase 1:
\t\t\tWRITE_ONCE(z, 1);
\t\tstore:
\t\t\tWRITE_ONCE(y, 1);
\t\t\tgoto behind;
\t\t}
\t}
behind:
\tWRITE_ONCE(x, 0);
}
"""
NO_LOOP = LOOP.replace("for (;;)", "for (int i = 0; i < 2; i++)")


def stores(text: str, variant: str = "") -> list[str]:
    """What is stored to in an arm of a graph that leaves paths out."""
    protocol = check(load_text("t.khp", HEAD + text + TAIL, None, ()), variant)
    program = compile_program(protocol, "s", {}, 4, waiting=True)
    (actor,) = program.actors
    found: set[str] = set()
    open_ones = open_branches(actor.graph, topological(actor.graph))
    for (block, index), rows in within_arms(actor.graph, open_ones).items():
        instr = actor.graph.blocks[block].body[index]
        assert isinstance(instr, ir.Store | ir.Rmw)
        assert isinstance(instr.address, ir.Const)
        assert isinstance(instr.address.value, Pointer)
        assert instr.address.value.base is not None
        assert rows
        found.add(instr.address.value.base.object)
    return sorted(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(LOOP, ["y", "z"]), (ELSE, ["y", "z"]), (CALLED, ["y"]), (NO_LOOP, [])],
    ids=["loop", "else", "called", "no loop"],
)
def test_stores_in_an_arm(text: str, expected: list[str]) -> None:
    assert stores(text) == expected


def test_a_store_in_the_condition_is_in_no_arm() -> None:
    assert stores(CONDITION) == ["y", "z"]
    assert stores(CONDITION.replace("\t\t\tWRITE_ONCE(z, 1);\n", "")) == ["y"]


def test_what_is_moved_out_of_an_arm_is_not_in_it_by_its_text() -> None:
    assert stores(LOOP, "v") == ["z"]


def test_what_a_variant_puts_into_an_arm_is_in_it() -> None:
    assert stores(LOOP, "w") == ["x", "y", "z"]
    assert stores(LOOP, "r") == ["x", "z"]
    assert stores(LOOP, "o") == ["y", "z"]


def test_what_stands_behind_an_arm_that_goes_round_is_in_the_other() -> None:
    assert stores(ROUND) == ["y", "z"]
    assert stores(ROUND.replace("continue;", "cpu_relax();")) == []


def test_what_is_entered_from_elsewhere_is_in_no_arm() -> None:
    entered = ROUND.replace("\tfor", "\tif (READ_ONCE(z))\n\t\tgoto store;\n\tfor")
    assert stores(entered) == []


def test_stores_in_a_case() -> None:
    assert stores(CASE) == ["y", "z"]
    assert stores(CASE.replace("case 1:", "case 1:\n\t\tcase 2:")) == ["y", "z"]
    assert stores(CASE.replace("case 1:", "case 1:\n\t\tdefault:")) == []
    falls = CASE.replace("case 1:", "case 2:\n\t\t\tcpu_relax();\n\t\tcase 1:")
    assert stores(falls) == ["y", "z"]
    assert stores(falls.replace("case 1:", "default:")) == []
