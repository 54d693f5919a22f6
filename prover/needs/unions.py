"""Sets that are joined, and what is in one set then."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


@dataclass(slots=True)
class Unions(Generic[Item]):
    """A partition of the items seen so far."""

    above: dict[Item, Item] = field(default_factory=dict[Item, Item])

    def find(self, item: Item) -> Item:
        """The item that stands for the set."""
        self.above.setdefault(item, item)
        while self.above[item] != item:
            item = self.above[item]
        return item

    def join(self, one: Item, other: Item) -> None:
        """Makes the sets of two items one."""
        a, b = self.find(one), self.find(other)
        self.above[b] = a

    def classes(self) -> list[list[Item]]:
        """The sets, in the order in which their items were first seen."""
        found: dict[Item, list[Item]] = {}
        for item in list(self.above):
            found.setdefault(self.find(item), []).append(item)
        return list(found.values())
