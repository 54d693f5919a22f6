"""What git says: which repository this is, what a revision is, what is in it.

Only plumbing is called, with arguments made here, no shell and a time limit.  What is compared is
the content of files with the names that git has for it, so no setting of a repository (filters,
monitors, what it takes for unchanged) has a part in the answer.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha1, sha256

from dsl.diagnostic import Diagnostic
from dsl.frozen import Frozen

SECONDS = 30.0
"""How long one call may take."""

_ARGUMENTS = 60_000
"""So many bytes of paths in one call."""

_KEPT = frozenset(
    """GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
    GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM
    GIT_CONFIG_NOSYSTEM GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_EXEC_PATH""".split()
)
"""What says where things are; hooks are run with it."""

_FIXED = {
    "GIT_EDITOR": "true",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "PAGER": "cat",
}


class GitError(Exception):
    """git does not answer, or has no answer; ``diagnostic`` is what there is to say."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, None, hint=hint)


class Object(Frozen, frozen=True):
    """What a revision has at a path: ``mode`` as in a tree, ``name`` what it is called by."""

    mode: str
    name: str

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == "120000"

    @property
    def is_tree(self) -> bool:
        """Whether it is a folder."""
        return self.mode == "040000"

    def holds(self, content: bytes) -> bool:
        """Whether it is a file, or a link, with this content."""
        make = sha1 if len(self.name) == 40 else sha256
        return make(b"blob %d\0" % len(content) + content).hexdigest() == self.name


def environment_for_git(given: Mapping[str, str]) -> dict[str, str]:
    """``given`` without what could start a pager or an editor, ask somebody, or fetch."""
    plain = {
        name: value
        for name, value in given.items()
        if not name.startswith("GIT_")
        or name in _KEPT
        or name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))
    }
    return {**plain, **_FIXED}


