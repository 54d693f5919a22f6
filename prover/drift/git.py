"""What a function was in an earlier revision, where the kernel tree is a git repository."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Final

from dsl.diagnostic import DiagnosticError
from dsl.paste.tokens import tokens
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
    _texts: dict[tuple[str, str], str | None] = field(
        default_factory=dict[tuple[str, str], str | None]
    )

    def knows(self) -> bool:
        """Whether there is the revision that is asked for."""
        return self._run("rev-parse", "--verify", "--quiet", f"{self.since}^{{commit}}") is not None

    def code(self, origin: Origin) -> tuple[str, Code] | None:
        """What a function was in which revision, None where git does not tell.

        What git has counts if its sum is the one recorded, or if its revision was asked for.
        """
        revisions = (self.since,) if self.since else (origin.tree, origin.modelled)
        return next(filter(None, (self._code(origin, revision) for revision in revisions)), None)

    def _code(self, origin: Origin, revision: str) -> tuple[str, Code] | None:
        text = self._text(revision, origin.path)
        if text is None:
            return None
        source = Source(origin.path, text)
        try:
            found = code(source, tokens(source), origin.kernel)
        except DiagnosticError:
            return None
        return (revision, found) if found and (self.since or found.sum == origin.sum) else None

    def _text(self, revision: str, path: str) -> str | None:
        key = (revision, path)
        if key not in self._texts:
            data = self._run("cat-file", "blob", f"{revision}:./{path}")
            self._texts[key] = data
        return self._texts[key]

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
