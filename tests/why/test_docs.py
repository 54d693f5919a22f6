"""The page about it shows what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main

ROOT = Path(__file__).parents[2]
PAGES = ("docs/why.md", "docs/any-number.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_about_it_shows_what_is_printed(
    page: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    blocks = [
        block.split("```")[0]
        for block in (ROOT / page).read_text(encoding="utf-8").split("```console\n")[1:]
        if block.startswith("$ prove why")
    ]
    assert blocks
    for block in blocks:
        command, _, printed = block.partition("\n")
        assert main([*command.removeprefix("$ prove ").split(), "-j", "1"]) == 0
        assert capsys.readouterr().out == printed
