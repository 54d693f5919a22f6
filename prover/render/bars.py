"""What threads hold and are in, as stretches of a witness: bars along its lifelines."""

from __future__ import annotations

from dataclasses import dataclass

from prover.execution.scene import Scene
from prover.execution.witness import Witness


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a thread holds, waits for or is in.

    ``kind`` is "lock", "wait", "section" or "pending".  It begins with moment ``first`` (-1: it
    was so before) and ends with moment ``last`` (the number of moments: it never ends).
    """

    thread: int
    kind: str
    label: str
    first: int
    last: int


def stretches(witness: Witness) -> list[Stretch]:
    """Every stretch, by thread and beginning; none where the witness has no scenes."""
    found: list[Stretch] = []
    begun: dict[tuple[int, str, str], int] = {}
    for index, scene in enumerate(witness.scenes):
        now = _of_scene(scene)
        over = [key for key in begun if key not in now]
        found.extend(Stretch(*key, begun.pop(key), index - 1) for key in over)
        for key in now:
            begun.setdefault(key, index - 1)
    end = len(witness.moments)
    found.extend(Stretch(*key, first, end) for key, first in begun.items())
    return sorted(found, key=lambda s: (s.thread, s.first, -s.last, s.kind, s.label))


def _of_scene(scene: Scene) -> dict[tuple[int, str, str], None]:
    """Thread, kind and label of all that is held and open, each once."""
    found: dict[tuple[int, str, str], None] = {}
    for lock in scene.locks:
        for hold in lock.holders:
            shared = " (shared)" if hold.mode == "shared" else ""
            found[hold.thread, "lock", f"{lock.name}{shared}"] = None
        for hold in lock.waiters:
            found[hold.thread, "wait", f"waits for {lock.name}"] = None
    for section in scene.sections:
        label = f"{section.kind} {section.domain}" if section.domain else section.kind
        found[section.thread, "section", label] = None
    for pending in scene.pending:
        if pending.thread >= 0:
            found[pending.thread, "pending", pending.what] = None
    return found
