"""``docs/new.md`` shows what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.paste.skeleton import paste
from dsl.source import Source
from prover.cli.entry import main

PAGE = Path(__file__).parents[2] / "docs" / "new.md"


def block(text: str, before: str) -> str:
    """The code block behind ``before``."""
    found = re.search(re.escape(before) + r"\n+```c?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None, before
    return found[1]


def test_the_example_is_what_comes_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("session.c").write_text(block(text, "`session.c`:"), encoding="utf-8")
    shown = block(text, "<!-- run -->")
    first, *commands = re.split(r"^\$ prove ", shown, flags=re.MULTILINE)
    assert first == ""
    assert len(commands) == 2
    for command in commands:
        line, wanted = command.split("\n", 1)
        assert main(line.split()) == 0
        out, err = capsys.readouterr()
        assert out + err == wanted
    assert Path("session.khp").read_text(encoding="utf-8") == block(text, "`session.khp`:")


def test_a_struct_of_the_file_is_as_shown() -> None:
    text = PAGE.read_text(encoding="utf-8")
    made = paste(Source("gate.c", block(text, "`gate.c`:")), ("gate_pass",)).text
    assert block(text, "`prove new gate.c gate_pass` has of it:") in made


def test_functions_of_a_kernel_are_marked_in_less_than_a_fifth() -> None:
    """The table's own numbers: what is said of it holds."""
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `[\w/.]+\.c` \| `\w+\(\)` \| (\d+) \| (\d+) \| (\w+) \|", text, re.MULTILINE
    )
    assert len(rows) >= 10
    for lines, marked, checks in rows:
        assert int(marked) * 5 < int(lines)
        assert checks == "yes"
