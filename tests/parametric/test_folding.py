"""One shared state for all that are it with copies exchanged: the same is found as without."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from dsl.frozen import replace
from prover.parametric.certificate import exchanged, mirrors
from prover.parametric.certificate.checker import check
from prover.parametric.certificate.exchanged import Symmetry
from prover.parametric.certificate.folded import Folded, count_of, folded
from prover.parametric.certificate.mirrors import Mirrors
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import Safe
from prover.parametric.search import Limits, search
from prover.parametric.search.pairs import Pairs
from prover.parametric.system import IDLE, Rule, Shared, System
from prover.smt.none import first_yes
from tests.parametric.exchanged_toys import Swap, exchanged_toy
from tests.parametric.toys import BAD, Toy, rule

SEEDS = range(60)
THREE = range(1000, 1025)
"""Seeds for systems of three copies."""

MOST, SMALL = 20_000, 1_000

CHANGED = [
    (range(8, 24), 2),
    (range(1002, 1006), 3),
    pytest.param(SEEDS, 2, marks=pytest.mark.soak),
    pytest.param(THREE, 3, marks=pytest.mark.soak),
]
"""Seeds of those that are proved once more with something changed."""


def found(system: System, swaps: tuple[Swap, ...]) -> Folded | Table | None:
    """What a search proves, as it looks at it; None where it does not."""
    said = search(system, 2, Limits(views=MOST), swaps)
    if not isinstance(said, Safe):
        return None
    assert isinstance(said.invariant, Pairs)
    if not said.invariant.exchanges:
        return tabled(said.invariant)
    return folded(said.invariant, said.invariant.rooms, said.invariant.exchanges)


def by_z3(system: Toy, proof: Folded | Table) -> bool:
    return first_yes(questions(system, proof), 60) is None


def proofs(seeds: range, number: int) -> Iterator[tuple[int, Toy, tuple[Swap, ...], Folded]]:
    for seed in seeds:
        toy, swaps = exchanged_toy(seed, number)
        proof = found(toy, swaps)
        if proof is not None:
            assert isinstance(proof, Folded)
            yield seed, toy, swaps, proof


@pytest.mark.parametrize(("seeds", "number"), [(SEEDS, 2), (THREE, 3)])
def test_the_same_is_found(seeds: range, number: int) -> None:
    fewer = safe = 0
    for seed in seeds:
        toy, swaps = exchanged_toy(seed, number)
        one, two = found(toy, swaps), found(toy, ())
        assert (one is None) == (two is None), seed
        if one is None or two is None:
            continue
        assert isinstance(one, Folded)
        assert tabled(one).rows == two.rows, seed
        assert count_of(one) == count_of(two)
        safe += 1
        fewer += len(one.kept.rows) < len(two.rows)
    assert safe > len(seeds) // 6
    assert fewer > safe // 3


def agreed(system: Toy, proof: Folded) -> tuple[bool, bool]:
    """What both checkers say of a folded proof: never more than of all that it stands for."""
    whole = tabled(proof)
    one, two = check(system, proof) is None, by_z3(system, proof)
    assert not one or check(system, whole) is None
    assert not two or by_z3(system, whole)
    return one, two


@pytest.mark.parametrize(("seeds", "number"), [(SEEDS, 2), (THREE, 3)])
def test_both_checkers_accept_what_is_folded(seeds: range, number: int) -> None:
    accepted = 0
    for seed, toy, _, proof in proofs(seeds, number):
        # Some rules are none of the kind that proofs are of: then nobody is to accept anything.
        premises = check(toy, tabled(proof)) is None
        assert agreed(toy, proof) == (premises, True), seed
        accepted += premises
    assert accepted > len(seeds) // 3


def small(seeds: range, number: int) -> Iterator[tuple[int, Toy, tuple[Swap, ...], Folded]]:
    """Those that can be proved again and again."""
    for each in proofs(seeds, number):
        if count_of(each[-1]) < SMALL:
            yield each


def less(proof: Folded, chance: Random) -> Folded:
    """A proof without one view, or without one shared state."""
    rows = {shared: dict(of) for shared, of in proof.kept.rows.items()}
    shared = chance.choice(sorted(rows))
    if len(rows) > 1 and chance.random() < 0.3:
        del rows[shared]
    else:
        row = chance.choice(sorted(rows[shared]))
        mask = rows[shared][row]
        last = chance.choice([k for k in range(mask.bit_length()) if mask >> k & 1])
        rows[shared][row] = mask & ~(1 << last)
        if not rows[shared][row]:
            del rows[shared][row]
    return Folded(Table(2, rows), proof.exchanges)


@pytest.mark.parametrize(("seeds", "number"), CHANGED)
def test_what_is_taken_out_is_missed(seeds: range, number: int) -> None:
    for seed, toy, _, proof in small(seeds, number):
        for k in range(6):
            assert agreed(toy, less(proof, Random(seed * 10 + k))) == (False, False), (seed, k)


OTHERWISE: list[dict[str, Any]] = [{}, {"reads": ()}, {"guard": -1}, {"ended": 0}, {"over": False}]
"""What a rule may do otherwise beside going elsewhere."""


def more_in(toy: Toy, proof: Folded, there: Shared, chance: Random) -> Rule:
    """One more rule in a shared state that is another's image: like one there is but for a thing."""
    local, copies = chance.randrange(1, len(toy.names)), len(toy.guards) - 1
    movers = sorted(tabled(proof).locals(there) - {IDLE}) or [local]
    rules = [each for mover in movers for each in toy.rules(mover, there)]
    like = chance.choice([each for each in rules if each.violated is None] or [rule(local, local)])
    number, at = chance.randrange(-1, copies + 1), chance.randrange(2 + copies)
    otherwise: list[dict[str, Any]] = [
        {"after": local},
        {"writes": ((at, chance.randrange(2)),)},
        {"guard": -1},
        {"begins": number},
        {"over": not like.over},
        {"ended": 0},
        {"change": number},
        {"spawned": (local,)},
        {"violated": BAD},
    ]
    return replace(like, reads=tuple(enumerate(there)), **chance.choice(otherwise))


