"""What waits for the condition of a ``?:``: stores of its value, and what is decided by it.

``WRITE_ONCE(y, r ? 1 : 2)`` may be compiled to a branch with a store in each arm, or to a
conditional move: the store comes after the load of ``r`` either way ("control dependencies would
extend only to the pair of cmov instructions and the store depending on them", memory-barriers.txt).
A load from an address that was chosen so need not, as a branch orders no loads.  So the condition
is a control dependency of the stores that need the value, and of those in arms of an ``if`` that
looks at it.  Where both arms have one value, or one thing comes of both, there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TypeAlias

from prover.execution.construct.draft import Draft, Env
from prover.execution.terms import And, Constant, Not, Operation, Or, Phi, Term, operands
from prover.graph import expressions as ex
from prover.graph import ir
from prover.graph.instructions import STORES, instructions, reads, written
from prover.graph.values import Value, apply

Decided: TypeAlias = tuple[tuple[Term, ...], tuple[Term, ...]]
"""The conditions that may decide on something, and those that surely do."""

MOST = 64
"""So many values of a term are computed, and ways to choose tried."""

NEVER = frozenset((0,))
"""The values of a condition that does not hold."""


@dataclass(slots=True)
class Chosen:
    """The values of ``?:`` in one graph, as terms, with their conditions.

    ``sure``: no config is left open, with one of whose values there may be no condition.
    """

    draft: Draft
    sure: bool
    _passed: dict[str, dict[int, tuple[Term, ...]]] = field(
        default_factory=dict[str, dict[int, tuple[Term, ...]]]
    )
    _of: dict[Term, dict[Term, None]] = field(default_factory=dict[Term, dict[Term, None]])
    _looks: dict[Term, list[str]] = field(default_factory=dict[Term, list[str]])
    _constant: dict[Term, frozenset[Value] | None] = field(
        default_factory=dict[Term, frozenset[Value] | None]
    )

    @classmethod
    def of(cls, draft: Draft, graph: ir.Cfg) -> Chosen:
        """Those of a graph: none so far."""
        havocs = (instr for instr in instructions(graph) if isinstance(instr, ir.Havoc))
        return cls(draft, not any(havoc.shared for havoc in havocs))

    def passed(self, chooses: ir.Chooses | None, guard: Term, holds: Iterable[Term]) -> None:
        """A branch on an operand of a condition, which is run where ``guard`` holds.

        It looks at ``holds``.
        """
        if chooses is None:
            return
        rows = self._passed.setdefault(chooses.reg, {})
        # In another round of a loop it is begun anew.
        for rank in [rank for rank in rows if rank >= chooses.rank]:
            del rows[rank]
        none = self.draft.constant(0)
        rows[chooses.rank] = tuple(self.draft.select(guard, each, none) for each in holds)

    def joined(self, paths: Sequence[Env], env: Env) -> None:
        """Some paths have met: what is chosen by that."""
        for reg in [reg for reg in self._passed if reg in env]:
            value = env[reg]
            made = all(path.get(reg) != value for path in paths)
            if made and isinstance(self.draft.terms.rows[value], Phi):
                conditions = self._of.setdefault(value, {})
                for each in self._passed.pop(reg).values():
                    conditions.update(dict.fromkeys(each))

    def added(self, decided: Decided, instr: ir.Instr, env: Env) -> Decided:
        """The conditions that decide on an instruction, and those that its values are chosen by."""
        more = self._waited_for(instr, env)
        if not more:
            return decided
        every, surely = decided
        return (*every, *more), (*surely, *(more if self.sure else ()))

    def _waited_for(self, instr: ir.Instr, env: Env) -> tuple[Term, ...]:
        """The conditions that a store waits for."""
        if not self._of or not isinstance(instr, STORES):
            return ()
        if isinstance(instr, ir.Rmw):
            # In its own expressions its register is the value that it reads.
            own = written(instr)
            names = (name for expr in reads(instr) for name in ex.registers(expr) if name != own)
            return self.conditions(env[name] for name in names if name in env)
        return self.conditions(self.draft.value_of(expr, env) for expr in reads(instr))

    def conditions(self, needed: Iterable[Term]) -> tuple[Term, ...]:
        """The conditions by which some terms have their values."""
        if not self._of:
            return ()
        return tuple(dict.fromkeys(each for term in needed for each in self._conditions(term)))

    def looked_at(self, holds: Term, block: str) -> tuple[str, ...]:
        """The branches that have looked at a value that ``holds``, asked at one more, looks at.

        Of several that look at one of some constants a compiler may know that one holds, or none.
        """
        found: dict[str, None] = {}
        for each in self._within(holds) if self._of else ():
            if self._values(each) is not None:
                looks = self._looks.setdefault(each, [])
                found.update(dict.fromkeys(looks))
                looks.append(block)
        return tuple(found)

    def _conditions(self, term: Term) -> Iterator[Term]:
        values = self._values(term)
        if values is not None and len(values) == 1:
            # Whatever is chosen on the way, a compiler knows what comes of it.
            return
        yield from self._of.get(term, ())
        match self.draft.terms.rows[term]:
            case Operation(args=args) | And(args=args) | Or(args=args):
                for arg in args:
                    yield from self._conditions(arg)
            case Not(arg=arg):
                yield from self._conditions(arg)
            case Phi(arms=arms):
                none = self.draft.constant(0)
                for guard, value in arms:
                    for each in self._conditions(value):
                        yield self.draft.select(guard, each, none)
            case _:
                pass

    def _values(self, term: Term) -> frozenset[Value] | None:
        """All values that a term may have, where constants alone say; None where more does."""
        if term not in self._constant:
            self._constant[term] = self._found(term)
        return self._constant[term]

    def _found(self, term: Term) -> frozenset[Value] | None:
        """What comes of each way to choose: one for all that the same conditions choose."""
        groups: dict[tuple[Term, ...], list[Term]] = {}
        for each in self._within(term):
            row = self.draft.terms.rows[each]
            if isinstance(row, Phi):
                groups.setdefault(tuple(guard for guard, _ in row.arms), []).append(each)
        if prod(map(len, groups)) > MOST:
            return None
        found: set[Value] = set()
        for way in product(*(range(len(guards)) for guards in groups)):
            rows = zip(groups.values(), way, strict=True)
            values = self._where(term, {each: arm for group, arm in rows for each in group})
            if values is None:
                return None
            found |= values
        return frozenset(found)

    def _within(self, term: Term) -> dict[Term, None]:
        """The values of ``?:`` that a term is computed from, or chosen by."""
        found: dict[Term, None] = {}
        seen: set[Term] = set()
        pending = [term]
        while pending:
            each = pending.pop()
            if each in seen:
                continue
            seen.add(each)
            if each in self._of:
                found[each] = None
            pending.extend(operands(self.draft.terms.rows[each]))
        return found

    def _where(self, term: Term, way: Mapping[Term, int]) -> frozenset[Value] | None:
        """The values that a term may have where it is chosen in one way; None: any."""
        match self.draft.terms.rows[term]:
            case Constant(value=value):
                return frozenset((value,))
            case Phi(arms=arms) if term in way:
                guard, value = arms[way[term]]
                # What was chosen before may leave no choice here.
                impossible = self._where(guard, way) == NEVER
                return frozenset() if impossible else self._where(value, way)
            case Phi(arms=arms):
                open_ = [value for guard, value in arms if self._where(guard, way) != NEVER]
                parts = [self._where(value, way) for value in open_]
                known = [part for part in parts if part is not None]
                return frozenset[Value]().union(*known) if len(known) == len(parts) else None
            case And(args=args):
                return self._junction(args, way, stop=0)
            case Or(args=args):
                return self._junction(args, way, stop=1)
            case Not(arg=arg):
                return self._computed("!", (), (arg,), way)
            case Operation(op=op, params=params, args=args):
                return self._computed(op, params, args, way)
            case _:
                return None

    def _junction(
        self, args: Iterable[Term], way: Mapping[Term, int], *, stop: int
    ) -> frozenset[Value] | None:
        """Of a conjunction (``stop`` 0) or a disjunction (1)."""
        parts = [self._where(arg, way) for arg in args]
        if frozenset((stop,)) in parts:
            return frozenset((stop,))
        rest = frozenset((1 - stop,))
        return rest if all(part == rest for part in parts) else None

    def _computed(
        self,
        op: str,
        params: tuple[str | int, ...],
        args: tuple[Term, ...],
        way: Mapping[Term, int],
    ) -> frozenset[Value] | None:
        parts = [self._where(arg, way) for arg in args]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or prod(map(len, known)) > MOST:
            return None
        space = self.draft.layout.space
        try:
            return frozenset(apply(space, op, params, values) for values in product(*known))
        except TypeError:
            return None
