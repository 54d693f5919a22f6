"""How long obligations took in earlier runs, so that the longest come first.

What is remembered here decides in which order workers are given things to do, and nothing else:
what is damaged, wrong or made up costs time only.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping, Sequence

import msgspec

from prover.cache.store import Store
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded, family_of
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.verdict import FileReport

DAY = 86_400.0
"""No obligation takes longer: what says so is wrong."""


class Times:
    """Seconds by obligation, of the files of one run; in the store one entry for each file."""

    def __init__(
        self,
        store: Store | None,
        files: Sequence[Loaded | FileReport],
        jobs: Sequence[tuple[int, Task]],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._keys = {index: _key(files[index].name) for index in {index for index, _ in jobs}}
        self._known: dict[int, dict[str, float]] = {}

    def longest_first(self, groups: Sequence[list[int]]) -> list[list[int]]:
        """The groups in the order to begin them: the file that takes longest, and in it the
        scenario and configuration that does.

        What was never seen takes as long as others of its file, or of the run.  The groups of one
        family stay together and in their order: the first of them has work that the others share.
        """
        indexes = {self._jobs[members[0]][0] for members in groups}
        values = {} if self._store is None else self._store.get(self._keys[i] for i in indexes)
        self._known = {index: _read(values.get(self._keys[index])) for index in indexes}
        usual = _mean([s for known in self._known.values() for s in known.values()], 1.0)
        means = {index: _mean(list(k.values()), usual) for index, k in self._known.items()}
        of_file: dict[int, float] = {}
        of_family: dict[object, float] = {}
        for members in groups:
            first = self._jobs[members[0]]
            seconds = self._known[first[0]].get(_name(first[1]), means[first[0]])
            family = family_of(first)
            of_file[first[0]] = of_file.get(first[0], 0.0) + seconds
            of_family[family] = of_family.get(family, 0.0) + seconds
        place = {family: number for number, family in enumerate(of_family)}

        def order(members: list[int]) -> tuple[float, int, float, int]:
            first = self._jobs[members[0]]
            family = family_of(first)
            return -of_file[first[0]], first[0], -of_family[family], place[family]

        return sorted(groups, key=order)

    def keep(self, groups: Sequence[Sequence[int]], decisions: Sequence[Decision | Lost]) -> None:
        """Remembers what the groups took."""
        if self._store is None:
            return
        changed: set[int] = set()
        for members in groups:
            index, first = self._jobs[members[0]]
            found = [decisions[member] for member in members]
            took = [sum(d.measured.seconds.values()) for d in found if not isinstance(d, Lost)]
            if len(took) == len(members):
                self._known.setdefault(index, {})[_name(first)] = round(sum(took), 3)
                changed.add(index)
        self._store.put({self._keys[i]: msgspec.json.encode(self._known[i]) for i in changed})


def _mean(seconds: Sequence[float], otherwise: float) -> float:
    return sum(seconds) / len(seconds) if seconds else otherwise


def _key(name: str) -> bytes:
    path = os.path.abspath(name)  # noqa: PTH100 - the links in it make no difference here
    return hashlib.sha256(b"times " + os.fsencode(path)).digest()


def _name(task: Task) -> str:
    """What a scenario, variant and configuration are called in an entry."""
    o = task.obligation
    return " ".join((o.question, *(f"{name}={value}" for name, value in o.configuration)))


def _read(value: bytes | None) -> dict[str, float]:
    """What an entry says; nothing where it is damaged."""
    if value is None:
        return {}
    try:
        found: Mapping[str, float] = msgspec.json.decode(value, type=dict[str, float])
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return {name: s for name, s in found.items() if math.isfinite(s) and 0 <= s <= DAY}
