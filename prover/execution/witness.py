"""A witness: one concrete interleaving that violates a property, ready to be shown.

It is made by replaying a schedule on the machine, never from a solver's answer
alone.  Everything in it is text or numbers: renderers compute no facts.
"""

from __future__ import annotations

from dataclasses import dataclass

from dsl.frozen import Frozen
from dsl.source import Span
from prover.execution.record import Record
from prover.execution.scene import Edge, Scene


class Touch(Frozen, frozen=True):
    """One place read or written: ``old`` is "" for a read; texts as the author writes values."""

    place: str
    old: str
    new: str

    @property
    def writes(self) -> bool:
        """Whether the place was written."""
        return bool(self.old)


class Call(Frozen, frozen=True):
    """A function being run: its name, where it was called, and which call of the thread it is."""

    function: str
    site: Span
    number: int


class Moment(Frozen, frozen=True):
    """One step of one thread.

    ``what`` is the kind of step (``load``, ``store``, ``rmw``, ``acquire``, ``release``, ...);
    ``note`` says what cannot be seen from the source line: ``waits for A.ptl``, ``taken``.
    ``bad``: the violation happens here.  ``decisive``: the violation, or another step that is
    decisive, follows from it; the others are only passed on the way.  ``early``: it is made
    before a step that precedes it in its program.
    """

    thread: int
    what: str
    span: Span
    calls: tuple[Call, ...]
    touches: tuple[Touch, ...]
    note: str
    bad: bool
    decisive: bool = True
    early: bool = False


class Column(Frozen, frozen=True):
    """One thread of the witness."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Witness:
    """One violation.

    ``model`` is the strongest memory model that shows it.  ``explanation`` says in a line or
    two what went wrong, ``because`` one sentence per decisive edge.  ``schedule`` is the
    sequence of (thread, event) it was replayed from.  ``plain``: a step that made it possible is a
    plain access, which the compiler may move whatever the hardware does.  ``scenes`` has one more
    entry than ``moments``: the state before the first, then the state after each.  ``edges`` lead
    from moment to moment; ``because`` is the text of some of them.  Where the witness is not to be
    shown, all three are left out.  ``record`` is
    what it was replayed from, by statements.  ``reordered``: it takes an order that no interleaving
    has; a witness of a weak model may do without, where a stronger one stops at something else.
    """

    property: str
    message: str
    model: str
    columns: tuple[Column, ...]
    moments: tuple[Moment, ...]
    explanation: tuple[str, ...]
    because: tuple[str, ...]
    schedule: tuple[tuple[int, int], ...]
    plain: bool = False
    scenes: tuple[Scene, ...] = ()
    edges: tuple[Edge, ...] = ()
    record: Record | None = None
    reordered: bool = False


def contexts(witness: Witness) -> int:
    """The number of uninterrupted stretches of one thread."""
    threads = [moment.thread for moment in witness.moments]
    return sum(a != b for a, b in zip(threads, [-1, *threads], strict=False))
