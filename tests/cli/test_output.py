"""``prove FILE --format ... -o OUT``: what would be printed is in a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.cli.test_pictures import ONE

FORMATS = ("commit", "witness", "litmus", "svg", "mermaid", "dot")
"""The formats that can be written."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.khp").write_text(ONE, "utf-8")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_format_is_written_as_it_is_printed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in FORMATS:
        assert main(["-j1", "f.khp", "--format", each]) == 0
        printed = capsys.readouterr().out
        assert main(["-j1", "f.khp", "--format", each, "-o", "out"]) == 0
        assert capsys.readouterr() == ("", "")
        assert printed
        assert (here / "out").read_text("ascii") == printed


def test_a_file_that_is_there_is_replaced(here: Path) -> None:
    (here / "out.svg").write_text("old\n" * 10_000, "utf-8")
    assert main(["f.khp", "--format", "svg", "--output", "out.svg"]) == 0
    assert (here / "out.svg").read_text("ascii").endswith("</svg>\n")
    assert names(here) == ["f.khp", "out.svg"]


@pytest.mark.parametrize("each", FORMATS)
def test_without_a_witness_a_file_stays_as_it_is(
    here: Path, capsys: pytest.CaptureFixture[str], each: str
) -> None:
    (here / "f.khp").write_text("actor a { }\nscenario s { run a; }\n", "utf-8")
    (here / "out").write_text("old", "utf-8")
    main(["f.khp", "--format", each, "-o", "out"])
    assert "nothing is refuted" in capsys.readouterr().err
    assert (here / "out").read_text("ascii") == "old"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "out"), "--report FORMAT=PATH"),
        (("-o", "out", "--format", "json"), "--report FORMAT=PATH"),
        (("-o", "-", "--format", "svg"), "'-' is no file"),
        (("-o", "./f.khp", "--format", "svg"), "would be written over"),
        (("-o", "g.khp", "--format", "svg"), "a file that prove reads"),
        (("-o", "none/out", "--format", "svg"), "its folder does not exist"),
        (("-o", ".", "--format", "svg"), "it is a folder"),
    ],
)
def test_an_output_that_cannot_be_meant(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert main(["f.khp", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in " ".join(printed.err.replace("│", " ").split())
    assert names(here) == ["f.khp"]
