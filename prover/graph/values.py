"""What every pure operation does to concrete values.

This is the trusted reading of all computation: the domain analysis, the
enumerator and the replay evaluate with it, and the encoder has no second
reading (it tabulates this one over finite domains).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dsl.frozen import Frozen
from prover.graph.value_types import (
    ADDRESS_MASK,
    POISON,
    ZERO_WORD,
    Allocation,
    Half,
    Location,
    Path,
    Pointer,
    Poison,
    Source,
    Value,
    Via,
    Wild,
    Word,
)


def word_bits(word: Word) -> int:
    """The 64 bits of a word."""
    return word.high.bits << 32 | word.low.bits


def address_key(value: Value) -> object:
    """What comparison sees of a value: addresses and bits, no provenance."""
    match value:
        case int():
            return value
        case Half(bits=bits):
            return bits
        case Word():
            return ("word", word_bits(value))
        case Pointer(base=None, path=path):
            return ("null", path) if path else 0
        case Pointer(base=base, path=path):
            assert base is not None
            return ("at", base.object, path)
        case Wild(low=low, high=high, path=path):
            return ("wild", low, high, path)
        case Poison():
            return "poison"


def truth(value: Value) -> bool:
    """Whether a value counts as true in a condition."""
    return address_key(value) not in (0, ("word", 0))


def wrap(value: int, bits: int, signed: bool) -> int:
    """``value`` modulo 2**bits, two's complement where ``signed``."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def _int(value: Value) -> int:
    """A value as an integer: halves and words by their bits."""
    match value:
        case int():
            return value
        case Half(bits=bits):
            return bits
        case Word():
            return word_bits(value)
        case _:
            raise TypeError(f"not an integer: {value}")


def _half(value: Value) -> Half:
    """A value as a half; a plain integer has no provenance."""
    return value if isinstance(value, Half) else Half(_int(value) & 0xFFFF_FFFF)


class AddressSpace(Frozen, frozen=True):
    """Physical addresses: object (or pool slot) -> (address, struct name)."""

    objects: Mapping[str, tuple[int, str]]

    def object_at(self, address: int, struct: str) -> str | None:
        """The object of type ``struct`` at ``address``, None if there is none."""
        for name, where in self.objects.items():
            if where == (address, struct):
                return name
        return None


def origins_of(word: Word) -> tuple[Source, ...]:
    """The words in memory that the halves were read from."""
    found = (word.low.origin, word.high.origin)
    return tuple(dict.fromkeys(origin for origin in found if origin is not None))


def word_to_pointer(space: AddressSpace, struct: str, word: Word) -> Value:
    """The pointer that a cast of ``word`` to ``struct *`` gives; wild where no such object is."""
    bits = word_bits(word)
    origins = origins_of(word)
    via = Via(origins, word.low.bits, word.high.bits) if origins else None
    name = space.object_at(bits & ADDRESS_MASK, struct)
    if name is None:
        return Wild(word.low.bits, word.high.bits, (), via)
    for half in (word.low, word.high):
        if half.base is not None and half.base.object == name:
            return Pointer(half.base, (), via)
    if name.endswith("]"):
        # A slot of a pool, got from bits alone: nothing says which of its lives is meant.
        return Wild(word.low.bits, word.high.bits, (), via)
    return Pointer(Allocation(name, 0), (), via)


def make_word(space: AddressSpace, bits: int, argument: Value | None) -> Value:
    """The word ``bits`` plus the physical address of the object ``argument`` points at.

    A NULL or wild argument gives a word of the flag bits alone: using it is caught there.
    """
    if isinstance(argument, Pointer) and argument.base is not None:
        bits |= space.objects[argument.base.object][0]
        return Word(Half(bits & 0xFFFF_FFFF, argument.base), Half(bits >> 32, argument.base))
    if isinstance(argument, Wild):
        bits |= (argument.high << 32 | argument.low) & ADDRESS_MASK
    return Word(Half(bits & 0xFFFF_FFFF), Half(bits >> 32))


