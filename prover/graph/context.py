"""The state of lowering one obligation, one graph, and one call in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl import protocol as p
from dsl.check.notes import Notes
from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import Frozen, replace
from dsl.source import Span
from prover.graph import expressions as ex
from prover.graph.arms import Arms
from prover.graph.builder import Builder
from prover.graph.ir import Assign, Check, Const, Expr, Frame, Layout, Origin, Reg
from prover.graph.limits import LIMIT, TooLarge
from prover.graph.values import AddressSpace
from prover.graph.walk import Facts

# --- locals ---------------------------------------------------------------------------


class Slot(Frozen, frozen=True):
    """A local in one register.  ``declared``: it may have no value."""

    reg: str
    name: str
    declared: bool


class Pair(Frozen, frozen=True):
    """A word local in two registers, because its halves are assigned one by one."""

    low: Slot
    high: Slot

    def half(self, part: str) -> Slot:
        """The ``low`` or ``high`` half."""
        return self.low if part == "low" else self.high


class LocalAddress(Frozen, frozen=True):
    """The address of a caller's local: the value of an out-parameter."""

    local: Slot | Pair


class Fixed(Frozen, frozen=True):
    """A parameter that is its argument, which nothing changes while the call runs."""

    value: Expr | LocalAddress


Binding: TypeAlias = Slot | Pair | Fixed
Lowered: TypeAlias = Expr | LocalAddress
"""What an expression becomes: a value, or the address of a local."""


# --- one obligation ---------------------------------------------------------------------

Meaning: TypeAlias = "Callable[[Scope, p.CallPrimitive], Expr]"
"""What a call of a primitive does and gives; those without a result give 0."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is lowered, and the parts of lowering that need each other.

    ``instances`` maps an actor of the scenario to the names of its instances.
    """

    protocol: p.Protocol
    configuration: Mapping[str, str]
    layout: Layout
    instances: Mapping[str, tuple[str, ...]]
    meanings: Mapping[str, Meaning]
    statement: Callable[[Scope, p.Stmt], None]
    known_facts: dict[str, Facts] = field(default_factory=dict[str, Facts])
    notes: Notes = field(default_factory=Notes)

    @property
    def space(self) -> AddressSpace:
        """Physical addresses."""
        return self.layout.space


@dataclass(slots=True)
class Graph:
    """One graph being built.

    ``callbacks`` are the functions whose graphs are around it, outermost first;
    ``addressed`` the registers of locals that a call may change through their address;
    ``halves`` those that only ever hold halves of words.  ``states``: the task's state matters to
    what may sleep here; ``stated``: something sets it.
    """

    name: str
    obligation: Obligation
    callbacks: tuple[str, ...] = ()
    builder: Builder = field(default_factory=Builder)
    calls: int = 0
    temporaries: int = 0
    addressed: set[str] = field(default_factory=set[str])
    halves: set[str] = field(default_factory=set[str])
    refused: list[tuple[str, Diagnostic]] = field(default_factory=list[tuple[str, Diagnostic]])
    states: bool = False
    stated: bool = False

    def next_call(self) -> int:
        """The number of the next call in this graph, from 1."""
        self.calls += 1
        if self.calls > LIMIT:
            raise TooLarge(self.calls)
        return self.calls


@dataclass(slots=True)
class Leaving:
    """Where a call goes on after its returns, and the register of its result.

    ``returned`` are the values given so far.  ``tail``: the only return is the last
    statement; its value needs no register.
    """

    block: str
    result: str
    tail: bool
    returned: list[Expr] = field(default_factory=list[Expr])


@dataclass(slots=True)
class Scope:
    """One call of a function, or an actor's body, being lowered.

    Registers of its locals are ``prefix`` and what ``facts`` calls the local.
    ``update`` is the number of the update that half-stores here belong to.  ``judging``:
    this is a claim, which makes this check of whatever has to hold for it to hold.  ``arms``: where
    those of the function stand.
    """

    graph: Graph
    owner: str
    prefix: str
    facts: Facts
    frames: tuple[Frame, ...]
    update: int
    leaving: Leaving
    judging: Check | None = None
    locals: dict[int, Binding] = field(default_factory=dict[int, Binding])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    breaks: list[str] = field(default_factory=list[str])
    continues: list[str] = field(default_factory=list[str])
    arms: Arms = field(default_factory=dict[int, "tuple[Span, ...]"])

    @property
    def obligation(self) -> Obligation:
        """The obligation being lowered."""
        return self.graph.obligation

    @property
    def space(self) -> AddressSpace:
        """Physical addresses."""
        return self.graph.obligation.space

    @property
    def builder(self) -> Builder:
        """Where instructions go."""
        return self.graph.builder

    def origin(self, span: Span) -> Origin:
        """The origin of an instruction for the source at ``span``."""
        return Origin(span, self.frames)

    def temporary(self) -> str:
        """A register of its own."""
        self.graph.temporaries += 1
        return str(self.graph.temporaries)

    def keep(self, value: Expr, span: Span) -> Expr:
        """``value`` in a register of its own, so that later assignments leave it alone."""
        if isinstance(value, Const):
            return value
        reg = self.temporary()
        self.builder.emit(Assign(reg, value, self.origin(span)))
        return Reg(reg)

    def apply(self, op: str, *args: Expr, params: tuple[str | int, ...] = ()) -> Expr:
        """A folded pure operation."""
        return ex.operation(self.space, op, args, params)

    def check(self, property_: str, condition: Expr, message: str, span: Span) -> None:
        """A violation of ``property_`` where ``condition`` is false."""
        if self.judging is not None:
            self.builder.emit(replace(self.judging, condition=condition))
        else:
            self.builder.emit(Check(property_, condition, message, self.origin(span)))

    def refuse(self, code: str, message: str, span: Span, hint: str = "") -> None:
        """Report what cannot be lowered, if control can get here at all."""
        self.graph.refused.append((self.builder.here, refusal(code, message, span, hint)))


def refusal(code: str, message: str, span: Span, hint: str = "") -> Diagnostic:
    """A diagnostic for ``span``."""
    return Diagnostic(code, message, Label(span, ""), (), hint)
