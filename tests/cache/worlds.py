"""A folder of protocols, and edits of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class World:
    """``texts`` are the files at first, ``edits`` what is put in place of what, or back again."""

    texts: Mapping[str, str]
    edits: tuple[tuple[str, str], ...]

    def write(self, folder: Path) -> None:
        """The folder as it is at first."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.texts.items():
            (folder / f"{name}.khp").write_text(text, encoding="utf-8")

    def edit(self, folder: Path, rng: random.Random) -> str:
        """One edit of one file; says which."""
        while True:
            old, new = rng.choice(self.edits)[:: rng.choice((1, 1, -1))]
            for path in sorted(folder.glob("*.khp")):
                text = path.read_text(encoding="utf-8")
                if old in text:
                    path.write_text(text.replace(old, new, 1), encoding="utf-8")
                    return f"{path.name}: {old!r} -> {new!r}"
