"""A checked protocol: names resolved, types known, nothing optional left open.

This is what the interpreter steps and what the prover lowers.  One
``Protocol`` is one program: the file with its imports, with at most one
variant applied (variants edit the syntax and are checked like anything else).

Evaluation order is left to right everywhere; ``&&``, ``||`` and ``?:`` are lazy.
Every read of memory is an explicit :class:`Read`; a place is never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dsl.expect import ALWAYS as ALWAYS  # noqa: PLC0414 - a part of this form
from dsl.expect import Condition as Condition  # noqa: PLC0414 - a part of this form
from dsl.expect import Expect as Expect  # noqa: PLC0414 - a part of this form
from dsl.frozen import Frozen
from dsl.source import Source, Span
from dsl.types import INT, IntType, LockType, PointerType, Type

# --- places and expressions --------------------------------------------------------


class Local(Frozen, frozen=True):
    """One local variable or parameter.  ``number`` is unique in its function.

    A parameter of pointer type may be bound to the address of a caller's local
    (an out-parameter); such a parameter is never assigned.
    """

    name: str
    number: int
    type: Type
    span: Span


class LocalPlace(Frozen, frozen=True):
    """A local variable as a place.  It is private to one call and never shared."""

    local: Local
    type: Type
    span: Span


class ObjectPlace(Frozen, frozen=True):
    """The named global object ``name``."""

    name: str
    type: Type
    span: Span


class DerefPlace(Frozen, frozen=True):
    """What ``pointer`` points at: ``*p``, and the base of ``p->f``."""

    pointer: Expr
    type: Type
    span: Span


class FieldPlace(Frozen, frozen=True):
    """``base.field``; for a base of word type ``field`` is one of the two halves' names."""

    base: Place
    field: str
    type: Type
    span: Span


class IndexPlace(Frozen, frozen=True):
    """``base[index]``; ``base`` has array type."""

    base: Place
    index: Expr
    type: Type
    span: Span


Place: TypeAlias = LocalPlace | ObjectPlace | DerefPlace | FieldPlace | IndexPlace


class Constant(Frozen, frozen=True):
    """An integer, a boolean or NULL (0 of a pointer type)."""

    value: int
    type: Type
    span: Span


class ConfigValue(Frozen, frozen=True):
    """A config name as an expression: the index of its value in this obligation."""

    name: str
    type: Type
    span: Span


class Read(Frozen, frozen=True):
    """The value at ``place``, by a plain access (a local's value if the place is local)."""

    place: Place
    type: Type
    span: Span


class AddressOf(Frozen, frozen=True):
    """``&place``."""

    place: Place
    type: Type
    span: Span


class Unary(Frozen, frozen=True):
    """``!``, ``~``, ``-``."""

    op: str
    operand: Expr
    type: Type
    span: Span


class Binary(Frozen, frozen=True):
    """``+ - * / % & | ^ << >> == != < <= > >=``; both operands have been given one type.

    Pointers, words and halves are compared by address or bits only.
    """

    op: str
    left: Expr
    right: Expr
    type: Type
    span: Span


class Logical(Frozen, frozen=True):
    """``&&`` or ``||``; lazy."""

    op: str
    left: Expr
    right: Expr
    type: Type
    span: Span


class Conditional(Frozen, frozen=True):
    """``condition ? then : otherwise``; lazy."""

    condition: Expr
    then: Expr
    otherwise: Expr
    type: Type
    span: Span


class Cast(Frozen, frozen=True):
    """Conversion to ``type``.

    int <-> int wraps; int, pointer or word -> bool is ``!= 0``; word -> u64 gives its
    bits; word -> pointer gives the object of the pointed-to type whose physical
    address is in the word's address bits (bits 12 and up), else a wild pointer;
    u64 -> word makes a word of those bits.
    """

    operand: Expr
    type: Type
    span: Span


class WordMake(Frozen, frozen=True):
    """A named value of a word: ``none``, ``table(p)``.  A NULL or wild argument is an error."""

    word: str
    value: str
    argument: Expr | None
    type: Type
    span: Span


class ContainerOf(Frozen, frozen=True):
    """``container_of(pointer, struct s, field)``."""

    pointer: Expr
    struct: str
    field: str
    type: Type
    span: Span


class Assign(Frozen, frozen=True):
    """``target = value`` by a plain access; its value is ``value``.

    Compound assignment is ``target = target op value`` with a plain read and a
    plain write, the place evaluated once (``op`` is then the operator, else "").
    """

    target: Place
    op: str
    value: Expr
    type: Type
    span: Span

    @property
    def within(self) -> Type:
        """The type in which ``op`` is computed, before the result becomes one of the target.

        Of a quotient and a shift the bits that the target has not count as well.
        """
        if self.op in ("/", "%"):
            return self.value.type
        if self.op in ("<<", ">>") and isinstance(self.type, IntType):
            return self.type if self.type.bits >= INT.bits else INT
        return self.type


