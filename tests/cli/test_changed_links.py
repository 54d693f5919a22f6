"""``prove --changed`` and ``prove diff`` where ``..`` follows a link, or a name is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dsl.reach import links_on
from prover.cli.entry import main
from prover.pipeline.changed import affected
from prover.pipeline.tree import Member
from tests.cli.test_changed_shortcuts import commit

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")

ALONE = "int x;\nactor a { x = 1; }\nscenario s { run a; final x == 1; expect proved; }\n"
MAIN = 'import "sub/../lib.khp";\nactor a { add(); }\nscenario s { run a; expect proved; }\n'
LIBRARY = "int total;\nstatic void add(void) { total = 1; }\n"
LACKING = "static void add(void) { total = 1; }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``sub`` leads to ``x/y``, so ``sub/..`` is ``x``."""
    (tmp_path / "x/y").mkdir(parents=True)
    (tmp_path / "x/y/kept").touch()
    (tmp_path / "sub").symlink_to("x/y")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def looked_at(*names: str) -> list[str]:
    found = affected(names, None, ".", os.environ).files
    return sorted(Path(each.name).name for each in found if isinstance(each, Member))


def test_above_a_link_is_above_where_it_leads(folder: Path) -> None:
    way = links_on("sub/../lib.khp")
    assert way.real == os.path.realpath("x/lib.khp")
    assert way.links == [str(Path(os.path.realpath(".")) / "sub")]
    assert way.left == [os.path.realpath("x/y")]
    for path in ("sub/..", "./x//y/../y/kept", "none/../x", "../..", "sub/../../sub"):
        assert links_on(path).real == os.path.realpath(path)


@pytest.mark.parametrize(("edited", "names"), [("x/lib.khp", ["main.khp"]), ("lib.khp", [])])
def test_an_import_from_above_a_link(folder: Path, edited: str, names: list[str]) -> None:
    Path("main.khp").write_text(MAIN, encoding="utf-8")
    Path("lib.khp").write_text(LIBRARY, encoding="utf-8")
    Path("x/lib.khp").write_text(LIBRARY, encoding="utf-8")
    commit(folder)
    assert looked_at("main.khp") == []
    Path(edited).write_text(LIBRARY.replace("1", "2"), encoding="utf-8")
    assert looked_at("main.khp") == names


def test_a_file_named_from_above_a_link(folder: Path) -> None:
    Path("p.khp").write_text(ALONE, encoding="utf-8")
    Path("x/p.khp").write_text(ALONE, encoding="utf-8")
    commit(folder)
    assert looked_at("sub/../p.khp") == []
    Path("x/p.khp").write_text(ALONE.replace("==", "!="), encoding="utf-8")
    assert looked_at("sub/../p.khp") == ["p.khp"]
    assert looked_at("p.khp") == []


def test_above_a_folder_that_no_commit_knows(folder: Path) -> None:
    Path("sub").unlink()
    Path("main.khp").write_text(MAIN, encoding="utf-8")
    Path("lib.khp").write_text(LIBRARY, encoding="utf-8")
    commit(folder)
    Path("sub").mkdir()
    assert looked_at("main.khp") == ["main.khp"]


def test_who_imported_a_library_by_the_name_of_a_link(folder: Path) -> None:
    main_text = MAIN.replace("sub/../lib", "alias").replace("actor", "int total;\nactor", 1)
    Path("main.khp").write_text(main_text, encoding="utf-8")
    Path("x/lib.khp").write_text(LACKING, encoding="utf-8")
    Path("alias.khp").symlink_to("x/lib.khp")
    commit(folder)
    Path("main.khp").write_text(ALONE, encoding="utf-8")
    assert "main.khp" in looked_at(".")
    assert {"alias.khp", "lib.khp"} & set(looked_at("."))


def test_diff_compares_what_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for name in ("old.khp", "p.khp"):
        Path(name).write_text(ALONE, encoding="utf-8")
    Path("x/p.khp").write_text(ALONE.replace("== 1", "== 0"), encoding="utf-8")
    assert main(["diff", "--jobs", "1", "old.khp", "sub/../p.khp"]) == 1
    assert "1 worse" in capsys.readouterr().out
    assert main(["diff", "--jobs", "1", "old.khp", "x/../p.khp"]) == 0
