"""Counts of references without an end: who has one is local, how many there are is not kept.

A count ``c`` of which any number of actors may have a part is kept as two shared variables, whether
it is above zero and how many of it are nobody's, and a number in the local state of each actor:

    c  =  those of nobody  +  the sum of what each actor has

holds after every step, by what steps do to the right side of it and to nothing else: who adds ``n``
has ``n`` more; who takes ``n`` off gives up its own, then nobody's; who sets it to ``n`` has all
``n``, and nobody else has any; at its end, or where it stores a pointer to the object, what an
actor has is nobody's.  No part is ever below zero: what would make one so, a put of what somebody
else has, counts as a violation.

What a step reads of the count is exact where nobody else has a part, which is a guard like that of
a lock, and else a range with at least one more (``ranges.py``; docs/adr/0016, docs/soundness.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prover.graph import ir
from prover.graph.instructions import instructions
from prover.graph.values import POISON, Location, Pointer, Value
from prover.parametric.machine.points import Points
from prover.parametric.machine.ranges import Range, as_value, bounds_of
from prover.parametric.machine.work import Work, Wrong
from prover.parametric.system import Refused

MOST = 1 << 30
"""A count is taken to stay below that; a proof that has counted says so."""

KINDS = ("refcount_t", "atomic_t", "atomic_long_t", "atomic64_t")
"""Types of cells that may be counts."""

# --- what steps do ------------------------------------------------------------------------------


def look(work: Work, place: Location) -> Value:
    """What the count at a place is; more than one thing where others may have a part of it."""
    above = work.look("above", place)
    if above == POISON:
        return POISON
    if above == 0:
        return 0
    known = _of_nobody(work, place) + work.references(place)
    guard = work.parts.guard(place, "reference")
    if known and work.fork(2) == 0:
        work.guard = guard
        return known
    work.needs = guard
    return as_value(Range(known + 1, MOST, 0))


def change(work: Work, place: Location, old: Value, new: Value) -> None:
    """The count that was ``old`` becomes ``new``.  Raises Wrong before it changes anything."""
    before, after = bounds_of(old), bounds_of(new)
    if before.low != before.high and after.low == after.high:
        put(work, place, after.low)
        return
    if before.low == before.high and after.low == after.high:
        by = after.low - before.low
    elif after.shift is not None:
        by = after.shift
    else:
        # By a number that is not known: the right side of the sum would be none that is known.
        raise Refused(f"the count `{place}` is not counted up or down from what it is")
    mine, nobody = work.references(place), _of_nobody(work, place)
    off = max(0, -by - mine)
    if off > nobody or after.low < 0:
        raise Wrong("refcount")
    work.refer(place, max(0, mine + by))
    work.write(place, "whole", nobody - off, "loose")
    work.write(place, "whole", int(after.low > 0), "above")


def put(work: Work, place: Location, number: int) -> None:
    """The count is set: all of it is this actor's, and nobody else has a part of it any more."""
    if number < 0:
        raise Refused(f"the count `{place}` is set to {number}")
    work.refer(place, number)
    work.write(place, "whole", 0, "loose")
    work.write(place, "whole", int(number > 0), "above")
    work.change = work.parts.change("recount", place)


def fresh(work: Work, place: Location, *, zeroed: bool) -> None:
    """A count in an object that nobody has: parts of it went with the one before."""
    work.write(place, "whole", 0, "loose")
    work.write(place, "whole", 0 if zeroed else POISON, "above")


def let_go(work: Work, published: Value | None = None) -> None:
    """What an actor has becomes nobody's: of all counts, or of those in an object.

    Whose a part is makes no difference to the count, so that may be at any time.  It is at the
    actor's end, and where a pointer to the object is stored: whoever finds it there may put
    what its maker had.
    """
    for place, number in work.counted:
        if published is None or _leads_to(published, place.object):
            work.write(place, "whole", _of_nobody(work, place) + number, "loose")
            work.refer(place, 0)


def _leads_to(value: Value, name: str) -> bool:
    return isinstance(value, Pointer) and value.base is not None and value.base.object == name


def _of_nobody(work: Work, place: Location) -> int:
    found = work.look("loose", place)
    assert isinstance(found, int)
    return found


# --- which cells ---------------------------------------------------------------------------------


def find_counts(
    program: ir.Program, points: Points, graphs: Iterable[ir.Cfg], looked_at: set[Location]
) -> frozenset[Location]:
    """The cells that ``graphs``, those of actors of which there is any number, count in.

    None of them is one that a claim looks at.  Slots of one pool are counted in together.
    """
    touched = {
        place
        for graph in graphs
        for instr in instructions(graph)
        if isinstance(instr, ir.Rmw)
        for place in points.of(instr.address, graph)
    }
    every = dict(_cells(program))
    wanted = {kind for place, kind in every.items() if place in touched - looked_at}
    lost = {kind for place, kind in every.items() if place in looked_at}
    return frozenset(place for place, kind in every.items() if kind in wanted - lost)


def _cells(program: ir.Program) -> Iterator[tuple[Location, tuple[str, object]]]:
    """Cells that may be counts, each with what those of its pool have in common."""
    for name, region in program.layout.regions.items():
        for cell in region.cells:
            start = region.initial.get(cell.path, POISON)
            positive = isinstance(start, int) and 0 <= start < MOST
            if cell.type_name in KINDS and (region.pool or positive):
                yield Location(name, cell.path), (region.pool or name, cell.path)


def is_count(work: Work, address: ir.Expr) -> bool:
    """Whether an access goes to a count."""
    if not work.parts.counts:
        return False
    value = work.value(address)
    return (
        isinstance(value, Pointer)
        and value.base is not None
        and (value.location in work.parts.counts)
    )
