"""Symbolic values of a bounded program: a shared, acyclic graph of terms.

A term is an index into :attr:`Terms.rows`; equal terms have equal indices.
What the terms of one execution are worth follows from three kinds of leaf:
what each read access read, what each choice chose, and the *outcomes* of
events (a trylock that took its lock, a blocked acquire, a violation).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NewType, TypeAlias

from dsl.frozen import Frozen
from prover.graph.ir import Origin
from prover.graph.values import Value

Term = NewType("Term", int)


class Constant(Frozen, frozen=True):
    """A value."""

    value: Value


class ReadValue(Frozen, frozen=True):
    """What read access ``access`` read."""

    access: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Any value from ``low`` to ``high``; ``number`` tells choices apart.

    ``thread`` makes it (-1: nobody, it is an open config) at ``origin``.
    """

    number: int
    low: int
    high: int
    thread: int = field(default=-1, compare=False)
    origin: Origin | None = field(default=None, compare=False)


class Outcome(Frozen, frozen=True):
    """A yes or no that event ``event`` settles.

    ``what`` is ``ok`` (reached and no violation), ``granted`` (a blocking event went on),
    ``taken`` (a trylock succeeded), ``locked`` (a lock was seen held) or ``steps`` (no handler
    that never ends stopped the thread before it).
    """

    event: int
    what: str


class Allocated(Frozen, frozen=True):
    """What alloc event ``event`` returned: a pointer to a slot, or 0."""

    event: int


class Operation(Frozen, frozen=True):
    """A pure operation of :func:`prover.graph.values.apply`."""

    op: str
    params: tuple[str | int, ...]
    args: tuple[Term, ...]


class And(Frozen, frozen=True):
    """All of ``args`` are true; its value is 0 or 1."""

    args: tuple[Term, ...]


class Or(Frozen, frozen=True):
    """One of ``args`` is true; its value is 0 or 1."""

    args: tuple[Term, ...]


class Not(Frozen, frozen=True):
    """``arg`` is false; its value is 0 or 1."""

    arg: Term


class Phi(Frozen, frozen=True):
    """The value of the one arm whose guard holds; the guards exclude each other."""

    arms: tuple[tuple[Term, Term], ...]


Row: TypeAlias = (
    Constant | ReadValue | Choice | Outcome | Allocated | Operation | And | Or | Not | Phi
)


def operands(row: Row) -> tuple[Term, ...]:
    """The terms that a row's value is computed from; a leaf has none."""
    match row:
        case And(args=args) | Or(args=args) | Operation(args=args):
            return args
        case Not(arg=arg):
            return (arg,)
        case Phi(arms=arms):
            return tuple([term for arm in arms for term in arm])
        case Constant() | ReadValue() | Choice() | Outcome() | Allocated():
            return ()


@dataclass(slots=True)
class Terms:
    """The terms of one skeleton, in an order in which arguments come first."""

    rows: list[Row] = field(default_factory=list[Row])
    index: dict[Row, Term] = field(default_factory=dict[Row, Term])
    constants: dict[Value, Term] = field(default_factory=dict[Value, Term])
    negations: dict[Term, Term] = field(default_factory=dict[Term, Term])

    def add(self, row: Row) -> Term:
        """The term for ``row``, made if it is new."""
        known = self.index.get(row)
        if known is None:
            known = Term(len(self.rows))
            self.rows.append(row)
            self.index[row] = known
            if isinstance(row, Not):
                self.negations[row.arg] = known
        return known

    def constant(self, value: Value) -> Term:
        """The term of a value."""
        known = self.constants.get(value)
        if known is None:
            known = self.constants[value] = self.add(Constant(value))
        return known

    def known(self, term: Term) -> Value | None:
        """The value of a constant term, None for others."""
        row = self.rows[term]
        return row.value if isinstance(row, Constant) else None

    def both(self, *args: Term) -> Term:
        """The conjunction, simplified."""
        flat: dict[Term, None] = {}
        for arg in args:
            row = self.rows[arg]
            if isinstance(row, And):
                flat.update(dict.fromkeys(row.args))
            elif isinstance(row, Constant):
                if not row.value:
                    return arg
            else:
                flat[arg] = None
        if not flat:
            return self.constant(1)
        if len(flat) == 1:
            return next(iter(flat))
        if self._contradict(flat):
            return self.constant(0)
        return self.add(And(tuple(sorted(flat))))

    def _contradict(self, terms: Collection[Term]) -> bool:
        """Whether one of some terms is the negation of another."""
        rows, negations = self.rows, self.negations
        for term in terms:
            row = rows[term]
            if (row.arg if isinstance(row, Not) else negations.get(term)) in terms:
                return True
        return False

    def negation(self, arg: Term) -> Term | None:
        """The existing negation of a term, if there is one."""
        row = self.rows[arg]
        return row.arg if isinstance(row, Not) else self.negations.get(arg)

    def either(self, *args: Term) -> Term:
        """The disjunction, simplified; ``a & c | a & !c`` becomes ``a``."""
        flat: dict[Term, None] = {}
        for arg in args:
            row = self.rows[arg]
            if isinstance(row, Or):
                flat.update(dict.fromkeys(row.args))
            elif isinstance(row, Constant):
                if row.value:
                    return arg
            else:
                flat[arg] = None
        if not flat:
            return self.constant(0)
        merged = self._merge(list(flat))
        if len(merged) == 1:
            return merged[0]
        if self._contradict(merged):
            return self.constant(1)
        return self.add(Or(tuple(sorted(merged))))

    def _conjuncts(self, term: Term) -> frozenset[Term]:
        row = self.rows[term]
        return frozenset(row.args) if isinstance(row, And) else frozenset((term,))

    def _merge(self, terms: list[Term]) -> list[Term]:
        """Joins pairs that differ in one complementary conjunct, and drops implied ones."""
        changed = True
        while changed:
            changed = False
            sets = [(t, self._conjuncts(t)) for t in terms]
            for i, (a, left) in enumerate(sets):
                for b, right in sets[i + 1 :]:
                    joined = self._join(left, right)
                    if joined is not None:
                        terms = [t for t in terms if t not in (a, b)]
                        terms.append(self.both(*sorted(joined)))
                        terms = list(dict.fromkeys(terms))
                        changed = True
                        break
                if changed:
                    break
        return terms

    def _join(self, left: frozenset[Term], right: frozenset[Term]) -> frozenset[Term] | None:
        """The disjunction of two conjunctions as one conjunction, if it is one."""
        if left <= right:
            return left
        if right <= left:
            return right
        only_left, only_right = left - right, right - left
        if len(only_left) == 1 and len(only_right) == 1:
            (a,), (b,) = only_left, only_right
            if self.negation(a) == b:
                return left & right
        return None

    def invert(self, arg: Term) -> Term:
        """The negation, simplified."""
        row = self.rows[arg]
        if isinstance(row, Constant):
            return self.constant(0 if row.value else 1)
        if isinstance(row, Not):
            return row.arg
        return self.add(Not(arg))

    def phi(self, arms: list[tuple[Term, Term]]) -> Term:
        """The joined value of arms (guard, value); guards exclude each other."""
        live = [(g, v) for g, v in arms if self.known(g) != 0]
        values = {v for _, v in live}
        if len(values) == 1:
            return live[0][1]
        if not live:
            return self.constant(0)
        return self.add(Phi(tuple(live)))
