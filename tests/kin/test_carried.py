"""What the program of all variants shows of a weak model counts where the variant shows it, too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from prover.execution.run.replay import ReplayError
from prover.execution.weak.replay import replay_weak
from prover.pipeline import carried, minimal
from prover.pipeline.loaded import Loaded, family_of, grouped, load_all
from prover.pipeline.tree import Member
from prover.pipeline.work import Work
from prover.verdict import Refuted, Request, name_of

PROTOCOLS = Path(__file__).parents[2] / "protocols"


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What became of executions that were carried over."""
    found = Counter[str]()
    carry, replay = carried.Carried.__call__, replay_weak

    def carrying(self, claim):
        found["carried"] += 1
        return carry(self, claim)

    def replaying(*claimed, **how):
        try:
            return replay(*claimed, **how)
        except ReplayError:
            found["refused"] += 1
            raise

    monkeypatch.setattr(carried.Carried, "__call__", carrying)
    monkeypatch.setattr(minimal, "replay_weak", replaying)
    return found


def compared(path: Path, scenario: str | None = None) -> Counter[str]:
    """All obligations of a file, with their variants and each by itself: the same is found."""
    request = Request(files=(str(path),), scenario=scenario, explain=False)
    loaded, _ = load_all(request, [Member(str(path), "")], {})
    jobs = [(0, task) for file in loaded if isinstance(file, Loaded) for task in file.tasks]
    groups = grouped(jobs, together=True)
    work = Work(loaded, jobs, groups, request)
    found = Counter[str]()
    # A worker stays with one family as long as there is something to do in it.
    for members in sorted(groups, key=lambda own: str(family_of(jobs[own[0]]))):
        for number, decision in zip(members, work.together(members), strict=True):
            (alone,) = work.alone(number)
            question = jobs[number][1].obligation
            assert name_of(decision.verdict) == name_of(alone.verdict), question
            found[name_of(decision.verdict)] += 1
            if isinstance(decision.verdict, Refuted) and isinstance(alone.verdict, Refuted):
                one, other = decision.verdict, alone.verdict
                assert set(one.properties) == set(other.properties), question
                models = (
                    {w.property: w.model for w in (v.witness, *v.others)} for v in (one, other)
                )
                assert next(models) == next(models), question
    return found


LOAD_BUFFERING = """models lkmm, sc, tso;
int x;
int y;
ghost int a_r;
ghost int b_r;
actor a {
	int r;

	r = READ_ONCE(x);
	if (r != 1) {
	out:
		return;
	}
	WRITE_ONCE(y, 1);
	a_r = r;
}
actor b {
	int r;

	r = READ_ONCE(y);
fence:
	smp_mb();
	WRITE_ONCE(x, 1);
	b_r = r;
}
variant unconditional in s {
	drop a.out;
	expect refuted final under lkmm;
	expect proved under sc, tso;
}
variant still_ordered in s {
	replace b.fence with { smp_mb(); smp_mb(); }
	expect refuted final under lkmm;
	expect proved under sc, tso;
}
scenario s {
	run a, b;
	final !(a_r == 1 && b_r == 1);
	expect proved;
}
"""
"""Whether the store of ``a`` depends on its load is open with all variants in one program: there the
second variant is no safer than the first."""


def test_what_a_variant_does_not_allow_is_refused(tmp_path: Path, judged: Counter[str]) -> None:
    file = tmp_path / "lb.khp"
    file.write_text(LOAD_BUFFERING, encoding="utf-8")
    found = compared(file)
    assert found == {"refuted": 1, "proved": 8}
    assert judged == {"carried": 2, "refused": 1}


@pytest.mark.parametrize(
    ("name", "scenario"),
    [("weak_order", None), ("retract", "secondary_mmu"), ("retract", "gup_populate")],
)
def test_shipped(name: str, scenario: str | None, judged: Counter[str]) -> None:
    found = compared(PROTOCOLS / f"{name}.khp", scenario)
    assert found["refuted"]
    assert judged["carried"] > judged["refused"]
