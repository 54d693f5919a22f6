"""The page about saved witnesses: its reader can type along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.walk import changed, walk

ROOT = Path(__file__).parents[2]


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/replay.md").read_text(encoding="utf-8")
    assert len(walk(page, tmp_path, lambda: capsys.readouterr().out)) == 3


def test_a_change_takes_the_place_of_what_begins_alike() -> None:
    text = "int x = 1;\n\nactor a {\n\tx = 1;\n\n\tx = 2;\n}\n\nactor b { }\n"
    assert changed(text, "actor a {\n\tx = 3;\n}\n") == (
        "int x = 1;\n\nactor a {\n\tx = 3;\n}\n\nactor b { }\n"
    )
    assert changed(text, "int x = 2;\n\nint y;\n").startswith("int x = 2;\n\nactor a {")
    assert changed(text, "int y;\n").endswith("actor b { }\n\nint y;\n")
