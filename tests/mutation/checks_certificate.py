"""Checks of what checks certificates: each of the two checkers is asked by itself.

A check is some invariants of one system, right ones and damaged ones, and one checker, which has to
accept those that it accepts without a mutant, and no others.  That these are proofs tests say
(tests/parametric), and of what is asked here tests/mutation/test_checks.py.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TypeAlias

from dsl.frozen import replace
from prover.parametric.certificate import checker
from prover.parametric.certificate.folded import Folded, count_of
from prover.parametric.certificate.table import tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import Invariant, Safe
from prover.parametric.search import Limits, search
from prover.smt.none import first_yes
from tests.mutation.checks_oracles import tests_of
from tests.mutation.forks import forked
from tests.parametric import many_toys, random_toys
from tests.parametric import test_folding as folding
from tests.parametric.certificate import test_checkers
from tests.parametric.naive import Found
from tests.parametric.toys import TOYS, Toy

TESTS = Path(__file__).parents[1] / "parametric" / "certificate"
"""Where tests are that take a fraction of a second each."""
SEARCHES = ("finds_the_least", "the_search_on")
"""But for those that are of the search."""

SYSTEMS = 24
"""Random systems of each kind."""
EXCHANGED = ((range(48), 2), (range(1000, 1012), 3))
"""Seeds of those in which copies change places, and how many copies there are."""
SMALL, MOST = 200, 400
"""Views of a folded proof that is damaged again and again, and of any other."""
FOLDED, HEAD = "folded", "certificate"
"""How names begin: of what is folded, and of all that are asked about here."""

Asked: TypeAlias = tuple[Toy, Invariant]


def by_rules(system: Toy, invariant: Invariant) -> bool:
    """The trusted checker."""
    return checker.check(system, invariant) is None


def by_views(system: Toy, invariant: Invariant) -> bool:
    """The same, view by view, which is how views of one and of three are looked at."""
    table = tabled(invariant)
    views = checker._Views(system, table)
    return not (checker.initiation(system, table) or checker.safety(system, table) or views.wrong())


def by_formulas(system: Toy, invariant: Invariant) -> bool:
    """The questions for z3."""
    return first_yes(questions(system, invariant), 60) is None


BY: dict[str, Callable[[Toy, Invariant], bool]] = {
    "rules": by_rules,
    "views": by_views,
    "formulas": by_formulas,
}


# --- what is asked about ------------------------------------------------------------------


def damaged(system: Toy, found: Found, chance: Random, views: int) -> Iterator[Asked]:
    """An invariant; the same without some of its views, and what wrong searches find."""
    yield system, found
    every = [(shared, view) for shared in sorted(found.of) for view in sorted(found.of[shared])]
    for shared, view in chance.sample(every, min(views, len(every))):
        yield system, Found(found.size, {**found.of, shared: found.of[shared] - {view}})
    yield from ((system, less) for less in test_checkers.without(found))
    for _, lie in test_checkers.lies(system) if found.size == 2 else ():
        wrong = proved(lie, 2)
        if wrong is not None:
            yield system, wrong


def proved(system: Toy, size: int) -> Found | None:
    """What a search finds: the views of an invariant that is not too large."""
    said = search(system, size, Limits(views=MOST))
    if not isinstance(said, Safe):
        return None
    table = tabled(said.invariant)
    return Found(size, {shared: set(table.views(shared)) for shared in table.rows})


def plain(make: Callable[[], Toy], size: int, views: int) -> tuple[Asked, ...]:
    """Invariants of views of a system, or of what is left of it without what is violated."""
    system = make()
    found = proved(system, size)
    if found is None:
        right = tuple(each for each in system.table if each.violated is None)
        system = replace(system, table=right, bad=frozenset())
        found = proved(system, size)
    return () if found is None else tuple(damaged(system, found, Random(size), views))


def attacked(system: Toy, proof: Folded, chance: Random) -> Iterator[Asked]:
    """A folded proof; damaged ones, of other systems, and by exchanges that are none."""
    yield system, proof
    others = sorted(set(proof.shared()) - set(proof.kept.rows))
    for _ in range(6):
        yield system, folding.less(proof, chance)
        yield folding.broken(system, proof, chance), proof
        lying = tuple(
            folding.Wrong(each, chance)
            for each in proof.exchanges
            if isinstance(each, folding.Swap)
        )
        yield system, Folded(proof.kept, lying)
        some = tuple(each for each in proof.exchanges if chance.random() < 0.5)
        yield system, Folded(proof.kept, some)
        if others:
            more = folding.more_in(system, proof, chance.choice(others), chance)
            yield replace(system, table=(*system.table, more)), proof


def exchanged(seed: int, number: int) -> tuple[Asked, ...]:
    """Folded proofs of a system with so many copies of something, right and wrong; none, for some."""
    found: list[Asked] = []
    for _, toy, _, proof in folding.proofs(range(seed, seed + 1), number):
        if count_of(proof) < SMALL:
            found += attacked(toy, proof, Random(seed))
        elif count_of(proof) < 10 * SMALL:
            found.append((toy, proof))
    return tuple(found)


@cache
def asked() -> dict[str, Callable[[], tuple[Asked, ...]]]:
    """All invariants that checkers are asked about, by the name of the system."""
    found: dict[str, Callable[[], tuple[Asked, ...]]] = {}
    for toy in TOYS[:5]:
        for size in (1, 2, 3):
            found[f"{toy.__name__}/{size}"] = partial(plain, toy, size, 40 // size)
    for kind, random_toy in (("many", many_toys.random_toy), ("some", random_toys.random_toy)):
        for seed in range(SYSTEMS):
            for size in (1, 2, 3) if seed < SYSTEMS // 4 else (1, 2):
                found[f"{kind} {seed}/{size}"] = partial(plain, partial(random_toy, seed), size, 12)
    for seeds, number in EXCHANGED:
        for seed in seeds:
            found[f"{FOLDED} {seed}/{number}"] = partial(exchanged, seed, number)
    return {name: cache(each) for name, each in found.items()}


# --- what is said of it -------------------------------------------------------------------

Said: TypeAlias = tuple[bool | None, ...]
"""Of each invariant whether it is accepted; None where asking raises."""


@cache
def _said() -> dict[tuple[str, str], Said]:
    """What is said without a mutant, by checker and system.

    No value of the module: these are computed again where a mutant changes one of what they are of.
    """
    return {}


def answers(by: str, some: Iterable[Asked]) -> Said:
    """What one checker says of some invariants."""

    def one(each: Asked) -> bool | None:
        try:
            return BY[by](*each)
        except (IndexError, KeyError):
            # An exchange that is none has something go where nothing is.
            return None

    return tuple(map(one, some))


def certificate_checks() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Names, and functions that say whether all is as it should be."""
    for by in BY:
        for name in asked():
            if by != "views" or (name.endswith("/2") and not name.startswith(FOLDED)):
                yield f"{HEAD}/{by}/{name}", partial(_says_the_same, by, name)
    for path in sorted(TESTS.glob("test_*.py")):
        for name, holds in tests_of(import_module(f"tests.parametric.certificate.{path.stem}")):
            if not any(part in name for part in SEARCHES):
                yield name, holds


def _says_the_same(by: str, name: str) -> bool:
    return answers(by, asked()[name]()) == _said()[by, name]


def warm_up_certificates(names: Iterable[str]) -> None:
    """What checkers say without a mutant, of what will be asked."""
    wanted = [name.split("/", 2)[1:] for name in names if name.startswith(f"{HEAD}/")]
    for _, name in wanted:
        asked()[name]()

    def work(say: Callable[[bytes], None]) -> None:
        found = {(by, name): answers(by, asked()[name]()) for by, name in wanted}
        say(pickle.dumps(found))

    # In another process: z3 has threads, which would not be there in what is forked later.
    said, ended = forked(work)
    if not ended:
        raise SystemExit("checkers of certificates do not run without a mutant")
    _said().update(pickle.loads(said))  # noqa: S301 - from this process's own child


__all__ = ["certificate_checks", "warm_up_certificates"]
