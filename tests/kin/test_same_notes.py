"""What is said beside a verdict is the same for a variant in one program with the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Request

NEVER_SEVEN = """models lkmm;
int x;
int y;
actor a {
	if (READ_ONCE(y) == 7) {
	never:
		WRITE_ONCE(x, 7);
	}
first:
	WRITE_ONCE(x, 1);
}
variant two in s {
	replace a.first with { WRITE_ONCE(x, 2); }
	expect proved;
}
scenario s {
	run a;
	final x != 0;
	expect proved;
}
"""

SEVEN_IN_ONE = """models sc, lkmm;
int x;
int y;
actor a {
	if (READ_ONCE(y) == 7) {
	seven:
		WRITE_ONCE(x, 7);
	}
}
actor b {
first:
	WRITE_ONCE(y, 1);
}
variant stored in s {
	replace b.first with { WRITE_ONCE(y, 7); }
	expect proved;
}
scenario s {
	run a, b;
	final y != 0;
	expect proved;
}
"""
"""Only the variant ever comes to the labelled store."""

IN_A_HANDLER = """models lkmm;
int x;
int y;
static void called(void)
{
	if (READ_ONCE(y) == 7) {
	deep:
		WRITE_ONCE(x, 7);
	}
}
actor host {
first:
	WRITE_ONCE(x, 1);
}
actor tick interrupts host {
	if (READ_ONCE(y) == 7) {
	never:
		WRITE_ONCE(x, 7);
	}
	called();
}
variant two in s {
	replace host.first with { WRITE_ONCE(x, 2); }
	expect proved;
}
scenario s {
	run host, tick;
	final x != 0;
	expect proved;
}
"""

RACES = """models lkmm;
int x;
int y;
int *p = &y;
actor reader { int seen = data_race(*READ_ONCE(p)); }
actor writer {
turn:
	WRITE_ONCE(p, &y);
	WRITE_ONCE(x, 1);
	WRITE_ONCE(y, 1);
}
variant both in s {
	replace writer.turn with { WRITE_ONCE(p, &x); }
	expect proved;
}
variant wrong in s {
	replace writer.turn with { WRITE_ONCE(p, &x); WRITE_ONCE(x, 2); assert(x == 3); }
	expect refuted assert;
}
scenario s {
	run reader, writer;
	expect proved;
}
"""
"""What the reader looks at is y; with a variant it may be x."""


def notes(file: Path, *without: str, explain: bool = False) -> list[tuple[str, ...]]:
    asked = Request(files=(str(file),), jobs=1, explain=explain, without=without)  # type: ignore[arg-type]
    (report,) = run(asked, lambda _: None).files
    assert not report.diagnostics
    assert all(outcome.as_expected for outcome in report.outcomes)
    return [outcome.notes for outcome in report.outcomes]


def test_labels_that_no_run_passes_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "f.khp"
    file.write_text(NEVER_SEVEN, encoding="utf-8")
    together = notes(file)
    assert all("a.never is never reached here" in each for each in together)
    assert together == notes(file, "variants")


def test_labels_in_a_handler_and_in_what_only_it_calls_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "f.khp"
    file.write_text(IN_A_HANDLER, encoding="utf-8")
    together = notes(file)
    dead = [f"{each} is never reached here" for each in ("called.deep", "tick.never")]
    assert all(note in each for each in together for note in dead)
    assert together == notes(file, "variants")


@pytest.mark.parametrize("without", [(), ("variants",), ("models",), ("together",)])
def test_a_label_that_only_a_variant_comes_to(without: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "f.khp"
    file.write_text(SEVEN_IN_ONE, encoding="utf-8")
    told = ["a.seven is never reached here" in each for each in notes(file, *without)]
    assert told == [True, True, False, False]


@pytest.mark.parametrize("without", [(), ("variants",), ("together",), ("kept",)])
def test_places_whose_races_are_not_looked_for(without: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "f.khp"
    file.write_text(RACES, encoding="utf-8")
    told = [[note for note in each if "may race" in note] for each in notes(file, *without)]
    assert told == [
        ["data races are not looked for of what the file says may race: y"],
        ["data races are not looked for of what the file says may race: x, y"],
        ["data races are not looked for of what the file says may race: x, y"],
    ]


def test_a_refuted_variant_leaves_out_what_the_scenario_does() -> None:
    """What was asked for a refutation depends on what is known from others; its notes do not."""
    file = Path(__file__).parents[2] / "protocols" / "bugs" / "filemap_stale_ptl.khp"
    together = notes(file, explain=True)
    assert all("not looked for" in each[-1] for each in together)
    assert together == notes(file, "variants") == notes(file)
