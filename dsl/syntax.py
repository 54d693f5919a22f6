"""The syntax tree of a ``.khp`` file, as written: no names resolved, no types computed.

The parser builds it, the printer prints it, the checker turns it into a
:class:`dsl.protocol.Protocol`.  Every construct carries its span.
"""

from __future__ import annotations

from typing import TypeAlias

from dsl.frozen import Frozen
from dsl.source import Span


class Name(Frozen, frozen=True):
    """An identifier where it stands."""

    text: str
    span: Span


# --- types ----------------------------------------------------------------------


class TypeName(Frozen, frozen=True):
    """A type as written: ``struct mm *``, ``u32``, ``pmd_t **``, ``unsigned long``, ``enum x``.

    ``tag`` is ``"struct"``, ``"enum"`` or ``""``; ``name`` the words of the base
    type joined by one blank; ``stars`` the number of ``*``.
    """

    tag: str
    name: str
    stars: int
    span: Span


# --- expressions ----------------------------------------------------------------


class Number(Frozen, frozen=True):
    """``17``, ``0x3fUL``, ``'`` separators not allowed; ``text`` keeps the spelling."""

    value: int
    text: str
    span: Span


class String(Frozen, frozen=True):
    """A string literal; only messages may be strings.  ``text`` is without the quotes."""

    text: str
    span: Span


class Ident(Frozen, frozen=True):
    """A name in an expression (also ``NULL``, ``true``, ``false``)."""

    name: str
    span: Span


class Unary(Frozen, frozen=True):
    """``!e``, ``~e``, ``-e``, ``+e``, ``*e``, ``&e``."""

    op: str
    operand: Expr
    span: Span


class Binary(Frozen, frozen=True):
    """Any two-operand operator that yields a value, ``&&`` and ``||`` included."""

    op: str
    left: Expr
    right: Expr
    span: Span


class Conditional(Frozen, frozen=True):
    """``condition ? then : otherwise``."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


class Assign(Frozen, frozen=True):
    """``target = value``; ``op`` is ``"="``, ``"+="``, ``"|="`` and so on."""

    op: str
    target: Expr
    value: Expr
    span: Span


class Step(Frozen, frozen=True):
    """``++x``, ``x++``, ``--x``, ``x--``; ``op`` is ``"++"`` or ``"--"``."""

    op: str
    prefix: bool
    target: Expr
    span: Span


class Member(Frozen, frozen=True):
    """``base.field`` (``arrow`` false) or ``base->field``."""

    base: Expr
    field: Name
    arrow: bool
    span: Span


class Index(Frozen, frozen=True):
    """``base[index]``."""

    base: Expr
    index: Expr
    span: Span


class Call(Frozen, frozen=True):
    """``callee(arguments)``.  An argument may be a :class:`TypeName` (``container_of``)."""

    callee: Name
    arguments: tuple[Expr | TypeName, ...]
    span: Span


class Cast(Frozen, frozen=True):
    """``(type)operand``."""

    type: TypeName
    operand: Expr
    span: Span


class Braces(Frozen, frozen=True):
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


class Block(Frozen, frozen=True):
    """``{ ... }``."""

    body: tuple[Stmt, ...]
    span: Span


class Declarator(Frozen, frozen=True):
    """One declared name: ``*name[length] = init``; ``stars`` are this declarator's own."""

    name: Name
    stars: int
    lengths: tuple[Expr, ...]
    init: Expr | None
    span: Span


class Declare(Frozen, frozen=True):
    """A local declaration: ``pmd_t pmd, *pmdp = p;``."""

    type: TypeName
    declarators: tuple[Declarator, ...]
    span: Span


class ExprStmt(Frozen, frozen=True):
    """``expression;``."""

    expr: Expr
    span: Span


class Empty(Frozen, frozen=True):
    """``;``."""

    span: Span


class If(Frozen, frozen=True):
    """``if (condition) then else otherwise``."""

    condition: Expr
    then: Stmt
    otherwise: Stmt | None
    span: Span


