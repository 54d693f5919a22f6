"""What only a refutation comes to is come to, whenever that is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cache.store import Store
from prover.pipeline import proving, run
from prover.pipeline.decision import Decision
from prover.pipeline.hollow import Own, in_doubt
from prover.pipeline.loaded import Loaded
from prover.verdict import Request, name_of

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


def verdicts_of(text: str) -> list[str]:
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    return [name_of(outcome.verdict) for outcome in file.outcomes]


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


def test_it_can_be_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def noted(file: Loaded, own: Own) -> list[int]:
        seen.extend(isinstance(found, Decision) and found.unasked for _, found in own)
        return in_doubt(file, own)

    monkeypatch.setattr(proving, "in_doubt", noted)
    text = RARE.format(base=3, variant=1)
    for without in ((), ("reached",)):
        (file,) = run(Request(("-",), stdin_text=text, jobs=1, without=without), print).files
        assert [name_of(outcome.verdict) for outcome in file.outcomes] == ["proved", "refuted"]
    assert seen == [False, True, False, False]
