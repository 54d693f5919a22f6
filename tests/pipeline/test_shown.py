"""What is shown of a variant hangs on its own program, not on who was decided beside it.

Several workers share the variants of a scenario as time has it, and after an edit some are remembered:
the execution that is shown, the model it is of, and the notes are the same for all that.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prover.features import Feature
from prover.pipeline import run
from prover.render.json_report import render
from prover.verdict import Outcome, Refuted, Request

ROOT = Path(__file__).parents[2]


def shown(path: Path, scenario: str | None, *without: Feature) -> list[dict[str, Any]]:
    """All that is reported of each obligation, but for what it took."""
    request = Request((str(path),), scenario=scenario, jobs=1, explain=True, without=without)
    report = json.loads(render(run(request, lambda _: None)))
    (file,) = report["files"]
    assert not file["diagnostics"]
    return [{k: v for k, v in each.items() if k != "measured"} for each in file["obligations"]]


@pytest.mark.parametrize(
    ("name", "scenario"),
    [
        ("protocols/weak_order.khp", "seqcount"),
        ("tests/cases/verdict/obligations/variants.khp", None),
    ],
)
@pytest.mark.parametrize("feature", ["variants", "models"])
def test_it_is_the_same_by_itself(name: str, scenario: str | None, feature: Feature) -> None:
    together = shown(ROOT / name, scenario)
    assert together == shown(ROOT / name, scenario, feature)
    assert any(each["verdict"]["kind"] == "refuted" for each in together)


LARGE = ("pae_tear", "replace", "retract_locks", "retract", "weak_order")


@pytest.mark.soak
@pytest.mark.parametrize("name", LARGE)
def test_the_large_ones_are_the_same_by_themselves(name: str) -> None:
    path = ROOT / "protocols" / f"{name}.khp"
    assert shown(path, None) == shown(path, None, "variants")


MORE = """\
models lkmm;
int x;
int y;
int go;
actor a { L1: WRITE_ONCE(x, 1); L2: WRITE_ONCE(go, 1); WRITE_ONCE(y, 1); }
actor b {
	int seen = READ_ONCE(y);
	assert(seen != 2, "never two");
	if (seen == 0) {
		while (READ_ONCE(go) == 0)
			cpu_relax();
	}
}
scenario s { run a, b; final x == 1; expect proved; }
variant twice "y has two values" in s {
	replace a.L1 with { WRITE_ONCE(y, 2); }
	expect refuted final;
}
variant kept "b is not let go" in s {
	drop a.L1;
	drop a.L2;
	expect refuted final;
}
"""


@pytest.mark.parametrize("without", [(), ("variants",)])
def test_what_nobody_expects_is_shown_by_an_interleaving_if_one_has_it(
    without: tuple[Feature, ...], tmp_path: Path
) -> None:
    """A deadlock, too, for which a weak model's execution would be no answer at all."""
    path = tmp_path / "more.khp"
    path.write_text(MORE, encoding="utf-8")
    report = run(Request((str(path),), jobs=1, without=without), lambda _: None)
    found = {o.obligation.variant: models(o) for file in report.files for o in file.outcomes}
    assert found["twice"] == {"final": "sc", "assert": "sc"}
    assert found["kept"] == {"final": "sc", "deadlock": "sc"}


def models(outcome: Outcome) -> dict[str, str]:
    """The model of the execution that is shown of each property."""
    match outcome.verdict:
        case Refuted(witness=first, others=others):
            return {each.property: each.model for each in (first, *others)}
        case _:
            return {}
