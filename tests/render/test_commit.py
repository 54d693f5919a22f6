"""Text for commit messages: read by a person, and by git."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dsl.primitives import PROPERTIES
from prover.cli.entry import main
from prover.render.commit import OUTCOMES, render_commit
from prover.verdict import FileReport, Measured, Obligation, Outcome, Proved, Refuted, Report
from tests.conftest import Golden
from tests.render.hand_made import hostile, source, use_after_free

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "commit"

ASKED = {
    "pae_tear": "protocols/pae_tear.khp --scenario A_B --config PAE=on --model sc",
    "mremap": "protocols/bugs/mremap_vs_retract.khp --variant before_fix --config PAE=off --model sc",
    "use_after_free": "protocols/retract.khp --scenario walk_fault --variant free_now"
    " --config PAE=off --model sc",
    "deadlock": "protocols/teaching/ab_ba.khp --model sc",
    "weak": "protocols/teaching/message_passing.khp --variant no_release",
    "store_buffer": "protocols/teaching/dekker.khp --variant wmb --model tso",
}
"""What is printed by ``prove --format commit``, as whoever writes the commit would ask for it."""


def texts() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}


def about(verdict: Refuted | Proved, name: str = "made.khp", title: str = "") -> Report:
    obligation = Obligation("replace", "no_wait", (), "sc")
    outcome = Outcome(obligation, verdict, None, True, (), Measured())
    return Report((FileReport(name, (outcome,), (), source(), titles={"no_wait": title}),))


def check_lines(text: str) -> None:
    """Nothing in it is changed or misread on the way through mail and git."""
    lines = text.splitlines()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text
    for line in lines:
        assert len(line) <= 75, line
        assert line == line.rstrip(), line
        assert line.isascii(), line
        assert not line or line.isprintable(), line
        assert not line.startswith(("#", "---", "diff -", "From ", "Index:")), line


@pytest.mark.parametrize("name", ASKED)
def test_golden_texts(
    name: str, golden: Golden, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main([*ASKED[name].split(), "--format", "commit", "-j", "1", "--color", "always"]) == 0
    text = capsys.readouterr().out
    check_lines(text)
    golden.check(FOLDER / f"{name}.txt", text)


def test_no_golden_text_is_left_over() -> None:
    assert texts().keys() == ASKED.keys()


@pytest.mark.parametrize("name", ASKED)
def test_git_takes_it_as_it_is(name: str, tmp_path: Path) -> None:
    """The message of a commit, and its trailers, leave every byte where it was."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")

    def run(*arguments: str, given: str | None = None) -> str:
        done = subprocess.run(
            [git, "-C", str(tmp_path), *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    trailer = 'Fixes: 0123456789ab ("mm: the one that broke it")'
    subject = "mm: mend it\n\n"
    message = subject + texts()[name]
    assert run("interpret-trailers", "--trailer", trailer, given=message) == (
        f"{message}\n{trailer}\n"
    )
    run("init", "-q")
    run("config", "user.name", "Somebody")
    run("config", "user.email", "somebody@example.org")
    run("commit", "-q", "--allow-empty", "-F", "-", given=message)
    assert run("log", "-1", "--format=%B") == message + "\n"


def test_what_each_property_is_called() -> None:
    assert OUTCOMES.keys() == PROPERTIES.keys()


def test_what_is_not_refuted_has_no_text() -> None:
    assert render_commit(about(Proved())) == ""


def test_one_text_after_the_other() -> None:
    file = about(Refuted(use_after_free())).files[0]
    text = render_commit(Report((file, file)))
    first, second = text.split("\n* * *\n\n")
    assert first == second
    check_lines(text)


def test_hostile_words_are_text_only() -> None:
    """No name and no message starts a line that means something to git, or hides in one."""
    report = about(Refuted(hostile()), name="#made\u202e.khp", title="# Signed-off-by: x " * 9)
    text = render_commit(report)
    check_lines(text)
    last = text.rsplit("\n\n", 1)[1]
    assert not re.search(r"^[A-Za-z0-9-]+:", last, re.MULTILINE)


def test_nothing_to_paste_is_said_beside_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is refuted: the exit code is that of the run."""
    monkeypatch.chdir(ROOT)
    asked = "protocols/pae_tear.khp --scenario none_A --config PAE=off --model sc --format commit"
    assert main([*asked.split(), "-j", "1"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing is refuted" in err


def test_litmus_tests_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x.litmus", "--format", "commit"]) == 2
    assert "litmus tests have none" in capsys.readouterr().err
