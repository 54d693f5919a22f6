"""A model as it is written: statements and expressions of cat and bell with their places.

The language is that of J. Alglave, P. Cousot, L. Maranget, "Syntax and semantics of the weak
consistency model specification language cat", 2016, and of herd7's manual, part "Cat".
"""

from __future__ import annotations

from typing import TypeAlias

from dsl.frozen import Frozen
from dsl.source import Span
from prover.models.algebra import Shape

# --- expressions --------------------------------------------------------------------------


class Name(Frozen, frozen=True):
    """A set, a relation or a function by name."""

    name: str
    span: Span


class Constant(Frozen, frozen=True):
    """``0``, ``{}`` or ``_``, as written in ``text``."""

    text: str
    span: Span


class Bracket(Frozen, frozen=True):
    """``[S]``."""

    inner: Expr
    span: Span


class Group(Frozen, frozen=True):
    """``(e)``, or the arguments ``(e, f)`` of a function."""

    parts: tuple[Expr, ...]
    span: Span


class Apply(Frozen, frozen=True):
    """``f(e)`` or ``f e``."""

    function: Expr
    argument: Expr
    span: Span


class Chain(Frozen, frozen=True):
    r"""``e op f op ...`` with one operator: ``|``, ``++``, ``;``, ``\``, ``&`` or ``*``."""

    op: str
    parts: tuple[Expr, ...]
    span: Span


class Negation(Frozen, frozen=True):
    """``~e``."""

    inner: Expr
    span: Span


class Postfix(Frozen, frozen=True):
    """``e^-1``, ``e?``, ``e+``, ``e*``; ``op`` is ``^-1``, ``?``, ``+`` or ``*``."""

    op: str
    inner: Expr
    span: Span


class Local(Frozen, frozen=True):
    """``let ... in e`` and ``let rec ... in e``."""

    bindings: tuple[Binding, ...]
    recursive: bool
    body: Expr
    span: Span


class Try(Frozen, frozen=True):
    """``try e with f``: f where e uses a name that nothing has."""

    first: Expr
    otherwise: Expr
    span: Span


class Variant(Frozen, frozen=True):
    """``if "name" then e else f``: e where the engine is that variant of herd."""

    name: str
    then: Expr
    otherwise: Expr
    span: Span


Expr: TypeAlias = (
    Name | Constant | Bracket | Group | Apply | Chain | Negation | Postfix | Local | Try | Variant
)


class Binding(Frozen, frozen=True):
    """``x = e``; of a function, with ``parameters`` (None: not one)."""

    name: str
    parameters: tuple[str, ...] | None
    body: Expr
    span: Span


# --- statements ---------------------------------------------------------------------------


class Let(Frozen, frozen=True):
    """``let x = e and ...`` and ``let rec``."""

    bindings: tuple[Binding, ...]
    recursive: bool
    span: Span


class Check(Frozen, frozen=True):
    """``acyclic e as name`` and the like; ``name`` is empty if it has none."""

    shape: Shape
    negated: bool
    flag: bool
    relation: Expr
    name: str
    span: Span


class Include(Frozen, frozen=True):
    """``include "file.cat"``."""

    file: str
    span: Span


class Enumeration(Frozen, frozen=True):
    """``enum Name = 'tag || 'tag``; tags without their quote."""

    name: str
    tags: tuple[str, ...]
    span: Span


class Instructions(Frozen, frozen=True):
    """``instructions R[{'once, 'acquire}]``: tags, and enumerations by name."""

    kind: str
    tags: tuple[str, ...]
    enumerations: tuple[Name, ...]
    span: Span


Statement: TypeAlias = Let | Check | Include | Enumeration | Instructions


class CatFile(Frozen, frozen=True):
    """One file; ``title`` is empty if it has none."""

    title: str
    statements: tuple[Statement, ...]
