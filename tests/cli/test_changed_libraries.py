"""``prove --changed`` and libraries that lack what those who import them declare."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dsl.reach import has_scenario
from prover.cli.entry import main

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")

LACKING = "int get(void) { return READ_ONCE(counter); }\n"
USER = 'int counter;\nimport "lacking.khp";\nactor a { get(); }\nscenario s { run a; }\n'
ALONE = "actor a { }\nscenario s { run a; }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository: a library, the one protocol that imports it, and another one."""
    texts = {"lacking.khp": LACKING, "user.khp": USER, "alone.khp": ALONE}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    author = ("-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "-A"), (*author, "commit", "-q", "-m", "a")):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code, and what is said first."""
    capsys.readouterr()
    code = main([".", "--changed"])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("text", [None, ALONE])
def test_a_library_that_nobody_imports_any_more(
    text: str | None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["."]) == 0
    code, said = changed(capsys)
    assert (code, said.count("0 of 3 files")) == (0, 1)
    if text is None:
        (folder / "user.khp").unlink()
    else:
        (folder / "user.khp").write_text(text, encoding="utf-8")
    code, said = changed(capsys)
    assert "1 of 2 files" in said if text is None else "2 of 3 files" in said
    assert "`counter` is not declared" in said
    # As without --changed.
    assert code == main(["."]) == 2


def test_another_that_imports_it_is_enough(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "user.khp").rename(folder / "other.khp")
    code, said = changed(capsys)
    assert (code, said.count("1 of 3 files")) == (0, 1)
    assert main(["."]) == 0


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("scenario s { run a; }", True),
        ("/* */ scenario/* */s { }", True),
        ("int scenarios; // one scenario\n", False),
        ("/* a\nscenario */ int a_scenario;", False),
        ('import "scenario.khp"; assert(a, "no scenario");', False),
    ],
)
def test_a_library_has_no_scenario_whatever_it_says_of_one(text: str, has: bool) -> None:
    assert has_scenario(text) == has
