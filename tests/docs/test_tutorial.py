"""The tutorial: a reader who types along gets what it shows, pictures included."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.parse import parse
from dsl.printer import format_file
from dsl.source import Source
from tests.docs.walk import walk

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = ("lost.svg", "tear.svg")


def test_a_reader_types_along(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    typed = walk(page, tmp_path, lambda: capsys.readouterr().out)
    assert len(typed) == page.count("\n$ prove ") >= 12
    for name in PICTURES:
        assert f"](pictures/{name})" in page
        shown, made = DOCS / "pictures" / name, (tmp_path / name).read_text(encoding="utf-8")
        if request.config.getoption("--update-expected"):
            shown.write_text(made, encoding="utf-8")
        assert shown.read_text(encoding="utf-8") == made
    for file in sorted(tmp_path.glob("*.khp")):
        source = Source(file.name, file.read_text(encoding="utf-8"))
        assert format_file(parse(source), source) == source.text, file.name
