"""How ``--changed`` is read, and what git is started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import with_revision
from prover.pipeline.git import environment_for_git


def test_the_environment_of_git() -> None:
    given = {"PATH": "/bin", "GIT_EXTERNAL_DIFF": "x", "GIT_INDEX_FILE": "i", "GIT_PAGER": "less"}
    made = environment_for_git(given)
    assert (made["PATH"], made["GIT_INDEX_FILE"], made["GIT_PAGER"]) == ("/bin", "i", "cat")
    assert "GIT_EXTERNAL_DIFF" not in made


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["--changed"], ["--changed="]),
        (["--changed", "HEAD~2", "p"], ["--changed=HEAD~2", "p"]),
        (["--changed", "p", "-q"], ["--changed=", "p", "-q"]),
        (["--changed", "-q", "p"], ["--changed=", "-q", "p"]),
        (["--changed", "gone.khp"], ["--changed=", "gone.khp"]),
        (["p", "--changed", "main"], ["p", "--changed=main"]),
        (["--changed=main", "p"], ["--changed=main", "p"]),
        (["--", "--changed"], ["--", "--changed"]),
    ],
)
def test_the_word_after_it(
    given: list[str], meant: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p").mkdir()
    monkeypatch.chdir(tmp_path)
    assert with_revision(given) == meant
