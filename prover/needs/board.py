"""A query with switches: what can go wrong with which changes made.

One solver session answers for every set of changes.  A yes comes with an execution, whose
switches say which changes it needs; it has been carried out again, without the solver, before
a property is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from prover.execution.run.replay import ReplayError
from prover.pipeline.case import Undecided, ask
from prover.pipeline.minimal import Search, violated, witness
from prover.pipeline.switches import literals
from prover.pipeline.violations import rank
from prover.smt.reply import Sat


@dataclass(slots=True)
class Board:
    """A search whose skeleton has switches.

    ``literals`` are the Booleans of the changes that the query speaks of, by their numbers;
    ``off`` are changes that are not made any more.
    """

    search: Search
    literals: dict[int, str]
    off: set[int] = field(default_factory=set[int])

    def possible(self, question: str, among: Iterable[int] | None = None) -> Sat | None:
        """An execution with some changes made, of ``among`` or of all that are not off."""
        allowed = self.literals.keys() - self.off if among is None else set(among)
        no = [f"!{name}" for number, name in self.literals.items() if number not in allowed]
        reply = ask(self.search, question, *no, values=True)
        return reply if isinstance(reply, Sat) else None

    def holds_with(self, question: str, number: int) -> bool:
        """Whether it is possible with one change made, and no other."""
        others = [f"!{name}" for other, name in self.literals.items() if other != number]
        reply = ask(self.search, question, self.literals.get(number, "true"), *others)
        return isinstance(reply, Sat)

    def made(self, reply: Sat) -> list[int]:
        """The changes that are made in an execution."""
        return [number for number, name in self.literals.items() if reply.values.get(name)]

    def never_together(self, sets: Iterable[Iterable[int]]) -> None:
        """No execution has all changes of one of the sets made, from now on."""
        clauses: list[str] = []
        for numbers in sets:
            no = " ".join(f"(not {self.literals[number]})" for number in numbers)
            clauses.append(f"(assert (or {no}))")
        self.search.loaded().add("\n".join(clauses))

    def at_most(self, count: int) -> None:
        """No execution has more than so many changes made, from now on."""
        self.never_together(combinations(self.literals, count + 1))

    def fewest(self, question: str, reply: Sat) -> tuple[list[int], Sat]:
        """A set of changes of which none can be done without, and an execution with them."""
        found = self.made(reply)
        for number in list(found):
            if number not in found or len(found) == 1:
                continue
            again = self.possible(question, [other for other in found if other != number])
            if again is not None:
                found, reply = self.made(again), again
        return found, reply

    def property_of(self, reply: Sat) -> str:
        """A property that an execution violates, when it is carried out again; "" for none.

        That there is a race, too, is a guess: it is the reason only where there is no other.
        """
        try:
            names = violated(self.search, reply)
            others = names - {"data-race"}
            if others:
                return min(others, key=rank)
            if "data-race" in names:
                witness(self.search, "data-race", reply)
                return "data-race"
        except ReplayError:
            pass
        return ""


def board(search: Search, switches: Mapping[str, int]) -> Board:
    """The board of a search, with those switches that its document declares."""
    return Board(search, {switches[name]: text for name, text in literals(search).items()})


def present(search: Search, switches: Mapping[str, int]) -> set[int]:
    """The changes that change the program."""
    return {switches[name] for name in search.prepared.skeleton.shared}


def failing(found: Board, question: str) -> Iterator[tuple[list[int], Sat]]:
    """Every smallest set of changes with which something is possible, each once.

    Whoever takes a set of one change says that it is off, before asking for the next.
    """
    while True:
        reply = found.possible(question)
        if reply is None:
            return
        numbers, reply = found.fewest(question, reply)
        if not numbers:
            raise Undecided("it is possible with no change made")
        yield numbers, reply
        if len(numbers) == 1:
            found.off.add(numbers[0])
        else:
            found.never_together([numbers])
