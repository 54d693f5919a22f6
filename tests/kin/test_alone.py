"""A variant that is asked about by itself is not put together with the others: that asks more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prover.pipeline import families, run
from prover.pipeline.loaded import Loaded, grouped, load_all
from prover.pipeline.shared import share
from prover.pipeline.tree import Member
from prover.pipeline.work import Work
from prover.verdict import Request, name_of

FILE = Path(__file__).parents[1] / "cases" / "verdict" / "obligations" / "variants.khp"


def asked(monkeypatch: pytest.MonkeyPatch, variant: str | None) -> tuple[int, dict[str, set[str]]]:
    """How often variants are put together, and the verdicts of each."""
    made = 0

    def counted(*given: Any) -> Any:
        nonlocal made
        made += 1
        return share(*given)

    monkeypatch.setattr(families, "share", counted)
    request = Request(files=(str(FILE),), variant=variant, explain=False)
    (file,), _ = load_all(request, [Member(str(FILE), "")], {})
    assert isinstance(file, Loaded)
    jobs = [(0, task) for task in file.tasks]
    groups = grouped(jobs, together=True)
    work = Work([file], jobs, groups, request)
    found: dict[str, set[str]] = {}
    for own in groups:
        for member, decision in zip(own, work.together(own), strict=True):
            name = jobs[member][1].obligation.variant
            found.setdefault(name, set()).add(name_of(decision.verdict))
    return made, found


def test_one_variant_is_decided_as_it_is_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    together, all_of_them = asked(monkeypatch, None)
    assert together
    names = [name for name in all_of_them if name]
    assert len(names) > 1
    for name in names:
        assert asked(monkeypatch, name) == (0, {name: all_of_them[name]})


def test_what_is_expected_of_a_variant_makes_no_verdict(tmp_path: Path) -> None:
    """A proof among all rests on orders that each variant has, whatever its author expects."""
    text = (FILE.parents[1] / "weak" / "flag_dropped.khp").read_text("utf-8")
    path = tmp_path / "hoped.khp"
    path.write_text(text.replace("expect refuted final;", "expect proved;"), "utf-8")
    (file,) = run(Request((str(path),), jobs=1, explain=False), lambda _: None).files
    found = {
        o.obligation.variant: name_of(o.verdict) for o in file.outcomes if o.obligation.variant
    }
    assert found == {"stays": "refuted", "unasked": "refuted"}
