"""``prove --changed``: what a change since a revision can affect is proved, nothing else is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prover.cli.entry import main
from prover.pipeline import git as module
from prover.pipeline.changed import affected
from prover.pipeline.git import GitError
from prover.pipeline.tree import Member
from tests.cache import small

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *AUTHOR, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository: three protocols on one library, one on the library of prove, one alone."""
    top = tmp_path / "r"
    small.write(top / "p")
    (top / "p" / "alone.khp").write_text("actor a { }\nscenario s { run a; }\n")
    (top / "p" / "rcu.khp").write_text(
        'import "kernel/rcu.khp";\nactor a { rcu_read_lock(); rcu_read_unlock(); }\n'
        "scenario s { run a; }\n"
    )
    git(tmp_path, "init", "-q", "-b", "main", "r")
    commit(top)
    monkeypatch.chdir(top)
    return top


def names(top: Path, revision: str | None = None, *paths: str) -> list[str]:
    """The stems of the files that are affected."""
    found = affected(paths or (".",), revision, str(top), os.environ)
    return sorted(Path(file.name).stem for file in found.files if isinstance(file, Member))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


USERS = sorted(small.USERS)


def _edit(top: Path) -> None:
    replace(top / "p/library.khp", "seen + 1", "seen + 2")


def _edit_and_add(top: Path) -> None:
    _edit(top)
    git(top, "add", "-A")


def _staged_only(top: Path) -> None:
    """The index is not as the commit, the work tree is: what will be committed counts."""
    _edit_and_add(top)
    replace(top / "p/library.khp", "seen + 2", "seen + 1")


def _delete(top: Path) -> None:
    (top / "p/library.khp").unlink()


def _rename(top: Path) -> None:
    git(top, "mv", "p/up.khp", "p/over.khp")


def _new(top: Path) -> None:
    (top / "p/new.khp").write_text('import "library.khp";\n')


def _ignored(top: Path) -> None:
    (top / ".gitignore").write_text("*.khp\n")
    _new(top)


def _before_the_library(top: Path) -> None:
    """Beside the importer comes before the library that comes with prove."""
    (top / "p/kernel").mkdir()
    (top / "p/kernel/rcu.khp").write_text("void rcu_read_lock(void);\n")


def _link(top: Path) -> None:
    """The same text by another way; the file it leads to is new, and told once."""
    (top / "q.khp").write_bytes((top / "p/library.khp").read_bytes())
    (top / "p/library.khp").unlink()
    (top / "p/library.khp").symlink_to("../q.khp")


def _assumed(top: Path) -> None:
    git(top, "update-index", "--assume-unchanged", "p/library.khp")
    _edit(top)


def _times(top: Path) -> None:
    for path in (top / "p").iterdir():
        os.utime(path, (1, 1))


def _elsewhere(top: Path) -> None:
    (top / "README").write_text("text")
    (top / "p/notes.txt").write_text("text")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (_edit, ["library", *USERS]),
        (_edit_and_add, ["library", *USERS]),
        (_staged_only, ["library", *USERS]),
        (_delete, USERS),
        (_rename, ["over"]),
        (_new, ["new"]),
        (_ignored, ["new"]),
        (_before_the_library, ["rcu", "rcu"]),
        (_link, ["q", *USERS]),
        (_assumed, ["library", *USERS]),
        (_times, []),
        (_elsewhere, []),
    ],
)
def test_an_edit_affects(edit: Callable[[Path], None], expected: list[str], folder: Path) -> None:
    edit(folder)
    assert names(folder) == sorted(expected)


def test_a_file_that_was_read_first_and_is_gone(folder: Path) -> None:
    _before_the_library(folder)
    commit(folder)
    assert names(folder) == []
    shutil.rmtree(folder / "p/kernel")
    assert names(folder) == ["rcu"]


