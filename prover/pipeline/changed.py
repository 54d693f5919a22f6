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
from pathlib import Path

from dsl.files import Refusal, decoded, library_root
from dsl.frozen import Frozen
from dsl.reach import Reach, Texts, Way, imports_of, links_on
from prover.cache.fingerprint import ROOTS, SUFFIXES, contents
from prover.pipeline.git import GitError, Object, Repository
from prover.pipeline.tree import Member, members
from prover.verdict import FileReport

_BESIDE = ("pyproject.toml", "requirements.lock")
"""What says which solver and parser this program has, where it is proved in its own repository."""


class Affected(Frozen, frozen=True):
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
    tool = _Tool.of(repository)
    folders = _folders(repository, names)
    listed = repository.below(commit, [] if "" in folders else [*tool.paths, *folders])
    if tool.has_changed(listed):
        return Affected(tuple(found), len(found), tool=True)
    texts = Texts((library_root(),))
    reaches = [texts.reach(Path(m.name)) if isinstance(m, Member) else None for m in found]
    then = _Then(repository, commit, texts, [each for each in reaches if each is not None])
    let_go = _let_go(repository, listed, texts, [each for each in reaches if each is not None])
    files = tuple(
        member
        for member, reach in zip(found, reaches, strict=True)
        if reach is None
        or not then.is_as_now(reach)
        or (let_go and os.path.realpath(member.name) in let_go)
    )
    return Affected(files, len(found))


def _folders(repository: Repository, names: Sequence[str]) -> list[str]:
    """The folders, from the top, that have all that files of a request can read or could then.

    Imports lead out of the folder of the file that was asked for to the library only.
    """
    places = [name if os.path.isdir(name) else os.path.dirname(name) for name in names]
    places.append(str(library_root()))
    inside = [repository.inside(os.path.realpath(each)) for each in places]
    return list(dict.fromkeys(each for each in inside if each is not None))


def _let_go(
    repository: Repository, listed: Mapping[str, Object], texts: Texts, reaches: Sequence[Reach]
) -> set[str]:
    """The files that nothing imports any more, and that may have been imported then.

    What a library lacks may have been declared by who imported it: now somebody has to say so.
    ``listed`` is what the commit has wherever such importers can have been.
    """
    imported = {path for reach in reaches for path in reach.read[1:]}
    imported |= set(map(os.path.realpath, imported))
    own = [reach.read[0] for reach in reaches if reach.read[0] not in imported]
    alone = {os.path.realpath(path) for path in own if texts.may_be_library(path)} - imported
    if not alone:
        return set()
    links = {path: then for path, then in listed.items() if then.is_link}
    if not all(_is_same_link(os.path.join(repository.top, p), then) for p, then in links.items()):
        # What was imported through it is imported by nobody who has changed.
        return alone
    old: list[str] = []
    for path, then in listed.items():
        if path.endswith(".khp") and then.mode.startswith("100"):
            content = texts.content(os.path.join(repository.top, path))
            if content is None or not then.holds(content):
                old.append(then.name)
    wanted: set[str] = set()
    for content in repository.contents(list(dict.fromkeys(old))).values() if old else ():
        # What is no text was imported by nobody.
        with suppress(Refusal):
            wanted.update(os.path.basename(each) for each in imports_of(decoded(content)))
    if wanted & set(map(os.path.basename, links)):
        # By the name of a link: whatever that led to.
        return alone
    return {path for path in alone if os.path.basename(path) in wanted}


