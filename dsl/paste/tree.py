"""The syntax of a C function body as far as ``prove new`` follows it.

Every node knows its place, since what is translated is the text.  What is not followed is
:class:`Odd` (in an expression) or :class:`OddStmt`, with what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class TypeUse:
    """A type as written: ``struct mm_struct __user **`` has words ``struct mm_struct``, 2 stars.

    ``marks`` are the places of the words that the language does not have (``__user``,
    ``volatile``); ``end`` is where the words of the base type end, stars excluded.
    """

    words: tuple[str, ...]
    stars: int
    start: int
    end: int
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """An identifier."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Num:
    """A number."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Char:
    """``'x'``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """One or more string literals."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """``!x``, ``*x``, ``&x``, ``++x``."""

    op: str
    operand: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Postfix:
    """``x++``."""

    op: str
    operand: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """Two operands and a value."""

    op: str
    left: Expr
    right: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """``a ? b : c``, and ``a ?: c`` (``then`` is None)."""

    condition: Expr
    then: Expr | None
    otherwise: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """``a = b``, ``a |= b``."""

    op: str
    target: Expr
    value: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """``a.b``, ``a->b``."""

    base: Expr
    field: str
    arrow: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """``a[b]``."""

    base: Expr
    index: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """``f(a, b)``; ``open`` and ``end`` are outside of the parentheses."""

    callee: Expr
    arguments: tuple[Expr | TypeUse, ...]
    open: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """``(type)a``."""

    type: TypeUse
    operand: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Paren:
    """``(a)``."""

    inner: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Comma:
    """``a, b``."""

    parts: tuple[Expr, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Odd:
    """What is not followed: ``code`` and ``what`` say why; ``parts`` are ``{ .field = value }``."""

    code: str
    what: str
    start: int
    end: int
    parts: tuple[tuple[str, Expr], ...] = ()


Expr: TypeAlias = (
    Name
    | Num
    | Char
    | Text
    | Prefix
    | Postfix
    | Binary
    | Conditional
    | Assign
    | Member
    | Index
    | Call
    | Cast
    | Paren
    | Comma
    | Odd
)


@dataclass(frozen=True, slots=True, eq=False)
class Declarator:
    """``*name[2] = value``; ``lengths`` are the expressions in brackets."""

    name: str
    stars: int
    lengths: tuple[Expr | None, ...]
    init: Expr | None
    marks: tuple[tuple[int, int], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Declare:
    """``int a, *b = p;``."""

    type: TypeUse
    declarators: tuple[Declarator, ...]
    static: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class ExprStmt:
    """``a;``."""

    expr: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """``{ ... }``."""

    body: tuple[Stmt, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """``if (a) b else c``; ``head`` is where the condition's parenthesis ends."""

    condition: Expr
    then: Stmt
    otherwise: Stmt | None
    head: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class While:
    """``while (a) b``."""

    condition: Expr
    body: Stmt
    head: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class DoWhile:
    """``do b while (a);``; ``tail`` is where ``while`` begins."""

    body: Stmt
    condition: Expr
    tail: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class For:
    """``for (a; b; c) d``."""

    init: Declare | ExprStmt | None
    condition: Expr | None
    step: Expr | None
    body: Stmt
    head: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class ForEach:
    """``for_each_thing(a, b) body``: a macro over a block."""

    call: Call
    body: Stmt
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    """``switch (a) b``."""

    subject: Expr
    body: Stmt
    head: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """``case a:``, ``case a ... b:`` (a range) and ``default:`` (no value)."""

    value: Expr | None
    range: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class LabelStmt:
    """``name:``."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    """``return a;``."""

    value: Expr | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    """``break;``, ``continue;``, ``goto a;``, ``;``: kept as they are."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class OddStmt:
    """What is not followed."""

    code: str
    what: str
    start: int
    end: int


Stmt: TypeAlias = (
    Declare
    | ExprStmt
    | Block
    | If
    | While
    | DoWhile
    | For
    | ForEach
    | Switch
    | Case
    | LabelStmt
    | Return
    | Jump
    | OddStmt
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``odd`` is why it cannot be one (a function pointer, ``...``)."""

    name: str
    type: TypeUse
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function's head says."""

    name: str
    result: TypeUse
    parameters: tuple[Parameter, ...]
    start: int
    end: int
