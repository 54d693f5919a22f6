"""The page about it shows what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "why.md"


def test_the_page_about_it_shows_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    blocks = [
        block.split("```")[0]
        for block in PAGE.read_text(encoding="utf-8").split("```console\n")[1:]
    ]
    assert blocks
    for block in blocks:
        command, _, printed = block.partition("\n")
        assert main([*command.removeprefix("$ prove ").split(), "-j", "1"]) == 0
        assert capsys.readouterr().out == printed
