"""What a function was in an earlier revision, where the kernel tree is a git repository."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Final

from dsl.diagnostic import DiagnosticError
from dsl.paste.tokens import Tokens, tokens
from dsl.source import Source
from prover.drift.tree import MAX_FILE, Code, code
from prover.drifted import Origin

_REVISION: Final = re.compile(r"(?!-)[\w./~^@{}+-]{1,200}", re.ASCII)
_SECONDS: Final = 30


@dataclass(slots=True)
class History:
    """A kernel tree's history; ``since`` is the revision asked for, "" for what is recorded."""

    root: Path
    since: str = ""
    _known: dict[str, bool] = field(default_factory=dict[str, bool])
    _files: dict[tuple[str, str], tuple[Source, Tokens] | None] = field(
        default_factory=dict[tuple[str, str], "tuple[Source, Tokens] | None"]
    )

    def knows(self, revision: str) -> bool:
        """Whether there is such a revision."""
        if revision not in self._known:
            said = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
            self._known[revision] = said is not None
        return self._known[revision]

    def modelled(self, origin: Origin) -> Code | None:
        """What a function was in the version that its model was made from, if git has that."""
        return self._code(origin, origin.modelled)

    def older(self, origin: Origin) -> tuple[str, Code] | None:
        """What a function was in which revision, None where git does not tell.

        What git has counts if its sum is the one recorded, or if its revision was asked for.
        """
        for revision in (self.since,) if self.since else (origin.tree, origin.modelled):
            found = self._code(origin, revision)
            if found is not None and (self.since or found.sum == origin.sum):
                return revision, found
        return None

    def _code(self, origin: Origin, revision: str) -> Code | None:
        key = (revision, origin.path)
        if key not in self._files:
            self._files[key] = self._file(*key)
        file = self._files[key]
        try:
            return code(*file, origin.kernel) if file else None
        except DiagnosticError:
            return None

    def _file(self, revision: str, path: str) -> tuple[Source, Tokens] | None:
        text = None
        if self.knows(revision):
            # Below the folder, which need not be the topmost one of the repository.
            text = self._run("cat-file", "blob", f"{revision}:./{path}")
        if text is None:
            return None
        source = Source(path, text)
        try:
            return source, tokens(source)
        except DiagnosticError:
            return None

    def _run(self, *arguments: str) -> str | None:
        """What git says, None where it fails: no repository, no such revision, no git."""
        if not _REVISION.fullmatch(arguments[-1].partition(":")[0]):
            return None
        command = ["git", "-C", str(self.root), *arguments]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        try:
            # No shell, and the revision is checked above.
            with subprocess.Popen(command, stdin=nowhere, stdout=pipe, stderr=nowhere) as git:  # noqa: S603
                timer = Timer(_SECONDS, git.kill)
                timer.start()
                try:
                    data = git.stdout.read(MAX_FILE + 1) if git.stdout else b""
                    if len(data) > MAX_FILE:
                        git.kill()
                finally:
                    timer.cancel()
            return data.decode("utf-8") if git.returncode == 0 else None
        except (OSError, UnicodeDecodeError, ValueError):
            return None
