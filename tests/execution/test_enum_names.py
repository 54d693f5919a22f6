"""What a place of an enum type holds is told by the name of the enum's member."""

from __future__ import annotations

import pytest

from prover.pipeline import run
from prover.verdict import Refuted, Request

TEXT = """\
models {model};
enum mode {{ OFF, ON, AGAIN = 1, SLOW = 7 }};
enum other {{ NONE, MANY = 7 }};
struct s {{ enum mode m; int n; enum other row[2]; }};
struct s a;

actor one {{
	WRITE_ONCE(a.m, {stored});
	WRITE_ONCE(a.row[1], MANY);
	smp_wmb();
	WRITE_ONCE(a.n, 7);
}}

actor two {{
	int n = READ_ONCE(a.n);

	smp_rmb();
	assert(n != 7 || READ_ONCE(a.row[1]) == NONE || READ_ONCE(a.m) == OFF, "nothing");
}}

scenario test {{
	run one, two;
}}
"""


def texts(stored: str, model: str) -> dict[str, str]:
    """What the places hold in the witness, when they are touched last."""
    text = TEXT.format(stored=stored, model=model)
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    (outcome,) = file.outcomes
    assert isinstance(outcome.verdict, Refuted)
    moments = outcome.verdict.witness.moments
    return {touch.place: touch.new for moment in moments for touch in moment.touches}


@pytest.mark.parametrize("model", ["sc", "lkmm"])
def test_it_is_that_of_the_places_own_enum(model: str) -> None:
    found = texts("SLOW", model)
    assert (found["a.m"], found["a.row[1]"], found["a.n"]) == ("SLOW", "MANY", "7")


@pytest.mark.parametrize("stored", ["ON", "5"])
def test_what_no_one_member_is_stays_a_number(stored: str) -> None:
    number = {"ON": "1"}.get(stored, stored)
    assert texts(stored, "sc")["a.m"] == number
