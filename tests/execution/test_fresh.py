"""What a new allocation holds, and which bits of a word make a half of it count."""

from __future__ import annotations

from dsl.check import check
from dsl.imports import load_text
from prover.execution.construct.memory import _part, fresh
from prover.graph import compile_program
from prover.graph.ir import Cell
from prover.graph.values import POISON, ZERO_WORD, Half

TEXT = """models sc;
word wide_t { split low, high; present 0x1; none = 0; }
word narrow_t { present 0x1; none = 0; }
struct foo { int number; wide_t wide; narrow_t narrow; struct srcu_struct ss; };
struct foo f;
actor a { f.number = 1; }
scenario s { run a; }
"""


def cells() -> dict[str, Cell]:
    """The cells of the struct, by the names of its fields."""
    program = compile_program(check(load_text("t.khp", TEXT, None, ())), "s", {}, 1)
    return {str(cell.path[0]): cell for cell in program.layout.regions["f"].cells}


def test_what_is_not_zeroed_is_poison() -> None:
    for name, cell in cells().items():
        halves = [("low", POISON), ("high", POISON)] if name == "wide" else [("whole", POISON)]
        assert fresh(cell, zeroed=False) == halves, name


def test_what_is_zeroed_is_zero_but_for_what_must_be_set_up() -> None:
    found = cells()
    assert fresh(found["number"], zeroed=True) == [("whole", 0)]
    assert fresh(found["narrow"], zeroed=True) == [("whole", ZERO_WORD)]
    assert fresh(found["wide"], zeroed=True) == [("low", Half(0)), ("high", Half(0))]
    assert fresh(found["ss"], zeroed=True) == [("whole", POISON)]


def test_each_half_has_its_own_bits_of_the_mask() -> None:
    mask = 0x8000_0001_8000_0003
    assert _part(mask, "low") == 0x8000_0003
    assert _part(mask, "high") == 0x8000_0001
