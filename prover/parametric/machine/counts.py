"""Counts of references without an end: who has one is local, how many there are is not kept.

A count ``c`` of which any number of actors may have a part is kept as two shared variables, whether
it is above zero and how many of it are nobody's, and a number in the local state of each actor:

    c  =  those of nobody  +  the sum of what each actor has

holds after every step, by what steps do to the right side of it and to nothing else: who adds ``n``
has ``n`` more; who takes ``n`` off gives up its own, then nobody's; who sets it to ``n`` has all
``n``, and nobody else has any; at its end, or where it stores a pointer to the object, what an
actor has is nobody's.  No part is ever below zero: what would make one so, a put of what somebody
else has, counts as a violation.

Multiples of 2^30 that are added and taken off are marks (VMA_LOCK_OFFSET of mm/mmap_lock.c), of
which nobody has a part: how many there are is a shared variable, and the sum is of what is left.

What a step reads of the count is exact where nobody else has a part, which is a guard like that of
a lock, and else a range with at least one more (``ranges.py``; docs/adr/0016, docs/soundness.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prover.graph import ir
from prover.graph.instructions import instructions
from prover.graph.values import POISON, Location, Pointer, Value
from prover.parametric.machine.points import Points
from prover.parametric.machine.ranges import Range, as_value, bounds_of, is_range, taken_as, unused
from prover.parametric.machine.shared import MARK
from prover.parametric.machine.work import Work, Wrong
from prover.parametric.system import Refused

KINDS = ("refcount_t", "atomic_t", "atomic_long_t", "atomic64_t")
"""Types of cells that may be counts."""

# --- what steps do ------------------------------------------------------------------------------


def look(work: Work, place: Location) -> Value:
    """What the count at a place is; more than one thing where others may have a part of it."""
    above = work.look("above", place)
    if above == POISON:
        return POISON
    marks = MARK * _marks(work, place)
    if above == 0:
        return marks
    known = _of_nobody(work, place) + work.references(place)
    guard = work.parts.guard(place, "reference")
    if known and work.fork(2) == 0:
        work.guard = guard
        return marks + known
    work.needs = guard
    return as_value(Range(marks + known + 1, marks + MARK - 1, 0, unused(work.registers)))


def meets(work: Work, instr: ir.Rmw) -> bool:
    """Whether the condition of an update holds; what two numbers were found to be is known then."""
    match instr.when:
        case ir.Apply(op="==" | "!=" as op, args=(first, second)):
            one, two = work.any_value(first), work.any_value(second)
            if not is_range(work.any_value(instr.when)):
                return work.holds(instr.when)
            holds = work.holds(instr.when)
            work.registers = taken_as(work.registers, one, two, equal=holds == (op == "=="))
            return holds
        case _:
            return work.holds(instr.when)


def change(work: Work, place: Location, read: Value, old: Value, new: Value) -> None:
    """The count becomes ``new``; it was ``read``, of which ``old`` is what is known now.

    Raises Wrong before it changes anything.
    """
    before, after = bounds_of(old), bounds_of(new)
    if before.low != before.high and after.low == after.high:
        put(work, place, after.low)
        return
    if before.low == before.high and after.low == after.high:
        by = after.low - before.low
    elif before.shift is not None and after.shift is not None and before.of == after.of:
        by = after.shift - before.shift
    else:
        # By a number that is not known: the right side of the sum would be none that is known.
        raise Refused(f"the count `{place}` is not counted up or down from what it is")
    # The nearest multiple of a mark is marks, what is left are references.
    marks = (by + MARK // 2) // MARK
    by -= marks * MARK
    mine, nobody = work.references(place), _of_nobody(work, place)
    off = max(0, -by - mine)
    least = max(bounds_of(read).low, before.low) - MARK * _marks(work, place) + by
    marks += _marks(work, place)
    if off > nobody or least < 0 or marks < 0:
        raise Wrong("refcount")
    if marks > 1:
        raise Refused(f"the count `{place}` comes to 2^31 or more")
    _mark(work, place, marks)
    work.refer(place, max(0, mine + by))
    work.write(place, "whole", nobody - off, "loose")
    work.write(place, "whole", int(least > 0), "above")


def put(work: Work, place: Location, number: int) -> None:
    """The count is set: all of it is this actor's, and nobody else has a part of it any more."""
    if not 0 <= number < 2 * MARK:
        raise Refused(f"the count `{place}` is set to {number}")
    marks, number = divmod(number, MARK)
    _mark(work, place, marks)
    work.refer(place, number)
    work.write(place, "whole", 0, "loose")
    work.write(place, "whole", int(number > 0), "above")
    work.change = work.parts.change("recount", place)


def fresh(work: Work, place: Location, *, zeroed: bool) -> None:
    """A count in an object that nobody has: parts of it went with the one before."""
    _mark(work, place, 0)
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


def _marks(work: Work, place: Location) -> int:
    """How many multiples of 2^30 are in a count."""
    found = work.look("marks", place)
    return found if isinstance(found, int) else 0


def _mark(work: Work, place: Location, number: int) -> None:
    if number != _marks(work, place):
        work.write(place, "whole", number, "marks")


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
            positive = isinstance(start, int) and 0 <= start < MARK
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
