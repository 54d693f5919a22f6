"""A protocol to ask about; and nothing that a test started outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.ferry import FILE
from tests.cluster.making import end_started


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "f.khp").write_text(FILE, encoding="utf-8")
    # Of one name everywhere, so that questions are equal.
    monkeypatch.chdir(tmp_path)
    return "f.khp"


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """A later test would be blamed for what one that failed left running."""
    yield
    end_started()