class While(Frozen, frozen=True):
    """``while (condition) body``."""

    condition: Expr
    body: Stmt
    span: Span


class DoWhile(Frozen, frozen=True):
    """``do body while (condition);``."""

    body: Stmt
    condition: Expr
    span: Span


class For(Frozen, frozen=True):
    """``for (init; condition; step) body``; ``init`` is a declaration, an expression or nothing."""

    init: Declare | ExprStmt | None
    condition: Expr | None
    step: Expr | None
    body: Stmt
    span: Span


class ForEach(Frozen, frozen=True):
    """A block macro: ``vma_interval_tree_foreach(vma, mapping) body``; it calls an iterator."""

    callee: Name
    arguments: tuple[Expr, ...]
    body: Stmt
    span: Span


class Case(Frozen, frozen=True):
    """``case value: ...`` (several values for fall-through labels) or ``default:`` (no values)."""

    values: tuple[Expr, ...]
    default: bool
    body: tuple[Stmt, ...]
    span: Span


class Switch(Frozen, frozen=True):
    """``switch (subject) { case ...: }``; control falls through as in C."""

    subject: Expr
    cases: tuple[Case, ...]
    span: Span


class Break(Frozen, frozen=True):
    """``break;``."""

    span: Span


class Continue(Frozen, frozen=True):
    """``continue;``."""

    span: Span


class Return(Frozen, frozen=True):
    """``return value;``."""

    value: Expr | None
    span: Span


class Goto(Frozen, frozen=True):
    """``goto label;``."""

    label: Name
    span: Span


class Labelled(Frozen, frozen=True):
    """``label: statement``; variants name the statement, gotos jump to it."""

    label: Name
    body: Stmt
    span: Span


class ChooseStmt(Frozen, frozen=True):
    """``choose { ... } or { ... }``: any one branch runs."""

    branches: tuple[Block, ...]
    span: Span


class Yield(Frozen, frozen=True):
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


class Import(Frozen, frozen=True):
    """``import "kernel/pgtable.khp";``."""

    path: String
    span: Span


class Models(Frozen, frozen=True):
    """``models sc, lkmm;``: the memory models this file is proved under by default."""

    names: tuple[Name, ...]
    span: Span


class Config(Frozen, frozen=True):
    """``config PAE = off | on;``."""

    name: Name
    values: tuple[Name, ...]
    span: Span


class Typedef(Frozen, frozen=True):
    """``typedef unsigned long pgoff_t;``."""

    type: TypeName
    name: Name
    span: Span


class EnumDecl(Frozen, frozen=True):
    """``enum scan_result { SCAN_FAIL, SCAN_SUCCEED = 3 };``."""

    name: Name
    members: tuple[tuple[Name, Expr | None], ...]
    span: Span


class FieldDecl(Frozen, frozen=True):
    """One line of a struct: ``spinlock_t ptl class("pte");``, ``__data_racy`` before the type."""

    type: TypeName
    declarators: tuple[Declarator, ...]
    data_racy: bool
    lock_class: String | None
    span: Span


class StructDecl(Frozen, frozen=True):
    """``struct page_table { ... };``."""

    name: Name
    fields: tuple[FieldDecl, ...]
    span: Span


class WordValue(Frozen, frozen=True):
    """One named value of a word: ``none = 0;`` or ``table(struct page_table *) = 0x67;``.

    With a pointer parameter the value is the object's physical address with the
    given low bits set.
    """

    name: Name
    parameter: TypeName | None
    bits: Expr
    span: Span


class WordDecl(Frozen, frozen=True):
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


class ObjectDecl(Frozen, frozen=True):
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


class PoolDecl(Frozen, frozen=True):
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


class Parameter(Frozen, frozen=True):
    """``pmd_t *pmdp``; ``stars`` are in ``type``."""

    type: TypeName
    name: Name
    span: Span


