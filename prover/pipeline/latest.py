"""What a worker keeps of the file it is at, and of no other: there may be a hundred of them."""

from __future__ import annotations

from prover.graph.kept import Kept
from prover.pipeline.round import Rounds


class Latest:
    """By a file's number its graphs and what is known of its programs, as long as it is the last.

    A worker is given what there is to do in one file before it goes on to another.
    """

    def __init__(self) -> None:
        self._index = -1
        self._kept = (Kept(), Rounds())

    def __getitem__(self, index: int) -> tuple[Kept, Rounds]:
        if index != self._index:
            self._index, self._kept = index, (Kept(), Rounds())
        return self._kept
