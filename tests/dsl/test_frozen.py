"""Frozen classes behave as frozen dataclasses do, and whoever walks the one walks the other."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from dsl import protocol as p
from dsl import syntax as s
from dsl.frozen import Frozen, fields_of, replace
from dsl.source import Span
from dsl.types import LockType, PointerType

ROOT = Path(__file__).parents[2]
HERE = Span("a.khp", 1, 3)
NAME = s.Name("x", HERE)


def test_what_is_declared_are_its_fields() -> None:
    assert fields_of(NAME) == fields_of(s.Name) == ("text", "span")
    assert isinstance(NAME, Frozen)
    assert s.Name("x", HERE) == NAME
    assert hash(s.Name("x", HERE)) == hash(NAME)
    others: list[object] = [s.String("x", HERE), s.Ident("x", HERE), s.Name("x", Span("", 1, 3))]
    assert NAME not in others


def test_nothing_can_be_assigned() -> None:
    changed: Any = NAME
    with pytest.raises(AttributeError):
        changed.text = "y"
    with pytest.raises(AttributeError):
        changed.other = "y"


def test_a_change_makes_another() -> None:
    assert replace(NAME, text="y") == s.Name("y", HERE)
    assert NAME.text == "x"
    unknown: Any = {"name": "y"}
    with pytest.raises(TypeError):
        replace(NAME, **unknown)


def test_a_copy_is_equal() -> None:
    claim = p.Claim(p.Constant(1, PointerType(LockType("mutex")), HERE), "", HERE)
    assert pickle.loads(pickle.dumps(claim)) == claim  # noqa: S301 - made here
    assert copy.deepcopy(claim) == claim


def test_patterns_go_by_the_order_of_the_fields() -> None:
    match NAME:
        case s.Name(text, Span(file, start)):
            assert (text, file, start) == ("x", "a.khp", 1)
        case _:
            pytest.fail("no match")


def test_who_walks_dataclasses_walks_frozen_classes() -> None:
    """What is passed over so is passed over in silence."""
    walkers = [
        path
        for folder in ("dsl", "prover", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if "is_dataclass" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]
    assert walkers, "nobody does"
    for path in walkers:
        assert "fields_of" in path.read_text(encoding="utf-8"), path
