"""The README shows what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prover.cli import entry

ROOT = Path(__file__).parents[2]


def shown_outputs() -> list[tuple[str, list[str]]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(
        r"<!-- output: prove (.*?) -->\n```\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    return [(arguments, block.splitlines()) for arguments, block in found]


@pytest.mark.parametrize("arguments", [arguments for arguments, _ in shown_outputs()])
def test_the_readme_shows_what_is_printed(
    arguments: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert entry.main(["run", "-j", "1", *arguments.split()]) == 0
    printed = iter(line.strip() for line in capsys.readouterr().out.splitlines())
    for line in dict(shown_outputs())[arguments]:
        # What is left out between two lines is marked where it is much.
        if line.strip() != "..." and not line.startswith("$"):
            assert line.strip() in printed, line
