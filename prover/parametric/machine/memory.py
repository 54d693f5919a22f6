"""What loads, stores, updates, allocs and frees do in a step."""

from __future__ import annotations

from dsl.frozen import replace
from prover.graph import ir
from prover.graph.values import (
    POISON,
    ZERO_WORD,
    Allocation,
    Half,
    Location,
    Pointer,
    Value,
    Via,
    Wild,
    Word,
    address_key,
    apply,
    origins_of,
)
from prover.parametric.machine import counts, pages
from prover.parametric.machine import local as lc
from prover.parametric.machine.contexts import is_index
from prover.parametric.machine.shared import GONE, USED, Variable
from prover.parametric.machine.values import (
    NOW,
    of_life,
    outlived,
    settled,
    via_outlived,
    without_origin,
)
from prover.parametric.machine.work import Work, Wrong
from prover.parametric.system import Refused

OTHER = {"low": "high", "high": "low"}


def is_split(work: Work, word: str) -> bool:
    """Whether the halves of a word type are locations of their own."""
    return bool(word) and work.parts.layout.words[word].split


def load(work: Work, instr: ir.Load) -> None:
    """A load; what a split word gives is marked as read from there."""
    place = work.touch(instr.address)
    if place in work.parts.counts:
        value = counts.look(work, place)
    elif not is_split(work, instr.word):
        value = work.read(place)
    elif instr.part == "whole":
        value = _both(work, place)
    else:
        value = work.read(place, instr.part)
    if value == POISON:
        raise Wrong("uninitialized")
    if is_split(work, instr.word):
        value = _read_at(work, value, instr.address)
    work.registers[instr.reg] = value


def _both(work: Work, place: Location) -> Value:
    """The whole of a split word; poison if a half is."""
    low, high = work.read(place, "low"), work.read(place, "high")
    return apply(work.parts.layout.space, "word_join", (), (low, high))


def _read_at(work: Work, value: Value, address: ir.Expr) -> Value:
    return apply(work.parts.layout.space, "read_at", (), (value, work.value(address)))


def store(work: Work, instr: ir.Store) -> None:
    """A store, and the update of a word that it makes or completes."""
    place = work.touch(instr.address)
    value = work.value(instr.value)
    if place in work.parts.counts:
        assert isinstance(value, int)
        counts.put(work, place, value)
    elif not instr.word:
        _put(work, place, "whole", value)
    elif not is_split(work, instr.word):
        if tables(work, instr.word, place):
            _judge(work, instr.word, place, work.read(place), value)
        _put(work, place, "whole", value)
    elif instr.part == "whole":
        _whole(work, place, instr.word, value)
    else:
        _half(work, instr, place, value)


def _put(work: Work, place: Location, part: str, value: Value) -> None:
    """Memory keeps a value without the marks that cannot matter there."""
    parts = work.parts
    if is_index(value):
        raise Refused(f"the index of an SRCU reader in memory, at `{place}`")
    kept = settled(_lasting(work, value), parts.start, work.proven, parts.slots)
    scalar = part == "whole" and isinstance(kept, Half)
    work.write(place, part, kept if scalar else without_origin(kept))
    if work.counted:
        counts.let_go(work, value)


def _whole(work: Work, place: Location, word: str, value: Value) -> None:
    """Both halves of a split word in one step: an update of it."""
    assert isinstance(value, Word)
    _check_stored(work, word, "", value)
    _judge(work, word, place, work.look("settled", place), value)
    _put(work, place, "low", value.low)
    _put(work, place, "high", value.high)
    complete(work, place, value)


def _lasting(work: Work, value: Value) -> Value:
    """A pointer for memory, which no free of the object of the word that it is from will change.

    So it is proven to be whole now, or taken to be of a life that is over.
    """
    if isinstance(value, Pointer | Wild) and value.via is not None:
        slots = {source.base.object for source in value.via.sources if source.base.site == NOW}
        if slots and work.torn(value.via):
            for slot in slots:
                value = replace(value, via=via_outlived(value.via, slot))
    return value


def _check_stored(work: Work, word: str, part: str, value: Value) -> None:
    """A present word that no completed update has stored must not be stored."""
    if not isinstance(value, Word):
        return
    bits = value.high.bits << 32 | value.low.bits
    present = work.parts.layout.words[word].present
    origins = origins_of(value)
    if not part and origins and (bits & present if present else bits):
        if work.torn(Via(origins, value.low.bits, value.high.bits)):
            raise Wrong("torn-value")