def test_a_folder_that_was_a_link(folder: Path) -> None:
    """Through which an import was found, and now is elsewhere."""
    (folder / "p/q").mkdir()
    (folder / "p/q/rcu.khp").write_text("u64 x;\n")
    (folder / "p/kernel").symlink_to("q2")
    (folder / "p/q2").symlink_to("q")
    first = commit(folder)
    assert names(folder) == []
    (folder / "p/kernel").unlink()
    # Who imports it, and q/rcu.khp, which nobody does any more.
    assert names(folder, first) == ["rcu", "rcu"]
    (folder / "p/kernel").mkdir()
    assert names(folder, first) == ["rcu", "rcu"]


def test_a_link_that_leads_elsewhere(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / "p" / name).mkdir()
        (folder / "p" / name / "rcu.khp").write_text("void rcu_read_lock(void);\n")
    (folder / "p/kernel").symlink_to("one")
    commit(folder)
    assert names(folder, None, "p") == []
    (folder / "p/kernel").unlink()
    (folder / "p/kernel").symlink_to("two")
    # one/rcu.khp, which nobody imports any more, too.
    assert names(folder, None, "p") == ["rcu", "rcu"]


def test_what_git_does_not_see_inside_counts(folder: Path) -> None:
    git(folder, "init", "-q", "sub")
    (folder / "sub/x.khp").write_text("u64 x;\n")
    assert names(folder) == ["x"]


def test_a_file_that_is_not_of_the_repository_counts(folder: Path) -> None:
    (folder.parent / "other.khp").write_text("u64 x;\n")
    assert names(folder, None, "../other.khp", "p/alone.khp") == ["other"]


def test_revisions(folder: Path) -> None:
    first = git(folder, "rev-parse", "HEAD")
    git(folder, "switch", "-q", "-c", "side")
    replace(folder / "p/up.khp", "proved", "refuted")
    commit(folder)
    git(folder, "switch", "-q", "main")
    replace(folder / "p/down.khp", "proved", "refuted")
    commit(folder)
    assert names(folder) == []
    for revision in (first, "HEAD~1", "HEAD~1..", "HEAD^{/a}~1", "side..."):
        assert names(folder, revision) == ["down"], revision
    assert names(folder, "side") == ["down", "up"]


def test_a_folder_of_a_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _edit(folder)
    monkeypatch.chdir(folder / "p")
    assert names(folder / "p") == sorted(["library", *USERS])
    assert names(folder / "p", None, "up.khp", "alone.khp") == ["up"]


