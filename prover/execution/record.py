"""What an execution was replayed from, told by statements: a later version of the file has them.

Events are numbers of one skeleton.  Here an event is a step of a named thread at a statement, and
the how-manieth of its kind there.
"""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from dsl.frozen import Frozen
from dsl.source import Span


class Spot(Frozen, frozen=True):
    """One event: ``what`` thread ``thread`` does at a statement, in the functions ``calls``.

    ``occurrence`` counts, from 1, what the thread does of this kind there.
    """

    thread: str
    what: str
    calls: tuple[str, ...]
    span: Span
    occurrence: int


class Key(Frozen, frozen=True):
    """An event by what is written there: what is left of it when the file has changed around it.

    ``text`` is the statement, or the part of it, that the event comes from, up to the end of the
    line; ``whole`` the line that it begins in, number ``line`` of ``file`` ("" for the protocol
    itself, else the name of an import without its folder), and ``place`` the how-manieth there is
    of the text in that line.
    """

    thread: str
    what: str
    calls: tuple[str, ...]
    file: str
    line: int
    text: str
    whole: str
    place: int
    occurrence: int

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...], str]:
        """What it is, wherever it stands now."""
        return self.thread, self.what, self.calls, self.text


At = TypeVar("At", Spot, Key)


class Chosen(Frozen, Generic[At], frozen=True):
    """A choice that was made, of the values from ``low`` to ``high``."""

    at: At
    low: int
    high: int
    value: int


class Came(Frozen, Generic[At], frozen=True):
    """How an event came out: ``taken`` of a trylock, ``slot`` of an alloc ("" for NULL)."""

    at: At
    taken: bool | None = None
    slot: str | None = None


class Schedule(Frozen, Generic[At], frozen=True):
    """An interleaving.  ``stands``: where the threads of a deadlock stand at its end."""

    steps: tuple[Came[At], ...]
    stands: tuple[At, ...]
    choices: tuple[Chosen[At], ...]


class Store(Frozen, frozen=True):
    """A store that is read from: the ``write``-th of the event at ``event``, both from 0."""

    event: int
    write: int


class Claimed(Frozen, Generic[At], frozen=True):
    """An event in an execution under a weak model, with what is claimed of it.

    ``steps``, ``granted`` and ``locked`` are its outcomes; ``coherence`` is its place in the order
    of coherence, ``positions`` are those of its nodes in the order of execution; ``reads`` are the
    stores that its loads read from, None for the initial value.
    """

    came: Came[At]
    granted: bool
    steps: bool
    locked: bool
    coherence: int
    positions: tuple[int, ...]
    reads: tuple[Store | None, ...]


class Handled(Frozen, Generic[At], frozen=True):
    """A handler that ran before ``before``, a step of its host; None: after all of them."""

    thread: str
    before: At | None


class Execution(Frozen, Generic[At], frozen=True):
    """An execution under a weak model.

    ``sections`` are the pairs of events (a section begins, a grace period begins) of which the
    section came first; ``turns`` pairs of handlers at one place of their host, the first first.
    """

    events: tuple[Claimed[At], ...]
    choices: tuple[Chosen[At], ...]
    sections: tuple[tuple[int, int], ...]
    handlers: tuple[Handled[At], ...]
    turns: tuple[tuple[str, str], ...]


Record: TypeAlias = Schedule[Spot] | Execution[Spot]
"""Of an execution that was judged."""

Saved: TypeAlias = Schedule[Key] | Execution[Key]
"""Of one that is to be judged again."""
