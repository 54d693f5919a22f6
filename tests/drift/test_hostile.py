"""Trees that mean no good: each is a diagnostic, soon, and nothing outside of them is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.drift.trees import LOCKING, library, tree


def run(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    arguments = ["drift", "--linux", str(folder / "linux"), *options, str(folder / "box.khp")]
    code = main(arguments)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out + said.err


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    tree(tmp_path)
    library(tmp_path)
    assert run(tmp_path, capsys, "--record")[0] == 0
    return tmp_path


BAD: dict[str, tuple[bytes, str]] = {
    "binary": (b"\x7fELF\x00\xff\xfe", "is not UTF-8"),
    "huge": (b" " * ((4 << 20) + 1), "has more than 4 MiB"),
    "open-comment": (LOCKING.encode() + b"/* ", "is never closed"),
    "open-brace": (LOCKING.replace("\treturn got;\n}", "{").encode(), "has no partner"),
    "many-words": (b"\n".join([b"x " * 1_000] * 401), "more than 400000 words"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_compared(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, said = BAD[name]
    (place / "linux/mm/box.c").write_bytes(content)
    code, text = run(place, capsys)
    assert code == 2
    assert "error[drift-source]" in text
    assert said in text
    assert "unreadable" in text


def test_links_out_of_the_tree(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "linux/mm/box.c"
    file.rename(place / "secret.c")
    file.symlink_to(place / "secret.c")
    code, text = run(place, capsys)
    assert code == 2
    assert "is a link that leads out of the kernel tree" in text
    file.unlink()
    (place / "linux/mm").rmdir()
    (place / "elsewhere").mkdir()
    (place / "secret.c").rename(place / "elsewhere/box.c")
    (place / "linux/mm").symlink_to(place / "elsewhere")
    code, text = run(place, capsys)
    assert code == 2
    assert "is a link that leads out of the kernel tree" in text


def test_links_are_not_followed_where_functions_are_looked_for(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "linux/mm/box.c").rename(place / "secret.c")
    (place / "linux/mm/link.c").symlink_to(place / "secret.c")
    (place / "linux/mm/loop").symlink_to(place / "linux")
    os.mkfifo(place / "linux/mm/waits.c")
    code, text = run(place, capsys)
    assert code == 1
    assert text.endswith("v6.6: 2 gone\n")


def test_links_within_the_tree_are_followed(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "linux/mm/box.c").rename(place / "linux/mm/real.c")
    (place / "linux/mm/box.c").symlink_to("real.c")
    assert run(place, capsys) == (0, "v6.6: 2 unchanged\n")


def test_a_circle_of_links(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "linux/mm/box.c").unlink()
    (place / "linux/mm/box.c").symlink_to("box.c")
    code, text = run(place, capsys)
    assert code == 2
    assert "error[drift-source]" in text


def test_a_folder_a_fifo_and_a_tree_that_is_none(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "linux/mm/box.c").unlink()
    (place / "linux/mm/box.c").mkdir()
    assert "is a directory" in run(place, capsys)[1]
    (place / "linux/mm/box.c").rmdir()
    os.mkfifo(place / "linux/mm/box.c")
    assert "is not a regular file" in run(place, capsys)[1]
    for linux in (place / "nothing", place / "box.khp"):
        assert main(["drift", "--linux", str(linux), str(place / "box.khp")]) == 2
        assert "error[drift-tree]" in capsys.readouterr().err


def test_rows_without_end(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"take f{n} mm/box.c v6.6 - - -\n" for n in range(6_000))
    (place / "box.drift").write_text(rows, encoding="utf-8")
    code, text = run(place, capsys)
    assert code == 2
    assert "more than 5000 rows" in text


@pytest.mark.parametrize("makefile", ["", "VERSION = $(shell x)\nPATCHLEVEL = 6\nSUBLEVEL = 1\n"])
def test_a_makefile_that_says_nothing(
    makefile: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "linux/Makefile").write_text(makefile, encoding="utf-8")
    assert run(place, capsys) == (0, "a tree without a version: 2 unchanged\n")
    assert "error[drift-tree]" in run(place, capsys, "--record")[1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_rows_that_cannot_be_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library(place)
    place.chmod(0o500)
    try:
        code, text = run(place, capsys, "--record")
    finally:
        place.chmod(0o700)
    assert code == 2
    assert "error[unwritable-file]" in text
