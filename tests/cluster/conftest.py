"""A protocol to ask about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.ferry import FILE


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "f.khp").write_text(FILE, encoding="utf-8")
    # Of one name everywhere, so that questions are equal.
    monkeypatch.chdir(tmp_path)
    return "f.khp"
