"""The page about modelling shows what is printed, and code that is in its files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.parse import parse
from dsl.printer import format_file
from dsl.source import Source
from prover.cli.entry import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "modelling.md").read_text(encoding="utf-8")
FILES = sorted((Path(__file__).parent / "modelling").glob("*.khp"))
CONSOLE = re.compile(
    r"(?:<!-- exit: (?P<code>\d) -->\n)?```console\n\$ prove (?P<command>.*)\n(?P<shown>(?s:.*?))```"
)
BLOCKS = [
    (m["command"], int(m["code"] or 0), m["shown"].splitlines()) for m in CONSOLE.finditer(PAGE)
]
CODE = re.findall(r"^```c\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_block_is_one_of_these() -> None:
    assert len(BLOCKS) == PAGE.count("```console") >= 4
    assert len(CODE) == PAGE.count("```c\n") >= 4
    assert len(FILES) == 3


@pytest.mark.parametrize(("command", "code", "shown"), BLOCKS, ids=[each[0] for each in BLOCKS])
def test_what_is_shown_is_printed(
    command: str,
    code: int,
    shown: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert main([*command.split(), "-j", "1"]) == code
    printed = capsys.readouterr().out.splitlines()
    place, gap = 0, False
    for line in shown:
        if line == "...":
            gap = True
            continue
        found = printed.index(line, place) if gap else place
        assert printed[found] == line
        place, gap = found + 1, False
    assert gap or place == len(printed)


@pytest.mark.parametrize("code", CODE, ids=[code.split("\n", 1)[0] for code in CODE])
def test_code_that_is_shown_is_in_the_last_file(code: str) -> None:
    assert code in (ROOT / "tests/docs/modelling/move.khp").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_files_are_in_the_format(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    assert format_file(parse(source), source) == source.text
