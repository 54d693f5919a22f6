"""How far a search is: said by a worker process, heard by the command that has started it."""

from __future__ import annotations

import mmap
import struct
from functools import cached_property
from typing import Final

_FORM: Final = struct.Struct("=4q")


class Search:
    """A few numbers in memory that processes forked from here share; the last who says wins."""

    @cached_property
    def _memory(self) -> mmap.mmap:
        return mmap.mmap(-1, _FORM.size)

    def open(self) -> None:
        """Makes the memory, before workers are forked."""
        self.say(0, 0, 0, 0)

    def say(self, size: int, shared: int, views: int, frontier: int) -> None:
        """Where a search with views of ``size`` is."""
        self._memory[:] = _FORM.pack(size, shared, views, frontier)

    def heard(self) -> str:
        """That in words, "" where there is no search."""
        if "_memory" not in self.__dict__:
            return ""
        size, shared, views, frontier = _FORM.unpack(self._memory[:])
        if not size:
            return ""
        return f"views of {size}: {shared} shared states, {views} views, {frontier} to look at"


SEARCH: Final = Search()
"""That of this command."""
