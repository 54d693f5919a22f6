"""Whether the equations of a ``let rec`` are monotone: none grows as another one shrinks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from prover.models.algebra import (
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
    Named,
    Nobody,
    Nothing,
    Optional,
    Others,
    Plus,
    Product,
    Range,
    Relation,
    Sequence,
    Star,
    Union,
    Without,
)


def monotone(members: tuple[Definition, ...]) -> bool:
    """Whether more of any member never makes another one less."""
    names = {member.name for member in members}
    return not any(names & set(_negative(member.term)) for member in members)


def _negative(term: Relation | Events) -> Iterator[str]:
    """The names in ``term`` of which more makes it less."""
    waiting: list[tuple[Relation | Events, bool]] = [(term, True)]
    while waiting:
        part, positive = waiting.pop()
        match part:
            case Base(name=name) | Named(name=name):
                if not positive:
                    yield name
            case Nothing() | Everything() | Nobody():
                pass
            case Difference(left=left, right=right) | Without(left=left, right=right):
                waiting += [(left, positive), (right, not positive)]
            case Complement(inner=inner) | Others(inner=inner):
                waiting.append((inner, not positive))
            case Identity(events=events):
                waiting.append((events, positive))
            case Domain(relation=relation) | Range(relation=relation):
                waiting.append((relation, positive))
            case Inverse(inner=inner) | Optional(inner=inner) | Plus(inner=inner):
                waiting.append((inner, positive))
            case Star(inner=inner):
                waiting.append((inner, positive))
            case Union(left=left, right=right) | Sequence(left=left, right=right):
                waiting += [(left, positive), (right, positive)]
            case Intersection(left=left, right=right) | Product(left=left, right=right):
                waiting += [(left, positive), (right, positive)]
            case Either(left=left, right=right) | Both(left=left, right=right):
                waiting += [(left, positive), (right, positive)]
            case _:
                assert_never(part)
