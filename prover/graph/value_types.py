"""What values are: numbers, pointers with a life of their object, words as two halves.

A value is an ``int`` (integers, booleans, enums, NULL), a :class:`Pointer`, a
:class:`Wild` pointer, a :class:`Half`, a :class:`Word` or :data:`POISON`.
"""

from __future__ import annotations

from typing import TypeAlias

from dsl.frozen import Frozen

Path: TypeAlias = tuple[str | int, ...]

ADDRESS_MASK = ~0xFFF & 0xFFFF_FFFF_FFFF_FFFF
"""The bits of a word that hold a physical address."""


class Allocation(Frozen, frozen=True):
    """One life of an object.

    ``object`` is an object's name or a pool slot (``tables[0]``); ``site`` is 0
    for the life an object starts with, else the number of the alloc event.
    """

    object: str
    site: int


class Location(Frozen, frozen=True):
    """A place in memory by address: what an access touches, whoever's life it is."""

    object: str
    path: Path

    def __str__(self) -> str:
        return self.object + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)


class Source(Frozen, frozen=True):
    """A word in memory in one life of its object: what it held in another says nothing of it."""

    base: Allocation
    path: Path

    @property
    def location(self) -> Location:
        """Its address."""
        return Location(self.base.object, self.path)


class Via(Frozen, frozen=True):
    """How a pointer was got from a word read from memory: where, and which bits.

    ``sources`` is one word, or two where the halves were read from different words.
    """

    sources: tuple[Source, ...]
    low: int
    high: int

    @property
    def locations(self) -> tuple[Location, ...]:
        """The addresses of the words, each once."""
        return tuple(dict.fromkeys(source.location for source in self.sources))


class Pointer(Frozen, frozen=True):
    """A pointer into an allocation; ``base`` is None for a field of NULL."""

    base: Allocation | None
    path: Path = ()
    via: Via | None = None

    @property
    def location(self) -> Location:
        """The address; only for a pointer that is not into NULL."""
        if self.base is None:
            raise ValueError("a field of NULL has no location")
        return Location(self.base.object, self.path)

    @property
    def source(self) -> Source:
        """The word there in this life of the object; only for a pointer that is not into NULL."""
        if self.base is None:
            raise ValueError("a field of NULL has no source")
        return Source(self.base, self.path)


class Wild(Frozen, frozen=True):
    """A pointer to no object of its type: the bits it was made from."""

    low: int
    high: int
    path: Path = ()
    via: Via | None = None


class Half(Frozen, frozen=True):
    """32 bits of a word, whose address they are part of, and the word they were read from."""

    bits: int
    base: Allocation | None = None
    origin: Source | None = None


class Word(Frozen, frozen=True):
    """A 64-bit word as its two halves."""

    low: Half
    high: Half


class Poison(Frozen, frozen=True):
    """What memory holds that was allocated and never written."""


POISON = Poison()

Value: TypeAlias = int | Pointer | Wild | Half | Word | Poison

ZERO_WORD = Word(Half(0), Half(0))
