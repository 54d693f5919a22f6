"""How an execution ends: the text of memory, and what has become of each actor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from prover.execution.execution import Execution
from prover.graph.ir import Cell, Region
from prover.graph.values import Half, Location, Pointer, Value, Wild, Word, number_text


class FinalState(NamedTuple):
    """The end of an execution without violation.

    ``places`` are (path, value as text) of every scalar and word of every named object, ghosts
    included, locks, RCU heads and pools excluded; ``actors`` are (instance, status) of the
    scenario's actors.  Both are sorted.
    """

    places: tuple[tuple[str, str], ...]
    actors: tuple[tuple[str, str], ...]


def final_state(execution: Execution) -> FinalState:
    """The end of an execution."""
    places = [
        found
        for region in execution.skeleton.layout.regions.values()
        if not region.pool
        for found in _region(execution, region)
    ]
    actors = {t.name for t in execution.skeleton.threads if t.kind == "actor"}
    statuses = [(name, status) for name, status in execution.statuses if name in actors]
    return FinalState(tuple(sorted(places)), tuple(sorted(statuses)))


def _region(execution: Execution, region: Region) -> Iterator[tuple[str, str]]:
    """The cells of one object, as text."""
    for cell in region.cells:
        if cell.kind in {"scalar", "word"}:
            location = Location(region.name, cell.path)
            yield str(location), _cell(execution, location, cell)


def _cell(execution: Execution, location: Location, cell: Cell) -> str:
    if not cell.split:
        return text(execution.final[location, "whole"], pointer=cell.pointer)
    low, high = (execution.final[location, part] for part in ("low", "high"))
    if isinstance(low, Half) and isinstance(high, Half):
        return number_text(low.bits, high.bits)
    return "?"


def text(value: Value, *, pointer: bool) -> str:
    """A value as text; ``pointer``: of a place that holds pointers."""
    match value:
        case int():
            return "NULL" if pointer and value == 0 else str(value)
        case Pointer(base=None, path=path):
            return f"&{Location('NULL', path)}"
        case Pointer():
            return f"&{value.location}"
        case Wild():
            return "wild"
        case Word(low=low, high=high):
            return number_text(low.bits, high.bits)
        case Half(bits=bits):
            return str(bits)
        case _:
            return "?"
