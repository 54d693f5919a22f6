"""Orders of lock classes: which are taken while which are held, in any step that can be reached.

One execution has some of them; all are kept together, whoever took the locks in which state.
So a circle may be none that one execution has, but without one no execution has any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsl.source import Span
from prover.graph import ir
from prover.graph.values import Location
from prover.parametric.machine.local import SPINNING

if TYPE_CHECKING:
    from prover.parametric.machine.work import Work

Order = tuple[str, str]
"""A class held, and one taken."""

PASSES = "~"
"""Ends the name of a class where a reader takes it who passes waiting writers."""


@dataclass(slots=True)
class Orders:
    """The orders found so far, each with the statement that showed it first."""

    classes: dict[Location, str]
    declared: tuple[ir.DeclaredOrder, ...]
    found: dict[Order, Span] = field(default_factory=dict[Order, Span])

    def note(self, work: Work, instr: ir.Acquire, place: Location, subclass: int) -> None:
        """A lock is asked for, with what this actor has."""
        taken = with_subclass(self.classes.get(place, ""), subclass)
        again, into = _is_recursion(work, instr), taken
        if _passes(work, instr):
            into = passed(taken)
        pairs: list[Order] = []
        for lock in work.held:
            held = with_subclass(self.classes.get(lock.place, ""), lock.subclass)
            if lock.place != place or again:
                pairs.append((held, into))
                if lock.mode == "exclusive":
                    pairs.append((passed(held), into))
        if instr.kind == "folio":
            # Of two folio locks no class says which is first.
            pairs = [(held, into) for held, into in pairs if held != into]
        if instr.kind in SPINNING:
            pairs.extend(self._of_interrupts(work, instr.mode, taken, into))
        for pair in pairs:
            self.found.setdefault(pair, instr.origin.span)

    def _of_interrupts(self, work: Work, mode: str, taken: str, into: str) -> Iterator[Order]:
        """An interrupt that may come while a lock is held, and what is taken in one."""
        for held in (taken, passed(taken)) if mode == "exclusive" else (taken,):
            if not work.irq:
                yield held, interrupt("hardirq", mode)
                if work.body.kind == "actor" and not work.bh:
                    yield held, interrupt("softirq", mode)
        if work.body.kind == "callback":
            yield interrupt("softirq", "exclusive"), into
            if mode == "exclusive":
                yield interrupt("softirq", "shared"), taken

    def all(self) -> dict[Order, Span | None]:
        """The orders found, and those declared, without those to interrupts that take no lock, and
        of who has passed writers where nobody does.
        """
        came = {taken for _, taken in self.found}
        known = {
            pair: span
            for pair, span in self.found.items()
            if pair[0] in came or not pair[0].endswith(PASSES)
        }
        comes = {held for held, _ in known}
        found: dict[Order, Span | None] = {
            pair: span
            for pair, span in known.items()
            if pair[1] in comes or not pair[1].startswith("<")
        }
        names: dict[str, set[str]] = {}
        for order in self.declared:
            for name in (order.first, order.then):
                names.setdefault(name, {name})
        for name in (name for pair in tuple(found) for name in pair):
            names.setdefault(name.removesuffix(PASSES).partition("/")[0], set()).add(name)
        for order in self.declared:
            for first in sorted(names[order.first]):
                for then in sorted(names[order.then]):
                    found.setdefault((first, then), None)
        return found

    def circle(self) -> Span | None:
        """A statement that closes a circle, None where there is none."""
        known = self.all()
        after: dict[str, set[str]] = {}
        for held, taken in known:
            after.setdefault(held, set()).add(taken)
        for (held, taken), span in known.items():
            if span is not None and (held == taken or _leads(after, taken, held)):
                return span
        return None


def _is_recursion(work: Work, instr: ir.Acquire) -> bool:
    """Whether a lock that is taken for reading is not to be taken again: a writer may ask."""
    reads = instr.mode == "shared" and instr.kind in ("rwsem", "rwlock")
    return reads and not _passes(work, instr)


def _passes(work: Work, instr: ir.Acquire) -> bool:
    """Whether who reads an rwlock passes writers that wait: in an interrupt, or softirqs off."""
    reads = instr.kind == "rwlock" and instr.mode == "shared"
    return reads and (work.body.kind != "actor" or bool(work.bh))


def with_subclass(name: str, subclass: int) -> str:
    """The lockdep class of a lock taken with a subclass."""
    return f"{name}/{subclass}" if subclass else name


def passed(name: str) -> str:
    """What stands for a class that a reader takes who passes waiting writers.

    What others take while they read it is no order from here: he waits for none of them.
    """
    return f"{name}{PASSES}"


def interrupt(kind: str, mode: str) -> str:
    """What stands for an interrupt among the classes; no reader keeps one from reading."""
    return f"<{kind}>" if mode == "exclusive" else f"<{kind} that writes>"


def _leads(after: dict[str, set[str]], start: str, goal: str) -> bool:
    seen, pending = {start}, [start]
    while pending:
        here = pending.pop()
        if here == goal:
            return True
        for there in after.get(here, ()):
            if there not in seen:
                seen.add(there)
                pending.append(there)
    return False
