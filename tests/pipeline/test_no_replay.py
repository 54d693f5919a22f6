"""A deadlock that a weaker model only may have: no replay shows it, so nothing is said of it."""

from __future__ import annotations

import pytest

from prover.pipeline import run
from prover.verdict import Refuted, Request, Unknown, Verdict

TEXT = """\
models {model};
struct rw_semaphore s;
int f;

actor t {{
	down_read(&s);
	if (!down_read_trylock(&s))
		WRITE_ONCE(f, 1);
	else
		up_read(&s);
	up_read(&s);
}}

actor w {{
	down_write(&s);
	up_write(&s);
}}

// The writer stands in the queue before f is stored, so not between these two.
actor c {{
	if (READ_ONCE(f)) {{
		down_read(&s);
		down_read(&s);
		{ends}
	}}
}}

scenario s {{
	run t, w, c;
	{expects}
}}
"""
GIVES_BACK = "up_read(&s); up_read(&s);"


def verdict(model: str, ends: str = "", expects: str = "") -> Verdict:
    text = TEXT.format(model=model, ends=ends, expects=expects)
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    (outcome,) = file.outcomes
    return outcome.verdict


@pytest.mark.parametrize("model", ["tso", "lkmm"])
def test_nothing_else_is_wrong(model: str) -> None:
    found = verdict(model, GIVES_BACK)
    assert isinstance(found, Unknown)
    assert found.why == f"a deadlock that only {model} shows has no replay yet"


@pytest.mark.parametrize("model", ["sc", "tso", "lkmm"])
def test_what_is_wrong_besides_is_shown(model: str) -> None:
    found = verdict(model)
    assert isinstance(found, Refuted)
    assert set(found.properties) == {"lock-held-at-end"}


@pytest.mark.parametrize("model", ["tso", "lkmm"])
def test_what_is_expected_is_not_known_to_be_all(model: str) -> None:
    assert isinstance(verdict(model, expects="expect refuted lock-held-at-end;"), Unknown)
