"""A system that is built anew is led to all that a certificate lists, by each way that there is."""

from __future__ import annotations

import pytest

from dsl.diagnostic import DiagnosticError
from prover.parametric.certificate.binding import bound
from prover.parametric.certificate.document import About, SourceSum, read, written
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Start
from tests.parametric.certificate.test_document import ABOUT
from tests.parametric.naive import Found, naive
from tests.parametric.toys import Toy, lock, rule, turned

NAMES = ("", "a.one", "a.two", "a.three", "a.four")
ANYBODY = Start((0,), (1, 2), ())

LED: dict[str, Toy] = {
    "nobody": Toy(Start((0,), (), ()), NAMES, ()),
    "no shared variables": Toy(Start((), (1,), ()), NAMES, (rule(1, 2), rule(2, IDLE))),
    "values by writes": Toy(
        Start((0, 0), (1,), ()),
        NAMES,
        (
            rule(1, 2, [(0, 0)], [(0, 1)]),
            rule(2, 1, [(0, 1)], [(0, 0), (1, 1)]),
            rule(2, 3, [(1, 1)], [(0, 2), (1, 2)]),
        ),
    ),
    "regions of who is there when a wait begins": Toy(
        ANYBODY, NAMES, (rule(2, 3, begins=0),), waits=({1: 1},)
    ),
    "regions of who comes later": Toy(
        Start((0,), (2,), ()), NAMES, (rule(2, 3, begins=0), rule(3, 1)), waits=({1: 1},)
    ),
    "regions of the second wait": Toy(ANYBODY, NAMES, (rule(2, 3, begins=1),), waits=({}, {1: 2})),
    "regions that one waits for who is spawned": Toy(
        Start((0,), (1,), (2,)),
        NAMES,
        (rule(2, IDLE, spawned=(3,)),),
        waits=({}, {1: 1}),
        awaiting={3: 1},
        singles={2: 0},
    ),
    "regions that another waits for who is spawned": Toy(
        Start((0,), (1,), (2,)),
        NAMES,
        (rule(2, IDLE, spawned=(4, 3)),),
        waits=({1: 1},),
        awaiting={3: 0},
        singles={2: 0},
    ),
    "who is changed, and was there": Toy(
        ANYBODY, NAMES, (rule(1, 1, change=0),), changes=({2: 3},)
    ),
    "who is changed, and comes later": Toy(
        Start((0,), (1,), ()), NAMES, (rule(1, 2, change=0),), changes=({2: 3},)
    ),
    "who is changed by the second broadcast": Toy(
        ANYBODY, NAMES, (rule(1, 1, change=1),), changes=({}, {2: 3})
    ),
    "who is changed twice": Toy(ANYBODY, NAMES, (rule(1, 1, change=0),), changes=({2: 3, 3: 4},)),
    "who is changed goes on": Toy(
        ANYBODY, NAMES, (rule(1, 1, change=0), rule(3, 4, [(0, 0)], [(0, 1)])), changes=({2: 3},)
    ),
}
"""What there is one way to only."""


def there_and_back(system: Toy, table: Table, about: About = ABOUT) -> Table:
    return bound(system, read(b"".join(written(system, table, ABOUT)), "a.cert"), about)


def proof(system: Toy, size: int = 2) -> Table:
    found = naive(system, size)
    assert found is not None
    return tabled(found)


@pytest.mark.parametrize("name", LED)
@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_each_way_leads_there(name: str, turn: bool, size: int) -> None:
    system = turned(LED[name]) if turn else LED[name]
    assert there_and_back(system, proof(system, size)) == proof(system, size)


def test_regions_that_only_end_have_a_number() -> None:
    """Nobody waits for them: a certificate that has them lists too much, and is read."""
    system = Toy(Start((0,), (1,), ()), NAMES, (rule(1, 2, ended=1), rule(2, 1)))
    more: set[View] = {((1, 2), (0, 1))}
    table = tabled(Found(2, {(0,): set(proof(system).views((0,))) | more}))
    assert there_and_back(system, table) == table


def refusal(system: Toy, table: Table, by: Toy, about: About = ABOUT) -> str:
    """Why a certificate is none of another system."""
    content = b"".join(written(system, table, ABOUT))
    with pytest.raises(DiagnosticError) as caught:
        bound(by, read(content, "a.cert"), about)
    (found,) = caught.value.diagnostics
    assert found.code == "certificate-other"
    return found.message.removeprefix("the certificate is of something else: ")


def test_what_nothing_leads_to_is_named() -> None:
    toy = LED["who is changed, and was there"]
    idle = Toy(ANYBODY, NAMES, (rule(1, 1),))
    said = "nothing leads to a local state of it: a.three"
    assert refusal(toy, proof(toy), idle) == said
    # Nor what a broadcast makes of who is not listed.
    toy = LED["who is changed, and comes later"]
    less = tabled(Found(2, {(0,): {v for v in proof(toy).views((0,)) if 2 not in v[0]}}))
    assert refusal(toy, less, toy) == said
    toy = LED["regions of who is there when a wait begins"]
    still = Toy(ANYBODY, NAMES, (rule(2, 3),))
    assert refusal(toy, proof(toy), still) == "nothing leads to a region of it: region 0"
    toy = LED["values by writes"]
    other = Toy(toy.start, NAMES, (*toy.table[:2], rule(2, 3, [(1, 1)], [(0, 2)])))
    assert refusal(toy, proof(toy), other) == "nothing leads to a value of v1 of it: 2 of 1"


def test_it_is_told_what_it_is_of() -> None:
    table = proof(lock())
    others = About(ABOUT.file, [SourceSum("toy.khp", "1" * 64)], "s", "", ABOUT.config)
    said = refusal(lock(), table, lock(), others)
    assert said == "the text of its files was another one"
    other = About(ABOUT.file, ABOUT.sources, "t", "", ABOUT.config)
    said = refusal(lock(), table, lock(), other)
    assert said == "it is about `s` / ``, as configured there"
    said = refusal(lock(), table, LED["no shared variables"])
    assert said == "it has other shared variables"


def test_a_shared_state_is_looked_at_when_all_its_values_are_known() -> None:
    """Not before: a rule is asked for what there is, whatever else a certificate lists."""
    system = LED["values by writes"]
    every = {each for shared in proof(system).rows for each in proof(system).views(shared)}
    more = {(a, b): every for a in range(3) for b in range(3)}
    table = tabled(Found(2, dict(more.items())))
    assert there_and_back(system, table) == table
