"""Scenes by row: a row for each place, lock, thread, object, and from when on a cell says what."""

from __future__ import annotations

from typing import Any, cast

from prover.execution.scene import Hold, Life, LockScene, OpenSection, Pending
from prover.execution.witness import Column
from prover.render.html.state import state
from tests.render.html.made import halves, scene, witness

COLUMNS = (Column("reader", "actor"), Column("writer", "actor"), Column("callback", "callback"))


def rows(*scenes: Any) -> dict[str, dict[str, Any]]:
    parts = cast("list[dict[str, Any]]", state(scenes, COLUMNS))
    return {part["title"]: {row["name"]: row for row in part["rows"]} for part in parts}


def test_halves_are_beside_each_other_the_high_one_first() -> None:
    found = rows(scene(cells=halves("0", "0")), scene(cells=halves("0x5", "0")))
    assert found["Memory"]["pmd"]["about"] == "high | low"
    assert found["Memory"]["pmd"]["cells"] == [[[0, "0"]], [[0, "0"], [1, "0x5"]]]


def test_what_is_not_there_yet_has_its_row() -> None:
    section = OpenSection(1, "srcu", "ss", 3)
    found = rows(scene(), scene(sections=(section,)), scene())
    assert found["Sections"]["CPU1 writer"]["about"] == "SRCU reader of ss"
    assert found["Sections"]["CPU1 writer"]["cells"] == [[[0, "-"], [1, "since step 4"], [2, "-"]]]


def test_a_lock_has_holders_and_waiters() -> None:
    held = LockScene("l", "rwsem", (Hold(0, "shared"), Hold(1, "shared")), (Hold(2, "exclusive"),))
    found = rows(scene(locks=(held,)))["Locks"]["l"]
    assert found["about"] == "rwsem"
    assert found["cells"] == [
        [[0, "CPU0 reader (shared), CPU1 writer (shared)"]],
        [[0, "callback"]],
    ]


def test_what_is_pending_says_for_whom_it_waits() -> None:
    waiting, callback = Pending("grace period", 1, (0,), 2), Pending("callback f", -1, (), 3)
    found = rows(scene(pending=(waiting, callback)), scene(pending=(callback,)))["Pending"]
    assert found["grace period"]["about"] == "CPU1 writer"
    assert found["grace period"]["cells"] == [[[0, "CPU0 reader"], [1, "over"]]]
    assert found["callback f"]["cells"] == [[[0, "pending"]]]


def test_what_is_not_yet_pending_is_not_over() -> None:
    waiting = Pending("grace period", 1, (0,), 2)
    found = rows(scene(), scene(pending=(waiting,)), scene())["Pending"]["grace period"]
    assert found["cells"] == [[[0, "-"], [1, "CPU0 reader"], [2, "over"]]]


def test_an_object_lives_again() -> None:
    found = rows(scene(lives=(Life("o", "freed", 1),)), scene(lives=(Life("o", "live", 2),)))
    assert found["Objects"]["o"]["cells"] == [[[0, "freed"], [1, "live (allocation 2)"]]]


def test_tables_without_a_row_are_left_out() -> None:
    assert list(rows(scene(cells=halves("0", "0")))) == ["Memory"]
    assert [part["title"] for part in cast("Any", state(witness().scenes, COLUMNS))] == [
        "Memory",
        "Locks",
        "Sections",
        "Pending",
        "Objects",
    ]
