"""How large a graph may become."""

from __future__ import annotations

LIMIT = 20_000
"""The largest number of instructions in one graph, the graphs inside it included."""


class TooLarge(Exception):
    """A graph has more than :data:`LIMIT` instructions; ``number`` is how many were counted."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the program has more than {LIMIT} instructions")
        self.number = number