class Repository:
    """The repository with a work tree that ``folder`` is in.  Every method may raise GitError."""

    def __init__(self, folder: str, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment_for_git(environment)
        # Both at once, where there is no more to say: every start of git counts.
        code, said, error = self._called("rev-parse", "--show-toplevel", "HEAD^{commit}")
        top, *head = said.removesuffix(b"\n").split(b"\n")
        self._head = head[0].decode("ascii", "replace") if len(head) == 1 and not code else ""
        if not self._head:
            code, top, error = self._called("rev-parse", "--show-toplevel")
            top = top.removesuffix(b"\n")
        if code:
            raise _no_repository(folder, error)
        self.top = os.path.realpath(os.fsdecode(top))
        """The folder that everything in it is below."""

    def inside(self, path: str) -> str | None:
        """A path from the top, "" for the top; None where it is not in this repository."""
        if path == self.top:
            return ""
        top = self.top.rstrip(os.sep) + os.sep
        return path.removeprefix(top) if path.startswith(top) else None

    def base(self, revision: str) -> str:
        """The commit that ``revision`` means; ``A..`` is A, ``A...`` where HEAD left A."""
        wanted = revision.removesuffix("...").removesuffix("..")
        if ".." in wanted:
            hint = (
                f"what is proved is the work tree: give one revision, as {wanted.split('..')[0]}.."
            )
            raise GitError("unknown-revision", f"`{revision}` is two revisions", hint)
        commit = self._commit(wanted or "HEAD", revision)
        if not revision.endswith("..."):
            return commit
        code, said, error = self._called("merge-base", commit, "HEAD")
        if code not in {0, 1}:
            raise _failed("merge-base", error)
        if code:
            message = f"`{revision}`: HEAD and `{wanted}` have no commit in common"
            raise GitError("unknown-revision", message, self._hint("git merge-base looks for one"))
        return said.decode("ascii").strip()

    def is_revision(self, word: str) -> bool:
        """Whether git would take a word for a revision."""
        try:
            return bool(self._commit(word, word))
        except GitError:
            return False

    def _commit(self, wanted: str, revision: str) -> str:
        if wanted == "HEAD" and len(self._head) in {40, 64}:
            return self._head
        plain = wanted.isprintable() and not wanted.startswith("-")
        code = 1
        said = b""
        if plain:
            code, said, _ = self._called("rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")
        name = said.decode("ascii", "replace").strip()
        if code or len(name) not in {40, 64}:
            message = f"`{revision}` is no commit of this repository"
            if not plain:
                raise GitError("unknown-revision", message, "revisions do not begin with `-`")
            raise GitError(
                "unknown-revision", message, self._hint("`git log` shows those there are")
            )
        return name

    def _hint(self, otherwise: str) -> str:
        code, said, _ = self._called("rev-parse", "--is-shallow-repository")
        if code == 0 and said.strip() == b"true":
            return (
                "the clone is shallow: fetch more of it (`git fetch --unshallow`, `fetch-depth: 0`)"
            )
        return otherwise

    def objects(self, commit: str, paths: Iterable[str]) -> dict[str, Object]:
        """What a commit has at paths (from the top), of those that it has."""
        found: dict[str, Object] = {}
        for some in _portions(sorted(set(paths))):
            found.update(self._listed("ls-tree", "-z", "-t", "--full-tree", commit, "--", *some))
        return found

    def below(self, commit: str, folders: Sequence[str]) -> dict[str, Object]:
        """All files that a commit has below folders (from the top)."""
        return self._listed("ls-tree", "-z", "-r", "--full-tree", commit, "--", *folders)

    def staged(self, commit: str) -> set[str]:
        """The paths at which the index is not as a commit has it."""
        code, said, error = self._called(
            "diff-index", "--cached", "--name-only", "-z", "--no-renames", commit, "--"
        )
        if code:
            raise _failed("diff-index", error)
        return {os.fsdecode(path) for path in said.split(b"\0") if path}

    def contents(self, names: Sequence[str]) -> dict[str, bytes]:
        """The contents of files of a revision, by the name of the object."""
        asked = "".join(f"{name}\n" for name in names).encode("ascii")
        code, said, error = self._called("cat-file", "--batch", given=asked)
        if code:
            raise _failed("cat-file", error)
        found: dict[str, bytes] = {}
        at = 0
        for name in names:
            head, _, _ = said[at : at + 200].partition(b"\n")
            words = head.split()
            if len(words) != 3 or words[0].decode("ascii") != name:
                raise _failed("cat-file", head)
            start = at + len(head) + 1
            at = start + int(words[2]) + 1
            found[name] = said[start : at - 1]
        return found

    def _listed(self, *arguments: str) -> dict[str, Object]:
        code, said, error = self._called(*arguments)
        if code:
            raise _failed("ls-tree", error)
        found: dict[str, Object] = {}
        for line in said.split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                mode, _, name = head.decode("ascii").split()
                found[os.fsdecode(path)] = Object(mode, name)
        return found

    def _called(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, bytes]:
        """What a call of git ends with, and says on both streams."""
        command = ["git", "--no-pager", "-c", "core.fsmonitor=false", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are made here
                command,
                cwd=self._folder,
                env=self._environment,
                input=given,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            hint = "install git, or name the files to be proved"
            raise GitError("no-git", "git cannot be started: there is none", hint) from None
        except subprocess.TimeoutExpired:
            message = f"git {arguments[0]} has not answered within {SECONDS:.0f} s"
            raise GitError("git-failed", message, "name the files to be proved") from None
        except OSError as error:
            message = f"git cannot be started: {error.strerror}"
            raise GitError("no-git", message, "check the installation of git") from None
        return done.returncode, done.stdout, done.stderr


def _portions(paths: Sequence[str]) -> Iterator[list[str]]:
    """Paths in portions that fit into a command line."""
    some: list[str] = []
    size = 0
    for path in paths:
        some.append(path)
        size += len(os.fsencode(path)) + 1
        if size > _ARGUMENTS:
            yield some
            some, size = [], 0
    if some:
        yield some


def _no_repository(folder: str, error: bytes) -> GitError:
    said = _said(error)
    message = f"`{folder}` is in no git repository with a work tree"
    hint = "start prove in the work tree, or name the files to be proved"
    if "dubious ownership" in said:
        message = f"git does not trust the repository of `{folder}`: somebody else owns it"
        hint = "`git status` says how to trust it"
    return GitError("not-a-repository", message, hint)


def _failed(what: str, error: bytes) -> GitError:
    return GitError("git-failed", f"git {what} failed: {_said(error)}", "try `git fsck`")


def _said(error: bytes) -> str:
    """The first line that git has said."""
    lines = error.decode("utf-8", "backslashreplace").split("\n")
    text = next((line for line in lines if line.strip()), "it does not say why")
    return "".join(c if c.isprintable() else "?" for c in text)[:200]