def word_name(space: AddressSpace, word: Word, values: tuple[str | int, ...]) -> int:
    """The index of the first named value that fits ``word``, -1 if none does.

    ``values`` is a flat list of (struct, bits).  A value with a struct fits where an object
    of it is at the word's address.
    """
    bits = word_bits(word)
    for index in range(len(values) // 2):
        struct, fixed = str(values[2 * index]), int(values[2 * index + 1])
        if not struct and bits == fixed:
            return index
        if struct and bits & ~ADDRESS_MASK == fixed & ~ADDRESS_MASK:
            if space.object_at(bits & ADDRESS_MASK, struct) is not None:
                return index
    return -1


_BEFORE_NULL = "container_of(NULL)"
"""How the path of a struct begins that has NULL for a field, whose name comes next."""


def _near_null(value: Value) -> bool:
    """Whether a value is NULL, or the address of what would be a field of it or around it."""
    match value:
        case Pointer(base=base):
            return base is None
        case Wild(path=path):
            return path[:1] == (_BEFORE_NULL,)
        case _:
            return value == 0


def step_into(value: Value, step: str | int, at_start: bool) -> Value:
    """``&p->field`` or ``&p[index]``; ``at_start``: nothing precedes it there.

    What is at the start of NULL is NULL, as in C.
    """
    if at_start and _near_null(value):
        return value
    match value:
        case Pointer(base=base, path=path, via=via):
            return Pointer(base, (*path, step), via)
        case Wild(low=low, high=high, path=path, via=via):
            if path == (_BEFORE_NULL, step):
                return 0
            return Wild(low, high, (*path, step), via)
        case int():
            return Pointer(None, (step,))
        case _:
            raise TypeError(f"not a pointer: {value}")


def step_out(value: Value, step: str, at_start: bool) -> Value:
    """``container_of``: the pointer whose field ``step`` is at ``value``."""
    if at_start and _near_null(value):
        return value
    match value:
        case Pointer(base=base, path=path, via=via):
            if not path or path[-1] != step:
                return Wild(0, 0, ("container_of", *path), via)
            return 0 if base is None and len(path) == 1 else Pointer(base, path[:-1], via)
        case Wild(path=path) if _near_null(value) and (len(path) == 2 or path[-1] != step):
            return Wild(0, 0, ("container_of", *path))
        case Wild(low=low, high=high, path=path, via=via):
            return Wild(low, high, path[:-1], via)
        case int():
            return Wild(0, 0, (_BEFORE_NULL, step))
        case _:
            raise TypeError(f"not a pointer: {value}")


def _divide(a: int, b: int) -> int:
    """C division: towards zero; by zero gives 0 (no run goes on from there)."""
    if b == 0:
        return 0
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


INTEGER_OPS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - b * _divide(a, b),
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b if 0 <= b < 64 else 0,
    ">>": lambda a, b: a >> b if 0 <= b < 64 else 0,
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "&&": lambda a, b: int(a != 0 and b != 0),
    "||": lambda a, b: int(a != 0 or b != 0),
}
"""Two-operand integer operators; the result still has to be wrapped to its type."""

OPERATIONS = frozenset(
    [
        *INTEGER_OPS,
        *"== != ! ~ neg bool wrap half select field index container_of".split(),
        *"word_make word_low word_high word_join word_bits word_of_bits".split(),
        *"word_to_pointer word_name read_at".split(),
    ]
)
"""Every pure operation; see :func:`apply` for the operands and parameters of each."""


