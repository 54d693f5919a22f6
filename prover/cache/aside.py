"""Witnesses of remembered reports, kept apart from what is said of them in brief.

Most refutations are expected, and nobody looks at how they come about.  So the witnesses of a file
are an entry of their own, and are read, and their places moved to where things stand now, when one
of them is looked at.  That they can be read was seen when they were written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import msgspec

from dsl.source import Span
from prover.cache.codec import Damaged, Given, Told, given, told_of, verdict_of, witness_of
from prover.cache.outline import Outline
from prover.cache.places import moved, spans_in
from prover.cache.store import Packed
from prover.execution.witness import Witness
from prover.verdict import Refuted, Verdict


class Brief(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """What is said of a witness that is not shown, and its number among those of the file."""

    property: str
    message: str
    model: str
    plain: bool
    reordered: bool
    number: int


class Stood(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A declaration that places of witnesses are in: where it stood then, and begins now."""

    file: str
    start: int
    end: int
    now: int


class Later(Witness):
    """A witness that is read when more than what is said in brief is asked of it."""

    __slots__ = ("_read",)

    _read: Callable[[], Witness]

    @classmethod
    def of(cls, brief: Brief, read: Callable[[], Witness]) -> Later:
        """The witness of which ``read`` tells all."""
        found = cls.__new__(cls)
        for name in _IN_BRIEF:
            object.__setattr__(found, name, getattr(brief, name))
        object.__setattr__(found, "_read", read)
        return found

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of whatever type it is in a witness
        # Called for what is not there: what was not read yet, too.
        return getattr(object.__getattribute__(self, "_read")(), name)

    def __eq__(self, other: object) -> bool:
        return self._read() == (other._read() if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self._read())

    def __reduce__(self) -> tuple[Any, ...]:
        return Witness, tuple(getattr(self, each.name) for each in fields(Witness))


_IN_BRIEF = ("property", "message", "model", "plain", "reordered")


class Aside:
    """The witnesses of one report while it is written."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        # By their identity, which is theirs as long as they are kept here.
        self._given: dict[int, tuple[Verdict, Given]] = {}

    def given(self, verdict: Verdict) -> Given:
        """A verdict to be written, without its witnesses.

        Raises Damaged for what would be another when it is read.
        """
        # Memory models and variants share many.
        if id(verdict) not in self._given:
            self._given[id(verdict)] = verdict, self._written(verdict)
        return self._given[id(verdict)][1]

    def _written(self, verdict: Verdict) -> Given:
        if not isinstance(verdict, Refuted):
            return given(verdict)
        shown = verdict.witness, *verdict.others
        briefs = [
            Brief(w.property, w.message, w.model, w.plain, w.reordered, self._number(w))
            for w in shown
        ]
        return Given(Refuted.__name__, msgspec.Raw(msgspec.json.encode(briefs)))

    def _number(self, witness: Witness) -> int:
        told = told_of(witness)
        text = msgspec.json.encode(told)
        if text not in self._numbers:
            if witness_of(told) != witness:
                raise Damaged("a witness that is another when it is read")
            self._numbers[text] = len(self._numbers)
        return self._numbers[text]

    def __bool__(self) -> bool:
        return bool(self._numbers)

    @property
    def text(self) -> bytes:
        """All of them, each once."""
        return b"[%s]" % b",".join(self._numbers)


def stood(
    text: bytes, outlines: Mapping[str, Outline]
) -> tuple[tuple[Stood, ...], tuple[str, ...]]:
    """The declarations that places in a text are in, and the files with places in none.

    ``outlines`` are of files by their names.
    """
    found: set[Stood] = set()
    nowhere: set[str] = set()
    starts = {name: [item.start for item in each.items] for name, each in outlines.items()}
    for span in spans_in(text):
        number = bisect_right(starts.get(span.file, []), span.start) - 1
        item = outlines[span.file].items[number] if number >= 0 else None
        if item is not None and span.start <= span.end <= item.end:
            found.add(Stood(span.file, item.start, item.end, item.start))
        elif span.file:
            nowhere.add(span.file)
    return tuple(sorted(found, key=msgspec.structs.astuple)), tuple(sorted(nowhere))


class Witnesses:
    """The witnesses of one report when it is read.  ``places`` are the declarations they are in."""

    def __init__(self, packed: Packed | None, places: Sequence[Stood]) -> None:
        self._packed = packed
        self._places: dict[str, list[Stood]] = {}
        for each in sorted(places, key=msgspec.structs.astuple):
            self._places.setdefault(each.file, []).append(each)
        self._has_moved = any(each.now != each.start for each in places)
        self._texts: list[msgspec.Raw] | None = None
        self._known: dict[int, Witness] = {}
        self._spans: dict[bytes, bytes] = {}

    def verdict(self, found: Given) -> Verdict:
        """The verdict that was written.  Raises Damaged."""
        if found.kind != Refuted.__name__:
            return verdict_of(found)
        briefs = msgspec.json.decode(found.rest, type=list[Brief])
        if not briefs:
            raise Damaged("a refutation without a witness")
        first, *others = (Later.of(each, partial(self._witness, each)) for each in briefs)
        return Refuted(first, tuple(others))

    def _witness(self, brief: Brief) -> Witness:
        """A witness as it is now.  Raises Damaged."""
        number = brief.number
        if number not in self._known:
            if self._texts is None:
                self._texts = _texts(self._packed)
            if not 0 <= number < len(self._texts):
                raise Damaged("a witness that is not there")
            text = bytes(self._texts[number])
            if self._has_moved:
                text = moved(text, self._now, self._spans)
            found = witness_of(msgspec.json.decode(text, type=Told))
            if any(getattr(found, name) != getattr(brief, name) for name in _IN_BRIEF):
                raise Damaged("another witness than was said in brief")
            self._known[number] = found
        return self._known[number]

    def _now(self, span: Span) -> Span:
        here = self._places.get(span.file, [])
        number = bisect_right(here, span.start, key=lambda each: each.start) - 1
        if number >= 0 and span.end <= here[number].end:
            by = here[number].now - here[number].start
            return Span(span.file, span.start + by, span.end + by)
        if span.file:
            raise Damaged("a place in no declaration")
        return span


def _texts(packed: Packed | None) -> list[msgspec.Raw]:
    if packed is None:
        return []
    try:
        return msgspec.json.decode(packed.opened(), type=list[msgspec.Raw])
    except ValueError as error:
        raise Damaged(str(error)) from None
