"""The scenes of a witness by row: each place, lock, thread or object has one, whatever happens.

Rows stay where they are from step to step, so that the eye sees what changes.  A cell is a list of
(scene, text): what it says from that scene on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from prover.execution.scene import Cell, Hold, LockScene, OpenSection, Pending, Scene
from prover.execution.witness import Column
from prover.render.html.page import visible
from prover.render.json_parts import Json

Item = TypeVar("Item")
Key: TypeAlias = tuple[object, ...]

NONE: Final = "-"
OVER: Final = "over"

_SECTIONS: Final = {
    "rcu": "RCU reader",
    "srcu": "SRCU reader",
    "irq": "interrupts off",
    "bh": "softirqs off",
    "preempt": "preemption off",
    "softirq": "in a softirq",
    "hardirq": "in an interrupt",
}
"""Kinds of section, in words; of others their own."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the state: what it is about, and its cells."""

    name: str
    about: str
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the state."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def state(scenes: Sequence[Scene], columns: Sequence[Column]) -> Json:
    """The tables of a witness's scenes, those without a row left out."""
    threads = tuple(thread_name(column, index) for index, column in enumerate(columns))
    parts = (
        _words(scenes),
        _locks(scenes, threads),
        _sections(scenes, threads),
        _pending(scenes, threads),
        _lives(scenes),
    )
    return [_part(part) for part in parts if part.rows]


def thread_name(column: Column, index: int) -> str:
    """A thread, as the page calls it."""
    name = visible(column.name)
    return f"CPU{index} {name}" if column.kind == "actor" else name


def _part(part: Part) -> Json:
    return {
        "title": part.title,
        "heads": list(part.heads),
        "rows": [
            {"name": row.name, "about": row.about, "cells": [_changes(cell) for cell in row.cells]}
            for row in part.rows
        ],
    }


def _changes(texts: Sequence[str]) -> Json:
    """What a cell says, and from which scene on."""
    found: list[Json] = []
    for index, text in enumerate(texts):
        if index == 0 or texts[index - 1] != text:
            found.append([index, text])
    return found


def _by_row(
    scenes: Sequence[Scene],
    items: Callable[[Scene], Sequence[Item]],
    key: Callable[[Item], Key],
) -> dict[Key, list[list[Item]]]:
    """For each key that any scene has, its items in every scene; keys in order of appearance."""
    keys = list(dict.fromkeys(key(item) for scene in scenes for item in items(scene)))
    found: dict[Key, list[list[Item]]] = {each: [[] for _ in scenes] for each in keys}
    for index, scene in enumerate(scenes):
        for item in items(scene):
            found[key(item)][index].append(item)
    return found


def _words(scenes: Sequence[Scene]) -> Part:
    """Places in memory; the halves of a word beside each other, the high one first."""
    rows: list[Row] = []
    for (word, place), found in _by_row(scenes, _cells, _cell_key).items():
        parts = list(dict.fromkeys(cell.part for cells in found for cell in cells))
        halves = sorted(parts, key=lambda part: {"high": 0, "low": 1}.get(part, 2))
        texts = tuple(
            tuple(_cell_text([c for c in cells if c.part == half]) for cells in found)
            for half in halves
        )
        about = " | ".join(halves) if word else ""
        rows.append(Row(visible(str(word or place)), about, texts))
    split = any(row.about for row in rows)
    return Part("Memory", ("value or high, low" if split else "value",), tuple(rows))


def _cells(scene: Scene) -> Sequence[Cell]:
    return scene.cells


def _cell_key(cell: Cell) -> Key:
    return (cell.word, "" if cell.word else cell.place)


def _cell_text(cells: Sequence[Cell]) -> str:
    return "; ".join(
        visible(cell.value) + (f" ({visible(cell.note)})" if cell.note else "") for cell in cells
    )


def _locks(scenes: Sequence[Scene], threads: Sequence[str]) -> Part:
    """Locks with who holds them, and who waits."""

    def locks(scene: Scene) -> Sequence[LockScene]:
        return scene.locks

    rows = [
        Row(
            visible(str(name)),
            str(kind),
            (
                tuple(
                    _holds([h for lock in each for h in lock.holders], threads) for each in found
                ),
                tuple(
                    _holds([h for lock in each for h in lock.waiters], threads) for each in found
                ),
            ),
        )
        for (name, kind), found in _by_row(
            scenes, locks, lambda lock: (lock.name, lock.kind)
        ).items()
    ]
    return Part("Locks", ("held by", "waiting"), tuple(rows))


def _holds(holds: Sequence[Hold], threads: Sequence[str]) -> str:
    shared = {True: " (shared)", False: ""}
    return (
        ", ".join(_who(hold.thread, threads) + shared[hold.mode == "shared"] for hold in holds)
        or NONE
    )


def _who(thread: int, threads: Sequence[str]) -> str:
    return threads[thread] if 0 <= thread < len(threads) else "the kernel"


def _sections(scenes: Sequence[Scene], threads: Sequence[str]) -> Part:
    """What each thread is in: read-side sections, interrupts off, and the like."""

    def sections(scene: Scene) -> Sequence[OpenSection]:
        return scene.sections

    rows: list[Row] = []
    found = _by_row(scenes, sections, lambda s: (s.thread, s.kind, s.domain))
    for thread, kind, domain in sorted(found, key=lambda key: int(str(key[0]))):
        texts = tuple(
            ", ".join(_since(section.since) for section in each) or NONE
            for each in found[thread, kind, domain]
        )
        what = _SECTIONS.get(str(kind), visible(str(kind)))
        about = f"{what} of {visible(str(domain))}" if domain else what
        rows.append(Row(_who(int(str(thread)), threads), about, (texts,)))
    return Part("Sections", ("open",), tuple(rows))


def _since(moment: int) -> str:
    return "from the start" if moment < 0 else f"since step {moment + 1}"


def _pending(scenes: Sequence[Scene], threads: Sequence[str]) -> Part:
    """Grace periods, callbacks and IPIs that have begun and are not over."""

    def pending(scene: Scene) -> Sequence[Pending]:
        return scene.pending

    rows = [
        Row(
            visible(str(what)),
            _who(int(str(thread)), threads) if int(str(thread)) >= 0 else "",
            (tuple(_awaited(found, index, threads) for index in range(len(found))),),
        )
        for (what, thread, _), found in _by_row(
            scenes, pending, lambda p: (p.what, p.thread, p.since)
        ).items()
    ]
    return Part("Pending", ("waits for",), tuple(rows))


def _awaited(found: Sequence[Sequence[Pending]], scene: int, threads: Sequence[str]) -> str:
    """Whom it waits for in a scene; pending for nobody in particular, not yet, or over."""
    if not found[scene]:
        return OVER if any(found[:scene]) else NONE
    on = [_who(thread, threads) for each in found[scene] for thread in each.on]
    return ", ".join(on) or "pending"


def _lives(scenes: Sequence[Scene]) -> Part:
    """Objects, and whether they live."""
    rows: list[Row] = []
    keys = list(dict.fromkeys(life.object for scene in scenes for life in scene.lives))
    for name in keys:
        texts = tuple(
            ", ".join(_life(life.state, life.life) for life in scene.lives if life.object == name)
            or NONE
            for scene in scenes
        )
        rows.append(Row(visible(name), "", (texts,)))
    return Part("Objects", ("state",), tuple(rows))


def _life(state_: str, life: int) -> str:
    return visible(state_) + (f" (allocation {life})" if life > 1 else "")
