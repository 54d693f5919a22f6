"""Reports that an edit of an import leaves as they were, though their files read it.

Nothing of the importer is parsed or checked anew.  What its check would say is taken from three
others: its own before the edit, and those of the edited file and of its other imports as they are
now, each by itself.  This needs that only functions were edited, and that nothing outside of the
files that were checked by themselves, and no declaration but functions, mentions one of them or
what mentions it; so no scenario reaches one either.  And whatever these functions mention must mean
in the importer what it does without: none of it is declared, or changed by a variant, elsewhere.
In doubt the importer counts as affected.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from dsl.check.context import MAX_PROGRAM
from dsl.check.indexes import ANYWHERE, SOURCES, function_of, names_of
from dsl.frozen import Frozen, Open, field
from dsl.imports import MAX_TOTAL_BYTES
from dsl.source import Span
from prover.cache.aside import Stood
from prover.cache.codec import Damaged, Line
from prover.cache.outline import Edit, Outline, Unmoved, edit, mentions_of, words_of
from prover.cache.places import ANY_FILE, moved
from prover.cache.whole import Entry, Files, Used

VARIANTS = "variant "
"""What the words of all variants of a file are found by; no function is called so."""


class Vouched(Frozen, frozen=True):
    """A file without scenarios that was checked by itself, and is as it was then.

    ``files`` are the texts it read, by real path, ``names`` where it found files of which name.
    ``indexes`` as in :class:`dsl.check.notes.Notes`.
    """

    files: Mapping[str, str]
    names: Mapping[str, str]
    statements: int
    indexes: frozenset[str]

    @classmethod
    def of(cls, used: Iterable[Used], statements: int, indexes: Iterable[str]) -> Vouched | None:
        """What was read, and counted; None where a file's name does not tell which it is."""
        found = list(used)
        names = _names(found)
        if names is None:
            return None
        return cls({u.real: u.sum for u in found}, names, statements, frozenset(indexes))


def _names(used: Sequence[Used]) -> dict[str, str] | None:
    """The real paths of imports by the last part of their names; None where two share one.

    The first is who imports them.
    """
    found: dict[str, str] = {}
    for each in used[1:]:
        name = os.path.basename(each.path)  # noqa: PTH119 - for thousands of them
        if found.setdefault(name, each.real) != each.real:
            return None
    return found


class Spared(Open):
    """Judges entries of which imports have changed.

    ``outlines`` are by the sums of texts, ``vouched`` by real path.
    """

    files: Files
    outlines: dict[str, Outline]
    vouched: dict[str, Vouched] = field(default_factory=dict[str, Vouched])
    _edits: dict[tuple[str, str], Edit | None] = field(
        default_factory=dict[tuple[str, str], "Edit | None"]
    )
    _users: dict[str, dict[str, set[str]]] = field(default_factory=dict[str, dict[str, set[str]]])
    _words: dict[str, dict[str, frozenset[str]]] = field(
        default_factory=dict[str, dict[str, frozenset[str]]]
    )
    _mentions: dict[tuple[str, str], list[_Mentioned]] = field(
        default_factory=dict[tuple[str, str], "list[_Mentioned]"]
    )
    _texts: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def told_anew(self, entry: Entry) -> Entry | None:
        """The entry as it is with what its files are now; None where it may be another."""
        now = None if entry.unfinished else _Now.of(entry, self)
        if now is None or not now.is_small(entry):
            return None
        edits: dict[str, Edit] = {}
        for used in entry.used:
            if now.sums[used.real] != used.sum:
                found = self.edit(used.sum, now.sums[used.real])
                if found is None or used.real not in now.covers:
                    return None
                edits[used.real] = found
        indexes = now.untouched({real: each.functions for real, each in edits.items()}, entry)
        if indexes is None:
            return None
        if ANY_FILE in entry.tied or any(
            u.name in entry.tied for u in entry.used if u.real in edits
        ):
            return None
        moves = {used.name: edits[used.real] for used in entry.used if used.real in edits}
        entry = msgspec.structs.replace(entry, indexes=indexes)
        return _moved(entry, now.sums, moves)

    def edit(self, old: str, new: str) -> Edit | None:
        """What became of a text; None where that cannot be told."""
        if (old, new) not in self._edits:
            one, two = self.outlines.get(old), self.outlines.get(new)
            self._edits[old, new] = None if one is None or two is None else edit(one, two)
        return self._edits[old, new]

    def words(self, path: str, total: str) -> Mapping[str, frozenset[str]]:
        """The words of each function of a file, of its variants, and of all other declarations."""
        if total not in self._words:
            text = self.files.text(path)
            assert text is not None
            found: dict[str, frozenset[str]] = {}
            for item in self.outlines[total].items:
                name = item.name if item.kind == "function" else f"{item.kind} "
                some = words_of(text[0][item.start : item.end])
                found[name] = found.get(name, frozenset()) | some
            self._words[total] = found
        return self._words[total]

    def mentions(self, path: str, total: str, function: str) -> Sequence[_Mentioned]:
        """What each function of a file mentions that is called so."""
        key = total, function
        if key not in self._mentions:
            text = self.files.text(path)
            assert text is not None
            items = [i for i in self.outlines[total].items if i.name == function]
            found = [(mentions_of(text[0][i.start : i.end]), i.own) for i in items]
            self._mentions[key] = [
                _Mentioned(frozenset(said.names), frozenset(own), said.tags) for said, own in found
            ]
        return self._mentions[key]

    def users(self, path: str, total: str) -> Mapping[str, set[str]]:
        """By each word of a file the declarations that have it, called as by :meth:`words`."""
        if total not in self._users:
            found: dict[str, set[str]] = {}
            for name, some in self.words(path, total).items():
                for word in some:
                    found.setdefault(word, set()).add(name)
            self._users[total] = found
        return self._users[total]

    def all_words(self, path: str, total: str) -> frozenset[str]:
        """Every word of a file, in declarations or not."""
        if total not in self._texts:
            text = self.files.text(path)
            assert text is not None
            self._texts[total] = words_of(text[0])
        return self._texts[total]


