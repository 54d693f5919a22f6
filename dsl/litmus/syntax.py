"""A C litmus test as it is written.

The language is that of herd7's C tests and of the kernel's
tools/memory-model/Documentation/litmus-tests.txt: an initial state, numbered processes
without loops, and a question about the final state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dsl.source import Span

# --- expressions --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """An integer constant."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A register of the process, or a parameter: the address of the shared location it names."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class AddressOf:
    """``&x`` of a shared location."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Deref:
    """``*e``: read where it stands in an expression (plainly), or a place to write to."""

    pointer: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``-e``, ``!e``, ``~e``."""

    op: str
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """C's binary operators, ``&&`` and ``||`` (which evaluate both sides) included."""

    op: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """``c ? a : b``."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A primitive: ``READ_ONCE(*x)``, ``xchg(x, 1)``, ``smp_mb()``.

    What it does is said by the macros of the memory model.  In a macro's body it is one of
    :data:`OPERATIONS`, with ``tags`` from the braces, lower case: ``__load{ONCE}(X)`` has
    ``("once",)``.  An operator among the arguments is a Name: ``__atomic_op(X,+,V)``.
    """

    name: str
    arguments: tuple[Expr, ...]
    span: Span
    tags: tuple[str, ...] = ()


Expr: TypeAlias = Number | Name | AddressOf | Deref | Unary | Binary | Conditional | Call

# --- statements ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Declare:
    """``int r0;`` or ``int r0 = e;``."""

    name: str
    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    """``r0 = e;`` (target: Name) or ``*p = e;`` (target: Deref, a plain store)."""

    target: Name | Deref
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Evaluate:
    """``e;``: for what it does."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """``if (c) ... else ...``."""

    condition: Expr
    then: Block
    otherwise: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """Statements in order."""

    body: tuple[Stmt, ...]
    span: Span


Stmt: TypeAlias = Declare | Assign | Evaluate | If | Block

# --- macros -------------------------------------------------------------------------------

OPERATIONS = (
    "__load",
    "__store",
    "__fence",
    "__xchg",
    "__cmpxchg",
    "__atomic_op",
    "__atomic_op_return",
    "__atomic_fetch_op",
    "__atomic_add_unless",
    "__lock",
    "__unlock",
    "__trylock",
    "__islocked",
    "__srcu",
)
"""What macros are made of; each makes events of its own."""


@dataclass(frozen=True, slots=True)
class Macro:
    """``READ_ONCE(X) __load{once}(X)``, or ``smp_mb() { __fence{mb}; }``.

    ``result`` is the value of one that is an expression, None for one that is statements.
    Bodies may call other macros.  Arguments replace parameters as expressions.
    """

    name: str
    parameters: tuple[str, ...]
    result: Expr | None
    statements: tuple[Stmt, ...]
    span: Span


# --- the test -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """``int *x``: ``type`` is the pointed-to type as written, such as ``int`` or ``spinlock_t``."""

    name: str
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Process:
    """``P0(int *x, ...) { ... }``."""

    number: int
    parameters: tuple[Parameter, ...]
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Initial:
    """One item of the initial state: ``x = 1;``, ``int y = 2;``, ``p = &x;``, ``0:r1 = x;``.

    ``process`` is -1 for a shared location.  ``value`` is a number, or the name of the
    location whose address it is.
    """

    process: int
    name: str
    value: int | str
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class FinalRegister:
    """``0:r1`` at the end."""

    process: int
    name: str


@dataclass(frozen=True, slots=True)
class FinalLocation:
    """``x`` or ``[x]`` at the end."""

    name: str


@dataclass(frozen=True, slots=True)
class Equal:
    """``0:r1 = 2``, ``x = y``: the value is a number, or the name of a location: its address.

    Between two locations (``x = y`` where neither is an address) herd compares with the address.
    """

    left: FinalRegister | FinalLocation
    value: int | str
    span: Span


@dataclass(frozen=True, slots=True)
class Conjunction:
    r"""``a /\ b ...``; of no part: true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    r"""``a \/ b ...``; of no part: false."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """``~a`` or ``not (a)``."""

    inner: Condition


Condition: TypeAlias = Equal | Conjunction | Disjunction | Negation


@dataclass(frozen=True, slots=True)
class Litmus:
    """A whole test.

    ``quantifier`` is ``exists``, ``~exists`` or ``forall``.  ``filter`` leaves executions out
    (None: none); ``locations`` only asks to show more of the final state.
    """

    name: str
    initial: tuple[Initial, ...]
    processes: tuple[Process, ...]
    quantifier: str
    condition: Condition
    filter: Condition | None
    locations: tuple[FinalRegister | FinalLocation, ...]
