"""What came of each mutant, noted in a file as a run goes on."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from tests.mutation.mutants import Mutant

SURVIVED = "-"
"""In place of the check that noticed a mutant."""


class Results:
    """A line for each mutant: a digest of the code that it makes of its module, a check, a name."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._found: dict[tuple[str, str], str] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                digest, by, name = line.split("\t")
                self._found[name, digest] = by

    def of(self, name: str, mutant: Mutant) -> str | None:
        """What is known of a mutant; None where nothing is, or its module is another now."""
        return self._found.get((name, _digest(mutant)))

    def add(self, name: str, mutant: Mutant, by: str) -> None:
        """Notes what came of a mutant."""
        digest = _digest(mutant)
        self._found[name, digest] = by
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{digest}\t{by}\t{name}\n")


def _digest(mutant: Mutant) -> str:
    """Tells one mutated module from another, whatever its comments say."""
    return hashlib.sha256(ast.dump(mutant.tree).encode()).hexdigest()[:12]


__all__ = ["SURVIVED", "Results"]
