"""Loads, stores, read-modify-writes and allocation in the skeleton."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.changes import Change, Way
from prover.execution.construct.strand import Strand
from prover.execution.terms import Allocated, Term
from prover.graph import ir
from prover.graph.values import POISON, ZERO_WORD, Half, Location, Pointer, Value

SHADOW = "shadow"
"""The part of a split word that holds the value of its last completed update."""

OTHER = {"low": "high", "high": "low"}


def load(strand: Strand, instr: ir.Load) -> None:
    """A load; what a split word gives is marked as read from there."""
    draft = strand.draft
    address = strand.value(instr.address)
    access = sk.Access("load", instr.order, address)
    ghost = strand.looks
    if not _split(strand, instr.word):
        event = strand.here(access, instr.origin)
        strand.env[instr.reg] = draft.read(event, address, "whole", ghost=ghost)
        return
    event = strand.here(access, instr.origin)
    if instr.part == "whole":
        halves = [draft.read(event, address, part, ghost=ghost) for part in ("low", "high")]
        value = draft.operation("word_join", (), tuple(halves))
    else:
        value = draft.read(event, address, instr.part, ghost=ghost)
    strand.env[instr.reg] = draft.operation("read_at", (), (value, address))


def store(strand: Strand, instr: ir.Store) -> None:
    """A store, and the update of a word that it makes or completes."""
    address, value = strand.value(instr.address), strand.value(instr.value)
    access = sk.Access("store", instr.order, address)
    if not instr.word:
        event = strand.here(access, instr.origin)
        strand.draft.write(event, address, "whole", value, strand.draft.constant(1))
    elif not _split(strand, instr.word):
        _store_whole(strand, instr, access, value)
    elif instr.part == "whole":
        _store_wide(strand, instr, access, value)
    else:
        _store_half(strand, instr, access, value)


def rmw(strand: Strand, instr: ir.Rmw) -> None:
    """One step that reads and, where its condition holds, writes."""
    draft = strand.draft
    address = strand.value(instr.address)
    number = draft.reserve()
    split = _split(strand, instr.word)
    if split:
        halves = [draft.read(number, address, part) for part in ("low", "high")]
        joined = draft.operation("word_join", (), tuple(halves))
        old = draft.operation("read_at", (), (joined, address))
    else:
        old = draft.read(number, address, "whole")
    strand.env[instr.reg] = old
    when = draft.truth(strand.value(instr.when))
    new = strand.value(instr.new)
    access = sk.Access("rmw", instr.order, address, instr.looks)
    checks: tuple[sk.LocalCheck, ...] = ()
    if instr.word:
        before = _completed(strand, number, address, instr.word) if split else old
        checks = _transition_checks(strand, instr.word, address, before, new, when)
    strand.fill(number, access, strand.guard, instr.origin, checks)
    strand.guard = draft.outcome(number, "ok")
    if not instr.word or not split:
        draft.write(number, address, "whole", new, when)
    else:
        _write_wide(strand, number, address, new, when, instr.word)


def allocate(strand: Strand, instr: ir.Alloc) -> None:
    """A slot is taken; its cells get poison or zeros, but for those of a typesafe pool."""
    draft = strand.draft
    event = strand.here(sk.Allocate(instr.pool), instr.origin)
    result = draft.terms.add(Allocated(event))
    strand.env[instr.reg] = result
    for region in draft.layout.regions.values():
        if region.pool != instr.pool or region.typesafe:
            continue
        taken = draft.equal(result, draft.pointer_to(Location(region.name, ())))
        for cell in region.cells:
            if cell.kind == "head":
                continue
            address = draft.pointer_to(Location(region.name, cell.path))
            if cell.type_name == "folio":
                draft.write(event, address, "whole", draft.constant(0), taken)
                continue
            for part, value in fresh(cell, zeroed=region.zeroed):
                draft.write(event, address, part, draft.constant(value), taken)
            if cell.split and region.zeroed:
                # An update is of one life of the slot.
                zero = draft.constant(Half(0))
                own = draft.constant(Pointer(sk.life(region, event), cell.path))
                _complete(strand, sk.Update(event, own, taken, zero, zero))


def fresh(cell: ir.Cell, *, zeroed: bool) -> list[tuple[str, Value]]:
    """What a new allocation holds in a cell, by part."""
    parts = ["low", "high"] if cell.split else ["whole"]
    # A zeroed SRCU domain is not set up yet.
    if not zeroed or cell.type_name == "srcu":
        return [(part, POISON) for part in parts]
    if cell.split:
        return [(part, Half(0)) for part in parts]
    return [("whole", ZERO_WORD if cell.kind == "word" else 0)]


def _split(strand: Strand, word: str) -> bool:
    """Whether the halves of a word type are locations of their own."""
    return bool(word) and strand.draft.layout.words[word].split


def _store_whole(strand: Strand, instr: ir.Store, access: sk.Access, value: Term) -> None:
    """A store to a word that is one location."""
    draft = strand.draft
    number = draft.reserve()
    checks: tuple[sk.LocalCheck, ...] = ()
    if _tables(strand, instr.word):
        old = draft.read(number, access.address, "whole", ghost=True)
        one = draft.constant(1)
        checks = _transition_checks(strand, instr.word, access.address, old, value, one)
    strand.fill(number, access, strand.guard, instr.origin, checks)
    strand.guard = draft.outcome(number, "ok")
    draft.write(number, access.address, "whole", value, draft.constant(1))


def _store_wide(strand: Strand, instr: ir.Store, access: sk.Access, value: Term) -> None:
    """One step that stores both halves of a split word."""
    draft = strand.draft
    number = draft.reserve()
    old = _completed(strand, number, access.address, instr.word)
    one = draft.constant(1)
    checks = _transition_checks(strand, instr.word, access.address, old, value, one)
    strand.fill(number, access, strand.guard, instr.origin, checks)
    strand.guard = draft.outcome(number, "ok")
    _write_wide(strand, number, access.address, value, one, instr.word)


def _write_wide(
    strand: Strand, event: int, address: Term, value: Term, when: Term, word: str
) -> None:
    """Both halves written in one step: an update of the word."""
    draft = strand.draft
    low = draft.operation("word_low", (), (value,))
    high = draft.operation("word_high", (), (value,))
    draft.write(event, address, "low", low, when)
    draft.write(event, address, "high", high, when)
    _complete(strand, sk.Update(event, address, when, low, high))
    present = draft.layout.words[word].present
    draft.stored.append(sk.StoredWord(event, value, present, draft.constant(1)))


def _store_half(strand: Strand, instr: ir.Store, access: sk.Access, value: Term) -> None:
    """A store to one half: an update by itself, or part of one that several stores make."""
    draft = strand.draft
    half = draft.operation("half", (), (value,))
    one = draft.constant(1)
    number = draft.reserve()
    address, part, other = access.address, instr.part, OTHER[instr.part]
    first_of_update = _nothing_stored(strand, instr)
    if instr.update == 0:
        done, rest = one, draft.read(number, address, other, ghost=True)
    else:
        done, rest = _pending(strand, instr, number, half)
    old = _completed(strand, number, address, instr.word)
    halves = (half, rest) if part == "low" else (rest, half)
    new = draft.operation("word_join", (), halves)
    checks = _transition_checks(strand, instr.word, address, old, new, done)
    strand.fill(number, access, strand.guard, instr.origin, checks)
    strand.guard = draft.outcome(number, "ok")
    draft.write(number, address, part, half, draft.constant(1))
    if draft.terms.known(done) != 0:
        _complete(strand, sk.Update(number, address, done, *halves))
    first = one if instr.update == 0 else first_of_update
    present = draft.layout.words[instr.word].present
    match instr.value:
        case ir.Apply(op="word_low" | "word_high", args=(whole,)):
            # The half of a word that is stored whole: the word is what counts.
            draft.stored.append(sk.StoredWord(number, strand.value(whole), present, first))
        case _:
            draft.stored.append(sk.StoredWord(number, half, _part(present, part), one))


def _part(present: int, part: str) -> int:
    """The present mask of one half; where it has none of its own, no half counts as present."""
    return present & 0xFFFF_FFFF if part == "low" else present >> 32


def _nothing_stored(strand: Strand, instr: ir.Store) -> Term:
    """Whether the update of a half-store has stored nothing so far."""
    draft = strand.draft
    none = draft.constant(POISON)
    return draft.terms.both(
        *(
            draft.equal(strand.env.get(f"!u{instr.update}.{part}", none), none)
            for part in ("low", "high")
        )
    )


def _pending(strand: Strand, instr: ir.Store, number: int, half: Term) -> tuple[Term, Term]:
    """A half-store of an update that several stores may make.

    Gives whether this store completes it (no other can follow), and the other half: the one
    the update stored, else what is in memory.  The registers ``!u<n>.low`` and ``!u<n>.high``
    hold the halves stored so far, POISON standing for none.
    """
    draft = strand.draft
    name, other = f"!u{instr.update}", OTHER[instr.part]
    none = draft.constant(POISON)
    strand.env[f"{name}.{instr.part}"] = half
    if strand.more_follows:
        return draft.constant(0), draft.constant(Half(0))
    stored = strand.env.get(f"{name}.{other}", none)
    if draft.terms.known(stored) is not None and stored != none:
        return draft.constant(1), stored
    in_memory = draft.read(number, strand.value(instr.address), other, ghost=True)
    return draft.constant(1), draft.select(draft.equal(stored, none), in_memory, stored)


def _completed(strand: Strand, event: int, address: Term, word: str) -> Term:
    """The value of the last completed update before an event, where a table wants to know."""
    draft = strand.draft
    if not _tables(strand, word):
        return draft.constant(ZERO_WORD)
    return draft.read(event, address, SHADOW, ghost=True)


def _complete(strand: Strand, update: sk.Update) -> None:
    """Notes a completed update."""
    draft = strand.draft
    draft.updates.append(update)
    if strand.transitions:
        value = draft.operation("word_join", (), (update.low, update.high))
        draft.write(update.event, update.address, SHADOW, value, update.when)


def _tables(strand: Strand, word: str) -> list[ir.TransitionTable]:
    """The transition tables for locations of a word type."""
    return [t for t in strand.transitions if t.word == word]


def _transition_checks(
    strand: Strand, word: str, address: Term, old: Term, new: Term, when: Term
) -> tuple[sk.LocalCheck, ...]:
    """The checks of one completed update against the tables of its word."""
    draft = strand.draft
    terms = draft.terms
    checks: list[sk.LocalCheck] = []
    for table in _tables(strand, word):
        here = draft.equal(address, draft.pointer_to(table.location))
        changed = terms.invert(draft.equal(old, new))
        ways: list[Way] = []
        legal: list[Term] = []
        held: dict[Term, Term] = {}
        for rule in table.rules:
            way = _way(strand, table, rule, old, new, held)
            ways.append(way)
            legal.append(terms.both(*way.fits, *(holds for _, holds in way.locks)))
        bad = terms.both(when, here, changed, terms.invert(terms.either(*legal)))
        about = Change(table.location, old, new, tuple(ways))
        checks.append(sk.LocalCheck("transition", bad, "", about))
    return tuple(checks)


def _way(
    strand: Strand,
    table: ir.TransitionTable,
    rule: ir.TransitionRule,
    old: Term,
    new: Term,
    held: dict[Term, Term],
) -> Way:
    """What one legal edge asks of an update: that its ends fit, and that its locks are held.

    ``held`` keeps for the next edge whether locks are, by their addresses.
    """
    draft = strand.draft
    values = draft.layout.words[table.word].values
    params: tuple[str | int, ...] = tuple(
        part for _, takes, bits, struct in values for part in (struct if takes else "", bits)
    )
    names = [name for name, _, _, _ in values]
    parts: list[Term] = []
    for wanted, value in ((rule.before, old), (rule.after, new)):
        if wanted != "any":
            kind = draft.operation("word_name", params, (value,))
            parts.append(draft.equal(kind, draft.constant(names.index(wanted))))
    env = dict(strand.env)
    structs = {name: struct for name, _, _, struct in values}
    if structs.get(rule.before):
        env["before"] = draft.operation("word_to_pointer", (structs[rule.before],), (old,))
    kinds = ("spinlock", "rwlock", "mutex", "rwsem", "folio")
    locks: list[tuple[Term, Term]] = []
    for place in (draft.value_of(place, env) for place in rule.holding):
        if place not in held:
            held[place] = strand.held_at(place, kinds, "any")
        locks.append((place, held[place]))
    return Way(f"{rule.before} -> {rule.after}", tuple(parts), tuple(locks))
