"""Control-flow graphs: what a protocol becomes when its functions are inlined.

One :class:`Cfg` per actor, per callback, per IPI handler and per claim.  The
printed notation (:mod:`prover.graph.pretty`) is used by the passes'
docstrings, by ``prove dump`` and by the golden tests::

    actor walker
    entry:
        %1 = load once m.pmd
        branch (%1 == none) ? out : use
    use:
        acquire spinlock %2
        jump out
    out:
        end

Registers are local to one graph and may be assigned several times (the event
stage makes the values static).  Addresses are expressions that give pointers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.frozen import Frozen
from dsl.source import Span
from prover.graph.values import AddressSpace, Location, Path, Value

# --- expressions --------------------------------------------------------------------


class Const(Frozen, frozen=True):
    """A value known now."""

    value: Value


class Reg(Frozen, frozen=True):
    """A register; one never assigned on the way reads as POISON."""

    name: str


class Apply(Frozen, frozen=True):
    """A pure operation of :func:`prover.graph.values.apply`."""

    op: str
    params: tuple[str | int, ...]
    args: tuple[Expr, ...]


Expr: TypeAlias = Const | Reg | Apply


# --- where an instruction comes from -------------------------------------------------


class Frame(Frozen, frozen=True):
    """One call on the way to an instruction: the function called, where, and which call it is.

    ``call`` numbers the calls of one graph, so that two calls from one line differ.
    """

    function: str
    site: Span
    call: int


class Origin(Frozen, frozen=True):
    """The source of an instruction: its span and the calls around it, outermost first."""

    span: Span
    frames: tuple[Frame, ...] = ()


NOWHERE = Origin(Span("", 0, 0))
"""The origin of what no author has written."""


# --- instructions ----------------------------------------------------------------------


class Assign(Frozen, frozen=True):
    """``%r = expression``."""

    reg: str
    expr: Expr
    origin: Origin


class Havoc(Frozen, frozen=True):
    """``%r = any low..high``, or ``any low..high of name``: what has a name is chosen once."""

    reg: str
    low: int
    high: int
    origin: Origin
    shared: str = ""


class Load(Frozen, frozen=True):
    """``%r = load order part address``.

    ``order`` is ``plain``, ``racy`` (plain, and its author knows: data_race(), ``__data_racy``),
    ``once`` or ``acquire``.  ``address`` points at the scalar or
    word; ``part`` is ``whole``, ``low`` or ``high``; ``word`` names the word type ("" if
    the place is none).  A loaded word or half is marked as read from there.
    """

    reg: str
    address: Expr
    order: str
    part: str
    word: str
    origin: Origin


class Store(Frozen, frozen=True):
    """``store order part address, value``.

    ``order`` is ``plain``, ``racy``, ``once``, ``release`` or ``mb`` (smp_store_mb).  ``update``
    numbers the update that a half-store belongs to (two or more half-stores with one
    number are one update of the word, complete at the last); 0: it is one by itself.
    """

    address: Expr
    value: Expr
    order: str
    part: str
    word: str
    update: int
    origin: Origin


class Rmw(Frozen, frozen=True):
    """``%r = rmw order address, new, when``: one step that reads the old value into ``reg`` and,
    where ``when`` holds, writes ``new``; both expressions may use ``%r``.

    ``order`` is ``relaxed``, ``noreturn`` (relaxed, and the call gives nothing: smp_rmb() does not
    order its read), ``acquire``, ``release`` or ``full``.  ``looks``: where ``when`` does not hold
    it has tried nothing, ``always`` (atomic_add_unless()), or in its ``generic`` form, where x86
    has an instruction (test_and_set_bit_lock()); "" if it has tried (cmpxchg()).
    """

    reg: str
    address: Expr
    new: Expr
    when: Expr
    order: str
    word: str
    origin: Origin
    looks: str = ""


class Fence(Frozen, frozen=True):
    """``fence kind``; kind is the primitive's name (``smp_mb``, ``smp_rmb``, ...)."""

    kind: str
    origin: Origin


class LockInit(Frozen, frozen=True):
    """``lock-init address``; ``gone``: it is set down again, and must not be used any more."""

    address: Expr
    kind: str
    origin: Origin
    gone: bool = False


class Acquire(Frozen, frozen=True):
    """``acquire kind mode address``: blocks until granted.

    ``kind`` is spinlock, rwlock, mutex, rwsem or folio; ``mode`` exclusive or shared.
    ``nested`` is the lockdep subclass of a ``_nested`` call, -1 for a plain call.
    """

    address: Expr
    kind: str
    mode: str
    nested: int
    origin: Origin


class TryAcquire(Frozen, frozen=True):
    """``%r = try-acquire kind mode address``: 1 if taken."""

    reg: str
    address: Expr
    kind: str
    mode: str
    origin: Origin


class Release(Frozen, frozen=True):
    """``release kind mode address``."""

    address: Expr
    kind: str
    mode: str
    origin: Origin


class Downgrade(Frozen, frozen=True):
    """``downgrade kind address``: what is held exclusively is held shared from now on."""

    address: Expr
    kind: str
    origin: Origin


