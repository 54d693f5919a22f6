"""What becomes of a scenario of any number, whatever the engine says of it."""

from __future__ import annotations

import pytest

from dsl.source import Span
from prover.parametric.invariant import Endless, Safe
from prover.parametric.system import Infinite, Refused
from prover.pipeline.anynumber import decide
from prover.pipeline.anynumber.engine import Confirmed, Contradicted, Unfinished
from prover.verdict import Broken, Proved, Refuted, Unknown
from tests.anynumber.toy import BROKEN, CROSSED, LATER, LOCK, Views, decided, suspect

SAFE = Safe(Views())


def test_safe_and_confirmed_twice_is_proved() -> None:
    found = decided(LOCK, [SAFE], opinions=(Confirmed("checker"), Confirmed("z3")))
    assert isinstance(found.verdict, Proved)
    number = found.verdict.number
    assert number is not None
    assert (number.many, number.others, number.forever) == (("walker",), (("fault", 1),), True)
    assert (number.size, number.shared, number.views) == (2, 1, 2)
    assert number.checkers == ("checker", "z3")
    assert any("weak memory is not covered" in note for note in found.notes)
    said = "lock-order checked up to walker, fault (2 rounds each); walker * 2, fault"
    assert number.limited == said
    assert found.asserts
    assert not found.unreached


def test_numbers_that_would_be_large_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "MUCH", 1)
    found = decided(LOCK, [SAFE])
    assert isinstance(found.verdict, Proved)
    assert found.verdict.number is not None
    assert found.verdict.number.limited == "lock-order checked up to walker, fault"


def test_without_a_checker_nothing_is_proved() -> None:
    found = decided(LOCK, [SAFE], opinions=())
    assert isinstance(found.verdict, Unknown)


def test_a_certificate_that_is_refused_is_a_bug() -> None:
    found = decided(LOCK, [SAFE], opinions=(Confirmed("checker"), Contradicted("z3", "no")))
    assert found.verdict == Broken("z3 does not accept the certificate: no")


def test_a_check_without_an_end_is_unknown() -> None:
    found = decided(LOCK, [SAFE], opinions=(Unfinished("z3", "no end after 5 s"),))
    assert isinstance(found.verdict, Unknown)
    assert "not confirmed by z3: no end after 5 s" in found.verdict.why


def test_safe_where_two_actors_show_a_violation_is_a_bug() -> None:
    found = decided(BROKEN, [SAFE])
    assert isinstance(found.verdict, Broken)
    assert "assert is found: it takes walker * 2, fault" in found.verdict.what


def test_a_suspicion_that_numbers_show_is_refuted_by_the_fewest() -> None:
    wrong = suspect(BROKEN, "assert(inside == 1", ("walker", 3))
    found = decided(BROKEN, [wrong])
    assert isinstance(found.verdict, Refuted)
    assert found.verdict.properties == ("assert",)
    assert "s: it takes walker * 2, fault" in found.notes


def test_a_suspicion_that_no_number_shows_is_unknown_and_says_what_is_in_the_way() -> None:
    wrong = suspect(LOCK, "assert(inside == 1", ("walker", 2))
    found = decided(LOCK, [wrong])
    assert isinstance(found.verdict, Unknown)
    assert found.verdict.why.startswith("views of 3 cannot rule out assert at t.khp:8, and no")


def test_views_of_one_more_prove_what_fewer_could_not() -> None:
    wrong = suspect(LOCK, "assert(inside == 1", ("walker", 2))
    found = decided(LOCK, [wrong, wrong, SAFE])
    assert isinstance(found.verdict, Proved)


def test_a_search_without_an_end_is_unknown() -> None:
    found = decided(LOCK, [Endless("more than 7 views")])
    assert found.verdict == Unknown("more than 7 views, with views of 3")


def test_nobody_waits_in_vain_for_an_actor_that_begins_again() -> None:
    stuck = suspect(LATER, "while", ("waiter", 2), name="deadlock")
    found = decided(LATER, [Safe(Views(), stuck)])
    assert isinstance(found.verdict, Proved)
    assert found.verdict.number is not None
    assert found.verdict.number.limited.startswith("lock-order checked up to waiter")
    assert "; deadlock in " in found.verdict.number.limited


def test_a_deadlock_of_those_who_all_stand_still_is_one() -> None:
    stuck = suspect(CROSSED, "spin_lock(&b)", ("one", 1), ("two", 1), name="deadlock")
    found = decided(CROSSED, [Safe(Views(), stuck)])
    assert isinstance(found.verdict, Refuted)
    assert "s: it takes one, two" in found.notes


def test_what_is_not_covered_is_said_at_its_place() -> None:
    here = Span("t.khp", 5, 9)
    found = decided(LOCK, [SAFE], raises=Refused("SRCU", here))
    (diagnostic,) = found.diagnostics
    assert diagnostic.code == "any-number-unsupported"
    assert diagnostic.message == "proofs for any number of actors do not cover this: SRCU"
    assert diagnostic.primary is not None
    assert diagnostic.primary.span == here
    assert diagnostic.hint


def test_a_variable_without_end_is_named() -> None:
    found = decided(LOCK, [SAFE], raises=Infinite("inside has more than 64 values"))
    (diagnostic,) = found.diagnostics
    assert diagnostic.code == "infinite-state"
    assert diagnostic.hint
    assert diagnostic.primary is not None


def test_final_conditions_of_the_file_are_said_not_to_be_of_it() -> None:
    said = "s has no end: the `final` conditions of the file are not of it"
    plain = decided(f"{LOCK}final inside == 0;\n", [SAFE])
    each = decided(
        f"{LOCK}ghost int fault.seen;\nfinal forall_actors(fault, fault.seen == 0);\n", [SAFE]
    )
    assert said in plain.notes
    assert said in each.notes
    assert said not in decided(LOCK, [SAFE]).notes
