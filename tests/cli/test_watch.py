"""``prove --watch``: a real process, real edits, and what it prints after each."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.cli.entry import main
from prover.pipeline.watching import look
from tests.cache import small

LIMIT = 60.0
"""Seconds to wait for what must come."""


class Watching:
    """A running ``prove --watch``; both streams, line by line."""

    def __init__(self, folder: Path, *names: str) -> None:
        environment = {**os.environ, "PROVE_CACHE": str(folder / "cache")}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "prover", "--watch", "-j", "1", *names],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)

    def round(self) -> str:
        """All that is printed until it waits again."""
        said: list[str] = []
        until = time.monotonic() + LIMIT
        while not (said and said[-1].startswith("watching ")):
            said.append(self._lines.get(timeout=max(0.1, until - time.monotonic())))
        return "".join(said)

    def end(self) -> tuple[int, str]:
        """What it ends with after Ctrl-C, and says."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(LIMIT)
        self._reader.join(LIMIT)
        said: list[str] = []
        while not self._lines.empty():
            said.append(self._lines.get())
        return code, "".join(said)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(LIMIT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small.write(tmp_path / "p")
    return tmp_path


@pytest.fixture
def started(folder: Path) -> Iterator[list[Watching]]:
    found: list[Watching] = []
    yield found
    for each in found:
        each.kill()


def edited(path: Path, old: str, new: str) -> None:
    """As editors do it: a file beside it, renamed."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    beside = path.with_suffix(".swp")
    beside.write_text(text.replace(old, new), encoding="utf-8")
    beside.replace(path)


def test_edits_one_after_another(folder: Path, started: list[Watching]) -> None:
    watching = Watching(folder, "p/up.khp")
    started.append(watching)
    first = watching.round()
    assert "2 obligations: 2 as expected" in first
    library, own = folder / "p/library.khp", folder / "p/up.khp"
    edited(library, "seen + 1", "seen + 2")
    said = watching.round()
    assert "changed: p/library.khp\n" in said
    assert "NOT as expected" in said
    # Written in place, with a mistake in it.
    text = own.read_text(encoding="utf-8")
    own.write_text(text.replace("run first, second;", "run first, second"), encoding="utf-8")
    said = watching.round()
    assert "error[missing-semicolon]" in said
    own.unlink()
    assert "error[file-not-found]" in watching.round()
    edited(library, "seen + 2", "seen + 1")
    own.write_text(text, encoding="utf-8")
    said = watching.round()
    if "error[file-not-found]" in said:  # seen between the two
        said = watching.round()
    assert "2 obligations: 2 as expected" in said
    code, said = watching.end()
    assert (code, said) == (130, "prove: interrupted\n")


def test_a_folder(folder: Path, started: list[Watching]) -> None:
    watching = Watching(folder, "p")
    started.append(watching)
    assert "6 obligations in 3 files" in watching.round()
    (folder / "p/deep").mkdir()
    (folder / "p/deep/new.khp").write_text("actor a { }\nscenario s { run a; }\n")
    assert "7 obligations in 4 files" in watching.round()
    # One that would be read in place of another, where there was none.
    (folder / "p/down.khp").rename(folder / "p/under.khp")
    assert "7 obligations in 4 files" in watching.round()
    assert watching.end()[0] == 130


def test_looking_sees_what_counts(folder: Path) -> None:
    seen = look([str(folder / "p/up.khp")])
    assert seen.paths == look([str(folder / "p/up.khp")]).paths
    os.utime(folder / "p/up.khp", (1, 1))
    (folder / "p/notes.txt").write_text("text")
    (folder / "p/other.khp").write_text("u64 x;")
    assert not seen.changed_in(look([str(folder / "p/up.khp")]))
    edited(folder / "p/library.khp", "seen + 1", "seen + 2")
    changed = seen.changed_in(look([str(folder / "p/up.khp")]))
    assert changed == [str(folder / "p/library.khp")]


def test_looking_at_nothing(tmp_path: Path) -> None:
    name = str(tmp_path / "none/none/a.khp")
    assert look([name]).beside == (str(tmp_path),)
    (tmp_path / "none").mkdir()
    assert look([str(tmp_path / "none")]).paths == {str(tmp_path / "none"): "empty-folder"}


def test_without_the_package(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "watchdog.observers", None)
    assert main(["--watch", str(folder / "p")]) == 2
    said = capsys.readouterr().err
    assert "error[no-watchdog]" in said
    assert "pip install 'prove-khp[watch]'" in said


@pytest.mark.parametrize(
    "arguments", [["-"], ["a.litmus"], ["--format", "json", "p"], ["--changed", "p"]]
)
def test_usage(
    arguments: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert main(["--watch", *arguments]) == 2
    assert "Usage: prove" in capsys.readouterr().err
