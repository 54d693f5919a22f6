"""The syntax tree of a ``.khp`` file, as written: no names resolved, no types computed.

The parser builds it, the printer prints it, the checker turns it into a
:class:`dsl.protocol.Protocol`.  Every construct carries its span.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dsl.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier where it stands."""

    text: str
    span: Span


# --- types ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: ``struct mm *``, ``u32``, ``pmd_t **``, ``unsigned long``, ``enum x``.

    ``tag`` is ``"struct"``, ``"enum"`` or ``""``; ``name`` the words of the base
    type joined by one blank; ``stars`` the number of ``*``.
    """

    tag: str
    name: str
    stars: int
    span: Span


# --- expressions ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """``17``, ``0x3fUL``, ``'`` separators not allowed; ``text`` keeps the spelling."""

    value: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class String:
    """A string literal; only messages may be strings.  ``text`` is without the quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Ident:
    """A name in an expression (also ``NULL``, ``true``, ``false``)."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``!e``, ``~e``, ``-e``, ``+e``, ``*e``, ``&e``."""

    op: str
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Any two-operand operator that yields a value, ``&&`` and ``||`` included."""

    op: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``; ``op`` is ``"="``, ``"+="``, ``"|="`` and so on."""

    op: str
    target: Expr
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Step:
    """``++x``, ``x++``, ``--x``, ``x--``; ``op`` is ``"++"`` or ``"--"``."""

    op: str
    prefix: bool
    target: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """``base.field`` (``arrow`` false) or ``base->field``."""

    base: Expr
    field: Name
    arrow: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """``base[index]``."""

    base: Expr
    index: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """``callee(arguments)``.  An argument may be a :class:`TypeName` (``container_of``)."""

    callee: Name
    arguments: tuple[Expr | TypeName, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Cast:
    """``(type)operand``."""

    type: TypeName
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Braces:
    """``{ .field = value, ... }`` or ``{ value, ... }``; only as an initializer."""

    items: tuple[tuple[Name | None, Expr], ...]
    span: Span


Expr: TypeAlias = (
    Number
    | String
    | Ident
    | Unary
    | Binary
    | Conditional
    | Assign
    | Step
    | Member
    | Index
    | Call
    | Cast
    | Braces
)


# --- statements -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """``{ ... }``."""

    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Declarator:
    """One declared name: ``*name[length] = init``; ``stars`` are this declarator's own."""

    name: Name
    stars: int
    lengths: tuple[Expr, ...]
    init: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Declare:
    """A local declaration: ``pmd_t pmd, *pmdp = p;``."""

    type: TypeName
    declarators: tuple[Declarator, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ExprStmt:
    """``expression;``."""

    expr: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Empty:
    """``;``."""

    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """``if (condition) then else otherwise``."""

    condition: Expr
    then: Stmt
    otherwise: Stmt | None
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    """``while (condition) body``."""

    condition: Expr
    body: Stmt
    span: Span


@dataclass(frozen=True, slots=True)
class DoWhile:
    """``do body while (condition);``."""

    body: Stmt
    condition: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """``for (init; condition; step) body``; ``init`` is a declaration, an expression or nothing."""

    init: Declare | ExprStmt | None
    condition: Expr | None
    step: Expr | None
    body: Stmt
    span: Span


@dataclass(frozen=True, slots=True)
class ForEach:
    """A block macro: ``vma_interval_tree_foreach(vma, mapping) body``; it calls an iterator."""

    callee: Name
    arguments: tuple[Expr, ...]
    body: Stmt
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """``case value: ...`` (several values for fall-through labels) or ``default:`` (no values)."""

    values: tuple[Expr, ...]
    default: bool
    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Switch:
    """``switch (subject) { case ...: }``; control falls through as in C."""

    subject: Expr
    cases: tuple[Case, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Break:
    """``break;``."""

    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    """``continue;``."""

    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    """``return value;``."""

    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Goto:
    """``goto label;``."""

    label: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Labelled:
    """``label: statement``; variants name the statement, gotos jump to it."""

    label: Name
    body: Stmt
    span: Span


@dataclass(frozen=True, slots=True)
class ChooseStmt:
    """``choose { ... } or { ... }``: any one branch runs."""

    branches: tuple[Block, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Yield:
    """``yield;`` in an iterator: the body of the block macro runs here."""

    span: Span


Stmt: TypeAlias = (
    Block
    | Declare
    | ExprStmt
    | Empty
    | If
    | While
    | DoWhile
    | For
    | ForEach
    | Switch
    | Break
    | Continue
    | Return
    | Goto
    | Labelled
    | ChooseStmt
    | Yield
)


# --- declarations ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    """``import "kernel/pgtable.khp";``."""

    path: String
    span: Span


@dataclass(frozen=True, slots=True)
class Models:
    """``models sc, lkmm;``: the memory models this file is proved under by default."""

    names: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Config:
    """``config PAE = off | on;``."""

    name: Name
    values: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Typedef:
    """``typedef unsigned long pgoff_t;``."""

    type: TypeName
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class EnumDecl:
    """``enum scan_result { SCAN_FAIL, SCAN_SUCCEED = 3 };``."""

    name: Name
    members: tuple[tuple[Name, Expr | None], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class FieldDecl:
    """One line of a struct: ``spinlock_t ptl class("pte");``, ``__data_racy`` before the type."""

    type: TypeName
    declarators: tuple[Declarator, ...]
    data_racy: bool
    lock_class: String | None
    span: Span


@dataclass(frozen=True, slots=True)
class StructDecl:
    """``struct page_table { ... };``."""

    name: Name
    fields: tuple[FieldDecl, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class WordValue:
    """One named value of a word: ``none = 0;`` or ``table(struct page_table *) = 0x67;``.

    With a pointer parameter the value is the object's physical address with the
    given low bits set.
    """

    name: Name
    parameter: TypeName | None
    bits: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class WordDecl:
    """``word pmd_t { split low, high when PAE == on; present 0x1; none = 0; ... };``.

    A 64-bit word with named values.  ``halves`` are the names of its two 32-bit
    halves; where ``when`` holds (always, if absent and halves are given) each
    half is a location of its own.  ``present`` is the mask of the present bit.
    """

    name: Name
    halves: tuple[Name, Name] | None
    when: Expr | None
    present: Expr | None
    values: tuple[WordValue, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ObjectDecl:
    """A global: ``struct page_table A at 0x123456000 = { ... };``, ``ghost int n = 1;``.

    ``ghost int walker.seen;`` has the ``owner`` ``walker``, and the name ``walker.seen``.
    """

    ghost: bool
    type: TypeName
    declarator: Declarator
    address: Expr | None
    lock_class: String | None
    span: Span
    owner: Name | None = None


@dataclass(frozen=True, slots=True)
class PoolDecl:
    """``pool struct page_table tables[2];``; ``zeroed`` for a ``kzalloc`` kind.

    ``at`` gives the physical address of each slot, in order.
    """

    type: TypeName
    name: Name
    length: Expr
    zeroed: bool
    typesafe_by_rcu: bool
    at: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """``pmd_t *pmdp``; ``stars`` are in ``type``."""

    type: TypeName
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class FunctionDecl:
    """A function, an iterator or an update.

    ``kind`` is ``"function"``, ``"iterator"`` (a block macro, with one ``yield``)
    or ``"update"`` (its stores to the halves of a word are one update of it).
    ``static`` and ``inline`` are accepted and kept for printing in ``words``.
    """

    kind: str
    words: tuple[str, ...]
    result: TypeName
    name: Name
    parameters: tuple[Parameter, ...]
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class ActorDecl:
    """``actor walker { ... }``, or ``actor tick interrupts walker { ... }``."""

    name: Name
    host: Name | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Many:
    """``*`` with no number behind it: any number of an actor."""

    span: Span


@dataclass(frozen=True, slots=True)
class Run:
    """``run khugepaged, walker * 2, fault *;``."""

    actors: tuple[tuple[Name, Expr | Many | None], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Forever:
    """``forever;``: each actor that has ended begins again."""

    span: Span


@dataclass(frozen=True, slots=True)
class Init:
    """``init { m.pmd = none; }``: assignments before the actors start."""

    assignments: tuple[Assign, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Bound:
    """``bound 3;``: unroll loops at most so often in this scenario."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Expect:
    """``expect refuted torn-value allowing use-after-free when PAE == on under sc;``."""

    verdict: Name
    properties: tuple[Name, ...]
    allowing: tuple[Name, ...]
    when: Expr | None
    under: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Final:
    """``final m.nr_ptes == 0;``: holds once every actor has ended; optional message."""

    condition: Expr
    message: String | None
    span: Span


@dataclass(frozen=True, slots=True)
class Invariant:
    """``invariant condition;``: holds in every state (an SC reading); optional message."""

    condition: Expr
    message: String | None
    span: Span


@dataclass(frozen=True, slots=True)
class Edge:
    """``table -> none holding m.pml, table.ptl;``."""

    before: Name
    after: Name
    holding: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Transition:
    """``transition m.pmd { ... }``: the legal state machine of a word."""

    word: Expr
    edges: tuple[Edge, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LockName:
    """A lock class by its name: ``mm_struct.mmap_lock``, ``big`` or ``"pte"``."""

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True)
class LockOrder:
    """``lock_order a.b -> c.d -> e : "where it says so";``: classes as they are taken."""

    classes: tuple[LockName, ...]
    source: String | None
    span: Span


@dataclass(frozen=True, slots=True)
class LabelPath:
    """``retract_page_tables.sync``: a labelled statement in a function or actor."""

    owner: Name
    label: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Drop:
    """``drop f.label;``."""

    target: LabelPath
    span: Span


@dataclass(frozen=True, slots=True)
class Replace:
    """``replace f.label with { ... }``."""

    target: LabelPath
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Move:
    """``move f.label before f.other;`` or ``after``."""

    target: LabelPath
    where: str
    anchor: LabelPath
    span: Span


@dataclass(frozen=True, slots=True)
class Exchange:
    """``exchange f with g;``: every call of f calls g."""

    old: Name
    new: Name
    span: Span


Change: TypeAlias = Drop | Replace | Move | Exchange

ScenarioItem: TypeAlias = Run | Forever | Init | Bound | Expect | Final | Invariant


@dataclass(frozen=True, slots=True)
class Scenario:
    """``scenario name { run ...; expect ...; }``."""

    name: Name
    items: tuple[ScenarioItem, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Variant:
    """``variant name "what it does" in scenario, scenario { changes; expects; }``."""

    name: Name
    title: String | None
    scenarios: tuple[Name, ...]
    changes: tuple[Change, ...]
    expects: tuple[Expect, ...]
    span: Span


Decl: TypeAlias = (
    Import
    | Models
    | Config
    | Typedef
    | EnumDecl
    | StructDecl
    | WordDecl
    | ObjectDecl
    | PoolDecl
    | FunctionDecl
    | ActorDecl
    | Scenario
    | Variant
    | Transition
    | LockOrder
    | Invariant
    | Final
)


@dataclass(frozen=True, slots=True)
class Comment:
    """``// ...`` or ``/* ... */``."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """One parsed file; ``comments`` in source order, for the printer and the header."""

    name: str
    declarations: tuple[Decl, ...]
    comments: tuple[Comment, ...]
    span: Span
