"""The states between the steps of a witness, worked out by hand; and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution.scene import Scene
from prover.execution.witness import Moment
from tests.witness.states import ROOT, scenes_of, steps_of, witnesses

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
