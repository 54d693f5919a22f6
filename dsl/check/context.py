"""The state of checking one body, and the three judgements that call each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NoReturn, TypeAlias

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.report import Report, Skip
from dsl.check.world import World
from dsl.frozen import Frozen, Open, field
from dsl.source import Span
from dsl.types import PointerType, Type

MAX_STATEMENTS = 50_000
"""Statements of one function, and of one actor, after inlining."""

MAX_DEPTH = 1000
"""Judgements inside one another; the parser's limit allows for fewer than half of them."""

MAX_PROGRAM = 200_000
"""Statements of all functions with their block macros in place."""


class Alias(Frozen, frozen=True):
    """A parameter of a block macro that is given the address of the caller's ``local``."""

    name: str
    local: p.Local
    type: PointerType


class Given(Frozen, frozen=True):
    """A parameter that stands for ``expr``, of ``size`` parts, in a claim's call put in place."""

    expr: p.Expr
    size: int


Binding: TypeAlias = p.Local | Alias | Given | None
"""What a name means in a block; None: its declaration is wrong and has been reported."""


class Scope(Open):
    """The names of one block."""

    outer: Scope | None
    names: dict[str, Binding] = field(default_factory=dict[str, Binding])
    spans: dict[str, Span] = field(default_factory=dict[str, Span])

    def find(self, name: str) -> tuple[bool, Binding]:
        """Whether ``name`` is bound here or further out, and to what."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True, scope.names[name]
            scope = scope.outer
        return False, None

    def visible(self) -> set[str]:
        """Every name bound here or further out."""
        found: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            found.update(scope.names)
            scope = scope.outer
        return found


class Around(Open):
    """What encloses a statement for ``break`` and ``continue``, innermost last.

    ``"loop"`` and ``"switch"`` are those of C.  In the block of a block macro they
    are jumps: ``after`` and ``end`` are the labels, and ``jumped`` tells which are used.
    """

    kind: str
    after: str = ""
    end: str = ""
    jumped: set[str] = field(default_factory=set[str])


class Frame(Open):
    """One block macro being put in place of its use.

    ``prefix`` starts its labels; ``block`` runs at the ``yield``, in the scope, the
    loops and the frame of the use.  ``block`` is None when the iterator is checked by itself.
    """

    iterator: str
    prefix: str
    end: str
    block: s.Stmt | None
    scope: Scope
    around: tuple[Around, ...]
    outer: Frame | None
    jumped: set[str] = field(default_factory=set[str])


class Jumps(Open):
    """The labels of a function and the gotos to them, by final name."""

    labels: dict[str, Span] = field(default_factory=dict[str, Span])
    written: dict[str, None] = field(default_factory=dict[str, None])
    gotos: list[tuple[str, s.Name]] = field(default_factory=list[tuple[str, s.Name]])


class Body(ABC):
    """One function body, or (with ``result`` None) an expression outside of functions.

    ``run`` says which actors a claim is about, and how many of each; ``instances`` which one of
    an actor is at hand.
    """

    def __init__(
        self, world: World, result: Type | None = None, name: s.Name | None = None
    ) -> None:
        self.world = world
        self.name = "" if name is None else name.text
        self.origin = None if name is None else name.span
        self.result = result
        self.scope = Scope(None)
        self.locals: list[p.Local] = []
        self.around: tuple[Around, ...] = ()
        self.frame: Frame | None = None
        self.jumps = Jumps()
        self.size = 0
        self.depth = 0
        self.expansions = 0
        self.claim = False
        self.run: Mapping[str, int] = {}
        self.instances: dict[str, p.Expr] = {}
        self.inlining: tuple[str, ...] = ()

    @property
    def report(self) -> Report:
        """Where diagnostics go."""
        return self.world.report

    @abstractmethod
    def value(self, expr: s.Expr, expected: Type | None = None) -> p.Expr:
        """The checked expression; ``expected`` helps to find named values, it converts nothing."""

    @abstractmethod
    def place(self, expr: s.Expr) -> p.Place:
        """The checked place that ``expr`` names."""

    @abstractmethod
    def statement(self, statement: s.Stmt) -> p.Stmt:
        """The checked statement."""

    def local(self, name: str, type_: Type, span: Span) -> p.Local:
        """A fresh local, bound to no name yet."""
        found = p.Local(name, len(self.locals), type_, span)
        self.locals.append(found)
        return found

    def bind(self, name: s.Name, binding: Binding) -> None:
        """Let ``name`` mean ``binding`` in the innermost block."""
        self.scope.names[name.text] = binding
        self.scope.spans[name.text] = name.span

    def count(self, span: Span, size: int = 1) -> None:
        """Count statements, or what calls in claims add, towards the limits."""
        self.size += size
        self.world.statements += size
        if self.size > MAX_STATEMENTS or self.world.statements > MAX_PROGRAM:
            self.too_large(span)

    def too_large(self, span: Span) -> NoReturn:
        """Give up on what block macros and claims make too large; reported once."""
        if not self.world.too_large:
            self.world.too_large = True
            what = f"`{self.name}`" if self.name else "this claim"
            self.report.error(
                "too-large",
                f"{what} becomes too large with block macros and calls in place",
                self.origin or span,
                "limits: 50,000 statements in a function, 200,000 in a program",
            )
        raise Skip

    def words_with(self, value: str) -> list[str]:
        """The words that have a named value ``value``."""
        return self.world.value_words.get(value, [])
