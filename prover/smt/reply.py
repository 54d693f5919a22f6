"""What a solver answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dsl.frozen import Frozen


class Sat(Frozen, frozen=True):
    """Yes: the values of the document's constants, Booleans as 0 and 1."""

    values: Mapping[str, int]


class Unsat(Frozen, frozen=True):
    """No."""


class GaveUp(Frozen, frozen=True):
    """No answer: the reason in words."""

    reason: str


Reply: TypeAlias = Sat | Unsat | GaveUp
