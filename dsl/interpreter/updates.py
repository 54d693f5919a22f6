"""Completed updates of words: their record, torn values, and legal transitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.interpreter.state import Pend, State
from dsl.interpreter.values import (
    Half,
    Lock,
    Origin,
    Pointer,
    Value,
    Violated,
    Wild,
    Word,
    bits_of,
    word_bits,
)
from dsl.interpreter.work import Work
from dsl.types import WordType

if TYPE_CHECKING:
    from dsl.interpreter.program import Program


def torn(w: Work, origins: tuple[Origin, ...]) -> bool:
    """Whether no completed update so far stored these bits in one of the locations."""
    return any(tuple(origin) not in w.completed for origin in origins)


def present(w: Work, type_: WordType, value: Word) -> bool:
    """Whether the word's present bit is set (any bit, where the word names none)."""
    mask = w.layout.protocol.words[type_.name].present
    return bool(word_bits(value) & mask if mask else word_bits(value))


def torn_half(w: Work, half: Half) -> bool:
    """Whether a present half that was read from a split word is of no completed update of it."""
    if half.source < 0:
        return False
    node = w.layout.nodes[half.source]
    word = w.layout.nodes[node.parent].type
    assert isinstance(word, WordType)
    mask = w.layout.protocol.words[word.name].present or 0xFFFF_FFFF_FFFF_FFFF
    if not half.bits & (mask >> 32 * node.half) & 0xFFFF_FFFF:
        return False
    return not any(
        slot == node.slot and number == half.source_number and (low, high)[node.half] == half.bits
        for slot, number, low, high in w.completed
    )


def completed(w: Work, slot: int, value: Word) -> None:
    """Records that an update of the word at ``slot`` is complete, and judges it."""
    pair = bits_of(value)
    if pair is None:
        return
    node = w.layout.nodes[w.layout.slots[slot]]
    if w.layout.is_split(node.type):
        entry = (slot, w.lives[node.unit] >> 1, *pair)
        if entry not in w.completed:
            w.completed = w.completed | {entry}
    if w.settled:
        old = w.settled[slot]
        w.settled = (*w.settled[:slot], pair, *w.settled[slot + 1 :])
        if old is not None and old != pair:
            _judge(w, slot, old, pair)


def half_stored(w: Work, slot: int, half: int, bits: int) -> None:
    """A narrow store: a completed update by itself, or a part of an ``update`` call's."""
    if w.update < 0:
        whole = w.memory[slot]
        assert isinstance(whole, Word)
        completed(w, slot, whole)
        return
    number = w.lives[w.layout.nodes[w.layout.slots[slot]].unit] >> 1
    old = next((p for p in w.pending if (p.slot, p.number) == (slot, number)), None)
    parts: list[int | None] = [old.low, old.high] if old else [None, None]
    parts[half] = bits
    rest = [p for p in w.pending if p is not old]
    w.pending = tuple(sorted((*rest, Pend(slot, number, *parts)), key=lambda p: p[:2]))


def finish_pending(w: Work) -> None:
    """The last half-store of an ``update`` call has been made: its words are updated."""
    pending, w.pending = w.pending, ()
    for pend in pending:
        unit = w.layout.nodes[w.layout.slots[pend.slot]].unit
        if w.lives[unit] >> 1 != pend.number:
            continue
        memory = w.memory[pend.slot]
        assert isinstance(memory, Word)
        low = memory.low if pend.low is None else Half(pend.low)
        high = memory.high if pend.high is None else Half(pend.high)
        completed(w, pend.slot, Word(low, high))


def _judge(w: Work, slot: int, old: tuple[int, int], new: tuple[int, int]) -> None:
    for index, transition in enumerate(w.layout.protocol.transitions):
        compiled = w.program.transitions[index]
        place = w.program.quietly(w, compiled.place, ())
        if not isinstance(place, Pointer) or place.node != w.layout.slots[slot]:
            continue
        names = tuple(w.layout.value_name(transition.word, pair) for pair in (old, new))
        before = _object_in(w, transition.word, old)
        if not any(
            edge.before in (names[0], "any")
            and edge.after in (names[1], "any")
            and all(
                holds(w, w.program.quietly(w, lock, (before,))) for lock in compiled.holding[number]
            )
            for number, edge in enumerate(transition.edges)
        ):
            raise Violated("transition")


def _object_in(w: Work, word: str, pair: tuple[int, int]) -> Value:
    """The object in a word's value, NULL's wild neighbour where it names none."""
    bits = pair[1] << 32 | pair[0]
    name = w.layout.value_name(word, pair)
    for value in w.layout.protocol.words[word].values:
        if value.name == name and value.parameter is not None:
            unit = w.layout.argument(bits, value.bits, value.parameter)
            return Pointer(w.layout.units[unit].root, w.lives[unit] >> 1)
    return Wild(0)


def holds(w: Work, ref: Value | None) -> bool:
    """Whether the stepping actor holds the lock at ``ref``."""
    if not isinstance(ref, Pointer):
        return False
    lock = w.memory[w.layout.nodes[ref.node].slot]
    if not isinstance(lock, Lock):
        return False
    return lock.owner == w.name or any(name == w.name for name, _ in lock.readers)


def settled_at_start(program: Program, state: State) -> State:
    """Initial values are completed updates."""
    layout = program.layout
    pairs = [bits_of(v) if isinstance(v, Word) else None for v in state.memory]
    completed = frozenset(
        (slot, 0, *pair)
        for slot, pair in enumerate(pairs)
        if pair is not None and layout.is_split(layout.slot_type(slot))
    )
    settled = tuple(pairs) if program.transitions else ()
    return state._replace(completed=completed, settled=settled)