def apply(
    space: AddressSpace, op: str, params: tuple[str | int, ...], args: tuple[Value, ...]
) -> Value:
    """The value of one pure operation.

    ========================= ===============================================
    ``+ - ... ||``            integers; not wrapped
    ``== !=``                 any two values, by address or bits
    ``! bool ~ neg``          one operand
    ``wrap`` (bits, signed)   an integer, half or word to an integer type
    ``half``                  an integer or half as a half (keeps provenance)
    ``select``                condition, then, otherwise
    ``field`` (name, first)   pointer -> pointer to its field; ``first``: 1 if it is at the start
    ``index``                 pointer to an array, integer
    ``container_of`` (same)   pointer to the field -> pointer to the struct
    ``word_make`` (bits)      [pointer] -> word
    ``word_low word_high``    word -> half
    ``word_join``             half, half -> word
    ``word_bits``             word -> integer
    ``word_of_bits``          integer -> word
    ``word_to_pointer`` (s)   word -> pointer to struct s
    ``word_name`` (values)    word -> index of the first named value that fits, else -1;
                              ``values`` is (struct or "", bits) for each, flattened
    ``read_at``               half or word, and the pointer to the word it was read through:
                              marks it as read from there
    ========================= ===============================================
    """
    if op not in ("==", "!=", "select") and any(isinstance(arg, Poison) for arg in args):
        # What is computed from poison is poison; a run that reads poison stops there.
        return POISON
    if op in INTEGER_OPS:
        return INTEGER_OPS[op](_int(args[0]), _int(args[1]))
    match op:
        case "==":
            return int(address_key(args[0]) == address_key(args[1]))
        case "!=":
            return int(address_key(args[0]) != address_key(args[1]))
        case "!":
            return int(not truth(args[0]))
        case "bool":
            return int(truth(args[0]))
        case "~":
            return ~_int(args[0])
        case "neg":
            return -_int(args[0])
        case "wrap":
            return wrap(_int(args[0]), int(params[0]), bool(params[1]))
        case "half":
            return _half(args[0])
        case "select":
            return args[1] if truth(args[0]) else args[2]
        case "field":
            return step_into(args[0], params[0], bool(params[1]))
        case "index":
            return step_into(args[0], _int(args[1]), _int(args[1]) == 0)
        case "container_of":
            return step_out(args[0], str(params[0]), bool(params[1]))
        case _:
            return _apply_word(space, op, params, args)


def _apply_word(
    space: AddressSpace, op: str, params: tuple[str | int, ...], args: tuple[Value, ...]
) -> Value:
    """:func:`apply` for the operations on words."""
    if op == "word_make":
        return make_word(space, int(params[0]), args[0] if args else None)
    if op == "word_of_bits":
        bits = _int(args[0]) & 0xFFFF_FFFF_FFFF_FFFF
        return Word(Half(bits & 0xFFFF_FFFF), Half(bits >> 32))
    if op == "word_join":
        return Word(_half(args[0]), _half(args[1]))
    if op == "read_at":
        return _read_at(args[0], args[1])
    word = args[0]
    if not isinstance(word, Word):
        raise TypeError(f"not a word: {word}")
    match op:
        case "word_low":
            return word.low
        case "word_high":
            return word.high
        case "word_bits":
            return word_bits(word)
        case "word_to_pointer":
            return word_to_pointer(space, str(params[0]), word)
        case "word_name":
            return word_name(space, word, params)
        case _:
            raise ValueError(f"unknown operation {op}")


def _read_at(value: Value, pointer: Value) -> Value:
    """A half or word marked as read through ``pointer`` (unmarked if that is no location)."""
    if not isinstance(pointer, Pointer) or pointer.base is None:
        return value
    match value:
        case Half(bits=bits, base=base):
            return Half(bits, base, pointer.source)
        case Word(low=low, high=high):
            return Word(*(Half(half.bits, half.base, pointer.source) for half in (low, high)))
        case _:
            return value


def number_text(low: int, high: int) -> str:
    """64 bits as the kernel's PAE people write them: ``0x00000001'23456067``."""
    return f"0x{high:08x}'{low:08x}"


__all__ = [
    "ADDRESS_MASK",
    "INTEGER_OPS",
    "OPERATIONS",
    "POISON",
    "ZERO_WORD",
    "AddressSpace",
    "Allocation",
    "Half",
    "Location",
    "Path",
    "Pointer",
    "Poison",
    "Source",
    "Value",
    "Via",
    "Wild",
    "Word",
    "address_key",
    "apply",
    "make_word",
    "number_text",
    "origins_of",
    "step_into",
    "step_out",
    "truth",
    "word_bits",
    "word_name",
    "word_to_pointer",
    "wrap",
]
