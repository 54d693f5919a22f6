"""A model as it is written: statements and expressions of cat and bell with their places.

The language is that of J. Alglave, P. Cousot, L. Maranget, "Syntax and semantics of the weak
consistency model specification language cat", 2016, and of herd7's manual, part "Cat".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dsl.source import Span
from prover.models.algebra import Shape

# --- expressions --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A set, a relation or a function by name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Constant:
    """``0``, ``{}`` or ``_``, as written in ``text``."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Bracket:
    """``[S]``."""

    inner: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """``(e)``, or the arguments ``(e, f)`` of a function."""

    parts: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Apply:
    """``f(e)`` or ``f e``."""

    function: Expr
    argument: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Chain:
    r"""``e op f op ...`` with one operator: ``|``, ``++``, ``;``, ``\``, ``&`` or ``*``."""

    op: str
    parts: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negation:
    """``~e``."""

    inner: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Postfix:
    """``e^-1``, ``e?``, ``e+``, ``e*``; ``op`` is ``^-1``, ``?``, ``+`` or ``*``."""

    op: str
    inner: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Local:
    """``let ... in e`` and ``let rec ... in e``."""

    bindings: tuple[Binding, ...]
    recursive: bool
    body: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Try:
    """``try e with f``: f where e uses a name that nothing has."""

    first: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Variant:
    """``if "name" then e else f``: e where the engine is that variant of herd."""

    name: str
    then: Expr
    otherwise: Expr
    span: Span


Expr: TypeAlias = (
    Name | Constant | Bracket | Group | Apply | Chain | Negation | Postfix | Local | Try | Variant
)


@dataclass(frozen=True, slots=True)
class Binding:
    """``x = e``; of a function, with ``parameters`` (None: not one)."""

    name: str
    parameters: tuple[str, ...] | None
    body: Expr
    span: Span


# --- statements ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Let:
    """``let x = e and ...`` and ``let rec``."""

    bindings: tuple[Binding, ...]
    recursive: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Check:
    """``acyclic e as name`` and the like; ``name`` is empty if it has none."""

    shape: Shape
    negated: bool
    flag: bool
    relation: Expr
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Include:
    """``include "file.cat"``."""

    file: str
    span: Span


@dataclass(frozen=True, slots=True)
class Enumeration:
    """``enum Name = 'tag || 'tag``; tags without their quote."""

    name: str
    tags: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Instructions:
    """``instructions R[{'once, 'acquire}]``: tags, and enumerations by name."""

    kind: str
    tags: tuple[str, ...]
    enumerations: tuple[Name, ...]
    span: Span


Statement: TypeAlias = Let | Check | Include | Enumeration | Instructions


@dataclass(frozen=True, slots=True)
class CatFile:
    """One file; ``title`` is empty if it has none."""

    title: str
    statements: tuple[Statement, ...]