def _is_same_link(path: str, then: Object) -> bool:
    """Whether a symbolic link leads where it did."""
    try:
        return then.is_link and then.holds(os.fsencode(os.readlink(path)))
    except OSError:
        return False


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
        self._repository = repository
        self._library = os.path.realpath(library_root())
        self._texts = texts
        self._known: dict[str, bool] = {}
        self._steps: dict[str, Way] = {}
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
        way = self._walked(path)
        for link in way.links:
            inside = self._repository.inside(link)
            if inside is not None and not self._same_link(link, inside):
                return False
        if there and not all(map(self._was_folder, way.left)):
            return False
        inside = self._repository.inside(way.real)
        if not inside:
            # Not of this repository: only the library that comes with the program is known.
            return not there or _is_below(way.real, self._library)
        *folders, last = self._folders(inside)
        if any(each in self._then and not self._then[each].is_tree for each in folders):
            return False
        then = self._then.get(last)
        if last in self._staged:
            return False
        if not there:
            return then is None
        content = self._texts.content(way.real)
        return (
            then is not None
            and content is not None
            and then.mode.startswith("100")
            and then.holds(content)
        )

    def _was_folder(self, path: str) -> bool:
        """Whether a folder was there; of an empty one no commit knows."""
        inside = self._repository.inside(path)
        then = self._then.get(inside) if inside else None
        return not inside or (then is not None and then.is_tree)

    def _same_link(self, link: str, inside: str) -> bool:
        then = self._then.get(inside)
        return then is not None and _is_same_link(link, then)

    def _parts(self, path: str) -> Iterator[str]:
        """What of the repository decides where a path leads: links, folders, the file."""
        way = self._walked(path)
        for each in (*way.links, *way.left, way.real):
            inside = self._repository.inside(each)
            if inside:
                yield from self._folders(inside)

    def _walked(self, path: str) -> Way:
        """As dsl.reach.links_on(), the folders of all paths looked at once."""
        if path not in self._steps:
            full = os.path.abspath(path)
            folder = os.path.dirname(full)
            plain = os.pardir not in path.split(os.sep) and not os.path.islink(full)
            if plain and (folder == full or not self._walked(folder).links):
                self._steps[path] = Way([], full, [])
            else:
                self._steps[path] = links_on(path)
        return self._steps[path]

    @staticmethod
    def _folders(inside: str) -> list[str]:
        """``a``, ``a/b`` and ``a/b/c`` of ``a/b/c``."""
        parts = inside.split(os.sep)
        return [os.sep.join(parts[: number + 1]) for number in range(len(parts))]


class _Tool(Frozen, frozen=True):
    """This program where it is of the repository: its packages, and what is beside them.

    By their paths from the top; there are none where it is elsewhere.
    """

    top: str
    packages: tuple[str, ...]
    beside: tuple[str, ...]

    @classmethod
    def of(cls, repository: Repository) -> _Tool:
        """This program as a part of a repository."""
        places = [os.path.realpath(root) for root in ROOTS]
        names = [repository.inside(place) for place in places]
        inside = tuple(name for name in names if name)
        if len(inside) < len(places):
            return cls(repository.top, (), ())
        beside = tuple(os.path.join(os.path.dirname(inside[0]), name) for name in _BESIDE)
        return cls(repository.top, inside, beside)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it is."""
        return *self.packages, *self.beside

    def has_changed(self, listed: Mapping[str, Object]) -> bool:
        """Whether it is not what it was: ``listed`` has at least what there was at its paths."""
        try:
            now = self._now()
        except OSError:
            return True
        then = {path: each for path, each in listed.items() if self._has(path)}
        return now.keys() != then.keys() or not all(then[path].holds(now[path]) for path in now)

    def _now(self) -> dict[str, bytes]:
        """What it is made of now.  Raises OSError."""
        now = {
            os.path.join(name, path): content
            for name, root in zip(self.packages, ROOTS, strict=False)
            for path, content in contents(root).items()
        }
        for name in self.beside:
            with suppress(FileNotFoundError):
                now[name] = Path(self.top, name).read_bytes()
        return now

    def _has(self, path: str) -> bool:
        below = any(path.startswith(name + os.sep) for name in self.packages)
        return path in self.beside or (below and os.path.splitext(path)[1] in SUFFIXES)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)
