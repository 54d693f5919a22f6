"""The conditions that decide on the blocks of a thread, as terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from prover.execution.construct.arms import Within
from prover.execution.construct.controls import Deciding
from prover.execution.construct.draft import Draft
from prover.execution.terms import (
    And,
    Choice,
    Constant,
    Not,
    Operation,
    Or,
    Outcome,
    Term,
    operands,
)

Ways: TypeAlias = dict[Term, Term]
"""Conditions, each with the term that says whether its branch, and those between, were run."""


@dataclass(slots=True)
class Conditions:
    """What the branches passed so far decide on.

    ``decided`` has for each branch its guard and its condition, ``selected`` the conditions of
    ``?:`` by which that has its value, and whether they are surely there; ``left_out`` are the
    blocks that some edges leave out.
    """

    draft: Draft
    deciding: Mapping[str, Sequence[Deciding]]
    left_out: AbstractSet[str]
    decided: dict[str, tuple[Term, Term]] = field(default_factory=dict[str, tuple[Term, Term]])
    selected: dict[str, tuple[tuple[Term, ...], bool]] = field(
        default_factory=dict[str, tuple[tuple[Term, ...], bool]]
    )
    _known: dict[str, tuple[Ways, Ways]] = field(default_factory=dict[str, tuple[Ways, Ways]])
    _chosen: dict[Term, bool] = field(default_factory=dict[Term, bool])
    _leaves: dict[Term, int] = field(default_factory=dict[Term, int])
    _surely: dict[Term, int] = field(default_factory=dict[Term, int])
    _choices: int = 0
    _configs: int = 0

    def add(self, block: str, guard: Term, holds: Term) -> None:
        """A branch that is run where ``guard`` holds."""
        if block in self.left_out:
            # On an edge that leaves the branch out its condition is known: that needs no value.
            holds = self.draft.select(guard, holds, self.draft.constant(0))
        self.decided[block] = guard, holds

    def of(self, block: str, guard: Term) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """All conditions that may decide on a block, and those that surely do.

        The block is run where ``guard`` holds: what that does not hang on has decided nothing,
        wherever its branch stands.
        """
        every, surely = self._both_ways(block)
        if not every:
            return (), ()
        found = self._terms(every, self._hangs_on(guard))
        if surely is every and not self.draft.shared:
            return found, found
        return found, self._terms(surely, self._surely_on(guard))

    def also(
        self, block: str, guard: Term, rows: Sequence[Within]
    ) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """The same of an instruction of a block that stands in arms of branches."""
        terms = self.draft.terms
        every, surely = (dict(ways) for ways in self._both_ways(block))
        for row in rows:
            if row.branch in self.decided:
                run, holds = self.decided[row.branch]
                taken = terms.both(run, holds if row.then else terms.invert(holds))
                for each, sure in self._looked_at(row.branch, holds):
                    for ways in (every, surely) if row.surely and sure else (every,):
                        known = (ways[each],) if each in ways else ()
                        ways[each] = terms.either(*known, taken)
        return (
            self._terms(every, self._hangs_on(guard)),
            self._terms(surely, self._surely_on(guard)),
        )

    def _both_ways(self, block: str) -> tuple[Ways, Ways]:
        """All that may decide on a block, and what surely does: the same where nothing is open."""
        if block not in self._known:
            # Branches that were not come to decide nothing: those that were stand before the block.
            rows = [row for row in self.deciding[block] if row.branch in self.decided]
            before = {row.branch: self._both_ways(row.branch) for row in rows}
            every = self._ways([(row, before[row.branch][0]) for row in rows], sure=False)
            settled = all(row.surely and self._is_sure(row.branch) for row in rows)
            if settled and all(a is b for a, b in before.values()):
                surely = every
            else:
                surely = self._ways([(r, before[r.branch][1]) for r in rows if r.surely], sure=True)
            self._known[block] = every, surely
        return self._known[block]

    def _is_chosen(self, term: Term) -> bool:
        """Whether a condition is a matter of choices alone, such as the switch of a variant.

        Nothing that happens is needed for it.
        """
        known = self._chosen.get(term)
        if known is None:
            match self.draft.terms.rows[term]:
                case Constant() | Choice():
                    known = True
                case Operation(args=args) | And(args=args) | Or(args=args):
                    known = all(map(self._is_chosen, args))
                case Not(arg=arg):
                    known = self._is_chosen(arg)
                case _:
                    known = False
            self._chosen[term] = known
        return known

    def _terms(self, ways: Ways, asked: int) -> tuple[Term, ...]:
        none = self.draft.constant(0)
        found = (
            self.draft.select(when, holds, none)
            for holds, when in ways.items()
            if asked & self._hangs_on(holds) & ~self._choices
        )
        return tuple(dict.fromkeys(found))

    def _looked_at(self, branch: str, holds: Term) -> Iterator[tuple[Term, bool]]:
        """What a branch looks at, and whether it surely does."""
        yield holds, True
        conditions, sure = self.selected.get(branch, ((), True))
        for each in conditions:
            yield each, sure

    def _is_sure(self, branch: str) -> bool:
        """Whether all that a branch looks at is surely looked at."""
        return self.selected.get(branch, ((), True))[1]

    def _ways(self, rows: Sequence[tuple[Deciding, Ways]], *, sure: bool) -> Ways:
        """What branches that decide on a block look at, and those that decide on them.

        With ``sure`` what they surely do.
        """
        terms = self.draft.terms
        found: dict[Term, list[Term]] = {}
        for each, before in rows:
            guard, holds = self.decided[each.branch]
            run = self.draft.constant(1) if each.always else guard
            for one, surely in self._looked_at(each.branch, holds):
                if not self._is_chosen(one) and (surely or not sure):
                    found.setdefault(one, []).append(run)
            for other, when in before.items():
                found.setdefault(other, []).append(when if each.always else terms.both(run, when))
        return {holds: terms.either(*whens) for holds, whens in found.items()}

    def _hangs_on(self, term: Term) -> int:
        """What a term is computed from in the end, and whether that is run, as a set of bits."""
        known, waiting = self._leaves, [(term, False)]
        while waiting:
            one, ready = waiting.pop()
            if ready:
                for part in self._parts(one):
                    known[one] |= known[part]
            elif one not in known:
                # What leads back to it adds nothing.
                known[one] = self._own_bit(one)
                waiting.append((one, True))
                waiting += [(part, False) for part in self._parts(one) if part not in known]
        return known[term]

    def _own_bit(self, term: Term) -> int:
        """A leaf by itself; constants are nothing that a value hangs on."""
        row = self.draft.terms.rows[term]
        if operands(row) or isinstance(row, Constant):
            return 0
        if isinstance(row, Choice):
            self._choices |= 1 << term
            if term in self.draft.shared.values():
                self._configs |= 1 << term
        return 1 << term

    def _parts(self, term: Term) -> tuple[Term, ...]:
        row = self.draft.terms.rows[term]
        return self._guard_of(row) if isinstance(row, Outcome) else operands(row)

    def _guard_of(self, row: Outcome) -> tuple[Term, ...]:
        event = self.draft.events[row.event]
        return () if event is None else (event.guard,)

    def _surely_on(self, guard: Term) -> int:
        """The same of a guard, whatever the value of configs that were left open.

        Where it holds, and no more than is plain to see: what one value leaves of it may hang on
        less.
        """
        known = self._surely
        if guard not in known:
            # Should it lead back to itself there is nothing to add.
            known[guard] = 0
            found, here, seen = 0, guard, set[Term]()
            while here not in seen:
                seen.add(here)
                row = self.draft.terms.rows[here]
                if here in known and here != guard:
                    found |= known[here]
                elif not self._is_open(here):
                    found |= self._hangs_on(here)
                elif isinstance(row, Outcome):
                    found |= 1 << here
                    here = self._guard_of(row)[0]
                elif isinstance(row, And):
                    for arg in row.args:
                        found |= self._surely_on(arg)
                elif isinstance(row, Or):
                    found |= self._on_any(row.args)
            known[guard] = found
        return known[guard]

    def _on_any(self, args: Sequence[Term]) -> int:
        """What a disjunction surely hangs on: of what configs leave there may be one part only."""
        fixed = [self._hangs_on(arg) for arg in args if not self._is_open(arg)]
        found = 0
        for each in fixed:
            found |= each
        if not fixed:
            found = self._surely_on(args[0])
            for arg in args[1:]:
                found &= self._surely_on(arg)
        return found

    def _is_open(self, term: Term) -> bool:
        """Whether an open config has a part in a term."""
        return bool(self._hangs_on(term) & self._configs)
