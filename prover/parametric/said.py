"""What is said of an invariant in the author's words: sentences, each true of every view.

A sentence is about *stances*: an actor at some of its statements, with an object of a pool in hand
or not.  An actor has an object in hand where it has a pointer to it, or into it, that it may still
follow, or a lock of it.  Who has stopped at a false ``assume()`` is at none of its statements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A call on the way to a statement: of which function, where."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Lines:
    """Statements of one function, as it is called by way of ``calls``, outermost first.

    A statement that calls others stands for all of what they do.  ``waiting`` says whether
    the actor is in a wait that it has begun there (True), not in one (False), or either (None).
    ``also``: the same function is called from elsewhere too, where these statements are not meant.
    """

    calls: tuple[Call, ...]
    file: str
    first: int
    last: int
    waiting: bool | None = None
    also: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Stance:
    """An actor before one of its statements ``at``; ``hand``: with the object X in hand."""

    actor: str
    at: tuple[Lines, ...]
    hand: bool = False


@dataclass(frozen=True, slots=True)
class Apart:
    """While an actor is at ``one``, no other is at ``other``.  ``lock`` is what sees to that.

    ``whole``: ``other`` is every statement of its actor (at which it has X in hand).
    """

    one: tuple[Stance, ...]
    other: tuple[Stance, ...]
    lock: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Only:
    """While an actor is at ``one``, every other ``actor`` (with X in hand) is at ``at``."""

    one: Stance
    at: Stance


@dataclass(frozen=True, slots=True)
class Awaited:
    """While an actor waits at ``one``, it waits for every other that is at ``other``."""

    one: Stance
    other: Stance


@dataclass(frozen=True, slots=True)
class While:
    """While an actor is at ``one``, ``variable`` has one of ``values``.

    Without X in hand, slots of pools are called by their own names.
    """

    one: Stance
    variable: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """Where ``variable`` has one of ``values``, ``other`` has one of ``others``."""

    variable: str
    values: tuple[str, ...]
    other: str
    others: tuple[str, ...]


Sentence: TypeAlias = Apart | Only | Awaited | While | Where
