"""From the solver's assignment to the execution that it picked."""

from __future__ import annotations

from collections.abc import Mapping

from prover.litmus.encode import Query
from prover.litmus.events import Test
from prover.litmus.execution import Execution, Picked, execute
from prover.litmus.values import Value

DECIDING = "fcr"
"""First letters of the constants that an execution is read from: picks, the order of writes, and
the values of reads.
"""


def decode(test: Test, query: Query, values: Mapping[str, int]) -> Execution:
    """The execution; raises NotAnExecution where the assignment describes none."""
    rf: dict[int, int] = {}
    for read, candidates in query.picks.items():
        for write, name in candidates:
            if name == "true" or values.get(name) == 1:
                rf[read] = write
    writes = [e.number for e in test.events if e.kind == "W"]
    # As Logic.before compares: by the integer, then the greater number first; initial writes
    # come before all.
    writes.sort(key=lambda w: (test.events[w].process >= 0, values.get(f"co_{w}", 0), -w))
    seen: dict[int, Value] = {}
    for read, table in query.seen.items():
        for value, literal in table:
            if _holds(literal, values):
                seen[read] = value
    return execute(test, Picked(rf, tuple(writes), seen))


def _holds(literal: str, values: Mapping[str, int]) -> bool:
    """Whether a literal over the document's own constants holds."""
    if literal.startswith("(not "):
        return values.get(literal[5:-1]) == 0
    return literal == "true" or values.get(literal) == 1
