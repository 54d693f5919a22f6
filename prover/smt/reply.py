"""What a solver answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Sat:
    """Yes: the values of the document's constants, Booleans as 0 and 1."""

    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unsat:
    """No."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """No answer: the reason in words."""

    reason: str


Reply: TypeAlias = Sat | Unsat | GaveUp
