"""Which values the terms of a test can have.

They are found by rounds over the writes: a chain of reads and writes that computes a value uses
no write twice, so there are as many rounds as writes at most.
"""

from __future__ import annotations

from itertools import product

from prover.litmus.events import Choice, Constant, Operation, Read, Test
from prover.litmus.values import Impossible, Value, apply
from prover.smt.possible import reach

MAX_VALUES = 300
"""The most values one term may have."""

MAX_COMBINATIONS = 20_000
"""The most combinations of operands one operator may have."""


class TooManyValues(Exception):
    """A term of a test can have more than :data:`MAX_VALUES` values."""


THIN_AIR = "?"
"""A value that comes from nowhere: what is read is what was written because it was read."""


def domains(test: Test) -> list[dict[Value, None]]:
    """The values that each term can have, in order.

    Where reads and writes only copy from each other in a circle, :data:`THIN_AIR` is one: no
    constant, equal to itself.  Whether there is such an execution is the model's decision.
    """
    values: list[dict[Value, None]] = [{} for _ in test.rows]
    _rounds(test, values)
    circle = _circular(test, values)
    if circle:
        for term in circle:
            values[term][THIN_AIR] = None
        _rounds(test, values)
    return values


def _rounds(test: Test, values: list[dict[Value, None]]) -> None:
    """Values flow from writes to reads until nothing changes, or all writes were in between."""
    writes = [e for e in test.events if e.kind == "W"]
    reads = [e for e in test.events if e.number in test.reads]
    for _ in range(len(writes) + 2):
        for t, row in enumerate(test.rows):
            if not isinstance(row, Read):
                _grow(values, t, row)
        stored: dict[Value, dict[Value, None]] = {}
        for write in writes:
            for place in values[write.address]:
                stored.setdefault(place, {}).update(values[write.value])
        changed = False
        for read in reads:
            seen = values[test.reads[read.number]]
            size = len(seen)
            for place in values[read.address]:
                seen.update(stored.get(place, {}))
            if read.by_value:
                allowed = {v for v, _ in read.by_value}
                for value in [v for v in seen if v not in allowed]:
                    del seen[value]
            changed = changed or len(seen) != size
            if len(seen) > MAX_VALUES:
                raise TooManyValues(f"a value can be more than {MAX_VALUES} things")
        if not changed:
            break
    for t, row in enumerate(test.rows):
        if not isinstance(row, Read):
            _grow(values, t, row)


def _circular(test: Test, values: list[dict[Value, None]]) -> list[int]:
    """The terms of reads that may read what is only a copy of what they read."""
    after: dict[int, set[int]] = {}
    copies: dict[int, frozenset[int]] = {}
    for write in test.events:
        if write.kind != "W" or write.process < 0:
            continue
        copied = _copies(test, write.value, copies)
        if not copied:
            continue
        for read in test.events:
            if read.number in test.reads and values[read.address].keys() & values[write.address]:
                for source in copied:
                    after.setdefault(source, set()).add(test.reads[read.number])
    reached = reach(after)
    return sorted(term for term, ends in reached.items() if term in ends)


def _copies(test: Test, term: int, known: dict[int, frozenset[int]]) -> frozenset[int]:
    """The reads whose value a term may just be; ``known`` keeps what was found."""
    if term not in known:
        row = test.rows[term]
        match row:
            case Read():
                known[term] = frozenset((term,))
            case Choice(arms=arms):
                known[term] = frozenset(c for _, arm in arms for c in _copies(test, arm, known))
            case Constant() | Operation():
                known[term] = frozenset()
    return known[term]


def _grow(values: list[dict[Value, None]], term: int, row: object) -> None:
    """Adds the values that a term has for those of its operands."""
    match row:
        case Constant(value=value):
            values[term][value] = None
        case Operation(op=op, args=args):
            sets = [values[a] for a in args]
            size = 1
            for each in sets:
                size *= len(each)
            if size > MAX_COMBINATIONS:
                raise TooManyValues(f"more than {MAX_COMBINATIONS} combinations of values")
            for combination in product(*sets):
                try:
                    values[term][apply(op, combination)] = None
                except Impossible:
                    continue
        case Choice(arms=arms):
            for _, arm in arms:
                values[term].update(values[arm])
        case _:
            pass
    if len(values[term]) > MAX_VALUES:
        raise TooManyValues(f"a value can be more than {MAX_VALUES} things")
