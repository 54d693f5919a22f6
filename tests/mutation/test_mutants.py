"""The mutants are what they are said to be, and the list of survivors is about mutants."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

from tests.mutation.install import install
from tests.mutation.mutants import names, sample, some
from tests.mutation.results import SURVIVED, Results
from tests.mutation.run import MODULES, ROOT, listed

SOURCE = '''
LEAST = 3


class Gate:
    """A gate."""

    @property
    def wide(self) -> int | None:
        return LEAST

    def opens(self, n: int) -> bool:
        """Whether it opens."""
        found = []
        if n > 2 and n != 7:
            found.append(n)
        return bool(found)


def both_open(one: int, two: int) -> bool:
    return Gate().opens(one) and not Gate().opens(two)
'''


def test_every_change_is_a_mutant_of_its_own() -> None:
    assert sorted(names(SOURCE)) == sorted(
        [
            "module: 3 -> 4",
            "Gate.opens: if n > 2 and n != 7: -> dropped",
            "Gate.opens: n > 2 -> GtE",
            "Gate.opens: 2 -> 3",
            "Gate.opens: n > 2 and n != 7 -> negated condition",
            "Gate.opens: n > 2 and n != 7 -> or",
            "Gate.opens: n != 7 -> Eq",
            "Gate.opens: 7 -> 8",
            "Gate.opens: found.append(n) -> dropped",
            "both_open: Gate().opens(one) and (not Gate().opens(two)) -> or",
            "both_open: not Gate().opens(two) -> without not",
        ]
    )
    texts = {ast.unparse(mutant.tree) for mutant in sample(SOURCE, 1, 99)}
    assert len(texts) == len(names(SOURCE))
    assert ast.unparse(ast.parse(SOURCE)) not in texts


def test_what_a_class_is_made_with_once_is_left_as_it_is() -> None:
    assert not names("class Gate(Struct, frozen=True, most=3):\n    wide: int = 4")


def test_a_mutant_reaches_what_was_imported_before() -> None:
    for mutant in sample(SOURCE, 1, 99):
        module = ModuleType("gate")
        module.__file__ = "gate.py"
        exec(compile(SOURCE, "gate.py", "exec"), vars(module))  # noqa: S102
        both, gate = module.both_open, module.Gate
        before = [gate().opens(n) for n in range(10)], both(5, 1), both(5, 5), both(1, 1)
        install(module, mutant)
        after = [gate().opens(n) for n in range(10)], both(5, 1), both(5, 5), both(1, 1)
        assert (after != before) == (mutant.name != "module: 3 -> 4"), mutant.name
        assert gate().wide == (4 if mutant.name == "module: 3 -> 4" else 3)


TABLE = """
def wanted() -> int:
    return 3


def rows() -> dict[str, int]:
    return {"a": wanted()}


ROWS = rows()
LOW, HIGH = 1, 2
"""


def test_what_is_made_while_a_module_loads_is_made_again() -> None:
    (mutant,) = some(TABLE, {"wanted: 3 -> 4"})
    module, other = ModuleType("made"), ModuleType("importing")
    module.__file__ = "made.py"
    exec(compile(TABLE, "made.py", "exec"), vars(module))  # noqa: S102
    other.__dict__["ROWS"] = module.ROWS
    sys.modules["importing"] = other
    try:
        install(module, mutant)
    finally:
        del sys.modules["importing"]
    assert module.ROWS == {"a": 4}
    assert vars(other)["ROWS"] is module.ROWS
    (mutant,) = some(TABLE, {"module: 2 -> 3"})
    install(module, mutant)
    assert (module.LOW, module.HIGH) == (1, 3)


def test_a_seed_gives_the_same_mutants() -> None:
    module = (ROOT / MODULES[0]).read_text(encoding="utf-8")
    chosen = [mutant.name for mutant in sample(module, 1, 5)]
    assert [mutant.name for mutant in sample(module, 1, 5)] == chosen
    assert [mutant.name for mutant in sample(module, 2, 5)] != chosen


def test_mutants_are_found_by_their_names() -> None:
    wanted = names(SOURCE)[2:4]
    assert [mutant.name for mutant in some(SOURCE, wanted)] == wanted


def test_results_are_kept_as_long_as_the_module_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "results"
    first, second, *_ = sample(SOURCE, 1, 99)
    results = Results(file)
    assert results.of("gate: one", first) is None
    results.add("gate: one", first, "a check/1")
    results.add("gate: two", second, SURVIVED)
    again = Results(file)
    assert again.of("gate: one", first) == "a check/1"
    assert again.of("gate: two", second) == SURVIVED
    assert again.of("gate: one", second) is None
    (moved, *_) = sample(f"# A comment.\n{SOURCE}", 1, 99)
    assert again.of("gate: one", moved) == "a check/1"
    (changed, *_) = sample(SOURCE.replace("wide", "broad"), 1, 99)
    assert again.of("gate: one", changed) is None


def test_every_survivor_is_a_mutant_with_a_reason() -> None:
    there = {
        f"{module}: {name}"
        for module in MODULES
        for name in names((ROOT / module).read_text(encoding="utf-8"))
    }
    for name, why in listed().items():
        assert name in there, name
        assert why.startswith(("equivalent: ", "message: ", "speed: ", "HOLE: ", "OPEN: ")), name
