"""What earlier runs have found out of obligations that are the same, wherever they stand now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from dsl import frozen
from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.imports import Program
from dsl.source import Span, sum_of
from prover.cache.codec import Damaged, Given, given, is_kept, unmeasured, verdict_of
from prover.cache.fingerprint import fingerprint
from prover.cache.places import lines_named, names_lines
from prover.cache.places import moved as places_moved
from prover.cache.slices import NotInSlice, Slice, Slices, moved
from prover.cache.store import Store
from prover.cache.whole import elsewhere
from prover.execution.witness import Witness
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.verdict import FileReport, Measured, Refuted, Request


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decisions on a group.

    ``tied`` are the files of which their texts name lines, with the sums of what is in them: in
    anything else these are not the lines.
    """

    tied: tuple[tuple[str, str], ...]
    decisions: tuple[_Entry, ...]


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
    unasked: bool


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
        anything = frozen.replace(
            request, scenario=None, variant=None, config=(), model=None, jobs=0
        )
        # Nor where the library is: what is read of it is in the slices.
        anything = frozen.replace(anything, files=(), stdin_text=None, library="")
        self._request = frozen.replace(anything, cluster=elsewhere(request))
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
                decisions = self._read(values.get(each), members[0], part, places)
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
                entry = _written(kept, part, self._program(members[0]))
                if entry is not None and len(entry.decisions) == len(members):
                    entries[key] = msgspec.json.encode(entry)
        self._store.put(entries)

    def _program(self, number: int) -> Program:
        file = self._files[self._jobs[number][0]]
        assert isinstance(file, Loaded)
        return file.program

    def _read(
        self, value: bytes | None, number: int, part: Slice, places: dict[bytes, bytes]
    ) -> list[Decision] | None:
        """A group's decisions as they are remembered; None where that is damaged.

        Or where they are tied to other texts.  ``number`` is one of the group, ``places`` are those
        of the slice that were moved before.
        """
        if value is None:
            return None
        try:
            found = msgspec.json.decode(places_moved(value, part.absolute, places), type=_Kept)
            if _ties([name for name, _ in found.tied], self._program(number)) != found.tied:
                return None
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
                    unasked=each.unasked,
                )
                for each in found.decisions
            ]
        except (Damaged, NotInSlice, RecursionError, UnicodeEncodeError):
            return None

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
        return own, sum_under(frozen.replace(self._request, cluster="")), part


def _expected(task: Task) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    e = task.expected
    return None if e is None else (e.verdict, e.properties, e.allowing)


def _is_kept(decision: Decision) -> bool:
    return is_kept(decision.verdict) and not decision.diagnostics


def _written(decisions: Sequence[Decision], part: Slice, program: Program) -> _Kept | None:
    """A group's decisions to be remembered; None where that would tie them to where they stand."""
    try:
        here = [moved(_own(decision, part), part.relative) for decision in decisions]
    except NotInSlice:
        return None
    kept = tuple(
        _Entry(
            given(d.verdict),
            unmeasured(d.measured),
            d.asserts,
            d.unreached,
            d.unmarked,
            d.dead,
            d.suppressed,
            d.notes,
            d.unasked,
        )
        for d in here
    )
    named: tuple[str, ...] = ()
    if any(names_lines(decision) for decision in here):
        named = lines_named(msgspec.json.encode(kept), program.sources)
    ties = _ties(named, program)
    return None if ties is None else _Kept(ties, kept)


def _ties(named: Sequence[str], program: Program) -> tuple[tuple[str, str], ...] | None:
    """Files of a program with the sums of their texts; None where one is not of it."""
    if not all(name in program.sources for name in named):
        return None
    return tuple((name, sum_of(program.sources[name].text)) for name in sorted(named))


def _own(decision: Decision, part: Slice) -> Decision:
    """A decision without what its witnesses say of choices at statements of other variants.

    What was asked about may have been the program of all variants (docs/adr/0010).
    """
    verdict = decision.verdict
    if not isinstance(verdict, Refuted):
        return decision
    witness, *others = (_without_foreign(each, part) for each in (verdict.witness, *verdict.others))
    return replace(decision, verdict=Refuted(witness, tuple(others)))


def _without_foreign(witness: Witness, part: Slice) -> Witness:
    record = witness.record
    if record is None:
        return witness
    own = tuple(choice for choice in record.choices if part.has(choice.at.span))
    return (
        witness
        if own == record.choices
        else replace(witness, record=frozen.replace(record, choices=own))
    )
