"""The files of a request that a change since a revision can affect.

A file is left out only where everything it reads is known, and is what the revision has: its own
text, that of its imports and theirs, the links on the way, and that nothing is gone that would
have been read in their place.  Whatever else there is counts as affected, and so does a library
that has lost those who imported it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dsl
import prover
from dsl.files import Refusal, decoded, library_root
from dsl.reach import Reach, Texts, imports_of, links_on
from prover.cache.fingerprint import SUFFIXES, sources_below
from prover.pipeline.git import GitError, Object, Repository
from prover.pipeline.tree import Member, members
from prover.verdict import FileReport

_BESIDE = ("pyproject.toml", "requirements.lock")
"""What says which solver and parser this program has, where it is proved in its own repository."""


@dataclass(frozen=True, slots=True)
class Affected:
    """The files that are affected, of how many; ``tool``: this program itself has changed."""

    files: tuple[Member | FileReport, ...]
    total: int
    tool: bool = False


def affected(
    names: Sequence[str], revision: str | None, folder: str, environment: Mapping[str, str]
) -> Affected:
    """Those of the files ``names`` that a change since ``revision`` (None: HEAD) can affect.

    ``folder`` is the current one.  Raises GitError.
    """
    repository = Repository(folder, environment)
    if revision is None:
        _check_ambiguous(repository, names)
    commit = repository.base(revision or "HEAD")
    found = list(members(names))
    if _tool_changed(repository, commit):
        return Affected(tuple(found), len(found), tool=True)
    texts = Texts((library_root(),))
    reaches = [texts.reach(Path(m.name)) if isinstance(m, Member) else None for m in found]
    then = _Then(repository, commit, texts, [each for each in reaches if each is not None])
    let_go = _let_go(repository, commit, texts, [each for each in reaches if each is not None])
    files = tuple(
        member
        for member, reach in zip(found, reaches, strict=True)
        if reach is None or not then.is_as_now(reach) or os.path.realpath(member.name) in let_go
    )
    return Affected(files, len(found))


def _let_go(
    repository: Repository, commit: str, texts: Texts, reaches: Sequence[Reach]
) -> set[str]:
    """The files that nothing imports any more, and that may have been imported then.

    What a library lacks may have been declared by who imported it: now somebody has to say so.
    """
    imported = {path for reach in reaches for path in reach.read[1:]}
    imported |= set(map(os.path.realpath, imported))
    own = [reach.read[0] for reach in reaches if reach.read[0] not in imported]
    alone = {os.path.realpath(path) for path in own if texts.may_be_library(path)} - imported
    if not alone:
        return set()
    old: list[str] = []
    for path, then in repository.below(commit, ()).items():
        if path.endswith(".khp") and then.mode.startswith("100"):
            content = texts.content(os.path.join(repository.top, path))
            if content is None or not then.holds(content):
                old.append(then.name)
    wanted: set[str] = set()
    for content in repository.contents(list(dict.fromkeys(old))).values() if old else ():
        # What is no text was imported by nobody.
        with suppress(Refusal):
            wanted.update(os.path.basename(each) for each in imports_of(decoded(content)))
    return {path for path in alone if os.path.basename(path) in wanted}


def _check_ambiguous(repository: Repository, names: Sequence[str]) -> None:
    """A word after ``--changed`` may be meant as a revision or as a file: nobody guesses."""
    for name in names:
        plain = name.startswith(("/", "./", "../")) or name.endswith(("/", ".khp"))
        if not plain and name not in {".", ".."} and repository.is_revision(name):
            message = f"`{name}` is a file or folder, and a revision of this repository"
            hint = f"write --changed={name} for the revision, ./{name} for the file"
            raise GitError("unknown-revision", message, hint)


class _Then:
    """What a commit had at the paths that matter, beside what is there now."""

    def __init__(
        self, repository: Repository, commit: str, texts: Texts, reaches: Sequence[Reach]
    ) -> None:
        self._top = repository.top
        self._library = os.path.realpath(library_root())
        self._texts = texts
        self._known: dict[str, bool] = {}
        self._steps: dict[str, tuple[list[str], str]] = {}
        paths = dict.fromkeys(path for reach in reaches for path in (*reach.read, *reach.absent))
        wanted = {part for path in paths for part in self._parts(path)}
        self._staged = repository.staged(commit)
        self._then = repository.objects(commit, wanted)

    def is_as_now(self, reach: Reach) -> bool:
        """Whether a file reads what it read then."""
        return (
            reach.whole
            and all(self._same(path, there=True) for path in reach.read)
            and all(self._same(path, there=False) for path in reach.absent)
        )

    def _same(self, path: str, *, there: bool) -> bool:
        if path not in self._known:
            self._known[path] = self._looked_at(path, there=there)
        return self._known[path]

    def _looked_at(self, path: str, *, there: bool) -> bool:
        """Whether a path led then where it leads now, to the same content or to nothing."""
        links, real = self._walked(path)
        for link in links:
            inside = self._inside(link)
            if inside is not None and not self._same_link(link, inside):
                return False
        inside = self._inside(real)
        if inside is None:
            # Not of this repository: only the library that comes with the program is known.
            return not there or _is_below(real, self._library)
        *folders, last = self._folders(inside)
        if any(each in self._then and not self._then[each].is_tree for each in folders):
            return False
        then = self._then.get(last)
        if last in self._staged:
            return False
        if not there:
            return then is None
        content = self._texts.content(real)
        return (
            then is not None
            and content is not None
            and then.mode.startswith("100")
            and then.holds(content)
        )

    def _same_link(self, link: str, inside: str) -> bool:
        then = self._then.get(inside)
        try:
            target = os.readlink(link)
        except OSError:
            return False
        return then is not None and then.is_link and then.holds(os.fsencode(target))

    def _parts(self, path: str) -> Iterator[str]:
        """What of the repository decides where a path leads: links, folders, the file."""
        links, real = self._walked(path)
        for each in (*links, real):
            inside = self._inside(each)
            if inside is not None:
                yield from self._folders(inside)

    def _walked(self, path: str) -> tuple[list[str], str]:
        if path not in self._steps:
            self._steps[path] = links_on(path)
        return self._steps[path]

    def _inside(self, path: str) -> str | None:
        """A path from the top of the repository; None where it is not in it."""
        return path[len(self._top) :].lstrip(os.sep) if _is_below(path, self._top) else None

    @staticmethod
    def _folders(inside: str) -> list[str]:
        """``a``, ``a/b`` and ``a/b/c`` of ``a/b/c``."""
        parts = inside.split(os.sep)
        return [os.sep.join(parts[: number + 1]) for number in range(len(parts))]


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _tool_changed(repository: Repository, commit: str) -> bool:
    """Whether this program is of the repository, and not what it was."""
    places = [os.path.realpath(Path(str(package.__file__)).parent) for package in (dsl, prover)]
    if not all(_is_below(place, repository.top) for place in places):
        return False
    names = [os.path.relpath(place, repository.top) for place in places]
    beside = [os.path.join(os.path.dirname(names[0]), name) for name in _BESIDE]
    then = repository.below(commit, [*names, *beside])
    then = {path: each for path, each in then.items() if path in beside or _is_source(path)}
    now = [
        os.path.join(name, path)
        for name, place in zip(names, places, strict=True)
        for path in sources_below(place)
    ]
    now += [name for name in beside if os.path.exists(os.path.join(repository.top, name))]
    return set(now) != then.keys() or not all(
        _holds(then[path], os.path.join(repository.top, path)) for path in now
    )


def _is_source(path: str) -> bool:
    return os.path.splitext(path)[1] in SUFFIXES


def _holds(then: Object, path: str) -> bool:
    try:
        return then.holds(Path(path).read_bytes())
    except OSError:
        return False
