"""The concrete reading of relation terms: sets of pairs over the events of one execution.

Slow and obvious: every other reading is compared with this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from prover.models.algebra import (
    Axiom,
    Base,
    Complement,
    Difference,
    Identity,
    Intersection,
    Inverse,
    MemoryModel,
    Optional,
    Plus,
    Product,
    Relation,
    Sequence,
    Shape,
    Star,
    Union,
)

Pairs: TypeAlias = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Structure:
    """One execution as relations see it: its events, and the named sets and relations over them."""

    carrier: frozenset[int]
    sets: Mapping[str, frozenset[int]]
    relations: Mapping[str, Pairs]


@dataclass(frozen=True, slots=True)
class Breach:
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
        case Identity(set_name=name):
            return frozenset((event, event) for event in structure.sets[name])
        case Product(left=left, right=right):
            ends = structure.sets[right]
            return frozenset((a, b) for a in structure.sets[left] for b in ends)
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


def _everything(structure: Structure) -> Pairs:
    return frozenset((a, b) for a in structure.carrier for b in structure.carrier)


def _diagonal(structure: Structure) -> Pairs:
    return frozenset((event, event) for event in structure.carrier)


def compose(left: Pairs, right: Pairs) -> Pairs:
    """One step of ``left``, then one of ``right``."""
    after = _successors(right)
    return frozenset((a, c) for a, b in left for c in after.get(b, ()))


def transitive(pairs: Pairs) -> Pairs:
    """One or more steps of ``pairs``."""
    closed = pairs
    while True:
        longer = closed | compose(closed, pairs)
        if longer == closed:
            return closed
        closed = longer


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
    """``structure`` with the model's definitions and ``xb`` among its relations."""
    relations = dict(structure.relations)
    extended = Structure(structure.carrier, structure.sets, relations)
    for definition in model.definitions:
        relations[definition.name] = evaluate(definition.relation, extended)
    relations["xb"] = evaluate(model.xb, extended)
    return extended


def breach(axiom: Axiom, structure: Structure) -> Breach | None:
    """How the execution breaks ``axiom``, None if it does not."""
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
    return Breach(axiom, events) if events else None


def breaches(model: MemoryModel, structure: Structure) -> tuple[Breach, ...]:
    """Every axiom of the model that the execution breaks; none: the model allows it."""
    extended = defined(model, structure)
    found = (breach(axiom, extended) for axiom in model.axioms)
    return tuple(one for one in found if one is not None)
