r"""Relation terms, axioms and memory models as data, each printed as cat text.

A term denotes a relation between events; what it denotes in one execution is said by
:mod:`prover.models.concrete`.  The notation is that of cat (Alglave, Cousot, Maranget,
"Syntax and semantics of the weak consistency model specification language cat", 2016).
Operators from loosest to tightest: ``|``, ``;``, ``\``, ``&``, ``*``, ``~``, postfix.
"""

from __future__ import annotations

from enum import Enum
from functools import reduce
from typing import TypeAlias, assert_never

from dsl.frozen import Frozen


class Base(Frozen, frozen=True):
    """A relation by name: one of the execution's own (``po``, ``rf``), or a definition."""

    name: str

    def __str__(self) -> str:
        return self.name


class Nothing(Frozen, frozen=True):
    """``0``: no pair."""

    def __str__(self) -> str:
        return "0"


class Identity(Frozen, frozen=True):
    """``[S]``: every event of a set with itself."""

    events: Events

    def __str__(self) -> str:
        return f"[{self.events}]"


class Product(Frozen, frozen=True):
    """``A * B``: every event of one set with every event of another."""

    left: Events
    right: Events

    def __str__(self) -> str:
        return f"{_factor(self.left)} * {_factor(self.right)}"


class Union(Frozen, frozen=True):
    """``r | s``."""

    left: Relation
    right: Relation

    def __str__(self) -> str:
        return _infix(self, "|", self.left, self.right)


class Sequence(Frozen, frozen=True):
    """``r ; s``: from a to c where r leads from a to some b, and s from there to c."""

    left: Relation
    right: Relation

    def __str__(self) -> str:
        return _infix(self, ";", self.left, self.right)


class Difference(Frozen, frozen=True):
    r"""``r \ s``."""

    left: Relation
    right: Relation

    def __str__(self) -> str:
        return _infix(self, "\\", self.left, self.right)


class Intersection(Frozen, frozen=True):
    """``r & s``."""

    left: Relation
    right: Relation

    def __str__(self) -> str:
        return _infix(self, "&", self.left, self.right)


class Complement(Frozen, frozen=True):
    """``~r``: every pair of events that r lacks."""

    inner: Relation

    def __str__(self) -> str:
        return f"~{_enclosed(self.inner, _strength(self))}"


class Inverse(Frozen, frozen=True):
    """``r^-1``."""

    inner: Relation

    def __str__(self) -> str:
        return f"{_enclosed(self.inner, _strength(self))}^-1"


class Optional(Frozen, frozen=True):
    """``r?``: r, or staying where one is."""

    inner: Relation

    def __str__(self) -> str:
        return f"{_enclosed(self.inner, _strength(self))}?"


class Plus(Frozen, frozen=True):
    """``r^+``: one or more times r."""

    inner: Relation

    def __str__(self) -> str:
        return f"{_enclosed(self.inner, _strength(self))}^+"


class Star(Frozen, frozen=True):
    """``r^*``: any number of times r."""

    inner: Relation

    def __str__(self) -> str:
        return f"{_enclosed(self.inner, _strength(self))}^*"


Relation: TypeAlias = (
    Base
    | Nothing
    | Identity
    | Product
    | Union
    | Sequence
    | Difference
    | Intersection
    | Complement
    | Inverse
    | Optional
    | Plus
    | Star
)


# --- sets of events -----------------------------------------------------------------------


class Named(Frozen, frozen=True):
    """A set by name: one of the execution's own (``W``, ``Acquire``), or a definition."""

    name: str

    def __str__(self) -> str:
        return self.name


class Everything(Frozen, frozen=True):
    """``_``: every event."""

    def __str__(self) -> str:
        return "_"


class Nobody(Frozen, frozen=True):
    """``{}``: no event."""

    def __str__(self) -> str:
        return "{}"


class Either(Frozen, frozen=True):
    """``A | B`` of sets."""

    left: Events
    right: Events

    def __str__(self) -> str:
        return f"({self.left} | {self.right})"


class Both(Frozen, frozen=True):
    """``A & B`` of sets."""

    left: Events
    right: Events

    def __str__(self) -> str:
        return f"({self.left} & {self.right})"


class Without(Frozen, frozen=True):
    r"""``A \ B`` of sets."""

    left: Events
    right: Events

    def __str__(self) -> str:
        return f"({self.left} \\ {self.right})"


class Others(Frozen, frozen=True):
    """``~A``: every event that a set lacks."""

    inner: Events

    def __str__(self) -> str:
        return f"~{_factor(self.inner)}"


