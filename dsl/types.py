"""Types of checked expressions, locations and values."""

from __future__ import annotations

from typing import TypeAlias

from dsl.frozen import Frozen


class VoidType(Frozen, frozen=True):
    """The result of a function without one."""


class BoolType(Frozen, frozen=True):
    """``bool``: 0 or 1."""


class IntType(Frozen, frozen=True):
    """A sized integer; arithmetic wraps at ``bits`` (two's complement where ``signed``)."""

    bits: int
    signed: bool


class EnumType(Frozen, frozen=True):
    """``enum name``: 32 bits, as with gcc ``signed`` only where a member is below zero.

    The members themselves are ints.
    """

    name: str
    signed: bool = False

    @property
    def number(self) -> IntType:
        """The integer type that has the enum's values."""
        return IntType(32, self.signed)


class ConfigType(Frozen, frozen=True):
    """The type of a ``config`` name; values are indices into its list of values."""

    name: str


class PointerType(Frozen, frozen=True):
    """A pointer to a place of type ``to``; NULL included."""

    to: Type


class StructType(Frozen, frozen=True):
    """``struct name``; the fields are in :attr:`dsl.protocol.Protocol.structs`."""

    name: str


class ArrayType(Frozen, frozen=True):
    """``length`` elements; an index outside is a wild pointer."""

    element: Type
    length: int


class WordType(Frozen, frozen=True):
    """A word with named values; its definition is in :attr:`dsl.protocol.Protocol.words`."""

    name: str


class AtomicType(Frozen, frozen=True):
    """``atomic_t`` (32 bits), ``atomic_long_t``, ``atomic64_t`` (64), ``refcount_t`` (32).

    A signed counter that only the ``atomic_*`` or ``refcount_*`` primitives touch.
    """

    name: str
    bits: int


class LockType(Frozen, frozen=True):
    """``kind`` is ``spinlock``, ``rwlock``, ``mutex``, ``rwsem``, ``folio`` or ``srcu``.

    Written ``spinlock_t``, ``rwlock_t``, ``struct mutex``, ``struct rw_semaphore``
    and ``folio_lock_t`` (the lock bit of a page or folio).  ``struct srcu_struct``, an SRCU
    domain, is no lock, but lives like one: in objects, untouched but by its primitives.
    """

    kind: str


class RcuHeadType(Frozen, frozen=True):
    """``struct rcu_head``."""


Type: TypeAlias = (
    VoidType
    | BoolType
    | IntType
    | EnumType
    | ConfigType
    | PointerType
    | StructType
    | ArrayType
    | WordType
    | AtomicType
    | LockType
    | RcuHeadType
)

VOID = VoidType()
BOOL = BoolType()
INT = IntType(32, True)
U32 = IntType(32, False)
U64 = IntType(64, False)
LONG = IntType(64, True)
HALF = U32
"""The type of a half of a split word."""
