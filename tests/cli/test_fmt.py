"""``prove fmt``."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main

ROUGH = (
    "// Kept?\nint x = 1;   // kept\nactor a { x = x+1; }\nscenario s { run a; expect proved; }\n"
)
NEAT = (
    "// Kept?\n"
    "int x = 1;   // kept\n"
    "actor a { x = x + 1; }\n"
    "scenario s {\n"
    "\trun a;\n"
    "\texpect proved;\n"
    "}\n"
)


@pytest.fixture
def rough(tmp_path: Path) -> Path:
    path = tmp_path / "rough.khp"
    path.write_text(ROUGH, encoding="utf-8")
    return path


def test_it_rewrites_once(rough: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", str(rough)]) == 0
    assert rough.read_text(encoding="utf-8") == NEAT
    assert capsys.readouterr() == ("", f"formatted {rough}\n")
    assert main(["fmt", str(rough)]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_writes_nothing(rough: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", str(rough)]) == 1
    assert rough.read_text(encoding="utf-8") == ROUGH
    assert capsys.readouterr() == ("", f"would format {rough}\n")


def test_diff_shows_and_writes_nothing(rough: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", str(rough)]) == 1
    assert rough.read_text(encoding="utf-8") == ROUGH
    shown = capsys.readouterr().out
    assert "-actor a { x = x+1; }\n" in shown
    assert "+actor a { x = x + 1; }\n" in shown


def test_modes_and_links_stay(rough: Path, tmp_path: Path) -> None:
    rough.chmod(0o640)
    link = tmp_path / "link.khp"
    link.symlink_to(rough)
    assert main(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert rough.read_text(encoding="utf-8") == NEAT
    assert rough.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.khp", "rough.khp"]


@pytest.mark.parametrize("content", [b"int x = ;\n", b"\xff\xfe", b"a" * (3 << 20)])
def test_what_cannot_be_read_stays(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.khp"
    path.write_bytes(content)
    assert main(["fmt", str(path)]) == 2
    assert path.read_bytes() == content
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error")


def test_a_file_that_is_not_there_is_no_bug(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fmt", str(tmp_path / "none.khp")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_a_diff_of_a_last_line_without_an_end_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.khp"
    file.write_text("int  x;", encoding="utf-8")
    assert main(["fmt", "--diff", str(file)]) == 1
    shown = capsys.readouterr().out.splitlines()[-3:]
    assert shown == ["-int  x;", "\\ No newline at end of file", "+int x;"]


def test_a_folder_is_every_protocol_below_it_but_links(
    rough: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "protocols"
    inner = folder / "mm" / "inner.khp"
    inner.parent.mkdir(parents=True)
    inner.write_text(ROUGH, encoding="utf-8")
    (folder / "broken.khp").write_text("actor {", encoding="utf-8")
    (folder / "link.khp").symlink_to(rough)
    (folder / "notes.txt").write_text(ROUGH, encoding="utf-8")
    assert main(["fmt", "--check", str(folder)]) == 2
    assert f"would format {inner}\n" in capsys.readouterr().err
    assert main(["fmt", str(folder)]) == 2
    assert inner.read_text(encoding="utf-8") == NEAT
    assert rough.read_text(encoding="utf-8") == ROUGH
    assert main(["fmt", str(inner.parent)]) == 0


def test_a_folder_without_protocols_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fmt", str(tmp_path)]) == 2
    assert "error[empty-folder]" in capsys.readouterr().err