class Domain(Frozen, frozen=True):
    """``domain(r)``: the events that r leads from."""

    relation: Relation

    def __str__(self) -> str:
        return f"domain({self.relation})"


class Range(Frozen, frozen=True):
    """``range(r)``: the events that r leads to."""

    relation: Relation

    def __str__(self) -> str:
        return f"range({self.relation})"


Events: TypeAlias = Named | Everything | Nobody | Either | Both | Without | Others | Domain | Range


def _factor(events: Events) -> str:
    """A set as an operand of ``*`` or ``~``."""
    return f"({events})" if isinstance(events, Others) else str(events)


def _strength(relation: Relation) -> int:
    """How tightly a term's outermost operator binds."""
    match relation:
        case Union():
            return 0
        case Sequence():
            return 1
        case Difference():
            return 2
        case Intersection():
            return 3
        case Product():
            return 4
        case Complement():
            return 5
        case Inverse() | Optional() | Plus() | Star():
            return 6
        case Base() | Nothing() | Identity():
            return 7
        case _:
            assert_never(relation)


def _enclosed(relation: Relation, least: int) -> str:
    """A term in parentheses unless it binds at least as tightly as ``least``."""
    text = str(relation)
    return text if _strength(relation) >= least else f"({text})"


def _infix(whole: Relation, operator: str, left: Relation, right: Relation) -> str:
    """Two operands; a right one with the same operator has parentheses, a left one does not."""
    least = _strength(whole)
    return f"{_enclosed(left, least)} {operator} {_enclosed(right, least + 1)}"


def union(*parts: Relation) -> Relation:
    """``r | s | ...``; at least one part."""
    return reduce(Union, parts)


def sequence(*parts: Relation) -> Relation:
    """``r ; s ; ...``; at least one part."""
    return reduce(Sequence, parts)


def parts(relation: Relation) -> frozenset[str]:
    """The base relations that ``relation`` contains whole: those that are united at its top."""
    match relation:
        case Base(name=name):
            return frozenset((name,))
        case Union(left=left, right=right):
            return parts(left) | parts(right)
        case _:
            return frozenset()


# --- models -------------------------------------------------------------------------------


class Shape(Enum):
    """What an axiom asks of its relation; the value is cat's keyword."""

    ACYCLIC = "acyclic"
    IRREFLEXIVE = "irreflexive"
    EMPTY = "empty"


ACYCLIC, IRREFLEXIVE, EMPTY = Shape.ACYCLIC, Shape.IRREFLEXIVE, Shape.EMPTY


class Axiom(Frozen, frozen=True):
    """A condition that every execution of the model fulfils, or under which one is flagged with
    the name; ``~`` before it where ``negated``.
    """

    name: str
    shape: Shape
    relation: Relation
    negated: bool = False

    def __str__(self) -> str:
        return f"{'~' * self.negated}{self.shape.value} {self.relation} as {self.name}"


class Definition(Frozen, frozen=True):
    """``let name = term``, of a relation or of a set; it may use the definitions before it."""

    name: str
    term: Relation | Events

    def __str__(self) -> str:
        return f"let {self.name} = {self.term}"


class Recursion(Frozen, frozen=True):
    """``let rec a = ... and b = ...``: the least relations (and sets) that fulfil the equations.

    Not ``monotone``: more of one can make another less.  Then it is what herd computes: from
    nothing on, one equation after the other, round by round, until nothing is gained.
    """

    members: tuple[Definition, ...]
    monotone: bool = True

    def __str__(self) -> str:
        return "let rec " + "\nand ".join(f"{d.name} = {d.term}" for d in self.members)


class MemoryModel(Frozen, frozen=True):
    """Which executions there are, which have a flag, ``xb``: what executes before what (None: not
    said), ``tags``: what events may have, ``allowed``: what kinds of instructions (R, W) may have.
    """

    name: str
    definitions: tuple[Definition | Recursion, ...]
    axioms: tuple[Axiom, ...]
    xb: Relation | None
    flags: tuple[Axiom, ...] = ()
    tags: tuple[str, ...] = ()
    allowed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __str__(self) -> str:
        lines = [f'"{self.name}"']
        if self.tags:
            lines.append("enum Tags = " + " || ".join(f"'{tag}" for tag in self.tags))
        lines += [f"instructions {k}[{{'" + ", '".join(tags) + "}]" for k, tags in self.allowed]
        lines.extend(str(definition) for definition in self.definitions)
        if self.xb is not None and self.xb != Base("xb"):
            lines.append(str(Definition("xb", self.xb)))
        return "\n".join((*lines, *map(str, self.axioms), *(f"flag {f}" for f in self.flags), ""))
