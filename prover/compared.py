"""Two runs beside each other: which obligations are no longer what they were.

An obligation got worse where less is claimed than was, whatever the new file expects of it (one
that was proved is not, or is gone), and where its verdict is new and not as the new file expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from prover.verdict import (
    EXIT_BUG,
    EXIT_OK,
    EXIT_USAGE,
    EXIT_VIOLATED,
    Bounded,
    FileReport,
    Obligation,
    Outcome,
    Proved,
    Refuted,
    Report,
    exit_code,
    exit_of,
    name_of,
)

UNSETTLED = 3

Statements = Mapping[str, tuple[str, ...]]
"""What each declaration of a file says, by its name."""


@dataclass(frozen=True, slots=True)
class Change:
    """An obligation that is not what it was; None where there is none."""

    obligation: Obligation
    old: Outcome | None
    new: Outcome | None

    @property
    def word(self) -> str:
        """``worse``, or what happened else."""
        if self.code != EXIT_OK:
            return "worse"
        if self.old is None:
            return "appeared"
        return "vanished" if self.new is None else "changed"

    @property
    def code(self) -> int:
        """What it asks the comparison to exit with."""
        old = None if self.old is None else self.old.verdict
        if self.new is None:
            return EXIT_VIOLATED if isinstance(old, Proved) else EXIT_OK
        if exit_of(self.new) != EXIT_OK:
            return exit_of(self.new)
        new = self.new.verdict
        if isinstance(old, Bounded) and isinstance(new, Bounded):
            return UNSETTLED if new.bound < old.bound else EXIT_OK
        if not isinstance(old, Proved):
            return EXIT_OK
        return EXIT_VIOLATED if isinstance(new, Refuted) else UNSETTLED

    @property
    def new_properties(self) -> tuple[str, ...]:
        """The properties that are violated now, and were not."""
        now = _properties(self.new)
        return tuple(each for each in now if each not in _properties(self.old))


@dataclass(frozen=True, slots=True)
class Edited:
    """A declaration whose statements are others: what was taken out and put in, in order."""

    file: str
    name: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A file before and after; None where it is not there."""

    name: str
    old: FileReport | None
    new: FileReport | None
    changes: tuple[Change, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Compared:
    """All pairs, and what was edited in them."""

    pairs: tuple[Pair, ...]
    edited: tuple[Edited, ...] = ()
    wrong: int = EXIT_OK
    seconds: float = 0.0
    names: tuple[str, str] = field(default=("old", "new"))

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that is not what it was."""
        return tuple(change for pair in self.pairs for change in pair.changes)

    @property
    def exit_code(self) -> int:
        """0: nothing got worse.  4 over 2 over 1 over 3, as of a run."""
        codes = {self.wrong, *(change.code for change in self.changes)}
        order = (EXIT_BUG, EXIT_USAGE, EXIT_VIOLATED, UNSETTLED)
        return next((code for code in order if code in codes), EXIT_OK)


def compared(
    old: Report, new: Report, keys: tuple[Mapping[str, str], Mapping[str, str]]
) -> tuple[tuple[Pair, ...], int]:
    """The pairs of files, and the exit code that both runs ask for by themselves (2, 4 or 0).

    ``keys`` say of the files of each side, by name, which belong together.
    """
    before = {keys[0][file.name]: file for file in old.files}
    after = {keys[1][file.name]: file for file in new.files}
    pairs = tuple(
        _pair(before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())
    )
    codes = [code for code in (exit_code(old), exit_code(new)) if code in {EXIT_BUG, EXIT_USAGE}]
    return pairs, max(codes, default=EXIT_OK)


def _pair(old: FileReport | None, new: FileReport | None) -> Pair:
    before = {} if old is None else {o.obligation: o for o in old.outcomes}
    after = {} if new is None else {o.obligation: o for o in new.outcomes}
    changes = tuple(
        Change(each, before.get(each), after.get(each))
        for each in dict.fromkeys([*after, *before])
        if _said(before.get(each)) != _said(after.get(each))
    )
    name = new.name if new is not None else old.name if old is not None else ""
    return Pair(name, old, new, changes, len(before.keys() | after.keys()))


def _said(outcome: Outcome | None) -> object:
    """What of a verdict has to be the same."""
    if outcome is None:
        return None
    verdict = outcome.verdict
    bound = verdict.bound if isinstance(verdict, Bounded) else 0
    return name_of(verdict), frozenset(_properties(outcome)), bound


def _properties(outcome: Outcome | None) -> tuple[str, ...]:
    if outcome is None or not isinstance(outcome.verdict, Refuted):
        return ()
    return outcome.verdict.properties


def edits(file: str, old: Statements, new: Statements) -> Iterator[Edited]:
    """What was edited in a file, declaration by declaration."""
    for name in dict.fromkeys([*new, *old]):
        removed, added = _differing(old.get(name, ()), new.get(name, ()))
        if removed or added:
            yield Edited(file, name, tuple(removed), tuple(added))


def _differing(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    removed: list[str] = []
    added: list[str] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            removed.extend(old[a:b])
            added.extend(new[c:d])
    return removed, added
