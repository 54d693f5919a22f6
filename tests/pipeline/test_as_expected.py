"""The protocols that come with the tool have the verdicts that they expect.

Those of any number of actors have tests of their own, for their time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Request

PROTOCOLS = Path(__file__).parents[2] / "protocols"
FILES = [
    path
    for path in sorted(PROTOCOLS.rglob("*.khp"))
    if path.parent.name != "any" and "_any" not in path.stem
]


def test_there_are_protocols() -> None:
    assert len(FILES) > 90


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_obligation_is_as_expected(path: Path) -> None:
    if "scenario" not in path.read_text("utf-8"):
        return
    (file,) = run(Request((str(path),), jobs=1, explain=False), lambda _: None).files
    assert not file.diagnostics
    assert [o.obligation for o in file.outcomes if not o.as_expected] == []
