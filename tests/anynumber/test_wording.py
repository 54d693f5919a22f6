"""What verdicts about any number of actors say, whatever order things were found out in."""

from __future__ import annotations

from prover.pipeline.anynumber.finite import Instance
from prover.pipeline.anynumber.wording import checked_up_to
from tests.anynumber.toy import CROSSED, protocol_of


def test_numbers_are_listed_in_the_order_of_their_actors() -> None:
    scenario = protocol_of(CROSSED).scenarios["s"]
    names = "abcde"
    clean = [
        Instance(tuple((name, 2 * (name == each)) for name in names), 1) for each in reversed(names)
    ]
    said = checked_up_to(scenario, clean, cut=False, deadlock=False)
    assert said == "lock-order checked up to a * 2; b * 2; c * 2; d * 2; e * 2"
