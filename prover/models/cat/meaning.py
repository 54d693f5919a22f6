"""What expressions mean: terms that know their size, and functions; the typing of operators.

A set or relation without members (``0``, ``{}``) is both; every other term is one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from dsl.frozen import Frozen
from prover.models.algebra import (
    Base,
    Both,
    Complement,
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
from prover.models.cat import syntax as s


class MeaningError(Exception):
    """An operation that has no meaning: a code, what is wrong and what to do."""

    def __init__(self, code: str, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.hint = hint


MAX_SIZE = 20_000
MAX_DEPTH = 150


class Meaning(Frozen, frozen=True):
    """A term with the number of its parts and how deeply they are nested."""

    term: Relation | Events
    size: int = 1
    depth: int = 1

    @property
    def is_nothing(self) -> bool:
        """Whether it has no members: a set and a relation at once."""
        return isinstance(self.term, Nothing | Nobody)

    @property
    def is_set(self) -> bool:
        """Whether it is a set, and no relation."""
        return not self.is_nothing and not isinstance(self.term, Relation)

    @property
    def is_relation(self) -> bool:
        """Whether it is a relation, and no set."""
        return not self.is_nothing and isinstance(self.term, Relation)


class Scope(Frozen, frozen=True):
    """Which names are seen: those of functions and ``let ... in`` around, and global ones as
    they were at a time.
    """

    time: int
    names: Mapping[str, Value]
    outer: Scope | None = None


class Function(Frozen, frozen=True):
    """``let f(a, b) = e``, which sees what was defined before it."""

    name: str
    parameters: tuple[str, ...]
    body: s.Expr
    scope: Scope


class Builtin(Frozen, frozen=True):
    """A function of cat itself, of one argument."""

    name: str
    apply: Callable[[Meaning], Meaning]


Value: TypeAlias = Meaning | Function | Builtin


# --- reading a meaning as one kind -----------------------------------------------------------


def relation(meaning: Meaning) -> Relation:
    """The relation that is meant."""
    if meaning.is_nothing:
        return Nothing()
    if isinstance(meaning.term, Relation):
        return meaning.term
    raise MeaningError(
        "model-type",
        "a set stands where a relation should",
        "[S] is each event of the set S with itself",
    )


def events(meaning: Meaning) -> Events:
    """The set that is meant."""
    if meaning.is_nothing:
        return Nobody()
    if not isinstance(meaning.term, Relation):
        return meaning.term
    raise MeaningError(
        "model-type",
        "a relation stands where a set should",
        "domain(r) and range(r) are the events at the ends of r",
    )


def reference(name: str, meaning: Meaning) -> Meaning:
    """The name of what ``meaning`` says, of the same kind."""
    return Meaning(Named(name) if meaning.is_set else Base(name))


# --- operators ------------------------------------------------------------------------------


def _made(term: Relation | Events, *parts: Meaning) -> Meaning:
    size = 1 + sum(part.size for part in parts)
    depth = 1 + max(part.depth for part in parts)
    if size > MAX_SIZE or depth > MAX_DEPTH:
        limit = f"has more than {MAX_SIZE} parts"
        if depth > MAX_DEPTH:
            limit = f"is nested more than {MAX_DEPTH} deep"
        what = f"the term, with its functions in place, {limit}"
        raise MeaningError("model-too-large", what, "name parts of it with `let`")
    return Meaning(term, size, depth)


_OF_RELATIONS: dict[str, Callable[[Relation, Relation], Relation]] = {
    "|": Union,
    "&": Intersection,
    "\\": Difference,
    ";": Sequence,
}
_OF_SETS: dict[str, Callable[[Events, Events], Events]] = {
    "|": Either,
    "&": Both,
    "\\": Without,
}


def infix(op: str, left: Meaning, right: Meaning) -> Meaning:
    """``left op right``."""
    if op == "*":
        return _made(Product(events(left), events(right)), left, right)
    if op == "++":
        what, hint = "`++` adds an element, and there are none", "write `|`"
        raise MeaningError("model-unsupported", what, hint)
    if op != ";" and (left.is_set or right.is_set):
        return _made(_OF_SETS[op](events(left), events(right)), left, right)
    if op != ";" and left.is_nothing and right.is_nothing:
        return left
    return _made(_OF_RELATIONS[op](relation(left), relation(right)), left, right)


def complement(inner: Meaning) -> Meaning:
    """``~inner``; of ``0`` every pair, of ``{}`` every event."""
    if inner.is_set or isinstance(inner.term, Nobody):
        return _made(Others(events(inner)), inner)
    return _made(Complement(relation(inner)), inner)


_POSTFIX: dict[str, Callable[[Relation], Relation]] = {
    "^-1": Inverse,
    "?": Optional,
    "+": Plus,
    "*": Star,
}


def postfix(op: str, inner: Meaning) -> Meaning:
    """``inner`` with ``op`` behind it."""
    return _made(_POSTFIX[op](relation(inner)), inner)


def bracket(inner: Meaning) -> Meaning:
    """``[inner]``."""
    return _made(Identity(events(inner)), inner)


# --- functions of cat ------------------------------------------------------------------------


def _domain(argument: Meaning) -> Meaning:
    return _made(Domain(relation(argument)), argument)


def _range(argument: Meaning) -> Meaning:
    return _made(Range(relation(argument)), argument)


def _fence_relation(argument: Meaning) -> Meaning:
    """``(po & (_ * S)) ; po``: from before an event of the set to after it."""
    before = Intersection(Base("po"), Product(Everything(), events(argument)))
    return _made(Sequence(before, Base("po")), argument)


def _different_values(argument: Meaning) -> Meaning:
    """The pairs of accesses of different values."""
    return _made(Difference(relation(argument), Base("same-value")), argument)


BUILTINS: dict[str, Builtin] = {
    one.name: one
    for one in (
        Builtin("domain", _domain),
        Builtin("range", _range),
        Builtin("fencerel", _fence_relation),
        Builtin("toid", bracket),
        Builtin("different-values", _different_values),
    )
}
