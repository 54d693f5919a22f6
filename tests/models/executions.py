"""Small executions by hand, as structures that models judge."""

from __future__ import annotations

from prover.models.algebra import MemoryModel
from prover.models.cat.library import RELATIONS, SETS, set_of
from prover.models.concrete import Pairs, Structure, breaches, defined, flagged

LOCKING = ("LKR", "LKW", "UL", "LF", "RL", "RU")


class Execution:
    """Threads of events such as ``W x 1 ONCE``, ``R x 0``, ``F rcu-lock``, ``LKR l 0``.

    Each location starts as 0.  Writes to one location come in the order of their values, a read
    reads from the write of its value.  ``pairs`` adds to named relations, by thread and place.
    """

    def __init__(self, *threads: list[str], **pairs: list[tuple[str, str]]) -> None:
        self._sets: dict[str, set[int]] = {}
        self._relations: dict[str, set[tuple[int, int]]] = {name: set() for name in RELATIONS}
        self._thread: dict[int, int] = {}
        self._access: dict[int, tuple[str, int]] = {}
        self._places: dict[str, int] = {}
        for number, thread in enumerate(threads):
            for place, text in enumerate(thread):
                self._event(number, place, text)
        for location in sorted({where for where, _ in self._access.values()}):
            initial = self._fresh(-1 - len(self._thread))
            self._access[initial] = (location, 0)
            self._add(initial, "W", "M", "IW")
        for name, given in pairs.items():
            for one, two in given:
                self._relations[name].add((self._places[one], self._places[two]))
        self._relate()

    def _fresh(self, thread: int) -> int:
        event = len(self._thread)
        self._thread[event] = thread
        return event

    def _add(self, event: int, *sets: str) -> None:
        for name in sets:
            self._sets.setdefault(name, set()).add(event)

    def _event(self, thread: int, place: int, text: str) -> None:
        event = self._fresh(thread)
        self._places[f"{thread}.{place}"] = event
        kind, *rest = text.split()
        self._add(event, kind)
        if kind != "F":
            location, value, *rest = rest
            self._access[event] = (location, int(value))
            if kind in ("R", "W"):
                self._add(event, "M")
        self._add(event, *(tag if tag in ("RMW", "Looked") else set_of(tag) for tag in rest))
        for earlier in range(event):
            if self._thread[earlier] == thread:
                self._relations["po"].add((earlier, event))

    def _is(self, event: int, *sets: str) -> bool:
        return any(event in self._sets.get(name, ()) for name in sets)

    def _relate(self) -> None:
        for one, thread in self._thread.items():
            for two, other in self._thread.items():
                self._relations["int" if thread == other else "ext"].add((one, two))
                if one in self._access and two in self._access:
                    self._accesses(one, two)

    def _accesses(self, one: int, two: int) -> None:
        (here, value), (there, other) = self._access[one], self._access[two]
        if value == other:
            self._relations["same-value"].add((one, two))
        if here != there:
            return
        self._relations["loc"].add((one, two))
        if self._is(one, "W", "LKW", "UL"):
            if self._is(two, "W", "LKW", "UL") and value < other:
                self._relations["co"].add((one, two))
            if self._is(two, "R", "LKR", "LF", "RL", "RU") and value == other:
                self._relations["rf"].add((one, two))

    def structure(self, model: MemoryModel) -> Structure:
        """The execution with every set and relation that ``model`` may ask for."""
        names = {*SETS, *(set_of(tag) for tag in model.tags)}
        sets = {name: frozenset(self._sets.get(name, ())) for name in names}
        relations = {name: frozenset(found) for name, found in self._relations.items()}
        return Structure(frozenset(self._thread), sets, relations)

    def broken(self, model: MemoryModel) -> set[str]:
        """The axioms that the execution breaks."""
        return {breach.axiom.name for breach in breaches(model, self.structure(model))}

    def flags(self, model: MemoryModel) -> set[str]:
        """The flags that it raises."""
        return set(flagged(model, self.structure(model)))

    def relation(self, model: MemoryModel, name: str) -> Pairs:
        """A relation of the model."""
        return defined(model, self.structure(model)).relations[name]

    def related(self, model: MemoryModel, name: str) -> set[tuple[str, str]]:
        """The same with events by thread and place; initial writes are left out."""
        places = {event: place for place, event in self._places.items()}
        pairs = self.relation(model, name)
        return {(places[a], places[b]) for a, b in pairs if a in places and b in places}
