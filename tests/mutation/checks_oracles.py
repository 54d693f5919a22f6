"""Checks of the oracles: the interpreter's own tests, and the enumerator against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from tests.conftest import Golden
from tests.execution import (
    test_controls,
    test_enumerate_litmus,
    test_enumerate_random,
    test_fresh,
    test_locking,
    test_refusals,
    test_standstill,
)
from tests.execution.test_enumerate_cases import CASES, test_both_engines_find_what_the_case_says
from tests.graph import test_against_interpreter
from tests.interpreter.conftest import Lab, protocol
from tests.litmus_engine import test_relations
from tests.pipeline import test_labels
from tests.weak import test_handlers_asked, test_laws, test_suppressed

LAWS = (
    test_controls,
    test_enumerate_litmus,
    test_fresh,
    test_labels,
    test_locking,
    test_refusals,
    test_standstill,
    test_laws,
    test_handlers_asked,
    test_suppressed,
)
"""Tests of a function's law that take next to no time."""
READINGS = ("chains", "recursive_set", "may_stay")
"""Of the tests of relations those of certain terms; random ones are checks of their own."""
INTERPRETER = Path(__file__).parents[1] / "interpreter"
PROGRAMS = 80
"""Random programs by the interpreter and the enumerator, and by the interpreter and the graphs."""


def oracle_checks() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Names, and functions that say whether all is as it should be."""
    for case in CASES:
        if not case.open:
            both = partial(_passes, test_both_engines_find_what_the_case_says, case)
            yield f"executions/{case.name}", both
    for seed in range(PROGRAMS):
        yield f"enumerate/{seed}", partial(_passes, test_enumerate_random.agree, seed)
        yield f"compiled/{seed}", partial(_passes, test_against_interpreter.compare, seed)
    for module in LAWS:
        yield from tests_of(module)
    for name, holds in tests_of(test_relations):
        if any(part in name for part in READINGS):
            yield name, holds
    for path in sorted(INTERPRETER.glob("test_*.py")):
        yield from tests_of(import_module(f"tests.interpreter.{path.stem}"))


def tests_of(module: ModuleType) -> Iterator[tuple[str, Callable[[], bool]]]:
    """The tests of a module, each row of their parameters a check."""
    for name, test in vars(module).items():
        if name.startswith("test_") and not _soaks(getattr(test, "pytestmark", ())):
            for number, given in enumerate(_rows(test)):
                yield f"{module.__name__}.{name}/{number}", partial(_tested, test, given)


def _rows(test: Any) -> list[dict[str, object]]:
    """The parameters of a test, row by row."""
    rows: list[dict[str, object]] = [{}]
    for mark in getattr(test, "pytestmark", ()):
        if mark.name != "parametrize":
            continue
        names, values = mark.args
        names = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
        found = [_values(value, len(names)) for value in values if not _soaks(_marks(value))]
        more = [dict(zip(names, some, strict=True)) for some in found]
        rows = [{**row, **one} for row in rows for one in more]
    return rows


def _marks(value: Any) -> Iterable[Any]:
    """The marks of a row of parameters."""
    return value.marks if isinstance(value, ParameterSet) else ()


def _values(value: Any, number: int) -> Sequence[object]:
    """The values of a row of so many parameters."""
    if isinstance(value, ParameterSet):
        return value.values
    return [value] if number == 1 else value


def _soaks(marks: Iterable[Any]) -> bool:
    """Whether a test, or a row of its parameters, is one that takes long."""
    return any(mark.name == "soak" for mark in marks)


def _tested(test: Callable[..., object], given: dict[str, object]) -> bool:
    """A test with its parameters, and the fixtures that it wants."""
    wanted = test.__code__.co_varnames[: test.__code__.co_argcount]
    fixtures: dict[str, object] = {
        "lab": Lab(),
        "checked": protocol,
        "golden": Golden(update=False),
    }
    # What a test puts elsewhere is not there for the checks after it.
    with pytest.MonkeyPatch.context() as patch:
        fixtures["monkeypatch"] = patch
        test(**given, **{name: fixtures[name] for name in wanted if name in fixtures})
    return True


def _passes(test: Callable[..., object], *arguments: object) -> bool:
    """A test that raises where something does not hold."""
    test(*arguments)
    return True


__all__ = ["oracle_checks", "tests_of"]
