"""What is said beside a verdict is the same for a variant in one program with the others."""

from __future__ import annotations

from pathlib import Path

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


def notes(file: Path, *without: str) -> list[tuple[str, ...]]:
    asked = Request(files=(str(file),), jobs=1, explain=False, without=without)  # type: ignore[arg-type]
    (report,) = run(asked, lambda _: None).files
    assert not report.diagnostics
    return [outcome.notes for outcome in report.outcomes]


def test_labels_that_no_run_passes_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "f.khp"
    file.write_text(NEVER_SEVEN, encoding="utf-8")
    together = notes(file)
    assert all("a.never is never reached here" in each for each in together)
    assert together == notes(file, "variants")