class CallFunction(Frozen, frozen=True):
    """A call of a function of the protocol.  Arguments match the parameters' types."""

    function: str
    arguments: tuple[Expr, ...]
    type: Type
    span: Span


class FunctionName(Frozen, frozen=True):
    """A function as an argument (``call_rcu``, ``smp_call_function``)."""

    name: str
    type: Type
    span: Span


class PoolName(Frozen, frozen=True):
    """A pool as an argument (``alloc``)."""

    name: str
    type: Type
    span: Span


class CallPrimitive(Frozen, frozen=True):
    """A call of a primitive of :mod:`dsl.primitives`.

    Where C takes an lvalue (``READ_ONCE(x)``) the argument is its
    :class:`AddressOf`; so every memory primitive gets a pointer first.
    ``message`` is the text of an ``assert``; ``actors`` the targets of an IPI to
    a mask, as actor names.
    """

    primitive: str
    arguments: tuple[Expr, ...]
    message: str
    actors: tuple[str, ...]
    type: Type
    span: Span


class Choose(Frozen, frozen=True):
    """``choose()`` or ``choose(low, high)``: any value from ``low`` to ``high``, both included."""

    low: int
    high: int
    type: Type
    span: Span


Expr: TypeAlias = (
    Constant
    | ConfigValue
    | Read
    | AddressOf
    | Unary
    | Binary
    | Logical
    | Conditional
    | Cast
    | WordMake
    | ContainerOf
    | Assign
    | CallFunction
    | FunctionName
    | PoolName
    | CallPrimitive
    | Choose
)


# --- statements ---------------------------------------------------------------------


class Block(Frozen, frozen=True):
    """Statements in order."""

    body: tuple[Stmt, ...]
    span: Span


class Evaluate(Frozen, frozen=True):
    """An expression for its effects; also a declaration with its initializer, as an Assign."""

    expr: Expr
    span: Span


class Declare(Frozen, frozen=True):
    """A local declared without initializer: it holds no value until assigned.

    Entering the declaration again (a loop) forgets the old value.  Reading an
    unassigned local is the violation ``uninitialized``.
    """

    local: Local
    span: Span


class If(Frozen, frozen=True):
    """Two branches; ``otherwise`` may be an empty block."""

    condition: Expr
    then: Stmt
    otherwise: Stmt
    span: Span


class Loop(Frozen, frozen=True):
    """``while``, ``do`` and ``for``: ``init; L: if (test_first && !condition) goto end; body;
    continue: step; if (!test_first && !condition) goto end; goto L; end:``.

    ``condition`` is the constant 1 where C leaves it out.
    """

    init: Stmt
    condition: Expr
    test_first: bool
    step: Stmt
    body: Stmt
    span: Span


class Switch(Frozen, frozen=True):
    """``subject`` against constants; falls through; ``cases`` are (values, is_default, body)."""

    subject: Expr
    cases: tuple[tuple[tuple[int, ...], bool, Block], ...]
    span: Span


class Break(Frozen, frozen=True):
    """Leaves the innermost loop or switch."""

    span: Span


class Continue(Frozen, frozen=True):
    """Goes on with the innermost loop's step."""

    span: Span


class Return(Frozen, frozen=True):
    """Leaves the function."""

    value: Expr | None
    span: Span


class Goto(Frozen, frozen=True):
    """Jumps, forward or back, to the :class:`Label` with the same name in this function."""

    label: str
    span: Span


class Label(Frozen, frozen=True):
    """A labelled statement.  Labels are unique in a function.

    The checker makes some itself (block macros); their names start with ``.``.
    """

    label: str
    body: Stmt
    span: Span


class ChooseBranch(Frozen, frozen=True):
    """Exactly one branch runs, any one."""

    branches: tuple[Block, ...]
    span: Span


Stmt: TypeAlias = (
    Block
    | Evaluate
    | Declare
    | If
    | Loop
    | Switch
    | Break
    | Continue
    | Return
    | Goto
    | Label
    | ChooseBranch
)


# --- declarations ---------------------------------------------------------------------


class Field(Frozen, frozen=True):
    """A field of a struct; ``lock_class`` is its lock class name, "" if it is no lock.

    The class of a lock field is ``struct.field`` unless ``class("...")`` says otherwise.
    """

    name: str
    type: Type
    data_racy: bool
    lock_class: str


class Struct(Frozen, frozen=True):
    """A struct's fields, in order."""

    name: str
    fields: tuple[Field, ...]
    span: Span


class WordValue(Frozen, frozen=True):
    """A named value: fixed ``bits``, or an object's physical address plus ``bits``."""

    name: str
    parameter: PointerType | None
    bits: int


class Word(Frozen, frozen=True):
    """A 64-bit word with named values; see :class:`dsl.syntax.WordDecl`.

    ``split_when`` lists the configurations (name -> allowed values, joined by AND)
    in which the halves are locations of their own; None means never, an empty
    mapping always.  ``present`` is the mask of the present bit (0: non-zero is present).
    """

    name: str
    halves: tuple[str, str] | None
    split_when: Condition | None
    present: int
    values: tuple[WordValue, ...]
    span: Span


