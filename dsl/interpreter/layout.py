"""The memory of one protocol: every place of every object and pool slot, numbered.

A *unit* is what has a lifetime: a named object or a pool slot.  A *node* is a
place in a unit (struct, array, scalar, word, half, lock); its number is its
address.  A *slot* is an index into the memory, one per scalar, word or lock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.interpreter.values import (
    POISON,
    UNLOCKED,
    Half,
    Index,
    LocalRef,
    Lock,
    Mark,
    NearNull,
    Origin,
    Pointer,
    Value,
    Wild,
    Word,
    bits_of,
    word_bits,
    word_of,
)
from dsl.protocol import Protocol
from dsl.types import (
    U32,
    ArrayType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
    WordType,
)


@dataclass(slots=True)
class Node:
    """One place; ``slot`` and ``half`` are -1 where it has none; ``kind`` numbers its type."""

    number: int
    unit: int
    type: Type
    kind: int
    text: str
    parent: int
    step: str | int
    children: dict[str | int, int]
    slot: int
    half: int
    lock_class: str


@dataclass(slots=True)
class Unit:
    """What is allocated and freed at once; ``pool`` is "" for a named object."""

    name: str
    pool: str
    root: int
    type: Type
    address: int
    slots: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Layout:
    """Nodes, units and slots of a protocol under one configuration."""

    protocol: Protocol
    split: frozenset[str]
    nodes: list[Node] = field(default_factory=list[Node])
    units: list[Unit] = field(default_factory=list[Unit])
    slots: list[int] = field(default_factory=list[int])
    kinds: dict[Type, int] = field(default_factory=dict[Type, int])
    roots: dict[str, int] = field(default_factory=dict[str, int])
    pools: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    addresses: dict[tuple[Type, int], int] = field(default_factory=dict[tuple[Type, int], int])

    @property
    def half_kind(self) -> int:
        """The kind of halves of words."""
        return self.kind(U32)

    def kind(self, type_: Type) -> int:
        """A number for the type, equal for equal types."""
        return self.kinds.setdefault(type_, len(self.kinds))

    def add_unit(self, name: str, pool: str, type_: Type, address: int, lock_class: str) -> int:
        """Lays out one object or slot; answers its number."""
        number = len(self.units)
        unit = Unit(name, pool, len(self.nodes), type_, address)
        self.units.append(unit)
        self._add(number, type_, name, -1, "", lock_class)
        if isinstance(type_, StructType):
            self.addresses[type_, address] = number
        return number

    def _add(
        self, unit: int, type_: Type, text: str, parent: int, step: str | int, lock_class: str
    ) -> int:
        number = len(self.nodes)
        node = Node(
            number, unit, type_, self.kind(type_), text, parent, step, {}, -1, -1, lock_class
        )
        self.nodes.append(node)
        match type_:
            case StructType(name):
                for f in self.protocol.structs[name].fields:
                    node.children[f.name] = self._add(
                        unit, f.type, f"{text}.{f.name}", number, f.name, f.lock_class
                    )
            case ArrayType(element, length):
                for i in range(length):
                    node.children[i] = self._add(
                        unit, element, f"{text}[{i}]", number, i, lock_class
                    )
            case _:
                node.slot = len(self.slots)
                self.slots.append(number)
                self.units[unit].slots.append(node.slot)
                if isinstance(type_, WordType):
                    self._add_halves(node, type_)
        return number

    def _add_halves(self, node: Node, type_: WordType) -> None:
        for half, name in enumerate(self.protocol.words[type_.name].halves or ()):
            number = len(self.nodes)
            kind, text = self.kind(U32), f"{node.text}.{name}"
            self.nodes.append(
                Node(
                    number,
                    node.unit,
                    U32,
                    kind,
                    text,
                    node.number,
                    name,
                    {},
                    node.slot,
                    half,
                    "",
                )
            )
            node.children[name] = number

    def at_start(self, type_: Type, field: str) -> bool:
        """Whether nothing of any size precedes a field; a half of a word is taken to be there."""
        if not isinstance(type_, StructType):
            return True
        for f in self.protocol.structs[type_.name].fields:
            if f.name == field:
                return True
            if not self._is_empty(f.type):
                return False
        raise AssertionError("the field is in the struct")

    def _is_empty(self, type_: Type) -> bool:
        if isinstance(type_, ArrayType):
            return self._is_empty(type_.element)
        if not isinstance(type_, StructType):
            return False
        return all(self._is_empty(f.type) for f in self.protocol.structs[type_.name].fields)

    def is_split(self, type_: Type) -> bool:
        """Whether the type is a word whose halves are locations of their own here."""
        return isinstance(type_, WordType) and type_.name in self.split

    def slot_type(self, slot: int) -> Type:
        """The type of what the slot holds."""
        return self.nodes[self.slots[slot]].type

    def typesafe(self, unit: int) -> bool:
        """Whether a unit is a slot of a typesafe pool."""
        pool = self.units[unit].pool
        return bool(pool) and self.protocol.pools[pool].typesafe

    def start(self, slot: int) -> Value:
        """What a pool's slot holds before anything runs: a constructor's work, if it has one."""
        unit = self.nodes[self.slots[slot]].unit
        pool = self.protocol.pools[self.units[unit].pool]
        return self.fresh(slot, pool.typesafe and pool.zeroed)

    def fresh(self, slot: int, zeroed: bool) -> Value:
        """What a slot holds right after its unit's allocation."""
        type_ = self.slot_type(slot)
        match type_:
            case LockType("srcu"):
                # It takes more than zeros to set one up, which DEFINE_SRCU() does.
                pool = self.units[self.nodes[self.slots[slot]].unit].pool
                return POISON if pool else UNLOCKED
            case LockType(kind):
                # The allocator hands out pages with clear flags; a folio lock has no init.
                return UNLOCKED if zeroed or kind == "folio" else POISON
            case RcuHeadType():
                return 0
            case WordType():
                return word_of(0) if zeroed else Word(POISON, POISON)
            case _:
                return 0 if zeroed else POISON

    def pointed(self, word: Value, type_: PointerType, lives: tuple[int, ...]) -> Value:
        """The word cast to a pointer: the object at its address bits, else a wild pointer.

        The allocation is that of the low half's provenance if it is of that
        object, else the high half's, else the object's latest.
        """
        assert isinstance(word, Word)
        low, high = word
        assert isinstance(low, Half) and isinstance(high, Half)
        address = word_bits(word) & ~0xFFF
        origin = self.origins(low, high)
        unit = self.addresses.get((type_.to, address), -1)
        if unit < 0:
            return Wild(address, origin)
        number = lives[unit] >> 1
        if low.unit == unit:
            number = low.number
        elif high.unit == unit:
            number = high.number
        return Pointer(self.units[unit].root, number, origin)

    def origins(self, low: Half, high: Half) -> tuple[Origin, ...]:
        """The locations a word made of these halves was read from, each with the word's bits."""
        found: list[Origin] = []
        for half in (low, high):
            if half.source >= 0:
                slot = self.nodes[half.source].slot
                origin = Origin(slot, half.source_number, low.bits, high.bits)
                if origin not in found:
                    found.append(origin)
        return tuple(found)

    def value_name(self, word: str, pair: tuple[int, int]) -> str:
        """The first named value of the word whose bits fit, ``?`` if none does."""
        bits = pair[1] << 32 | pair[0]
        for value in self.protocol.words[word].values:
            if value.parameter is None:
                if bits == value.bits:
                    return value.name
            elif self.argument(bits, value.bits, value.parameter) >= 0:
                return value.name
        return "?"

    def argument(self, bits: int, low: int, parameter: PointerType) -> int:
        """The unit u with ``address(u) | low == bits``, -1 if there is none."""
        for (type_, address), unit in self.addresses.items():
            if type_ == parameter.to and address | low == bits:
                return unit
        return -1

    def text(self, value: Value) -> str:
        """A value of memory as outcomes spell it."""
        match value:
            case Pointer(node):
                return f"&{self.nodes[node].text}"
            case Wild():
                return "wild"
            case NearNull(field, steps):
                shown = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
                return "wild" if field else f"&NULL{shown}"
            case Word():
                pair = bits_of(value)
                return "?" if pair is None else f"0x{pair[1]:08x}'{pair[0]:08x}"
            case Half(bits):
                return str(bits)
            case Mark():
                return "?"
            case Lock() | LocalRef():
                return ""
            case Index(number):
                return str(number)
            case _:
                return str(value)

    def cell_text(self, slot: int, value: Value) -> str:
        """:meth:`text`, with NULL for a pointer that is 0."""
        if value == 0 and isinstance(self.slot_type(slot), PointerType):
            return "NULL"
        return self.text(value)


def build_layout(protocol: Protocol, configuration: dict[str, str]) -> Layout:
    """Lays out every object, then every pool, in the order of declaration."""
    split = frozenset(
        word.name
        for word in protocol.words.values()
        if word.halves is not None
        and word.split_when is not None
        and word.split_when.holds(configuration)
    )
    layout = Layout(protocol, split)
    for obj in protocol.objects.values():
        unit = layout.add_unit(obj.name, "", obj.type, obj.address, obj.lock_class)
        layout.roots[obj.name] = layout.units[unit].root
    for pool in protocol.pools.values():
        layout.pools[pool.name] = tuple(
            layout.add_unit(f"{pool.name}[{i}]", pool.name, pool.type, pool.addresses[i], "")
            for i in range(pool.length)
        )
    return layout
