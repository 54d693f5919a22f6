"""Proofs that are none: of an invariant that is never judged, an assert that is never come to."""

from __future__ import annotations

from typing import Any

import pytest

from prover.pipeline import run, violations
from prover.pipeline.case import Case, Undecided
from prover.verdict import Outcome, Request, name_of

TEXT = """\
models {models};
int x = 3;

actor writer {{
	x = 4;
}}

scenario test {{
	run writer;
	{claim}
}}
"""
INVARIANT = 'invariant x == 7 : "x is seven";'

FOLDED = """\
models sc;
config MODE = a | b;
enum mode {{ OFF, ON }};
int x;

int look(int mode)
{{
	if (mode == ON) {{
		assert(READ_ONCE(x) == 0, "it is on");
		return 1;
	}}
	return 0;
}}

actor one {{
	{body}
}}

actor two {{
	WRITE_ONCE(x, 1);
}}

scenario test {{
	run one, two;
}}

scenario other {{
	run two;
}}
"""

HANDLER = """\
models sc;
enum mode {{ OFF, ON }};
int x;

static void store(void)
{{
	WRITE_ONCE(x, 1);
}}

static void store_more(void)
{{
	WRITE_ONCE(x, 2);
}}

static void store_again(void)
{{
	WRITE_ONCE(x, 1);
}}

actor host {{
	barrier();
}}

actor tick interrupts host {{
	if ({mode} == ON)
		assert(READ_ONCE(x) == 0, "nothing yet");
	store();
}}

scenario test {{
	run host, tick;
	final x < 2;
}}

variant more in test {{
	exchange store with store_more;
	expect refuted final;
}}

variant same in test {{
	exchange store with store_again;
	expect proved;
}}
"""

BEYOND = """\
models sc;
int x;

actor one {
	for (int i = 0; i < READ_ONCE(x); i++) {
		if (i == 2)
			rare: WRITE_ONCE(x, 3);
	}
}

actor two {
	WRITE_ONCE(x, 3);
}

scenario test {
	run one, two;
	bound 1;
}

variant without "without the last store" in test {
	drop one.rare;
	expect bounded;
}
"""

SEVERAL = """\
models sc;
config MODE = a | b;
int x;
int y;

actor looks {{
	if (READ_ONCE(x) == {seen})
		assert(READ_ONCE(y) == 0, "nothing else");
}}

actor stores {{
	early: WRITE_ONCE(x, 1);
}}

actor other {{
	late: WRITE_ONCE(x, 1);
}}

actor goes_round {{
	while (READ_ONCE(y) == {rounds})
		xchg(&x, 7);
}}

scenario alone {{
	run looks;
}}

scenario both {{
	run looks, stores;
}}

scenario without {{
	run other;
}}

scenario rounds {{
	run looks, goes_round;
	bound 1;
}}

variant none in both, without {{
	drop stores.early;
	drop other.late;
	expect proved;
}}
"""
ALONE = ("alone", "", "a"), ("alone", "", "b")


def verdicts_of(text: str) -> list[str]:
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    return [name_of(outcome.verdict) for outcome in file.outcomes]


def verdicts(models: str, claim: str) -> list[str]:
    return verdicts_of(TEXT.format(models=models, claim=claim))


@pytest.mark.parametrize("models", ["lkmm", "tso"])
def test_what_would_be_a_proof_is_none(models: str) -> None:
    assert verdicts(models, INVARIANT) == ["vacuous"]


def test_where_it_is_judged_the_others_are_proofs() -> None:
    assert verdicts("lkmm, sc", INVARIANT) == ["proved", "refuted"]


def test_without_an_invariant_there_is_nothing_to_judge() -> None:
    assert verdicts("lkmm", "final x == 4;") == ["proved"]


def test_a_refutation_stays_one() -> None:
    assert verdicts("lkmm", f"{INVARIANT} final x == 5;") == ["refuted"]


@pytest.mark.parametrize(
    "body",
    [
        "look(OFF);",
        'if (OFF == ON)\n\t\tassert(READ_ONCE(x) == 0, "never");',
        'return;\n\tassert(READ_ONCE(x) == 0, "never");',
    ],
)
def test_an_assert_that_constants_fold_away_is_not_proved(body: str) -> None:
    assert verdicts_of(FOLDED.format(body=body)) == ["vacuous", "vacuous", "proved", "proved"]


def test_one_that_is_come_to_elsewhere_is_no_matter() -> None:
    body = 'if (MODE == a)\n\t\tassert(READ_ONCE(x) < 2, "small");'
    assert verdicts_of(FOLDED.format(body=body)) == ["proved"] * 4


def test_a_function_that_nobody_runs_has_no_say() -> None:
    assert verdicts_of(FOLDED.format(body="READ_ONCE(x);")) == ["proved"] * 4


