"""Open configs of two values in a query: switches that are on, or off, for a whole execution."""

from __future__ import annotations

from prover.execution.evaluate import Valuation
from prover.execution.skeleton import Skeleton
from prover.execution.terms import Choice, Row
from prover.graph.values import Value
from prover.pipeline.minimal import Search


def choices(skeleton: Skeleton) -> dict[str, Choice]:
    """The choices that open configs are, by their names."""
    found: dict[str, Choice] = {}
    for name, term in skeleton.shared.items():
        row = skeleton.rows[term]
        assert isinstance(row, Choice)
        found[name] = row
    return found


def with_one_on(skeleton: Skeleton, on: str | None) -> Valuation:
    """What follows from one switch being on, or none, and all others off."""
    made: dict[Row, Value] = {row: int(it == on) for it, row in choices(skeleton).items()}
    return Valuation(skeleton, made)


def literals(search: Search) -> dict[str, str]:
    """The Booleans that switches are on, of those that the document speaks of."""
    prepared = search.prepared
    found: dict[str, str] = {}
    for name, row in choices(prepared.skeleton).items():
        # Of two values the second is the one whose Boolean is true (`Frame`).
        assert prepared.domains.values[prepared.skeleton.shared[name]] == (0, 1)
        text = f"c{row.number}v1"
        if f"(declare-const {text} Bool)" in search.query.head:
            found[name] = text
    return found
