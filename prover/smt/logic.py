"""Propositional literals over events' positions, written down as SMT-LIB text.

A literal is an int: ``TRUE``, ``FALSE``, or plus or minus the number of a node.
Nodes are shared; conjunctions and disjunctions are simplified as they are made, and written once
something is said of them.
The text is one document: declarations and definitions, then labelled assertions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NewType

Lit = NewType("Lit", int)

TRUE = Lit(1)
FALSE = Lit(-1)


def neg(lit: Lit) -> Lit:
    """The negation."""
    return Lit(-lit)


@dataclass(slots=True)
class Logic:
    """The document under construction.

    ``names[n]`` is the text of node n; ``parts`` holds the operands of conjunctions;
    ``unwritten`` are the nodes that nothing is said of, with what they stand for;
    ``defining`` counts the clauses that the definitions stand for.
    """

    names: list[str] = field(default_factory=lambda: ["", "true"])
    lines: list[str] = field(default_factory=list[str])
    assertions: list[str] = field(default_factory=list[str])
    labels: list[str] = field(default_factory=list[str])
    parts: dict[int, frozenset[Lit]] = field(default_factory=dict[int, frozenset[Lit]])
    index: dict[tuple[str, frozenset[Lit]] | str, int] = field(
        default_factory=dict[tuple[str, frozenset[Lit]] | str, int]
    )
    unwritten: dict[int, tuple[str, frozenset[Lit]]] = field(
        default_factory=dict[int, tuple[str, frozenset[Lit]]]
    )
    label: str = ""
    defining: int = 0

    def size(self) -> int:
        """The number of clauses, definitions counted as in conjunctive normal form."""
        return len(self.assertions) + self.defining

    def fork(self) -> Logic:
        """A document that goes on from here by itself."""
        return Logic(
            list(self.names),
            list(self.lines),
            list(self.assertions),
            list(self.labels),
            dict(self.parts),
            dict(self.index),
            dict(self.unwritten),
            self.label,
            self.defining,
        )

    # --- nodes

    def variable(self, name: str) -> Lit:
        """A Boolean of its own; equal names are one variable."""
        known = self.index.get(name)
        if known is None:
            known = self._node(name)
            self.index[name] = known
            self.lines.append(f"(declare-const {name} Bool)")
        return Lit(known)

    def number(self, name: str) -> str:
        """An integer constant of its own, by its name."""
        if name not in self.index:
            self.index[name] = 0
            self.lines.append(f"(declare-const {name} Int)")
        return name

    def atom(self, text: str) -> Lit:
        """A theory atom, such as ``(< p1 p2)``; written out where it is used."""
        known = self.index.get(text)
        if known is None:
            known = self._node(text)
            self.index[text] = known
        return Lit(known)

    def before(self, order: str, a: int, b: int) -> Lit:
        """Whether a stands before b in a strict total order of its own name.

        Events have integers; of two that are level the greater number comes first.
        """
        one, two = (self.number(f"{order}_{event}") for event in sorted((a, b)))
        lit = self.atom(f"(< {one} {two})")
        return lit if a < b else neg(lit)

    def _node(self, text: str) -> int:
        self.names.append(text)
        return len(self.names) - 1

    def text(self, lit: Lit) -> str:
        """The SMT-LIB text of a literal."""
        if lit == FALSE:
            return "false"
        if abs(lit) in self.unwritten:
            self._write(abs(lit))
        return self.names[lit] if lit > 0 else f"(not {self.names[-lit]})"

    def all_of(self, lits: Iterable[Lit]) -> Lit:
        """The conjunction."""
        flat: set[Lit] = set()
        for lit in lits:
            if lit == TRUE:
                continue
            if lit == FALSE or -lit in flat:
                return FALSE
            flat.add(lit)
        if len(flat) > 1:
            return self._shared("and", frozenset(flat))
        return flat.pop() if flat else TRUE

    def any_of(self, lits: Iterable[Lit]) -> Lit:
        """The disjunction; ``a & c | a & !c`` becomes ``a``."""
        flat: dict[Lit, None] = {}
        for lit in lits:
            if lit == FALSE:
                continue
            if lit == TRUE or -lit in flat:
                return TRUE
            flat[lit] = None
        if 1 < len(flat) <= 12 and not self.parts.keys().isdisjoint(flat):
            terms = self._merge(list(flat))
            flat = dict.fromkeys(terms)
            if TRUE in flat or any(-lit in flat for lit in terms):
                return TRUE
        if len(flat) > 1:
            return self._shared("or", frozenset(flat))
        return next(iter(flat)) if flat else FALSE

    def _shared(self, op: str, flat: frozenset[Lit]) -> Lit:
        key = (op, flat)
        known = self.index.get(key)
        if known is None:
            known = self._node(f"d{len(self.names)}")
            self.index[key] = known
            self.unwritten[known] = key
            if op == "and":
                self.parts[known] = flat
        return Lit(known)

    def _write(self, node: int) -> None:
        """Defines a node and what it stands for, as far as that is not done yet."""
        names, unwritten = self.names, self.unwritten
        waiting = [node]
        while waiting:
            last = waiting[-1]
            if last not in unwritten:
                waiting.pop()
                continue
            op, flat = unwritten[last]
            # By node, so that equal sets give equal text.
            nodes = sorted(map(abs, flat))
            first = [n for n in nodes if n in unwritten]
            if first:
                waiting += reversed(first)
                continue
            operands = " ".join([names[n] if n in flat else f"(not {names[n]})" for n in nodes])
            self.lines.append(f"(define-fun {names[last]} () Bool ({op} {operands}))")
            self.defining += len(flat) + 1
            del unwritten[last]
            waiting.pop()

    def _conjuncts(self, lit: Lit) -> frozenset[Lit]:
        found = self.parts.get(lit)
        return frozenset((lit,)) if found is None else found

    def _merge(self, terms: list[Lit]) -> list[Lit]:
        """Drops what is implied, and joins pairs that differ in one complementary literal."""
        changed = True
        while changed and len(terms) > 1:
            changed = False
            for i, a in enumerate(terms):
                for b in terms[i + 1 :]:
                    joined = self._join(self._conjuncts(a), self._conjuncts(b))
                    if joined is not None:
                        rest = [t for t in terms if t not in (a, b)]
                        terms = list(dict.fromkeys([*rest, self.all_of(joined)]))
                        changed = True
                        break
                if changed:
                    break
        return terms

    @staticmethod
    def _join(left: frozenset[Lit], right: frozenset[Lit]) -> frozenset[Lit] | None:
        if left <= right:
            return left
        if right <= left:
            return right
        if len(left) != len(right):
            return None
        only = left - right
        if len(only) == 1:
            (a,) = only
            (b,) = right - left
            if a == -b:
                return left & right
        return None

    # --- assertions

    def clause(self, *lits: Lit) -> None:
        """Asserts a disjunction under the current label; what is trivially true is left out."""
        kept: dict[Lit, None] = {}
        for lit in lits:
            if lit == TRUE or -lit in kept:
                return
            if lit != FALSE:
                kept[lit] = None
        names, unwritten = self.names, self.unwritten
        for lit in kept:
            if abs(lit) in unwritten:
                self._write(abs(lit))
        words = [names[lit] if lit > 0 else f"(not {names[-lit]})" for lit in kept]
        if not words:
            self.assertions.append("(assert false)")
        elif len(words) == 1:
            self.assertions.append(f"(assert {words[0]})")
        else:
            self.assertions.append(f"(assert (or {' '.join(words)}))")
        self.labels.append(self.label)

    def exactly_one(self, lits: list[Lit]) -> None:
        """Asserts that one of the literals holds and no second."""
        self.clause(*lits)
        self.at_most_one(lits)

    def at_most_one(self, lits: list[Lit]) -> None:
        """Asserts that no two of the literals hold."""
        for i, a in enumerate(lits):
            for b in lits[i + 1 :]:
                self.clause(neg(a), neg(b))