class _Foreign(NamedTuple):
    """What is declared elsewhere: objects, which parameters and locals hide, tags, all else."""

    names: AbstractSet[str]
    objects: AbstractSet[str]
    tags: AbstractSet[str]

    def has_some(self, mentioned: Sequence[_Mentioned]) -> bool:
        """Whether some of it is mentioned."""
        return any(
            not self.names.isdisjoint(each.names)
            or not self.objects.isdisjoint(each.names - each.own)
            or not self.tags.isdisjoint(each.tags)
            for each in mentioned
        )


class _Mentioned(NamedTuple):
    """The words of a function that are no fields: names, its own of these, tags."""

    names: frozenset[str]
    own: frozenset[str]
    tags: frozenset[str]


class _Now(Frozen, frozen=True):
    """The files of an entry as they are now, by their real paths.

    ``covers`` says of those that were checked by themselves, or as imports of one that was, with
    which: the one that reads most.
    """

    judge: Spared
    paths: Mapping[str, str]
    sums: Mapping[str, str]
    covers: Mapping[str, Vouched]

    @classmethod
    def of(cls, entry: Entry, judge: Spared) -> _Now | None:
        """None where not all of it is known."""
        paths = {used.real: used.path for used in entry.used}
        sums = {real: judge.files.sum(path) for real, path in paths.items()}
        names = _names(entry.used)
        if names is None or len({used.name for used in entry.used}) != len(paths):
            return None
        if not all(total in judge.outlines for total in sums.values()):
            return None
        covers: dict[str, Vouched] = {}
        own = [judge.vouched[real] for real in sums if real in judge.vouched]
        for vouched in sorted(own, key=lambda each: (-len(each.files), sorted(each.files))):
            here = all(sums.get(each) == total for each, total in vouched.files.items())
            alike = all(names.get(name) == each for name, each in vouched.names.items())
            if here and alike and all(judge.outlines[sums[each]].library for each in vouched.files):
                covers.update({each: covers.get(each, vouched) for each in vouched.files})
        return cls(judge, paths, sums, covers)

    def is_small(self, entry: Entry) -> bool:
        """Whether no limit on the size of a program can be met, whatever was edited."""
        counted = {id(each): each.statements for each in self.covers.values()}
        size = 0
        for path in self.paths.values():
            text = self.judge.files.text(path)
            size += MAX_TOTAL_BYTES if text is None else 4 * len(text[0])
        total = entry.statements + sum(counted.values())
        return total < MAX_PROGRAM and size < MAX_TOTAL_BYTES

    def untouched(
        self, changed: Mapping[str, frozenset[str]], entry: Entry
    ) -> tuple[str, ...] | None:
        """What SRCU indexes come to, if edited functions are reached from nowhere.

        And mean what they do elsewhere; None if not.
        """
        names = {name for some in changed.values() for name in some}
        if not names:
            return entry.indexes
        above = self._above(names)
        if above is None or ANYWHERE in entry.indexes:
            return None
        mentioned = names | {name for _, name in above}
        indexes = {*SOURCES}.union(*map(names_of, entry.indexes))
        for real in self.sums.keys() - self.covers.keys():
            if not mentioned.isdisjoint(self._all_words(real)):
                return None
            if not indexes.isdisjoint(self._words(real).get(VARIANTS, ())):
                return None
        elsewhere: dict[int, _Foreign] = {}
        for real, name in above | self._below(changed):
            with_whom = self.covers[real]
            if id(with_whom) not in elsewhere:
                elsewhere[id(with_whom)] = self._foreign(with_whom)
            if elsewhere[id(with_whom)].has_some(
                self.judge.mentions(self.paths[real], self.sums[real], name)
            ):
                return None
        return self._indexes(above, mentioned, entry)

    def _indexes(
        self, above: AbstractSet[tuple[str, str]], mentioned: AbstractSet[str], entry: Entry
    ) -> tuple[str, ...] | None:
        """What SRCU indexes come to; None where somebody may look at one who was not checked so.

        ``above`` are the functions that are other now, or may be, ``mentioned`` their names.
        Everything that held an index in the importer, these functions apart, and what of them holds
        one where they were checked: whatever is given a value from that must be a part of it
        (docs/adr/0011).
        """
        touching = {
            (real, name)
            for real, name in above
            if not self._index_names(entry, self.covers[real]).isdisjoint(self._words(real)[name])
        }
        if not touching:
            return entry.indexes
        witnesses = {id(self.covers[real]): self.covers[real] for real, _ in above}
        if len(witnesses) > 1:
            return None
        (witness,) = witnesses.values()
        before = {key for key in entry.indexes if function_of(key) not in mentioned}
        elsewhere = {key for key in witness.indexes if function_of(key) not in mentioned}
        # What they may give an index to held one before: who looks at it was checked with that.
        if not elsewhere - before <= _locals(elsewhere):
            return None
        # What they may take one from held one where they were checked.
        words = frozenset[str]().union(*(self._words(real)[name] for real, name in above))
        for key in before - elsewhere - _locals(before):
            if not words.isdisjoint(names_of(key)):
                return None
        return tuple(sorted(before | witness.indexes))

    @staticmethod
    def _index_names(entry: Entry, witness: Vouched) -> set[str]:
        return {*SOURCES}.union(*map(names_of, {*entry.indexes, *witness.indexes}))

    def _above(self, names: Iterable[str]) -> set[tuple[str, str]] | None:
        """The functions that mention one of ``names``, and theirs, in files that are covered.

        None where another declaration does.
        """
        found: set[tuple[str, str]] = set()
        pending = list(names)
        seen = set(pending)
        while pending:
            word = pending.pop()
            for real in self.covers:
                for user in self.judge.users(self.paths[real], self.sums[real]).get(word, ()):
                    if user.endswith(" "):
                        return None
                    found.add((real, user))
                    if user not in seen:
                        seen.add(user)
                        pending.append(user)
        return found

    def _below(self, changed: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
        """Edited functions, and those that they mention, and theirs."""
        pending = [
            (real, name)
            for real, names in changed.items()
            for name in names
            if name in self._words(real)
        ]
        found = set(pending)
        while pending:
            real, name = pending.pop()
            words = self._words(real)[name]
            for other in self.covers:
                new = {(other, each) for each in self._words(other).keys() & words} - found
                found |= new
                pending.extend(new)
        return found

    def _foreign(self, vouched: Vouched) -> _Foreign:
        """What is declared, or changed, in other files than those that were checked together."""
        outlines = self.judge.outlines
        others = [outlines[self.sums[r]] for r in self.sums.keys() - vouched.files.keys()]
        here = {name for real in vouched.files for name in outlines[self.sums[real]].configs}
        # A config that is declared again has fewer values, and all of them can be compared with.
        configs = {name for each in others for name in each.configs} - here
        return _Foreign(
            configs.union(*(each.names for each in others)),
            {name for each in others for name in each.objects},
            {name for each in others for name in each.tags},
        )

    def _words(self, real: str) -> Mapping[str, frozenset[str]]:
        return self.judge.words(self.paths[real], self.sums[real])

    def _all_words(self, real: str) -> frozenset[str]:
        return self.judge.all_words(self.paths[real], self.sums[real])


def _locals(keys: Iterable[str]) -> set[str]:
    """Those that only one function can touch."""
    return {key for key in keys if key.startswith("local ")}


def _moved(entry: Entry, sums: Mapping[str, str], edits: Mapping[str, Edit]) -> Entry | None:
    """An entry with the places in it moved; None where one is lost."""

    def now(span: Span) -> Span:
        found = edits.get(span.file)
        return span if found is None else Span(span.file, *found.moved(span.start, span.end))

    try:
        text = moved(msgspec.json.encode(entry.lines), now, {})
        lines = msgspec.json.decode(text, type=tuple[Line, ...])
        places = tuple(_standing(each, edits) for each in entry.places)
    except (Damaged, Unmoved, RecursionError):
        return None
    used = tuple(msgspec.structs.replace(each, sum=sums[each.real]) for each in entry.used)
    return msgspec.structs.replace(entry, used=used, lines=lines, places=places)


def _standing(place: Stood, edits: Mapping[str, Edit]) -> Stood:
    """A declaration that witnesses lead through, where it is now.  Raises Unmoved."""
    found = edits.get(place.file)
    if found is None:
        return place
    now, _ = found.moved(place.now, place.now + place.end - place.start)
    return msgspec.structs.replace(place, now=now)
