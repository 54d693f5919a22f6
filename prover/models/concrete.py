"""The concrete reading of relation terms: sets of pairs over the events of one execution.

Slow and obvious: every other reading is compared with this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TypeAlias, assert_never

from dsl.frozen import Frozen
from prover.models.algebra import (
    Axiom,
    Base,
    Both,
    Complement,
    Definition,
    Difference,
    Domain,
    Either,
    Events,
    Everything,
    Identity,
    Intersection,
    Inverse,
    MemoryModel,
    Named,
    Nobody,
    Nothing,
    Optional,
    Others,
    Plus,
    Product,
    Range,
    Recursion,
    Relation,
    Sequence,
    Shape,
    Star,
    Union,
    Without,
)

Pairs: TypeAlias = frozenset[tuple[int, int]]


class Structure(Frozen, frozen=True):
    """One execution as relations see it: its events, and the named sets and relations over them."""

    carrier: frozenset[int]
    sets: Mapping[str, frozenset[int]]
    relations: Mapping[str, Pairs]


class Breach(Frozen, frozen=True):
    """An axiom that does not hold, with the events that show it.

    For ``acyclic`` and ``irreflexive`` they are a cycle (each related to the next, the last to
    the first), for ``empty`` a pair.
    """

    axiom: Axiom
    events: tuple[int, ...]


def evaluate(relation: Relation, structure: Structure) -> Pairs:
    """The pairs that ``relation`` relates; KeyError for a name that ``structure`` lacks."""
    match relation:
        case Base(name=name):
            return structure.relations[name]
        case Nothing():
            return frozenset()
        case Identity(events=events):
            return frozenset((event, event) for event in members(events, structure))
        case Product(left=left, right=right):
            ends = members(right, structure)
            return frozenset((a, b) for a in members(left, structure) for b in ends)
        case Union(left=left, right=right):
            return evaluate(left, structure) | evaluate(right, structure)
        case Sequence(left=left, right=right):
            return compose(evaluate(left, structure), evaluate(right, structure))
        case Difference(left=left, right=right):
            return evaluate(left, structure) - evaluate(right, structure)
        case Intersection(left=left, right=right):
            return evaluate(left, structure) & evaluate(right, structure)
        case Complement(inner=inner):
            return _everything(structure) - evaluate(inner, structure)
        case Inverse(inner=inner):
            return frozenset((b, a) for a, b in evaluate(inner, structure))
        case Optional(inner=inner):
            return evaluate(inner, structure) | _diagonal(structure)
        case Plus(inner=inner):
            return transitive(evaluate(inner, structure))
        case Star(inner=inner):
            return transitive(evaluate(inner, structure)) | _diagonal(structure)
        case _:
            assert_never(relation)


def members(events: Events, structure: Structure) -> frozenset[int]:
    """The events of a set; KeyError for a name that ``structure`` lacks."""
    match events:
        case Named(name=name):
            return structure.sets[name]
        case Everything():
            return structure.carrier
        case Nobody():
            return frozenset()
        case Either(left=left, right=right):
            return members(left, structure) | members(right, structure)
        case Both(left=left, right=right):
            return members(left, structure) & members(right, structure)
        case Without(left=left, right=right):
            return members(left, structure) - members(right, structure)
        case Others(inner=inner):
            return structure.carrier - members(inner, structure)
        case Domain(relation=relation):
            return frozenset(a for a, _ in evaluate(relation, structure))
        case Range(relation=relation):
            return frozenset(b for _, b in evaluate(relation, structure))
        case _:
            assert_never(events)


def _everything(structure: Structure) -> Pairs:
    return frozenset((a, b) for a in structure.carrier for b in structure.carrier)


def _diagonal(structure: Structure) -> Pairs:
    return frozenset((event, event) for event in structure.carrier)


def compose(left: Pairs, right: Pairs) -> Pairs:
    """One step of ``left``, then one of ``right``."""
    after: dict[int, list[int]] = {}
    for b, c in right:
        after.setdefault(b, []).append(c)
    ends: dict[int, set[int]] = {}
    for a, b in left:
        if b in after:
            ends.setdefault(a, set()).update(after[b])
    return frozenset([(a, c) for a, found in ends.items() for c in found])


def transitive(pairs: Pairs) -> Pairs:
    """One or more steps of ``pairs``."""
    after: dict[int, set[int]] = {}
    for a, b in pairs:
        after.setdefault(a, set()).add(b)
    closed: list[tuple[int, int]] = []
    for start, first in after.items():
        seen = set(first)
        waiting = list(first)
        while waiting:
            new = after.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        closed += [(start, end) for end in seen]
    return frozenset(closed)


def _successors(pairs: Pairs) -> dict[int, list[int]]:
    """Where each event leads, in order."""
    found: dict[int, list[int]] = {}
    for a, b in sorted(pairs):
        found.setdefault(a, []).append(b)
    return found


def cycle(pairs: Pairs) -> tuple[int, ...]:
    """A shortest cycle, each event leading to the next and the last to the first; () if none.

    Of several it is the one through the smallest event, that event first.
    """
    after = _successors(pairs)
    best: tuple[int, ...] = ()
    for start in after:
        found = _way_back(after, start)
        if found and (not best or len(found) < len(best)):
            best = found
    return best


def _way_back(after: Mapping[int, list[int]], start: int) -> tuple[int, ...]:
    """A shortest path from ``start`` to itself, breadth first."""
    came_from: dict[int, int] = {}
    layer = [start]
    while layer:
        following: list[int] = []
        for event in layer:
            for target in after.get(event, ()):
                if target == start:
                    path = [event]
                    while path[-1] != start:
                        path.append(came_from[path[-1]])
                    return tuple(reversed(path))
                if target not in came_from:
                    came_from[target] = event
                    following.append(target)
        layer = following
    return ()


def defined(model: MemoryModel, structure: Structure) -> Structure:
    """``structure`` with the model's definitions, and ``xb`` if it says so, by their names."""
    # Copies, of whatever kind of mapping they are.
    sets, relations = copy(structure.sets), dict(structure.relations)
    assert isinstance(sets, dict)
    extended = Structure(structure.carrier, sets, relations)
    for definition in model.definitions:
        if isinstance(definition, Recursion):
            _least(definition, extended, sets, relations)
        else:
            _define(definition, extended, sets, relations)
    if model.xb is not None:
        relations["xb"] = evaluate(model.xb, extended)
    return extended