class Object(Frozen, frozen=True):
    """A named global object.

    ``initial`` gives (path, constant expression) for the places that do not start as
    zero; a path is field names and array indices.  ``address`` is the physical
    address; the checker assigns distinct ones (page-aligned, with distinct low
    halves) to objects of struct type that name none.
    """

    name: str
    type: Type
    ghost: bool
    address: int
    initial: tuple[tuple[tuple[str | int, ...], Expr], ...]
    lock_class: str
    span: Span


class Pool(Frozen, frozen=True):
    """``length`` slots of a struct type, all free at the start, at ``addresses``.

    ``typesafe``: what is freed may be given out again at once, and its memory stays what it is
    until it has been free for a grace period; alloc and free store nothing.
    """

    name: str
    type: Type
    length: int
    zeroed: bool
    typesafe: bool
    addresses: tuple[int, ...]
    span: Span


class Function(Frozen, frozen=True):
    """A function, an ``update``, or an actor's body.  Iterators are gone: the checker inlines them.

    ``locals`` holds every local, parameters first.  ``labels`` are those written by the author.
    """

    name: str
    kind: str
    parameters: tuple[Local, ...]
    result: Type
    locals: tuple[Local, ...]
    body: Block
    labels: tuple[str, ...]
    span: Span


def handler_of(actor: str) -> str:
    """The name of the function that an actor's body is, where it interrupts another."""
    return f"{actor}.handler"


class Claim(Frozen, frozen=True):
    """A ``final`` or ``invariant`` condition over global places."""

    condition: Expr
    message: str
    span: Span


class TransitionEdge(Frozen, frozen=True):
    """From one named value to another (``any`` is allowed on either side).

    ``holding`` are the lock places that the updating actor must hold; inside them the
    local ``before`` (of pointer type) stands for the object in the old value.
    """

    before: str
    after: str
    holding: tuple[Place, ...]
    span: Span


class Transition(Frozen, frozen=True):
    """The legal state machine of one word.  ``before`` is the local that the edges' places use."""

    place: Place
    word: str
    before: Local
    edges: tuple[TransitionEdge, ...]
    span: Span


class Scenario(Frozen, frozen=True):
    """Actors with multiplicity, initial overrides, claims and expectations.

    ``bound`` is 0 where the author gave none.  ``many`` are actors of ``run``, there as one, of
    which there is any number; ``forever``: each actor begins again when it has ended.  ``unasked``:
    a final condition of the file is not of it, for it has no end.
    """

    name: str
    run: tuple[tuple[str, int], ...]
    init: tuple[tuple[Place, Expr], ...]
    bound: int
    finals: tuple[Claim, ...]
    invariants: tuple[Claim, ...]
    expects: tuple[Expect, ...]
    span: Span
    many: tuple[str, ...] = ()
    forever: bool = False
    unasked: bool = False

    @property
    def unbounded(self) -> bool:
        """Whether there is any number of actors or of rounds: it is decided under sc alone."""
        return bool(self.many) or self.forever


class Variant(Frozen, frozen=True):
    """A named change; ``scenarios`` it runs in; ``labels`` it touches, as (owner, label).

    ``exchanged`` are functions in whose place it puts others: those of which the protocol without
    it shows who calls them.
    """

    name: str
    title: str
    scenarios: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    expects: tuple[Expect, ...]
    span: Span
    exchanged: tuple[str, ...] = ()


class LockOrder(Frozen, frozen=True):
    """Of two lock classes ``first`` is taken first; ``source`` is what says so, "" for nothing."""

    first: str
    then: str
    source: str
    span: Span


class Protocol(Frozen, frozen=True):
    """One checked program.

    ``header`` is the leading comment of the main file, ``sources`` every file's text by
    the name that spans use.  ``variant`` is the variant applied, "" for none.
    ``finals``, ``invariants``, ``transitions`` and ``lock_orders`` hold in every scenario.
    """

    name: str
    header: str
    sources: Mapping[str, Source]
    models: tuple[str, ...]
    configs: Mapping[str, tuple[str, ...]]
    enums: Mapping[str, Mapping[str, int]]
    words: Mapping[str, Word]
    structs: Mapping[str, Struct]
    objects: Mapping[str, Object]
    pools: Mapping[str, Pool]
    functions: Mapping[str, Function]
    actors: Mapping[str, Function]
    scenarios: Mapping[str, Scenario]
    variants: Mapping[str, Variant]
    transitions: tuple[Transition, ...]
    lock_orders: tuple[LockOrder, ...]
    invariants: tuple[Claim, ...]
    finals: tuple[Claim, ...]
    variant: str


def lock_kind(type_: Type) -> str:
    """The lock kind of a type, "" if it is no lock."""
    return type_.kind if isinstance(type_, LockType) else ""