def test_what_only_rounds_beyond_the_bound_pass_is_not_called_dead() -> None:
    (file,) = run(Request(("-",), stdin_text=BEYOND, jobs=1), lambda _: None).files
    base, without = file.outcomes
    assert [name_of(each.verdict) for each in file.outcomes] == ["bounded", "bounded"]
    assert "one.rare is not reached within the bound" in without.notes
    assert base.notes == without.notes[: len(base.notes)]


@pytest.mark.parametrize(("mode", "verdict"), [("ON", "proved"), ("OFF", "vacuous")])
def test_an_interrupt_handler_is_run_as_any_actor(mode: str, verdict: str) -> None:
    assert verdicts_of(HANDLER.format(mode=mode)) == [verdict, "refuted", "proved"]


def of_several(
    monkeypatch: pytest.MonkeyPatch,
    unanswered: str = "nothing",
    *,
    seen: int = 1,
    rounds: int = 5,
    **selection: Any,
) -> dict[tuple[str, str, str], Outcome]:
    """The outcomes, where the obligations of one question have no answer."""
    original = violations.look_for_violations

    def look(case: Case) -> None:
        if case.obligation.question == unanswered:
            raise Undecided("timeout")
        original(case)

    monkeypatch.setattr("prover.pipeline.decide.look_for_violations", look)
    text = SEVERAL.format(seen=seen, rounds=rounds)
    request = Request(("-",), stdin_text=text, jobs=1, **selection)
    (file,) = run(request, lambda _: None).files
    return {
        (o.scenario, o.variant, o.configuration[0][1]): each
        for each in file.outcomes
        for o in (each.obligation,)
    }


def names(outcomes: dict[tuple[str, str, str], Outcome]) -> dict[str, str]:
    """The verdict by question, where it is one in all configurations."""
    found: dict[str, set[str]] = {}
    for each in outcomes.values():
        found.setdefault(each.obligation.question, set()).add(name_of(each.verdict))
    return {question: " ".join(sorted(all_)) for question, all_ in found.items()}


USUAL = dict.fromkeys(("alone", "both", "both / none", "without", "without / none"), "proved")


def test_each_statement_of_a_variant_is_passed_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(of_several(monkeypatch)) == {**USUAL, "rounds": "proved"}


def test_what_nothing_else_may_reach_is_vacuous_beside_an_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Who has no answer runs no assert.
    found = names(of_several(monkeypatch, "without", seen=3))
    assert found["without"] == "unknown"
    assert {found[each] for each in ("alone", "both", "both / none", "rounds")} == {"vacuous"}


def test_what_an_unknown_may_reach_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = of_several(monkeypatch, "both", seen=3)
    assert names(outcomes)["alone"] == "proved"
    for place in ALONE:
        (note,) = [each for each in outcomes[place].notes if "reached" in each]
        assert note.startswith("the assert at ")
        assert note.endswith("is not reached here; whether `both` reaches it is not known")


def test_a_statement_that_only_an_unknown_may_pass_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = of_several(monkeypatch, "both / none")
    here = outcomes["without", "none", "a"]
    assert name_of(here.verdict) == "proved"
    assert any(
        note == "stores.early is not reached here; whether `both / none` reaches it is not known"
        for note in here.notes
    )


def test_so_is_what_may_be_reached_beyond_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = of_several(monkeypatch, seen=3, rounds=0)
    assert names(outcomes)["rounds"] == "bounded"
    assert names(outcomes)["alone"] == "proved"
    assert any("whether `rounds` reaches it" in note for note in outcomes[ALONE[0]].notes)


@pytest.mark.parametrize(
    ("selection", "question", "verdict"),
    [
        ({"scenario": "without"}, "without", "proved"),
        ({"scenario": "alone"}, "alone", "proved"),
        ({"variant": "none"}, "both / none", "proved"),
        ({"config": (("MODE", "a"),)}, "alone", "proved"),
    ],
)
def test_a_part_of_a_file_shows_only_what_no_other_part_may_reach(
    monkeypatch: pytest.MonkeyPatch, selection: dict[str, Any], question: str, verdict: str
) -> None:
    found = of_several(monkeypatch, seen=3, **selection)
    assert names(found)[question] == verdict


SELECTED = """\
models sc;
int x;
actor looks {
	if (READ_ONCE(x) == 3)
		assert(READ_ONCE(x) == 0, "nothing");
}
actor stores {
	WRITE_ONCE(x, 1);
}
scenario one {
	run looks;
}
scenario two {
	run stores;
}
"""


def test_a_part_of_a_file_may_show_it() -> None:
    request = Request(("-",), stdin_text=SELECTED, jobs=1, scenario="one")
    (file,) = run(request, lambda _: None).files
    assert [name_of(each.verdict) for each in file.outcomes] == ["vacuous"]