def _define(
    definition: Definition,
    structure: Structure,
    sets: dict[str, frozenset[int]],
    relations: dict[str, Pairs],
) -> bool:
    """Gives one name its meaning; whether it has gained anything."""
    term = definition.term
    if isinstance(term, Relation):
        pairs = evaluate(term, structure)
        gained = not pairs <= relations.get(definition.name, frozenset())
        relations[definition.name] = pairs
        return gained
    events = members(term, structure)
    gained = not events <= sets.get(definition.name, frozenset())
    sets[definition.name] = events
    return gained


def _least(
    recursion: Recursion,
    structure: Structure,
    sets: dict[str, frozenset[int]],
    relations: dict[str, Pairs],
) -> None:
    """The solution, from nothing upwards: the equations in their order, until nothing is gained.

    Equations that are not monotone may go round in a circle; it is left where it closes.
    """
    for member in recursion.members:
        if isinstance(member.term, Relation):
            relations[member.name] = frozenset()
        else:
            sets[member.name] = frozenset()
    seen = set[tuple[object, ...]]()
    gained = True
    while gained:
        gains = [_define(member, structure, sets, relations) for member in recursion.members]
        gained = any(gains)
        if not recursion.monotone:
            state = tuple(
                relations[m.name] if isinstance(m.term, Relation) else sets[m.name]
                for m in recursion.members
            )
            gained = gained and state not in seen
            seen.add(state)


def breach(axiom: Axiom, structure: Structure) -> Breach | None:
    """How the execution breaks ``axiom``, None if it does not.

    A negated axiom is broken where its relation is as it must not be: no events show that.
    """
    pairs = evaluate(axiom.relation, structure)
    match axiom.shape:
        case Shape.ACYCLIC:
            events = cycle(pairs)
        case Shape.IRREFLEXIVE:
            events = next(((a,) for a, b in sorted(pairs) if a == b), ())
        case Shape.EMPTY:
            events = min(pairs, default=())
        case _:
            assert_never(axiom.shape)
    if axiom.negated:
        return None if events else Breach(axiom, ())
    return Breach(axiom, events) if events else None


def breaches(model: MemoryModel, structure: Structure) -> tuple[Breach, ...]:
    """Every axiom of the model that the execution breaks; none: the model allows it."""
    extended = defined(model, structure)
    found = (breach(axiom, extended) for axiom in model.axioms)
    return tuple(one for one in found if one is not None)


def flagged(model: MemoryModel, structure: Structure) -> tuple[str, ...]:
    """The names of the flags that the model raises for the execution, in the model's order."""
    extended = defined(model, structure)
    return tuple(flag.name for flag in model.flags if breach(flag, extended) is None)
