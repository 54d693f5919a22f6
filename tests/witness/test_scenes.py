"""The states between the steps of a witness, worked out by hand; and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest

from prover.execution.run import told
from prover.execution.run.machine import Machine
from prover.execution.run.scenes import scenes_of as by_machine
from prover.execution.scene import Life, Scene
from prover.execution.subject import Subject
from prover.execution.weak.told import scenes_of as by_story
from prover.execution.witness import Moment
from prover.verdict import Broken, Refuted
from tests.witness.states import ROOT, reports, scenes_of, steps_of, witness_of, witnesses

VERDICTS = ROOT / "tests" / "cases" / "verdict"
COMPARED = Scene((), (), (), (), (Life("compared", "live", 0),))
"""Marks scenes that were compared: witnesses are made in processes of their own."""

FOLDERS = ("hardware", "pools", "sections", "waiting")
TEACHING = sorted((ROOT / "protocols" / "teaching").glob("*.khp"))


def test_deadlock() -> None:
    """Who asks for a held lock is in its queue, who asks for a free one is not.

    That a mutex is asked for is a step of its own, which is not shown: two has asked for a when it
    is shown that one waits.
    """
    found = dict(witnesses(ROOT / "protocols" / "teaching" / "ab_ba.khp", model="sc"))
    (witness,) = [w for w in found.values() if w.property == "deadlock"]
    assert steps_of(witness) == [
        "one acquire takes a",
        "two acquire takes b",
        "one waits waits for ever",
        "two waits waits for ever",
    ]
    assert scenes_of(witness) == [
        "a: -, b: -",
        "a: one, b: -",
        "a: one, b: two < one",
        "a: one < two, b: two < one",
        "a: one < two, b: two < one",
    ]


def test_each_scene_follows_from_the_one_before() -> None:
    """What a step reads is what its scene says, what it writes is what the next one says."""
    checked = 0
    for name, witness in witnesses(*TEACHING):
        if witness.model == "sc":
            assert len(witness.scenes) == len(witness.moments) + 1, name
            for index, moment in enumerate(witness.moments):
                before, after = witness.scenes[index : index + 2]
                assert not list(differences(before, moment, after)), (name, index)
                checked += 1
    assert checked > 300


def differences(before: Scene, moment: Moment, after: Scene) -> Iterator[str]:
    """Places that hold something else than what a step makes of the scene before it."""
    holds = {cell.place: cell.value for cell in before.cells}
    then = {cell.place: cell.value for cell in after.cells}
    reused = {one.object for one, two in zip(before.lives, after.lives, strict=True) if one != two}
    for touch in moment.touches:
        if touch.place in holds and (touch.old or touch.new) != holds[touch.place]:
            yield touch.place
        if touch.place in holds and touch.writes:
            holds[touch.place] = touch.new
    for place, value in holds.items():
        allocated = moment.what == "alloc" and place.split(".")[0] in reused
        if then[place] != value and not allocated:
            yield place


def test_two_ways_to_the_same_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's state, and the story that scenes of weak models are made of, say the same."""

    def both(
        machine: Machine,
        about: Subject,
        schedule: Iterable[int],
        shown: frozenset[int],
        standing: Mapping[int, int | None],
    ) -> tuple[Scene, ...]:
        found = by_machine(machine, about, schedule, shown, standing)
        story = told.story_of(machine)
        steps = list(story.order)
        if story.bad in shown and story.bad not in steps:
            steps.append(story.bad)
        if shown:
            again = by_story(story, about, steps, shown)
            assert found[: len(again)] == again
            return (*found, COMPARED)
        return found

    monkeypatch.setattr("prover.execution.run.narrate.scenes_of", both)
    files = [path for name in FOLDERS for path in sorted((VERDICTS / name).glob("*.khp"))]
    compared: list[Scene] = []
    for file in reports(*files):
        for outcome in file.outcomes:
            assert not isinstance(outcome.verdict, Broken), outcome
            if isinstance(outcome.verdict, Refuted):
                for witness in (outcome.verdict.witness, *outcome.verdict.others):
                    if COMPARED in witness.scenes:
                        compared.extend(witness.scenes)
    assert len(compared) > 300
    what = {pending.what for scene in compared for pending in scene.pending}
    assert what >= {"grace period", "IPI", "rcu_barrier()", "page of objs[0]"}
    kinds = {section.kind for scene in compared for section in scene.sections}
    assert kinds >= {"rcu", "srcu", "irq", "bh", "softirq", "hardirq"}
    assert {life.state for scene in compared for life in scene.lives} >= {"live", "freed"}
    assert any(lock.waiters for scene in compared for lock in scene.locks)


def test_reader_of_srcu_and_grace_period_of_rcu() -> None:
    """A grace period of RCU has nobody to wait for while the reader is one of SRCU."""
    assert scenes_of(witness_of("other_reader", "use-after-free")) == [
        "shared=&first; first#0 live",
        "shared=&first; user in srcu ss @0; first#0 live",
        "shared=&first; user in srcu ss @0; first#0 live",
        "shared=&second; user in srcu ss @0; first#0 live",
        "shared=&second; user in srcu ss @0; grace period of freer on - @3; first#0 live",
        "shared=&second; user in srcu ss @0; first#0 live",
        "shared=&second; user in srcu ss @0; first#0 freed",
        "shared=&second; user in srcu ss @0; first#0 freed",
    ]


def test_ipi() -> None:
    """It is pending until the handler has ended, which runs as a hardirq from its first step."""
    scenes = scenes_of(witness_of("ipi", "assert"))
    mark = "mark() on target"
    sent = f"IPI of sender on {mark} @0"
    assert scenes[:4] == [
        "x=0",
        f"x=0; {sent}",
        f"x=1; {mark} in hardirq @1; {sent}",
        scenes[3],
    ]
    assert "target in irq @2" in scenes[3]


def test_stale_read() -> None:
    """Under a weak model the state is that of the stores told by then."""
    witness = witness_of("stale", "assert")
    assert [step.split()[1] for step in steps_of(witness)] == [
        "load",
        "check",
        "store",
        "store",
        "load",
    ]
    assert scenes_of(witness) == [
        "data=0, flag=0",
        "data=0, flag=0",
        "data=0, flag=0",
        "data=1, flag=0",
        "data=1, flag=1",
        "data=1, flag=1",
    ]


def test_use_after_free_of_a_page_table() -> None:
    """Of many steps the last: who frees has let the locks go, who reads is still in its reader."""
    found = witnesses(
        ROOT / "protocols" / "retract.khp",
        scenario="walk_fault",
        variant="free_now",
        model="sc",
        config=(("PAE", "off"),),
    )
    (witness,) = [w for _, w in found]
    last = scenes_of(witness)[-1]
    assert last.startswith("m.pmd=none; ")
    assert "m.pml: -, A.ptl: -" in last
    assert "walker in rcu @" in last
    assert "A#0 freed" in last
    assert "A#0 live" in scenes_of(witness)[-3]
