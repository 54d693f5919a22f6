"""Exchanges by hand that are no symmetries: each checker refuses them by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from prover.parametric.certificate.checker import check
from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.mirrors import Mirrors
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Label, Shared, Start
from prover.smt.none import first_yes
from tests.parametric.naive import Found
from tests.parametric.toys import Toy, rule, wrong

Pair = tuple[int, int]


@dataclass(eq=False)
class Moves:
    """An exchange as tables: what is in none of them stays where it is."""

    locals: dict[int, int] = field(default_factory=dict[int, int])
    pairs: dict[Pair, Pair] = field(default_factory=dict[Pair, Pair])
    regions: dict[int, int] = field(default_factory=dict[int, int])
    guards: dict[int, int] = field(default_factory=dict[int, int])
    waits: dict[int, int] = field(default_factory=dict[int, int])
    changes: dict[int, int] = field(default_factory=dict[int, int])

    @property
    def inverse(self) -> Moves:
        tables = (self.locals, self.pairs, self.regions, self.guards, self.waits, self.changes)
        return Moves(*({after: one for one, after in table.items()} for table in tables))  # type: ignore[arg-type]

    def local(self, number: int) -> int:
        return self.locals.get(number, number)

    def pair(self, variable: int, value: int) -> Pair:
        return self.pairs.get((variable, value), (variable, value))

    def shared(self, shared: Shared) -> Shared:
        return tuple(value for _, value in sorted(self.pair(*each) for each in enumerate(shared)))

    def label(self, label: Label) -> Label:
        found = 0
        for region in range(label.bit_length()):
            if label >> region & 1:
                found |= 1 << self.regions.get(region, region)
        return found

    def guard(self, guard: int) -> int:
        return self.guards.get(guard, guard)

    def wait(self, wait: int) -> int:
        return self.waits.get(wait, wait)

    def change(self, change: int) -> int:
        return self.changes.get(change, change)


def all_of(*locals_: int) -> set[View]:
    """All views of two of these, without labels."""
    every = sorted({IDLE, *locals_})
    return {((one, two), (0, 0)) for one in every for two in every if one <= two}


def folded(of: dict[Shared, set[View]], *by: Moves) -> Folded:
    return Folded(tabled(Found(2, of)), by)


def by_formulas(system: Toy, proof: Folded | Table) -> bool:
    return first_yes(questions(system, proof), 60) is None


# --- the values of one variable -------------------------------------------------------------


def parted() -> tuple[Toy, Folded]:
    """An exchange that takes 1 of variable 1 to 1 of variable 2, and leaves 0 where it is.

    So it makes (2, 0, 1) of (1, 1, 0), and (1, 0, 1) of that: to there a rule leads from what
    (1, 0, 0) becomes, and goes wrong there.
    """
    system = Toy(
        Start((0, 0, 0), (1,), ()),
        ("", "a.one", "a.two"),
        (
            rule(1, 1, [(0, 0)], [(0, 1)]),
            rule(1, 1, [(0, 0)], [(0, 2)]),
            rule(1, 2, [(0, 1), (1, 0), (2, 0)], [(0, 2), (2, 1)]),
            rule(1, 2, [(0, 2), (1, 0), (2, 0)], [(0, 1), (2, 1)]),
            wrong(2, [(0, 1), (1, 0), (2, 1)]),
        ),
    )
    swap = Moves(pairs={(0, 1): (0, 2), (0, 2): (0, 1), (1, 1): (2, 1), (2, 1): (1, 1)})
    of: dict[Shared, set[View]] = {
        (0, 0, 0): all_of(1),
        (1, 0, 0): all_of(1),
        (1, 1, 0): all_of(1, 2),
    }
    return system, folded(of, swap)


def test_the_values_of_one_variable_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permutations of values alone are not enough: with the rest of what is asked this is no proof."""
    system, proof = parted()
    assert check(system, proof) is not None
    assert not by_formulas(system, proof)
    assert not by_formulas(system, tabled(proof))
    monkeypatch.setattr(Mirrors, "_keeps_variables", lambda *_: True)
    assert by_formulas(system, proof)
