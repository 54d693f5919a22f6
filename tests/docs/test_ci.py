"""The recipes of docs/ci.md do what it says, as far as they can be run without a forge."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/render/ci"


def block(language: str) -> str:
    text = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with one protocol, and a `prove` of this checkout."""
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin/prove"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m prover "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    (tmp_path / "protocols").mkdir()
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": f"{folder}/summary.md",
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("case", "code"), [("good", 0), ("refuted", 1), ("broken", 2)])
def test_the_workflow(folder: Path, case: str, code: int) -> None:
    shutil.copy(CASES / f"{case}.khp", folder / "protocols")
    (script,) = re.findall(r"run: \|\n((?: {10}.*\n)+)", block("yaml"))
    # As a step is run on GitHub.
    done = run(folder, "bash", "-e", "-c", textwrap.dedent(script))
    assert done.returncode == code, done.stderr
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert len(commands) == (code != 0)
    at = {"refuted": 13, "broken": 6}.get(case)
    assert all(f"file=protocols/{case}.khp,line={at}," in line for line in commands)
    assert (folder / "summary.md").read_text(encoding="ascii").startswith("## prove\n")
    assert (folder / "prove.sarif").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize(("case", "word"), [("good", "ok"), ("refuted", "not ok")])
def test_the_make_recipe(folder: Path, case: str, word: str) -> None:
    shutil.copy(CASES / f"{case}.khp", folder / "protocols")
    (folder / "Makefile").write_text(block("make"), encoding="utf-8")
    done = run(folder, "make", "locking")
    assert (done.returncode == 0) == (word == "ok"), done.stderr
    lines = (folder / "locking.ktap").read_text(encoding="ascii").splitlines()
    assert lines[-1] == f"{word} 1 protocols/{case}.khp"
    assert (folder / "locking.xml").exists()


@pytest.mark.skipif(not (shutil.which("make") and shutil.which("git")), reason="no make or git")
def test_a_series_stops_at_the_patch_that_breaks_a_protocol(folder: Path) -> None:
    (folder / "Makefile").write_text(block("make"), encoding="utf-8")
    (folder / ".gitignore").write_text("bin\nlocking.*\n", encoding="utf-8")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")
    run(folder, "git", "init", "-q")
    for number, case in enumerate(("good", "good", "refuted")):
        text = (CASES / f"{case}.khp").read_text(encoding="utf-8")
        (folder / "protocols/p.khp").write_text(f"{text}// {number}\n", encoding="utf-8")
        run(folder, "git", "add", ".")
        assert run(folder, *git, "commit", "-q", "-m", f"patch {number}").returncode == 0
    (command,) = re.findall(r"^\$ git (rebase .*) origin/master$", block("console"), re.MULTILINE)
    words = re.findall(r"'[^']*'|\S+", command)
    done = run(folder, *git, *(word.strip("'") for word in words), "HEAD~2")
    assert done.returncode == 1, done.stderr
    assert run(folder, "git", "log", "-1", "--format=%s").stdout == "patch 2\n"
    assert "not ok 1 protocols/p.khp" in (folder / "locking.ktap").read_text(encoding="ascii")


def hooks() -> dict[str, dict[str, str]]:
    """The hooks by their names; each key has one line."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    parts = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    rows = [dict(re.findall(r"^ *(\w+): (.*)$", part, re.MULTILINE)) for part in parts]
    return {row["id"]: row for row in rows}


@pytest.mark.parametrize(("case", "code"), [("good", 0), ("refuted", 1)])
def test_the_hook_that_proves(folder: Path, case: str, code: int) -> None:
    hook = hooks()["prove"]
    assert (hook["language"], hook["pass_filenames"]) == ("python", "false")
    assert re.search(hook["files"], f"protocols/{case}.khp")
    shutil.copy(CASES / f"{case}.khp", folder / "protocols")
    arguments = hook["args"].strip("[]").split(", ")
    assert run(folder, *hook["entry"].split(), *arguments).returncode == code
    (named,) = re.findall(r"args: \[(.*)\]", (ROOT / "docs/ci.md").read_text(encoding="utf-8"))
    assert run(folder, *hook["entry"].split(), *named.split(", ")).returncode == code


def test_the_hook_that_formats(folder: Path) -> None:
    hook = hooks()["prove-fmt"]
    file = folder / "protocols/x.khp"
    file.write_text("int   x;\n", encoding="utf-8")
    assert re.search(hook["files"], "protocols/x.khp")
    assert run(folder, *hook["entry"].split(), "protocols/x.khp").returncode == 0
    assert file.read_text(encoding="utf-8") == "int x;\n", "pre-commit fails what is changed"


def test_the_hooks_that_the_page_names_exist() -> None:
    text = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^ *- id: ([\w-]+)$", text, re.MULTILINE)) == hooks().keys()
