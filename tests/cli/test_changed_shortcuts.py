"""``prove --changed`` looks at nothing twice, and at no more than it must: what that might overlook."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.files import MAX_BYTES, read_bytes
from dsl.reach import Texts, imports_of, links_on
from prover.cache import fingerprint
from prover.pipeline import changed
from prover.pipeline.changed import affected
from prover.pipeline.git import Repository
from prover.pipeline.tree import Member

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")

LACKING = "int get(void) { return READ_ONCE(counter); }\n"
ALONE = "actor a { }\nscenario s { run a; }\n"


def commit(folder: Path) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "-A"), (*author, "commit", "-q", "-m", "a")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def stems(folder: Path, *names: str) -> list[str]:
    """The files that are affected."""
    found = affected(names, None, str(folder), os.environ).files
    return sorted(Path(each.name).stem for each in found if isinstance(each, Member))


# --- who imported a library then --------------------------------------------------------


def test_a_library_was_imported_by_way_of_a_file_that_nobody_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "x/user.khp": 'int counter;\nimport "y/between.khp";\n' + ALONE,
        "x/y/between.khp": 'import "lacking.khp";\n',
        "x/y/lacking.khp": LACKING,
    }
    write(tmp_path, texts)
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    asked = ("x/user.khp", "x/y/lacking.khp")
    assert stems(tmp_path, *asked) == []
    (tmp_path / "x/y/between.khp").write_text("int more;\n", encoding="utf-8")
    assert stems(tmp_path, *asked) == ["lacking", "user"]


@pytest.mark.parametrize("asked", ["x", "x/", "./x", "z/../x", "link"])
def test_a_library_was_imported_by_a_file_that_is_gone(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "x/user.khp": 'int counter;\nimport "y/lacking.khp";\n' + ALONE,
        "x/y/lacking.khp": LACKING,
        "x/alone.khp": ALONE,
        "z/other.khp": ALONE,
    }
    write(tmp_path, texts)
    (tmp_path / "link").symlink_to("x")
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert stems(tmp_path, asked) == []
    (tmp_path / "x/user.khp").unlink()
    assert stems(tmp_path, asked) == ["lacking"]


def test_who_is_not_asked_for_then_or_now_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --changed nothing is said of it either before or after."""
    write(tmp_path, {"x/lacking.khp": LACKING, "user.khp": 'import "x/lacking.khp";\n' + ALONE})
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "user.khp").unlink()
    assert stems(tmp_path, "x") == []


# --- imports --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("int important;", ()),
        ('import "a.khp";', ("a.khp",)),
        ('import/* x */"a.khp";\n// import "b.khp"\nimport\n"c.khp"', ("a.khp", "c.khp")),
        ('/* import "a.khp" */ import "b.khp"; /* import "c.khp" */ int x;', ("b.khp",)),
        ('actor a { assert(a, "import \\"x"); } import "b.khp"; important', ("b.khp",)),
        ('import "a.khp"; import ', ("a.khp",)),
        ('import "import.khp";', ("import.khp",)),
        ("import", ()),
    ],
)
def test_every_import_is_found_wherever_it_stands(text: str, found: tuple[str, ...]) -> None:
    assert imports_of(text) == found


# --- links -------------------------------------------------------------------------------


