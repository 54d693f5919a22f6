"""Proofs that are none: of an invariant that is never judged, an assert that is never come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cache.store import Store
from prover.pipeline import run
from prover.verdict import Request, name_of

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

RARE = """\
models sc;
int x;
int y;

static void store(void)
{{
	WRITE_ONCE(y, {base});
}}

static void store_more(void)
{{
	WRITE_ONCE(x, 2);
	WRITE_ONCE(y, {variant});
}}

actor one {{
	if (READ_ONCE(y) == 1)
		assert(READ_ONCE(x) < 3, "small");
}}

actor two {{
	store();
}}

scenario test {{
	run one, two;
	final x < 2;
}}

variant more in test {{
	exchange store with store_more;
	expect refuted final;
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


@pytest.mark.parametrize(("variant", "verdict"), [(1, "proved"), (3, "vacuous")])
def test_what_only_a_refutation_comes_to_is_come_to(variant: int, verdict: str) -> None:
    assert verdicts_of(RARE.format(base=3, variant=variant)) == [verdict, "refuted"]


def test_a_remembered_refutation_says_what_it_reaches_once_that_matters(tmp_path: Path) -> None:
    store, path = Store(tmp_path / "cache"), tmp_path / "rare.khp"

    def again(base: int) -> list[str]:
        path.write_text(RARE.format(base=base, variant=1))
        (file,) = run(Request((str(path),), jobs=1), lambda _: None, store).files
        return [name_of(outcome.verdict) for outcome in file.outcomes]

    # The base reaches the assert itself: nobody asks the variant.
    assert again(1) == ["proved", "refuted"]
    assert again(3) == ["proved", "refuted"]
    assert again(3) == ["proved", "refuted"]