class Holds(Frozen, frozen=True):
    """``%r = holds kind mode address``: 1 if this thread holds it so; ``mode`` may be ``any``."""

    reg: str
    address: Expr
    kind: str
    mode: str
    origin: Origin


class IsLocked(Frozen, frozen=True):
    """``%r = is-locked kind address``: 1 if anyone holds it in any mode."""

    reg: str
    address: Expr
    kind: str
    origin: Origin


class Enter(Frozen, frozen=True):
    """``enter rcu|preempt|bh``."""

    section: str
    origin: Origin


class Leave(Frozen, frozen=True):
    """``leave rcu|preempt|bh``; unbalanced is a violation."""

    section: str
    origin: Origin


class SrcuEnter(Frozen, frozen=True):
    """``%r = srcu-enter address``: a reader of the domain begins; ``anybody`` may end it.

    The register is the reader's index: a number that no other reader's is.
    """

    reg: str
    address: Expr
    anybody: bool
    origin: Origin


class SrcuLeave(Frozen, frozen=True):
    """``srcu-leave address, index``: the reader of that index ends."""

    address: Expr
    index: Expr
    anybody: bool
    origin: Origin


class SetIrq(Frozen, frozen=True):
    """``irq off|on``: sets the local interrupt state to ``off`` (1: disabled).

    ``save`` is the register that gets the old state first ("" for none).  ``strict``: a violation
    where interrupts are on (they go on, or back to what they were).
    """

    off: Expr
    save: str
    strict: bool
    origin: Origin


class IrqsDisabled(Frozen, frozen=True):
    """``%r = irqs-disabled``; with ``or_preemption`` that, or that the task stays on its CPU."""

    reg: str
    origin: Origin
    or_preemption: bool = False


class MightSleep(Frozen, frozen=True):
    """``might-sleep``: a violation in atomic context.

    The event stage adds the same check itself to sleeping Acquires, sleeping GraceWaits and
    RcuBarrier.
    """

    origin: Origin


class GraceWait(Frozen, frozen=True):
    """``synchronize-rcu``; with a ``domain``, the address of one of SRCU, ``synchronize-srcu``.

    One that does not sleep is ``flush-translations``.
    """

    origin: Origin
    domain: Expr | None = None
    sleeps: bool = True


class RcuBarrier(Frozen, frozen=True):
    """``rcu-barrier``, or ``srcu-barrier`` of a domain."""

    origin: Origin
    domain: Expr | None = None


class CallRcu(Frozen, frozen=True):
    """``call-rcu address, callback``: the callback's graph runs after a grace period.

    ``address`` is the rcu_head's; ``parameter`` is the register of ``callback`` that gets
    ``argument``.  ``name`` says what runs: ``pte_free_now()``, ``kfree_rcu()``.  ``domain`` is
    that of ``call_srcu()``.
    """

    address: Expr
    callback: Cfg
    parameter: str
    argument: Expr
    name: str
    origin: Origin
    domain: Expr | None = None


class HeadLook(Frozen, frozen=True):
    """``head-look address``: RCU takes a callback off its list, by the rcu_head in the object."""

    address: Expr
    origin: Origin


class Ipi(Frozen, frozen=True):
    """``ipi targets, handler``: ``targets`` empty means every other actor."""

    targets: tuple[str, ...]
    handler: Cfg
    wait: Expr
    name: str
    origin: Origin


class Alloc(Frozen, frozen=True):
    """``%r = alloc pool``: 0 iff no slot is free."""

    reg: str
    pool: str
    origin: Origin


class Free(Frozen, frozen=True):
    """``free pointer``; NULL is ignored."""

    pointer: Expr
    origin: Origin


class Check(Frozen, frozen=True):
    """``check property condition``: a violation of ``property`` where the condition is false."""

    property: str
    condition: Expr
    message: str
    origin: Origin


class Assume(Frozen, frozen=True):
    """``assume condition``: where it is false the actor stops for good, holding what it holds."""

    condition: Expr
    origin: Origin


class Watch(Frozen, frozen=True):
    """``watch name``: what is read from here on is what the await ``name`` waits to see changed.

    Only unrolled graphs have it.
    """

    name: str
    origin: Origin


class Met(Frozen, frozen=True):
    """``met at middle``, first in a block: whoever comes here has come by the block ``middle``.

    An edge that leaves that out, as what it would branch on is known, is none in the author's
    program: there all that stands before the block has met in it, and decides on nothing behind.
    """

    middle: str
    origin: Origin


class Mark(Frozen, frozen=True):
    """``mark owner.label``: control passes a statement labelled by the author."""

    owner: str
    label: str
    origin: Origin


Instr: TypeAlias = (
    Assign
    | Havoc
    | Load
    | Store
    | Rmw
    | Fence
    | LockInit
    | Acquire
    | TryAcquire
    | Release
    | Downgrade
    | Holds
    | IsLocked
    | Enter
    | Leave
    | SrcuEnter
    | SrcuLeave
    | SetIrq
    | IrqsDisabled
    | MightSleep
    | GraceWait
    | RcuBarrier
    | CallRcu
    | HeadLook
    | Ipi
    | Alloc
    | Free
    | Check
    | Assume
    | Watch
    | Mark
    | Met
)


