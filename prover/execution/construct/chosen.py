"""What waits for the condition of a ``?:``: stores of its value, and what is decided by it.

``WRITE_ONCE(y, r ? 1 : 2)`` may be compiled to a branch with a store in each arm, or to a
conditional move: the store comes after the load of ``r`` either way ("control dependencies would
extend only to the pair of cmov instructions and the store depending on them", memory-barriers.txt).
A load from an address that was chosen so need not, as a branch orders no loads.  So the condition
is a control dependency of the stores that need the value, and of those in arms of an ``if`` that
looks at it.  Where both arms have one value, there is no condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from prover.execution.construct.draft import Draft, Env
from prover.execution.terms import And, Not, Operation, Or, Phi, Term
from prover.graph import expressions as ex
from prover.graph import ir
from prover.graph.instructions import instructions, reads, written

Decided: TypeAlias = tuple[tuple[Term, ...], tuple[Term, ...]]
"""The conditions that may decide on something, and those that surely do."""

STORES = (
    ir.Store,
    ir.Rmw,
    ir.Acquire,
    ir.TryAcquire,
    ir.Release,
    ir.Downgrade,
    ir.SrcuLeave,
    ir.Free,
)
"""What may store."""


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
        own = written(instr) if isinstance(instr, ir.Rmw) else ""
        names = (name for expr in reads(instr) for name in ex.registers(expr) if name != own)
        return self.conditions(names, env)

    def conditions(self, names: Iterable[str], env: Env) -> tuple[Term, ...]:
        """The conditions by which what some registers hold is chosen."""
        if not self._of:
            return ()
        held = (env[name] for name in names if name in env)
        return tuple(dict.fromkeys(each for term in held for each in self._conditions(term)))

    def _conditions(self, term: Term) -> Iterator[Term]:
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