def broken(toy: Toy, proof: Folded, chance: Random) -> Toy:
    """A system in which one thing of one copy is otherwise."""
    what, copies = chance.randrange(6), len(toy.guards) - 1
    number, local = 1 + chance.randrange(copies), chance.randrange(1, len(toy.names))
    if what == 0:
        table = list(toy.table)
        at = chance.choice([k for k, each in enumerate(table) if each.violated is None])
        table[at] = replace(table[at], after=local, **chance.choice(OTHERWISE))
        return replace(toy, table=tuple(table))
    if what == 1:
        guards = list(toy.guards)
        guards[number] ^= {local}
        return replace(toy, guards=tuple(guards))
    if what == 2:
        waits = [dict(each) for each in toy.waits]
        waits[number][local] = waits[number].get(local, 0) ^ 1 << chance.randrange(1 + copies)
        return replace(toy, waits=tuple(waits))
    if what == 3:
        changes = [dict(each) for each in toy.changes]
        changes[number][local] = chance.randrange(1, len(toy.names))
        return replace(toy, changes=tuple(changes))
    others = sorted(set(proof.shared()) - set(proof.kept.rows))
    if what == 4 and others:
        return replace(toy, table=(*toy.table, more_in(toy, proof, chance.choice(others), chance)))
    shared = (0, chance.randrange(2), *(chance.randrange(2) for _ in range(copies)))
    return replace(toy, bad=frozenset({shared}))


@pytest.mark.parametrize(("seeds", "number"), CHANGED)
def test_one_copy_that_is_otherwise(seeds: range, number: int) -> None:
    """What was proved of alike copies is accepted only where it is a proof without exchanges, too;
    and a search that is told of exchanges proves what one does that is not.
    """
    refused = 0
    for seed, toy, swaps, proof in small(seeds, number):
        for k in range(8):
            other = broken(toy, proof, Random(seed * 10 + k))
            refused += not agreed(other, proof)[0]
            one, two = found(other, swaps), found(other, ())
            assert (one is None) == (two is None), (seed, k)
            if one is None or two is None:
                continue
            assert tabled(one).rows == two.rows, (seed, k)
            if isinstance(one, Folded):
                agreed(other, one)
    assert refused > len(seeds)


class Wrong(Swap):
    """An exchange that is none: one of the things that it says is otherwise."""

    def __init__(self, swap: Swap, chance: Random) -> None:
        super().__init__(swap.copies, swap.order)
        self.what = chance.choice(("local", "pair", "variable", "label", "numbered"))
        self.at = chance.randrange(0, 8)
        self.to = chance.randrange(0, 8)

    def local(self, number: int) -> int:
        right = super().local(number)
        return self.to if self.what == "local" and number == self.at else right

    def pair(self, variable: int, value: int) -> tuple[int, int]:
        right = super().pair(variable, value)
        if self.what == "pair" and variable == self.at % len(self.order) + 1:
            return right[0], self.to % 2
        return (variable, right[1]) if self.what == "variable" and value == self.to % 2 else right

    def label(self, label: int) -> int:
        right = super().label(label)
        return (
            right ^ 1 << self.to % 3 if self.what == "label" and label >> self.at % 3 & 1 else right
        )

    def _off(self, number: int) -> int:
        right = Swap.guard(self, number)
        return number if self.what == "numbered" else right

    guard = wait = change = _off


