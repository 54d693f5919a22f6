"""What earlier runs have found out of obligations that are the same, wherever they stand now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.source import Span
from prover.cache.codec import Damaged, Given, given, is_kept, unmeasured, verdict_of
from prover.cache.fingerprint import fingerprint
from prover.cache.places import moved as places_moved
from prover.cache.places import names_lines
from prover.cache.slices import NotInSlice, Slice, Slices, moved
from prover.cache.store import Store
from prover.cache.whole import elsewhere
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.verdict import FileReport, Measured, Request


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision; the spans in it, and in its verdict, are those of the slice."""

    verdict: Given
    measured: Measured
    asserts: tuple[Span, ...]
    unreached: tuple[Span, ...]
    unmarked: tuple[tuple[str, str], ...]
    dead: tuple[tuple[str, str], ...]
    suppressed: tuple[str, ...]
    notes: tuple[str, ...]


class Memory:
    """Decisions by what they depend on, for groups of obligations (by their numbers)."""

    def __init__(
        self,
        store: Store | None,
        files: Sequence[Loaded | FileReport],
        jobs: Sequence[tuple[int, Task]],
        request: Request,
    ) -> None:
        self._store = store
        self._files = files
        self._jobs = jobs
        # Which part of a file was asked about makes no difference to the answers.
        anything = replace(request, scenario=None, variant=None, config=(), model=None, jobs=0)
        # Nor where the library is: what is read of it is in the slices.
        anything = replace(anything, files=(), stdin_text=None, library="")
        self._request = replace(anything, cluster=elsewhere(request))
        self._slices: dict[int, Slices] = {}
        self._keys: dict[int, tuple[bytes, bytes, Slice]] = {}
        self._places: dict[int, dict[bytes, bytes]] = {}

    def recall(self, groups: Sequence[Sequence[int]]) -> dict[int, Decision]:
        """The decisions that are known, by obligation; of a group all of them or none."""
        if self._store is None:
            return {}
        values = self._store.get(key for members in groups for key in self._key(members)[:2])
        known: dict[int, Decision] = {}
        for members in groups:
            key, here, part = self._key(members)
            # What this machine has decided is asked of no other.
            for each in dict.fromkeys((here, key)):
                # Slices live as long as this does, so their identities are theirs.
                places = self._places.setdefault(id(part), {})
                decisions = _read(values.get(each), part, places)
                if decisions is not None and len(decisions) == len(members):
                    if not self._is_right(members[0]):
                        break
                    known.update(zip(members, decisions, strict=True))
                    break
        return known

    def _is_right(self, number: int) -> bool:
        """Whether the variant of an obligation checks, also where its scenario does not reach.

        One that does not is left to whoever decides it, and so is told.
        """
        index, task = self._jobs[number]
        file = self._files[index]
        assert isinstance(file, Loaded)
        try:
            file.protocol(task.obligation.variant)
        except DiagnosticError:
            return False
        return True

    def keep(self, groups: Sequence[Sequence[int]], decisions: Sequence[Decision | Lost]) -> None:
        """Remembers what was decided, where that is an answer."""
        if self._store is None:
            return
        entries: dict[bytes, bytes] = {}
        for members in groups:
            found = [decisions[member] for member in members]
            key, _, part = self._key(members)
            kept = [d for d in found if not isinstance(d, Lost) and _is_kept(d)]
            with suppress(UnicodeEncodeError):  # a name that is no text is not remembered
                entry = _written(kept, part)
                if entry is not None and len(entry) == len(members):
                    entries[key] = msgspec.json.encode(entry)
        self._store.put(entries)

    def _key(self, members: Sequence[int]) -> tuple[bytes, bytes, Slice]:
        """What a group's decisions are found by, here and if made here; their places' slice."""
        if members[0] not in self._keys:
            self._keys[members[0]] = self._made(members)
        return self._keys[members[0]]

    def _made(self, members: Sequence[int]) -> tuple[bytes, bytes, Slice]:
        index, first = self._jobs[members[0]]
        if index not in self._slices:
            file = self._files[index]
            assert isinstance(file, Loaded)
            self._slices[index] = Slices(file.program)
        o = first.obligation
        part = self._slices[index].of(o.scenario, o.variant)
        asked = [
            (task.obligation.model, _expected(task))
            for task in (self._jobs[number][1] for number in members)
        ]

        def sum_under(request: Request) -> bytes:
            what = (o.scenario, o.variant, o.configuration, asked, request)
            text = msgspec.json.encode(("group", fingerprint(), part.sum, what))
            return hashlib.sha256(text).digest()

        own = sum_under(self._request)
        if not self._request.cluster:
            return own, own, part
        return own, sum_under(replace(self._request, cluster="")), part


def _expected(task: Task) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    e = task.expected
    return None if e is None else (e.verdict, e.properties, e.allowing)


def _is_kept(decision: Decision) -> bool:
    return is_kept(decision.verdict) and not decision.diagnostics


def _written(decisions: Sequence[Decision], part: Slice) -> list[_Entry] | None:
    """A group's decisions to be remembered; None where that would tie them to where they stand."""
    if any(names_lines(decision) for decision in decisions):
        return None
    try:
        here = [moved(decision, part.relative) for decision in decisions]
    except NotInSlice:
        return None
    return [
        _Entry(
            given(d.verdict),
            unmeasured(d.measured),
            d.asserts,
            d.unreached,
            d.unmarked,
            d.dead,
            d.suppressed,
            d.notes,
        )
        for d in here
    ]


def _read(value: bytes | None, part: Slice, places: dict[bytes, bytes]) -> list[Decision] | None:
    """A group's decisions as they are remembered; None where that is damaged.

    ``places`` are those of the slice that were moved before.
    """
    if value is None:
        return None
    try:
        return [
            Decision(
                verdict_of(each.verdict),
                each.measured,
                each.asserts,
                each.unreached,
                each.unmarked,
                each.dead,
                (),
                each.suppressed,
                each.notes,
            )
            for each in msgspec.json.decode(
                places_moved(value, part.absolute, places), type=list[_Entry]
            )
        ]
    except (Damaged, NotInSlice, RecursionError, UnicodeEncodeError):
        return None