def _half(work: Work, instr: ir.Store, place: Location, value: Value) -> None:
    """A store to one half: an update by itself, or part of one that several stores make."""
    space = work.parts.layout.space
    half = apply(space, "half", (), (value,))
    assert isinstance(half, Half)
    part = instr.part
    pending = _pending(work, instr.update, place)
    match instr.value:
        case ir.Apply(op="word_low" | "word_high", args=(whole,)) if pending is None:
            # The half of a word that is stored whole: the word is what counts.
            _check_stored(work, instr.word, "", work.value(whole))
        case _:
            pass
    before = pending or lc.Half(instr.update, place, None, None)
    after = before._replace(low=half) if part == "low" else before._replace(high=half)
    (next_,) = work.body.after[work.position]
    done = instr.update == 0 or (next_ < 0 or instr.update not in work.body.follow[next_])
    if done:
        word = _joined(work, after, place)
        _judge(work, instr.word, place, work.look("settled", place), word)
    work.halves = tuple(h for h in work.halves if h != pending)
    _put(work, place, part, half)
    if done:
        complete(work, place, _joined(work, after, place))
    else:
        work.halves = tuple(sorted((*work.halves, _kept(after)), key=str))


def _kept(half: lc.Half) -> lc.Half:
    low = None if half.low is None else without_origin(half.low)
    high = None if half.high is None else without_origin(half.high)
    return half._replace(low=low, high=high)


def _pending(work: Work, update: int, place: Location) -> lc.Half | None:
    """The halves that an update has stored so far, None for none."""
    for half in work.halves if update else ():
        if (half.update, half.place) == (update, place):
            return half
    return None


def _joined(work: Work, halves: lc.Half, place: Location) -> Value:
    """The word that an update leaves: its halves, and where it has stored none, what is there."""
    low = work.read(place, "low") if halves.low is None else halves.low
    high = work.read(place, "high") if halves.high is None else halves.high
    return apply(work.parts.layout.space, "word_join", (), (low, high))


def finish(work: Work, position: int) -> None:
    """Completes the updates of which no half-store can follow from a position on.

    Raises Wrong before it changes anything.
    """
    if not work.halves:
        return
    follow = work.body.follow[position] if position >= 0 else frozenset[int]()
    over = [half for half in work.halves if half.update not in follow]
    words = [(half, _joined(work, half, half.place)) for half in over]
    for half, word in words:
        kind = work.parts.word_at[half.place]
        _judge(work, kind, half.place, work.look("settled", half.place), word)
    work.halves = tuple(half for half in work.halves if half not in over)
    for half, word in words:
        complete(work, half.place, word)


def complete(work: Work, place: Location, word: Value) -> None:
    """Notes a completed update."""
    if not isinstance(word, Word):
        return
    pair = (word.low.bits, word.high.bits)
    if work.parts.start.get(place) != pair:
        stored = work.look("stored", place)
        if isinstance(stored, frozenset) and pair not in stored:
            work.write(place, "whole", stored | {pair}, "stored")
    if work.look("settled", place) is not None:
        parts = work.parts
        kept = settled(without_origin(word), parts.start, work.proven, parts.slots)
        work.write(place, "whole", kept, "settled")


def rmw(work: Work, instr: ir.Rmw) -> None:
    """One step that reads and, where its condition holds, writes."""
    place = work.touch(instr.address)
    split = is_split(work, instr.word)
    if place in work.parts.counts:
        old = counts.look(work, place)
    else:
        old = _both(work, place) if split else work.read(place)
    if old == POISON:
        raise Wrong("uninitialized")
    if split:
        old = _read_at(work, old, instr.address)
    before = dict(work.registers)
    work.registers[instr.reg] = old
    counted = place in work.parts.counts
    when = counts.meets(work, instr) if counted else work.holds(instr.when)
    new = work.any_value(instr.new) if counted else work.value(instr.new)
    try:
        if split:
            _check_stored(work, instr.word, "", new)
        if when and instr.word:
            was = work.look("settled", place) if split else old
            _judge(work, instr.word, place, was, new)
        if when and counted:
            counts.change(work, place, old, work.registers[instr.reg], new)
    except Wrong:
        work.registers = before
        raise
    if not when or counted:
        return
    if split:
        assert isinstance(new, Word)
        _put(work, place, "low", new.low)
        _put(work, place, "high", new.high)
        complete(work, place, new)
    else:
        _put(work, place, "whole", new)


# --- transitions ---------------------------------------------------------------------------------


def tables(work: Work, word: str, place: Location) -> list[ir.TransitionTable]:
    """The transition tables of the word at a place."""
    return [t for t in work.parts.tables if t.word == word and t.location == place]


def _judge(work: Work, word: str, place: Location, old: object, new: Value) -> None:
    """One completed update against the tables of its word."""
    for table in tables(work, word, place):
        if not isinstance(old, int | Word | Half):
            continue
        if address_key(old) == address_key(new):
            continue
        if not any(_legal(work, table, rule, old, new) for rule in table.rules):
            raise Wrong("transition")


