"""Witnesses of protocols, and their scenes in one line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prover.execution.scene import Hold, Scene
from prover.execution.witness import Witness
from prover.pipeline import run
from prover.verdict import FileReport, Refuted, Request

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"


def reports(*files: Path, **options: object) -> tuple[FileReport, ...]:
    """What is said of some files; every witness is to be shown."""
    request = Request(tuple(str(f) for f in files), jobs=1, **options)  # type: ignore[arg-type]
    found = run(request, lambda _: None)
    assert not [d for file in found.files for d in file.diagnostics]
    return found.files


def witnesses(*files: Path, **options: object) -> Iterator[tuple[str, Witness]]:
    """Every witness of some files, with what it is of."""
    for file in reports(*files, **options):
        for outcome in file.outcomes:
            if isinstance(outcome.verdict, Refuted):
                one = outcome.obligation
                for witness in (outcome.verdict.witness, *outcome.verdict.others):
                    name = f"{file.name} {one.scenario} {one.variant} {one.configuration}"
                    yield f"{name} {one.model} {witness.property}", witness


def witness_of(name: str, violated: str, **options: object) -> Witness:
    """The witness of one property in a case."""
    found = witnesses(CASES / f"{name}.khp", **options)
    return next(witness for _, witness in found if witness.property == violated)


def scenes_of(witness: Witness) -> list[str]:
    """Each scene in one line: cells; locks held or waited for; sections; pending; lives."""
    return [_line(witness, scene) for scene in witness.scenes]


def _line(witness: Witness, scene: Scene) -> str:
    names = [column.name for column in witness.columns]

    def who(holds: tuple[Hold, ...]) -> str:
        return " ".join(names[h.thread] + ("" if h.mode == "exclusive" else "/r") for h in holds)

    locks: list[str] = []
    for lock in scene.locks:
        waits = f" < {who(lock.waiters)}" if lock.waiters else ""
        locks.append(f"{lock.name}: {who(lock.holders) or '-'}{waits}")
    sections = [
        f"{names[s.thread]} in {s.kind}{f' {s.domain}' if s.domain else ''} @{s.since}"
        for s in scene.sections
    ]
    pending = [
        f"{p.what} of {names[p.thread]} on {' '.join(names[t] for t in p.on) or '-'} @{p.since}"
        for p in scene.pending
    ]
    lives = [f"{x.object}#{x.life} {x.state}" for x in scene.lives]
    cells = [f"{c.place}={c.value}{f' ({c.note})' if c.note else ''}" for c in scene.cells]
    return "; ".join(", ".join(part) for part in (cells, locks, sections, pending, lives) if part)


def steps_of(witness: Witness) -> list[str]:
    """Each moment in a few words."""
    return [
        f"{witness.columns[m.thread].name} {m.what}{' ' + m.note if m.note else ''}"
        for m in witness.moments
    ]
