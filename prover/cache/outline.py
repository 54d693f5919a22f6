"""What a file declares, and what an edit of it leaves as it was.

An outline is kept of every text that was parsed.  Those of two texts of one file show, without
either text being parsed again, which functions differ, and where everything else stands now.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from dsl.frozen import Frozen
from prover.cache.codec import Damaged
from prover.cache.fingerprint import fingerprint
from prover.cache.store import Store

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_CODE = re.compile(
    r"""//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'"""
)
"""Comments and strings, as the scanner tells them from names (dsl/scan.py)."""


_MENTION = re.compile(
    # Of three, as in `i-->n`, the first two are one token.
    rf"(?P<none>{_NO_CODE.pattern}|--)|(?:->|\.)\s*(?P<field>\w+)|"
    r"\b(?:struct|enum)\s+(?P<tag>\w+)|(?P<name>\b[A-Za-z_]\w*)"
)


class Mentions(NamedTuple):
    """The words of a text by what they may be: names, with where each stands first, and tags."""

    names: dict[str, int]
    tags: frozenset[str]


def mentions_of(text: str) -> Mentions:
    """The words of a text outside of strings and comments, but for fields.

    In doubt a word counts as a name.
    """
    names: dict[str, int] = {}
    tags: set[str] = set()
    for match in _MENTION.finditer(text):
        if match.lastgroup == "name":
            names.setdefault(match[0], match.start())
        elif match.lastgroup == "tag":
            tags.add(match["tag"])
    return Mentions(names, frozenset(tags))


def words_of(text: str) -> frozenset[str]:
    """The words of a text outside of strings and comments: every name that is in it, and more."""
    return frozenset(_WORD.findall(_NO_CODE.sub(" ", text)))


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A declaration: its kind, the name of a function, its place, a sum of its text.

    The kind is ``function`` (or iterator, or update), ``variant`` or ``other``; only a function's
    name is told.  ``own`` are names that mean a parameter or a local wherever a function has them.
    """

    kind: str
    name: str
    start: int
    end: int
    sum: str
    own: tuple[str, ...]


class Outline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The declarations of a file, in order.

    ``configs`` are the names of configs and of their values, ``objects`` those of objects that are
    no actor's own, ``tags`` those of structs and enums, ``names`` what is declared else, and what
    variants change; ``library``: that it has neither scenarios nor variants.
    """

    items: tuple[Item, ...]
    configs: tuple[str, ...]
    objects: tuple[str, ...]
    tags: tuple[str, ...]
    names: tuple[str, ...]
    library: bool


class Unmoved(Exception):
    """A place that cannot be told in the new text."""


class Edit(Frozen, frozen=True):
    """What became of a file: functions that are other, new or gone, and where the rest was and is.

    ``rest`` has the beginning, the end and the new beginning of each other declaration.
    """

    functions: frozenset[str]
    rest: tuple[tuple[int, int, int], ...]

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Where a place is now.  Raises Unmoved for what is in no declaration that is as it was."""
        number = bisect_right(self.rest, start, key=lambda each: each[0]) - 1
        if number < 0 or not start <= end <= self.rest[number][1]:
            raise Unmoved
        first, _, now = self.rest[number]
        return start - first + now, end - first + now


def edit(old: Outline, new: Outline) -> Edit | None:
    """What became of a file; None where more than its functions may differ."""
    before = {item.name: item.sum for item in old.items if item.name}
    after = {item.name: item.sum for item in new.items if item.name}
    different = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    was = [item for item in old.items if item.name not in different]
    now = [item for item in new.items if item.name not in different]
    if [(item.name, item.sum) for item in was] != [(item.name, item.sum) for item in now]:
        return None
    rest = [(a.start, a.end, b.start) for a, b in zip(was, now, strict=True)]
    return Edit(frozenset(different), tuple(sorted(rest)))


def keep(outlines: Mapping[str, Outline]) -> dict[bytes, bytes]:
    """What is to be remembered of outlines, which are by the sums of their texts."""
    return {_key(name): msgspec.json.encode(each) for name, each in outlines.items()}


def recall(store: Store, sums: Iterable[str]) -> dict[str, Outline]:
    """The outlines that are remembered, by the sums of their texts."""
    keys = {each: _key(each) for each in sums}
    values = store.get(keys.values())
    found: dict[str, Outline] = {}
    for each, key in keys.items():
        try:
            if key in values:
                found[each] = msgspec.json.decode(values[key], type=Outline)
        except (Damaged, RecursionError):
            continue
    return found


def _key(text: str) -> bytes:
    return hashlib.sha256(msgspec.json.encode(("outline", fingerprint(), text))).digest()
