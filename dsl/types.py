"""Types of checked expressions, locations and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class VoidType:
    """The result of a function without one."""


@dataclass(frozen=True, slots=True)
class BoolType:
    """``bool``: 0 or 1."""


@dataclass(frozen=True, slots=True)
class IntType:
    """A sized integer; arithmetic wraps at ``bits`` (two's complement where ``signed``)."""

    bits: int
    signed: bool


@dataclass(frozen=True, slots=True)
class EnumType:
    """``enum name``; values are those of the enum's members, stored as ints."""

    name: str


@dataclass(frozen=True, slots=True)
class ConfigType:
    """The type of a ``config`` name; values are indices into its list of values."""

    name: str


@dataclass(frozen=True, slots=True)
class PointerType:
    """A pointer to a place of type ``to``; NULL included."""

    to: Type


@dataclass(frozen=True, slots=True)
class StructType:
    """``struct name``; the fields are in :attr:`dsl.protocol.Protocol.structs`."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrayType:
    """``length`` elements; an index outside is a wild pointer."""

    element: Type
    length: int


@dataclass(frozen=True, slots=True)
class WordType:
    """A word with named values; its definition is in :attr:`dsl.protocol.Protocol.words`."""

    name: str


@dataclass(frozen=True, slots=True)
class AtomicType:
    """``atomic_t`` (32 bits), ``atomic_long_t``, ``atomic64_t`` (64), ``refcount_t`` (32).

    A signed counter that only the ``atomic_*`` or ``refcount_*`` primitives touch.
    """

    name: str
    bits: int


@dataclass(frozen=True, slots=True)
class LockType:
    """``kind`` is ``spinlock``, ``rwlock``, ``mutex``, ``rwsem``, ``folio`` or ``srcu``.

    Written ``spinlock_t``, ``rwlock_t``, ``struct mutex``, ``struct rw_semaphore``
    and ``folio_lock_t`` (the lock bit of a page or folio).  ``struct srcu_struct``, an SRCU
    domain, is no lock, but lives like one: in objects, untouched but by its primitives.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class RcuHeadType:
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
HALF = U32
"""The type of a half of a split word."""