# --- graphs --------------------------------------------------------------------------------


class Jump(Frozen, frozen=True):
    """``jump target``."""

    target: str


class Chooses(Frozen, frozen=True):
    """The register with the value of a ``?:``, and which operand of its condition this is."""

    reg: str
    rank: int


@dataclass(frozen=True, slots=True)
class Branch:
    """``branch condition ? then : otherwise``.

    ``origin`` is the author's test, None where a primitive has one of its own; ``arms`` are where
    the arms of an ``if`` stand that it decides on; ``chooses`` is the value of a ``?:`` that does.
    ``decides``: where the stores come from that it decides on, in a graph whose loops are cut.
    """

    condition: Expr
    then: str
    otherwise: str
    origin: Origin | None = field(default=None, compare=False)
    arms: tuple[Span, ...] = ()
    chooses: Chooses | None = None
    decides: frozenset[Origin] = frozenset()


class End(Frozen, frozen=True):
    """``end``: the actor has ended."""


class Cut(Frozen, frozen=True):
    """``cut loop``: a run that would go round the loop at ``loop`` once more stops here.

    Only unrolled graphs have it.
    """

    loop: Span


class Spin(Frozen, frozen=True):
    """``spin name``: a round of an await has failed, and the next would be like it.

    What the round has read since ``watch name`` has to change before control goes on.  Only
    unrolled graphs have it.
    """

    name: str
    origin: Origin


Terminator: TypeAlias = Jump | Branch | End | Cut | Spin


class BasicBlock(Frozen, frozen=True):
    """Instructions in order, and where control goes then."""

    name: str
    body: tuple[Instr, ...]
    terminator: Terminator


class Cfg(Frozen, frozen=True):
    """One graph.  ``blocks`` holds ``entry`` first; every target exists; all are reachable."""

    name: str
    entry: str
    blocks: Mapping[str, BasicBlock]


# --- memory ----------------------------------------------------------------------------------


class Cell(Frozen, frozen=True):
    """One scalar, word or lock in an object.

    ``kind`` is ``scalar``, ``word``, ``lock`` or ``head`` (struct rcu_head).  ``type_name`` is the
    word's name or the lock kind; ``lock_class`` the lock's class.  ``split``: the halves are
    locations of their own.  For printing: ``pointer``: it holds pointers; ``named`` are the values
    of its enum, each with its name, but for those that have several.
    """

    path: Path
    kind: str
    type_name: str
    lock_class: str
    split: bool
    pointer: bool
    named: tuple[tuple[int, str], ...] = ()


class Region(Frozen, frozen=True):
    """An object or pool slot: its cells and what they hold at the start.

    ``initial`` has a value for every scalar and word cell of a static object (and 0 for locks);
    ``pool`` is the pool's name, "" for a static object.  ``ghost`` objects are for claims only.
    A slot of a ``typesafe`` pool keeps what it holds from life to life, and pointers to it are
    its address: they belong to no life.
    """

    name: str
    struct: str
    cells: tuple[Cell, ...]
    initial: Mapping[Path, Value]
    pool: str
    zeroed: bool
    ghost: bool
    typesafe: bool = False


class WordKind(Frozen, frozen=True):
    """A word type for the engine: named values as (name, takes a pointer, bits, struct)."""

    name: str
    present: int
    values: tuple[tuple[str, bool, int, str], ...]
    split: bool


class Layout(Frozen, frozen=True):
    """All memory of one obligation."""

    regions: Mapping[str, Region]
    words: Mapping[str, WordKind]
    space: AddressSpace


class TransitionRule(Frozen, frozen=True):
    """One legal edge: named values, and the locks to hold as addresses.

    In ``holding`` the register ``before`` is the pointer in the old value.
    """

    before: str
    after: str
    holding: tuple[Expr, ...]


class TransitionTable(Frozen, frozen=True):
    """The legal state machine of the word at ``location``."""

    location: Location
    word: str
    rules: tuple[TransitionRule, ...]
    span: Span


INSTANCE = "actor.instance"
"""The register that says which instance of an actor runs, in actors with state of their own."""


class ActorGraph(Frozen, frozen=True):
    """One actor instance (``walker``, ``walker.2``) and its graph.

    ``symmetry`` names the declaration: instances of one declaration are interchangeable.
    ``number`` counts them from 0; it is in register INSTANCE of a graph that is not compiled yet.
    """

    name: str
    symmetry: str
    graph: Cfg
    number: int = 0


class DeclaredOrder(Frozen, frozen=True):
    """The protocol says that locks of class ``first`` are taken before those of ``then``.

    ``where`` is the place that says so, with what it goes by.
    """

    first: str
    then: str
    where: str


class Program(Frozen, frozen=True):
    """One obligation's program.  ``finals`` and ``invariants`` only load and check."""

    actors: tuple[ActorGraph, ...]
    layout: Layout
    transitions: tuple[TransitionTable, ...]
    finals: tuple[Cfg, ...]
    invariants: tuple[Cfg, ...]
    orders: tuple[DeclaredOrder, ...] = ()