@pytest.mark.parametrize(("seeds", "number"), CHANGED)
def test_an_exchange_that_is_none(seeds: range, number: int) -> None:
    """Whatever an exchange says of itself: what is accepted with it is a proof without, too."""
    refused = 0
    for seed, toy, _, proof in small(seeds, number):
        for k in range(8):
            chance = Random(seed * 10 + k)
            lying = tuple(Wrong(each, chance) for each in proof.exchanges if isinstance(each, Swap))
            try:
                lie = Folded(proof.kept, lying)
                refused += not agreed(toy, lie)[0]
            except (IndexError, KeyError):
                refused += 1
    assert refused > len(seeds)


def attacks(seed: int, number: int) -> Iterator[tuple[Toy, Folded]]:
    """Proofs that may be none: of other systems, by other exchanges, with something taken out."""
    for _, toy, _, proof in small(range(seed, seed + 1), number):
        for k in range(8):
            chance = Random(seed * 10 + k)
            yield toy, less(proof, chance)
            yield broken(toy, proof, chance), proof
            some = tuple(each for each in proof.exchanges if chance.random() < 0.5)
            yield toy, Folded(proof.kept, some)


SHOWN = ((11, 2), (19, 2), (23, 2), (37, 2))


@pytest.mark.parametrize(
    ("of", "name", "sound", "seeds"),
    [
        (Symmetry, "_no_group", "", ((1011, 3),)),
        (Symmetry, "_told_apart", "", ((23, 2),)),
        (Symmetry, "_other_rules", "", SHOWN),
        (Symmetry, "_no_image", None, ((139, 2),)),
        (Mirrors, "_are_permutations", True, ((23, 2),)),
        (Mirrors, "_same_functions", True, ((23, 2),)),
        (Mirrors, "_same_rules", True, SHOWN),
        (Mirrors, "_again", False, ((11, 2),)),
    ],
)
def test_what_checkers_look_at_is_needed(
    of: type, name: str, sound: object, seeds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one part of a checker left out something is accepted that is no proof."""
    known = getattr(of, name)

    def left_out(self: object, *given: object) -> object:
        if sound is None:
            known(self, *given)
            return ""
        return sound

    monkeypatch.setattr(of, name, left_out)
    with pytest.raises(AssertionError):
        all(agreed(*attack) for each in seeds for attack in attacks(*each))


CONTENT = (
    "local",
    "writes",
    "after",
    "guard",
    "begins",
    "over",
    "ended",
    "change",
    "spawned",
    "bad",
)
"""What both checkers compare of a rule, in their order; whose it is, is known."""


@pytest.mark.parametrize("field", range(1, len(CONTENT)), ids=CONTENT[1:])
@pytest.mark.parametrize("by", ["checker", "z3"])
def test_all_of_a_rule_is_compared(by: str, field: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one part of rules left out a rule more, in what is not kept, is accepted wrongly."""

    def without(known: Any) -> Any:
        def less_of(*given: object) -> tuple[object, ...]:
            found: tuple[object, ...] = known(*given)
            return found[:field] + found[field + 1 :]

        return less_of

    attacked: list[tuple[Toy, Folded]] = []
    for seed, k in NOTICED[CONTENT[field]]:
        ((_, toy, _, proof),) = small(range(seed, seed + 1), 2)
        chance = Random(seed * 100 + k)
        others = sorted(set(proof.shared()) - set(proof.kept.rows))
        more = more_in(toy, proof, chance.choice(others), chance)
        attacked.append((replace(toy, table=(*toy.table, more)), proof))
    assert not any(any(agreed(*each)) for each in attacked)
    if by == "checker":
        monkeypatch.setattr(exchanged, "_content", without(exchanged._content))
        monkeypatch.setattr(Symmetry, "_becomes", without(Symmetry._becomes))
    else:
        monkeypatch.setattr(mirrors, "_done", without(mirrors._done))
        monkeypatch.setattr(mirrors, "_mirrored", without(mirrors._mirrored))
    with pytest.raises(AssertionError):
        all(agreed(*each) for each in attacked)


NOTICED = {
    "writes": [(11, 4)],
    "after": [(11, 6)],
    "guard": [(11, 1)],
    "begins": [(23, 2)],
    "over": [(11, 10)],
    "ended": [(103, 10)],
    "change": [(37, 0)],
    "spawned": [(19, 5)],
    "bad": [(19, 10)],
}
"""Seeds of systems, and of what is added to them, that show each."""