def test_links_are_found_whatever_was_looked_at_before(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c.khp": ALONE, "d/e.khp": ALONE})
    (tmp_path / "l").symlink_to("a")
    (tmp_path / "a/m").symlink_to("b")
    (tmp_path / "a/b/n.khp").symlink_to("../../d/e.khp")
    (tmp_path / "d/round").symlink_to("round")
    commit(tmp_path)
    paths = ["a", "a/b", "a/b/c.khp", "l", "l/b/c.khp", "l/m/n.khp", "a/m/c.khp", "a/m/../x.khp"]
    paths += ["a/b/n.khp", "d/round", "d/round/x", "none/x.khp", "."]
    for order in (paths, paths[::-1]):
        then = changed._Then(Repository(str(tmp_path), os.environ), "HEAD", Texts(()), [])
        for path in order:
            full = str(tmp_path / path)
            assert then._walked(full) == links_on(full), path


# --- the program itself ----------------------------------------------------------------


def _touch(top: Path) -> None:
    os.utime(top / "dsl/a.py")


def _other_file(top: Path) -> None:
    write(top, {"prover/notes.txt": "x", "README.md": "x"})


def _and_back(top: Path) -> None:
    text = (top / "dsl/a.py").read_text()
    (top / "dsl/a.py").write_text(text + "b = 2\n")
    (top / "dsl/a.py").write_text(text)


def _source(top: Path) -> None:
    (top / "prover/b.py").write_text("b = 3\n")


def _same_length_and_time(top: Path) -> None:
    before = (top / "prover/b.py").stat()
    (top / "prover/b.py").write_text("b = 3\n")
    os.utime(top / "prover/b.py", ns=(before.st_atime_ns, before.st_mtime_ns))


def _new(top: Path) -> None:
    (top / "dsl/new.lark").write_text("")


def _ignored(top: Path) -> None:
    (top / ".gitignore").write_text("*.cat\n")
    (top / "dsl/new.cat").write_text("")


def _gone(top: Path) -> None:
    (top / "dsl/a.py").unlink()


def _renamed(top: Path) -> None:
    (top / "dsl/a.py").rename(top / "dsl/c.py")


def _link(top: Path) -> None:
    """What is read is what it was."""
    (top / "dsl/a.py").rename(top / "a.py")
    (top / "dsl/a.py").symlink_to("../a.py")


def _versions(top: Path) -> None:
    (top / "requirements.lock").write_text("lark==2\n")


def _no_versions(top: Path) -> None:
    (top / "requirements.lock").unlink()


def _unreadable(top: Path) -> None:
    (top / "requirements.lock").unlink()
    (top / "requirements.lock").mkdir()


@pytest.mark.parametrize(
    ("edit", "is_other"),
    [
        *((edit, False) for edit in (_touch, _other_file, _and_back, _link)),
        *((edit, True) for edit in (_source, _same_length_and_time, _new, _ignored, _gone)),
        *((edit, True) for edit in (_renamed, _versions, _no_versions, _unreadable)),
    ],
)
def test_the_program_in_its_own_repository(
    edit: Callable[[Path], None], is_other: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "dsl/a.py": "a = 1\n",
        "prover/b.py": "b = 2\n",
        "prover/c/d.cat": "",
        "p/x.khp": ALONE,
    }
    write(tmp_path, texts | {"pyproject.toml": "", "requirements.lock": "lark==1\n"})
    commit(tmp_path)
    monkeypatch.setattr(changed, "ROOTS", (str(tmp_path / "dsl"), str(tmp_path / "prover")))
    monkeypatch.chdir(tmp_path)
    fingerprint.contents.cache_clear()
    assert stems(tmp_path, "p") == []
    edit(tmp_path)
    fingerprint.contents.cache_clear()
    found = affected(["p"], None, str(tmp_path), os.environ)
    assert found.tool == is_other
    assert len(found.files) == is_other


# --- git, and files ------------------------------------------------------------------------


def test_a_repository_whose_path_has_a_line_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tmp_path / "a\nb"
    write(top, {"x.khp": ALONE, "y.khp": ALONE})
    commit(top)
    (top / "x.khp").write_text(ALONE + "// more\n", encoding="utf-8")
    monkeypatch.chdir(top)
    assert stems(top, ".") == ["x"]


def test_a_file_is_read_whole_and_no_further_than_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for size in (0, 1, 4095, 4096, 4097, MAX_BYTES, MAX_BYTES + 1):
        path.write_bytes(b"x" * size)
        assert len(read_bytes(path)) == size
    path.write_bytes(b"x" * (MAX_BYTES + 2))
    assert len(read_bytes(path)) == MAX_BYTES + 1
    assert read_bytes(path, 10) == b"x" * 11


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc")
def test_a_file_that_says_it_is_empty_is_read_whole() -> None:
    assert Path("/proc/self/maps").stat().st_size == 0
    assert len(read_bytes(Path("/proc/self/maps"))) > 4096
