"""Values of the interpreter, and what pure operations do to them.

An integer, boolean, enum member or NULL is an ``int`` in the range of its type.
Halves of words carry provenance, pointers carry their allocation and, if they
were cast from a word that was read from memory, where that word came from.
Comparison looks at bits and addresses only.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, TypeAlias

from dsl.types import BoolType, EnumType, IntType, PointerType, Type, WordType


class Mark(Enum):
    """What stands where no value is."""

    POISON = "poison"
    UNSET = "unset"


POISON = Mark.POISON
"""Memory that was never written since its allocation."""

UNSET = Mark.UNSET
"""A local that holds no value, or whose value nobody will read."""


class Half(NamedTuple):
    """32 bits of a word.

    ``unit``/``number`` name the allocation whose address the bits are of (-1:
    none); ``source``/``source_number`` the half location of a split word they
    were read from, by place number and allocation (-1: not read from one).
    """

    bits: int
    unit: int = -1
    number: int = 0
    source: int = -1
    source_number: int = 0


class Word(NamedTuple):
    """A 64-bit word; each half is a :class:`Half`, poison, or unset in a local."""

    low: Half | Mark
    high: Half | Mark


class Origin(NamedTuple):
    """A word location, by slot and allocation, and the bits that were taken for its value."""

    slot: int
    number: int
    low: int
    high: int


class Pointer(NamedTuple):
    """The address of place ``node`` in its allocation ``number``; ``origin`` is checked at use."""

    node: int
    number: int
    origin: tuple[Origin, ...] = ()


class Wild(NamedTuple):
    """An address where no object of the right type is."""

    address: int
    origin: tuple[Origin, ...] = ()


class NearNull(NamedTuple):
    """An address near NULL: ``steps`` into it, or into a struct that has it for a ``field``."""

    field: str
    steps: tuple[str | int, ...]


class LocalRef(NamedTuple):
    """The address of a local: frame (from the bottom), register, half (-1: all of it)."""

    frame: int
    register: int
    half: int = -1


class Lock(NamedTuple):
    """A lock's state: who holds it for writing (or alone), who for reading and how often."""

    owner: str = ""
    readers: tuple[tuple[str, int], ...] = ()


UNLOCKED = Lock()

GONE = "gone"
"""The owner of a domain of SRCU that was set down with readers, which stay to be found."""


class Index(NamedTuple):
    """The index of an SRCU reader: it is not computed with, only handed on."""

    number: int


Value: TypeAlias = int | Half | Word | Pointer | Wild | NearNull | LocalRef | Lock | Index | Mark


class Violated(Exception):
    """An operation that violates properties; ``kinds`` are all that it violates at once."""

    def __init__(self, *kinds: str) -> None:
        super().__init__(*kinds)
        self.kinds = kinds


def integer(value: Value) -> int:
    """The bits of an integer or half as a number."""
    if isinstance(value, Half):
        return value.bits
    assert isinstance(value, int)
    return value


def half_of(value: Value) -> Half:
    """A 32-bit value as it is stored in a half: provenance kept, source forgotten."""
    if isinstance(value, Half):
        return Half(value.bits, value.unit, value.number)
    assert isinstance(value, int)
    return Half(value & 0xFFFF_FFFF)


def word_of(bits: int, unit: int = -1, number: int = 0) -> Word:
    """A word of these bits; both halves carry the same provenance."""
    low, high = bits & 0xFFFF_FFFF, bits >> 32 & 0xFFFF_FFFF
    return Word(Half(low, unit, number), Half(high, unit, number))


def bits_of(value: Value) -> tuple[int, int] | None:
    """Both halves' bits of a word; None if one of them is no value."""
    assert isinstance(value, Word)
    low, high = value
    if isinstance(low, Half) and isinstance(high, Half):
        return low.bits, high.bits
    return None


def word_bits(value: Value) -> int:
    """A whole word's bits as a number."""
    pair = bits_of(value)
    assert pair is not None
    return pair[1] << 32 | pair[0]


def truth(value: Value) -> bool:
    """C's ``value != 0``."""
    match value:
        case Half(bits):
            return bits != 0
        case Word():
            return word_bits(value) != 0
        case int():
            return value != 0
        case _:
            return True


def wrap(value: int, type_: Type) -> int:
    """``value`` as ``type_`` represents it."""
    if isinstance(type_, BoolType):
        return int(value != 0)
    if isinstance(type_, EnumType):
        type_ = type_.number
    if isinstance(type_, IntType):
        value &= (1 << type_.bits) - 1
        if type_.signed and value >> (type_.bits - 1):
            return value - (1 << type_.bits)
    return value


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise Violated("bug-on")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _divider(operation: Callable[[int, int], int], type_: Type) -> Callable[[int, int], int]:
    """Division that traps where the quotient does not fit, as on x86."""

    def divide(a: int, b: int) -> int:
        if b == -1 and wrap(-a, type_) != -a:
            raise Violated("bug-on")
        return operation(a, b)

    return divide


def _shift(left: bool, bits: int) -> Callable[[int, int], int]:
    """Shifts by less than the width; of others C says nothing."""

    def shift(a: int, b: int) -> int:
        if not 0 <= b < bits:
            raise Violated("bug-on")
        return a << b if left else a >> b

    return shift


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - _divide(a, b) * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}

_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

_LOGIC: dict[str, Callable[[bool], bool]] = {"==": lambda same: same, "!=": lambda same: not same}


def arithmetic(op: str, type_: Type) -> Callable[[int, int], int]:
    """The operator on integers, its result wrapped to ``type_``."""
    width = type_.bits if isinstance(type_, IntType) else 32
    if op in ("<<", ">>"):
        operation = _shift(op == "<<", width)
    elif op in ("/", "%"):
        operation = _divider(_ARITHMETIC[op], type_)
    else:
        operation = _ARITHMETIC[op]
    return lambda a, b: wrap(operation(a, b), type_)


def _address(value: Value) -> tuple[object, ...]:
    match value:
        case Pointer(node):
            return (1, node)
        case Wild(address):
            return (2, address)
        case NearNull(field, steps):
            return (4, field, steps)
        case LocalRef():
            return (3, value.frame, value.register, value.half)
        case _:
            return (0, integer(value))


def binary(op: str, operand: Type, result: Type) -> Callable[[Value, Value], Value]:
    """The meaning of ``op`` on two values of type ``operand``."""
    if op in _RELATIONS:
        if isinstance(operand, WordType):
            same = _LOGIC[op]
            return lambda a, b: int(same(bits_of(a) == bits_of(b)))
        if isinstance(operand, PointerType):
            same = _LOGIC[op]
            return lambda a, b: int(same(_address(a) == _address(b)))
        relation = _RELATIONS[op]
        return lambda a, b: int(relation(integer(a), integer(b)))
    operation = arithmetic(op, result)
    return lambda a, b: operation(integer(a), integer(b))


def unary(op: str, result: Type) -> Callable[[Value], Value]:
    """The meaning of ``!``, ``~`` and ``-``."""
    if op == "!":
        return lambda a: int(not truth(a))
    if op == "~":
        return lambda a: wrap(~integer(a), result)
    return lambda a: wrap(-integer(a), result)