@pytest.mark.parametrize(
    "revision",
    ["nowhere", "-x", "--output=x", "HEAD~9", "HEAD..side", "a\nb", "HEAD:p", "nowhere..", "a b"],
)
def test_what_is_no_revision(
    revision: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"--changed={revision}"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error[unknown-revision]" in said.err
    assert "hint: " in said.err
    assert not (folder / "x").exists()


def test_no_commit_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    assert main(["--changed"]) == 2
    assert "error[unknown-revision]: `HEAD`" in capsys.readouterr().err


def test_a_shallow_clone(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commit(folder)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{folder}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert main(["--changed", "HEAD~1"]) == 2
    assert "the clone is shallow: fetch more of it" in capsys.readouterr().err
    assert names(tmp_path / "shallow") == []


@pytest.mark.parametrize("bare", [False, True])
def test_no_repository(
    bare: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if bare:
        git(tmp_path, "init", "-q", "--bare")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert main(["--changed"]) == 2
    assert "error[not-a-repository]" in capsys.readouterr().err


def test_no_git(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert main(["--changed"]) == 2
    assert "error[no-git]" in capsys.readouterr().err


def test_a_git_that_does_not_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bin").mkdir()
    tool = folder / "bin/git"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    monkeypatch.setattr(module, "SECONDS", 0.05)
    with pytest.raises(GitError) as caught:
        affected(["."], None, str(folder), {**os.environ, "PATH": f"{tool.parent}:/usr/bin:/bin"})
    assert caught.value.diagnostic.code == "git-failed"


def test_a_damaged_repository(folder: Path) -> None:
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError) as caught:
        names(folder)
    assert caught.value.diagnostic.code == "git-failed"


def test_nothing_of_a_repository_is_started(folder: Path) -> None:
    """A repository may name programs; none of them has a part in the answer."""
    trap = folder.parent / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {folder.parent}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "filter.x.clean", "core.editor"):
        git(folder, "config", key, str(trap))
    (folder / ".gitattributes").write_text("*.khp filter=x diff=x\n")
    (folder.parent / "sprung").unlink(missing_ok=True)
    for name in ("GIT_PAGER", "GIT_EDITOR", "PAGER", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS"):
        os.environ[name] = str(trap)
    try:
        _edit(folder)
        assert "library" in names(folder, "HEAD")
    finally:
        for name in ("GIT_PAGER", "GIT_EDITOR", "PAGER", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS"):
            del os.environ[name]
    assert not (folder.parent / "sprung").exists()


def test_a_word_that_is_both(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(folder, "branch", "p")
    assert main(["--changed", "p"]) == 2
    assert "error[unknown-revision]: `p` is a file or folder, and a revision" in (
        capsys.readouterr().err
    )
    for arguments in (["--changed", "./p"], ["--changed", "p/"], ["--changed=p", "p"]):
        assert main(arguments) == 0


def test_what_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--changed", "p", "-j", "1"]) == 0
    said = capsys.readouterr()
    assert said.err == "changed since HEAD: 0 of 6 files to be looked at, 6 left out\n"
    assert said.out == "0 obligations: 0 as expected\n"
    replace(folder / "p/library.khp", "one.value = 1;", "one.value = 3;")
    assert main(["--changed", "p", "-j", "1", "--model", "sc"]) == 1
    said = capsys.readouterr()
    assert said.err == "changed since HEAD: 4 of 6 files to be looked at, 2 left out\n"
    assert "NOT ok   apart.khp" in said.out
    assert "alone" not in said.out
    assert said.out.endswith("6 obligations in 3 files: 4 as expected, 2 NOT as expected\n")


def test_a_library_that_nothing_uses_is_no_mistake(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "p/more.khp").write_text("void more(void)\n{\n}\n")
    assert main(["--changed", "p"]) == 0
    assert capsys.readouterr().out.endswith("0 obligations in 0 files: 0 as expected\n")
    (folder / "p/more.khp").write_text("void more(void)\n{\n\tnowhere();\n}\n")
    assert main(["--changed", "p"]) == 2


@pytest.mark.parametrize("arguments", [["--changed", "-"], ["--changed=main", "a.litmus"], ["-q"]])
def test_usage(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Usage: prove" in capsys.readouterr().err


def test_only_what_an_edit_can_change_is_decided(folder: Path) -> None:
    """And what is left out takes neither the parser nor the solver."""
    code = (
        "import sys\nfrom prover.cli.entry import main\ncode = main()\n"
        "slow = {'z3', 'lark', 'dsl.parse', 'prover.smt'} & set(sys.modules)\n"
        "sys.stderr.write('loaded:' + ' '.join(sorted(slow)))\nsys.exit(code)\n"
    )

    def prove(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PROVE_CACHE": str(folder.parent / "cache")}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        return subprocess.run(
            [sys.executable, "-c", code, *arguments, "-j", "1"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    prove("p")
    assert "loaded:" in prove("--changed", "p").stderr.splitlines()
    replace(folder / "p/library.khp", "seen - 1;", "seen - 2;")
    timings = prove("--changed", "p", "--timings").stderr
    assert re.search(r"^changed since HEAD: 4 of 6 files", timings, re.MULTILINE)
    rows = re.findall(
        r"^ +\d+ .* ([\d.]+) +[\d.]+ +[\d.]+ +\d+  together(.*)$", timings, re.MULTILINE
    )
    assert len(rows) == 6
    assert sum(float(seconds) > 0 for seconds, _ in rows) <= 2
    assert "loaded:" in prove("--changed", "p").stderr.splitlines()
