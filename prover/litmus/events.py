"""From a litmus test to its events: what each process may do, over terms.

There are no loops, so every statement makes its events once, under a guard.  Registers become
terms; a dependency is a term that mentions a read.  The set of events with tag ``'rcu-lock`` is
``Rcu-lock``, as in cat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dsl.litmus import syntax as s
from dsl.source import Span
from prover.litmus.values import Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Read:
    """What an event reads."""

    event: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator of C applied to terms."""

    op: str
    args: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of the first arm whose guard holds; the last arm's guard is true.

    ``depends``: the value depends on what the guards read, as that of ``c ? a : b`` does.
    """

    arms: tuple[tuple[int, int], ...]
    depends: bool = False


Row: TypeAlias = Constant | Read | Operation | Choice


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    ``kind`` is ``R``, ``W`` or ``F``; ``sets`` are the sets of events that it always belongs to
    (tags among them, as written).  ``by_value`` names the set a lock's read belongs to for each
    value that it reads.  ``address`` and ``value`` are terms (-1: none); ``guard`` says when
    it happens.  ``process`` is -1 for an initial write.  ``conditions`` are the terms of the
    conditions around it, for control dependencies.  ``partner`` is the read of an RMW's write.
    ``span`` is the statement it is part of (None: an initial write).
    ``chosen`` names sets that it belongs to where a term is not 0.
    """

    number: int
    process: int
    kind: str
    sets: frozenset[str]
    by_value: tuple[tuple[int, str], ...]
    address: int
    value: int
    guard: int
    conditions: tuple[int, ...]
    partner: int
    span: Span | None
    chosen: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """A test as events.

    ``rows[t]`` is term t; ``reads`` has the term of what each read reads.
    ``registers`` maps (process, register) to its final term.
    ``locations`` are all, in order; ``tags`` those of events, each with a place that has it.
    ``wanted`` are the operations, each as the term that says when it is computed and its own.
    """

    litmus: s.Litmus
    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    reads: Mapping[int, int]
    registers: Mapping[tuple[int, str], int]
    locations: tuple[str, ...]
    tags: Mapping[str, Span]
    wanted: tuple[tuple[int, int], ...] = ()
