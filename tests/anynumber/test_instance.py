"""A scenario of any number with numbers put in."""

from __future__ import annotations

import pytest

from dsl.instance import instance
from dsl.interpreter import explore
from prover.pipeline.anynumber.finite import Instance, below, ladder, quick
from tests.anynumber.toy import CROSSED, LATER, protocol_of

ROUNDS = """
int x;
ghost int walker.seen;
final x == 7;
actor walker {
	int mine = x;
	walker.seen++;
again:
	if (mine == 1)
		return;
	x = mine + 1;
	assert(x <= 1);
}
actor other { x = 1; }
scenario s { run walker, other *; forever; invariant x <= 2; }
"""


def violated(
    text: str, numbers: dict[str, int], rounds: int, *, restless: bool = False
) -> set[str]:
    protocol = instance(protocol_of(text), "s", numbers, rounds, restless=restless)
    return set(explore(protocol, "s", {}).violations)


def test_numbers_take_the_place_of_stars() -> None:
    protocol = instance(protocol_of(ROUNDS), "s", {"other": 2}, 2)
    scenario = protocol.scenarios["s"]
    assert scenario.run == (("walker", 1), ("other", 2))
    assert not scenario.unbounded
    assert not protocol.finals
    assert scenario.invariants
    assert protocol.functions["walker"].labels == ("again",)
    assert protocol.actors["walker"].parameters == protocol.functions["walker"].parameters


def test_none_of_an_actor_leaves_it_out() -> None:
    protocol = instance(protocol_of(ROUNDS), "s", {}, 1)
    assert protocol.scenarios["s"].run == (("walker", 1),)


def test_a_return_ends_a_round_and_locals_begin_anew() -> None:
    assert violated(ROUNDS, {}, 3) == set()
    assert violated(ROUNDS.replace("if (mine == 1)", "if (mine == 2)"), {}, 2) == {"assert"}


@pytest.mark.parametrize(("restless", "found"), [(False, {"deadlock"}), (True, set())])
def test_whoever_has_ended_is_not_waited_for_where_nobody_ends(
    restless: bool, found: set[str]
) -> None:
    assert violated(LATER, {"waiter": 2}, 1, restless=restless) == found


def test_those_who_all_stand_still_are_found_where_nobody_ends() -> None:
    assert "deadlock" in violated(CROSSED, {"one": 1, "two": 1}, 1, restless=True)


def test_instances_come_the_smallest_first() -> None:
    found = list(below(Instance((("a", 2), ("b", 1)), 2)))
    sizes = [(each.size, each.rounds) for each in found]
    assert sizes == sorted(sizes)
    assert found[-1] == Instance((("a", 2), ("b", 1)), 2)
    assert len(found) == len(set(found)) == 12


def test_the_fewest_of_those_who_act_last_are_tried_first() -> None:
    """A suspicion may name more actors than it takes."""
    found = list(ladder(("a", "b", "c"), {"c": 1, "b": 4, "of one": 1}, forever=True))
    assert [({n: k for n, k in each.numbers if k}, each.rounds) for each in found[:7]] == [
        ({"c": 1}, 1),
        ({"c": 1}, 2),
        ({"b": 1, "c": 1}, 1),
        ({"b": 2, "c": 1}, 1),
        ({"b": 1, "c": 1}, 2),
        ({"b": 3, "c": 1}, 1),
        ({"b": 3, "c": 1}, 2),
    ]


def test_more_than_is_suspected_is_tried_at_last() -> None:
    found = list(ladder(("a", "b"), {"a": 1}, forever=False))
    assert [dict(each.numbers) for each in found] == [
        {"a": 1, "b": 0},
        {"a": 2, "b": 0},
        {"a": 2, "b": 1},
    ]


def test_few_of_the_suspected_are_tried_before_all_of_them() -> None:
    found = quick(("a", "b", "c"), {"a": 3, "b": 1}, forever=True)
    shown = [("".join(n * name for name, n in each.numbers), each.rounds) for each in found]
    assert shown[:4] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert shown[4:] == [("aa", 1), ("ab", 1), ("aaa", 1), ("aab", 1)]
    assert all(each.rounds == 1 for each in quick(("a",), {"a": 2}, forever=False))
    many = tuple("abcde")
    sizes = [each.size for each in quick(many, dict.fromkeys(many, 3), forever=False)]
    assert (max(sizes[:-1]), sizes[-1]) == (2, 5)