class FunctionDecl(Frozen, frozen=True):
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


class ActorDecl(Frozen, frozen=True):
    """``actor walker { ... }``, or ``actor tick interrupts walker { ... }``."""

    name: Name
    host: Name | None
    body: Block
    span: Span


class Many(Frozen, frozen=True):
    """``*`` with no number behind it: any number of an actor."""

    span: Span


class Run(Frozen, frozen=True):
    """``run khugepaged, walker * 2, fault *;``."""

    actors: tuple[tuple[Name, Expr | Many | None], ...]
    span: Span


class Forever(Frozen, frozen=True):
    """``forever;``: each actor that has ended begins again."""

    span: Span


class Init(Frozen, frozen=True):
    """``init { m.pmd = none; }``: assignments before the actors start."""

    assignments: tuple[Assign, ...]
    span: Span


class Bound(Frozen, frozen=True):
    """``bound 3;``: unroll loops at most so often in this scenario."""

    value: Expr
    span: Span


class Expect(Frozen, frozen=True):
    """``expect refuted torn-value allowing use-after-free when PAE == on under sc;``."""

    verdict: Name
    properties: tuple[Name, ...]
    allowing: tuple[Name, ...]
    when: Expr | None
    under: tuple[Name, ...]
    span: Span


class Final(Frozen, frozen=True):
    """``final m.nr_ptes == 0;``: holds once every actor has ended; optional message."""

    condition: Expr
    message: String | None
    span: Span


class Invariant(Frozen, frozen=True):
    """``invariant condition;``: holds in every state (an SC reading); optional message."""

    condition: Expr
    message: String | None
    span: Span


class Edge(Frozen, frozen=True):
    """``table -> none holding m.pml, table.ptl;``."""

    before: Name
    after: Name
    holding: tuple[Expr, ...]
    span: Span


class Transition(Frozen, frozen=True):
    """``transition m.pmd { ... }``: the legal state machine of a word."""

    word: Expr
    edges: tuple[Edge, ...]
    span: Span


class LockName(Frozen, frozen=True):
    """A lock class by its name: ``mm_struct.mmap_lock``, ``big`` or ``"pte"``."""

    text: str
    quoted: bool
    span: Span


class LockOrder(Frozen, frozen=True):
    """``lock_order a.b -> c.d -> e : "where it says so";``: classes as they are taken."""

    classes: tuple[LockName, ...]
    source: String | None
    span: Span


class LabelPath(Frozen, frozen=True):
    """``retract_page_tables.sync``: a labelled statement in a function or actor."""

    owner: Name
    label: Name
    span: Span


class Drop(Frozen, frozen=True):
    """``drop f.label;``."""

    target: LabelPath
    span: Span


class Replace(Frozen, frozen=True):
    """``replace f.label with { ... }``."""

    target: LabelPath
    body: Block
    span: Span


class Move(Frozen, frozen=True):
    """``move f.label before f.other;`` or ``after``."""

    target: LabelPath
    where: str
    anchor: LabelPath
    span: Span


class Exchange(Frozen, frozen=True):
    """``exchange f with g;``: every call of f calls g."""

    old: Name
    new: Name
    span: Span


Change: TypeAlias = Drop | Replace | Move | Exchange

ScenarioItem: TypeAlias = Run | Forever | Init | Bound | Expect | Final | Invariant


class Scenario(Frozen, frozen=True):
    """``scenario name { run ...; expect ...; }``."""

    name: Name
    items: tuple[ScenarioItem, ...]
    span: Span


class Variant(Frozen, frozen=True):
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


class Comment(Frozen, frozen=True):
    """``// ...`` or ``/* ... */``."""

    text: str
    span: Span


class File(Frozen, frozen=True):
    """One parsed file; ``comments`` in source order, for the printer and the header."""

    name: str
    declarations: tuple[Decl, ...]
    comments: tuple[Comment, ...]
    span: Span