def _legal(
    work: Work, table: ir.TransitionTable, rule: ir.TransitionRule, old: Value, new: Value
) -> bool:
    """Whether a legal edge allows an update: that its ends fit, and that its locks are held."""
    space = work.parts.layout.space
    values = work.parts.layout.words[table.word].values
    names = [name for name, _, _, _ in values]
    params: tuple[str | int, ...] = tuple(
        part for _, takes, bits, struct in values for part in (struct if takes else "", bits)
    )
    for wanted, value in ((rule.before, old), (rule.after, new)):
        if wanted != "any":
            if apply(space, "word_name", params, (value,)) != names.index(wanted):
                return False
    registers = dict(work.registers)
    struct = {name: struct for name, _, _, struct in values}.get(rule.before)
    if struct:
        registers["before"] = apply(space, "word_to_pointer", (struct,), (old,))
    for lock in rule.holding:
        address = work.parts.compiled(lock)(registers)
        if not isinstance(address, Pointer) or address.base is None:
            return False
        if work.holding(address.location) is None:
            return False
    return True


# --- lives ---------------------------------------------------------------------------------------


def allocate(work: Work, instr: ir.Alloc) -> None:
    """A slot is taken; its cells get poison or zeros."""
    slots = [region for region in work.parts.layout.regions.values() if region.pool == instr.pool]
    free = [r for r in slots if work.look("life", Location(r.name, ())) != USED]
    if not free:
        work.registers[instr.reg] = 0
        return
    region = free[work.fork(len(free))]
    if region.typesafe:
        work.registers[instr.reg] = pages.given_out(work, region.name)
        return
    work.write(Location(region.name, ()), "whole", USED, "life")
    for cell in region.cells:
        place = Location(region.name, cell.path)
        if place in work.parts.counts:
            counts.fresh(work, place, zeroed=region.zeroed)
            continue
        for part, value in _fresh(cell, zeroed=region.zeroed):
            work.write(place, part, value)
        if cell.split and region.zeroed:
            complete(work, place, ZERO_WORD)
    work.registers[instr.reg] = Pointer(Allocation(region.name, NOW))


def _fresh(cell: ir.Cell, *, zeroed: bool) -> list[tuple[str, Value]]:
    """What a new allocation holds in a cell, by part."""
    if cell.kind == "head":
        return []
    if cell.type_name == "folio":
        return [("whole", 0)]
    parts = ["low", "high"] if cell.split else ["whole"]
    # A zeroed SRCU domain is not set up yet.
    if not zeroed or cell.type_name == "srcu":
        return [(part, POISON) for part in parts]
    if cell.split:
        return [(part, Half(0)) for part in parts]
    return [("whole", ZERO_WORD if cell.kind == "word" else 0)]


def free(work: Work, instr: ir.Free) -> None:
    """An object's life ends: whoever has a pointer to it has one to something that is over."""
    value = work.value(instr.pointer)
    if isinstance(value, int):
        return
    via = value.via if isinstance(value, Pointer | Wild) else None
    if work.torn(via):
        raise Wrong("torn-value")
    if not isinstance(value, Pointer) or value.base is None or value.path or not work.alive(value):
        raise Wrong("double-free")
    name = value.base.object
    if work.parts.layout.regions[name].typesafe:
        pages.freed(work, name)
        return
    work.write(Location(name, ()), "whole", GONE, "life")
    if not work.parts.layout.regions[name].pool:
        return
    for number in work.parts.pointing(name):
        held = work.ask(number)
        if not isinstance(held, frozenset) and of_life(held, name):
            work.writes[number] = outlived(held, name)
    if work.parts.forgets:
        for cell in work.parts.layout.regions[name].cells:
            if cell.kind != "head" and Location(name, cell.path) not in work.parts.counts:
                for part in ("low", "high") if cell.split else ("whole",):
                    work.write(Location(name, cell.path), part, POISON)
    for cell in work.parts.layout.regions[name].cells:
        place = Location(name, cell.path)
        _forget(work, place)
        if Variable("owned", place) in work.parts.variables.number:
            work.write(place, "whole", 0, "owned")
        if place in work.parts.counts:
            counts.fresh(work, place, zeroed=False)
    own = tuple(work.registers.items())
    before = lc.Local(
        *(0, 0, 0, own, work.held),
        readers=work.readers,
        halves=work.halves,
        counted=work.counted,
    )
    state = lc.after_free(before, name)
    work.registers = dict(state.registers)
    work.held, work.halves, work.readers = state.held, state.halves, state.readers
    work.counted = state.counted
    work.change = work.parts.change("free", Location(name, ()))


def _forget(work: Work, place: Location) -> None:
    """What a word held in a life that is over says nothing of it in another."""
    if Variable("stored", place) in work.parts.variables.number:
        work.write(place, "whole", frozenset(), "stored")
