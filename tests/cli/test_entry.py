"""The command's edges: help, version, interrupts, closed pipes, bugs."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from prover.cli import app, entry

ROOT = Path(__file__).parents[2]
PROVE = (sys.executable, "-m", "prover")


def prove(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [*PROVE, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_help_is_what_the_parser_would_print() -> None:
    kept = (ROOT / "prover/cli/help.txt").read_text(encoding="utf-8")
    assert kept == app.help_text(), "write it again: python -m prover.cli.app > prover/cli/help.txt"


def test_help_fits_a_terminal_and_states_the_defaults() -> None:
    text = entry.help_text()
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    for option, default in (("--max-bound", "8"), ("--timeout", "60"), ("--memory", "2048")):
        assert re.search(rf"{option}.*\[default: {default};", text), option


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_goes_to_standard_output(option: str) -> None:
    done = prove(option)
    assert (done.returncode, done.stdout, done.stderr) == (0, entry.help_text(), "")


def test_nothing_to_do_is_a_usage_error() -> None:
    done = prove()
    assert (done.returncode, done.stdout, done.stderr) == (2, "", entry.help_text())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scenario", "a", "--scenario", "b"], "'--scenario': given twice"),
        (["--model", "lkmm", "--model=sc"], "'--model': given twice"),
        (["-j", "1", "--jobs", "2"], "'--jobs' / '-j': given twice"),
        (["--config", "A=1", "--config", "A=2"], "'--config': A has two values"),
    ],
)
def test_an_option_given_twice_is_no_riddle(options: list[str], said: str) -> None:
    done = prove("f.khp", *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_usage_error_names_what_was_typed() -> None:
    said = prove("x.khp", "--reprot").stderr
    assert said.startswith("Usage: prove [OPTIONS] [FILE...]\nTry 'prove -h' for help.\n")


def test_every_command_has_its_line_in_full() -> None:
    listed = entry.help_text().split("tells more):\n")[1].splitlines()
    names = [line.split()[1] for line in listed]
    assert names == sorted(set(entry.COMMANDS) - {"run"})
    assert all(line.endswith((".", "?")) and not line.endswith("..") for line in listed)


def test_version_names_what_a_bug_report_needs() -> None:
    done = prove("--version")
    first, models = done.stdout.splitlines()
    assert re.fullmatch(r"prove \S+ \(z3 5\.4\.1\.0, lark \S+, Python 3\.\d+\.\d+\)", first)
    sums = re.fullmatch(r"models: lkmm (\w{12}), tso (\w{12}), sc (\w{12})", models)
    assert sums
    assert len({*sums.groups(), sha256(b"").hexdigest()[:12]}) == 4, "no files, or not their own"


def test_help_takes_less_than_150_ms_of_processor_time() -> None:
    times: list[float] = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        prove("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.15


@pytest.mark.parametrize(
    ("given", "run"),
    [
        (["f.khp"], ["run", "f.khp"]),
        (["-"], ["run", "-"]),
        (["--format", "json", "f.khp"], ["run", "--format", "json", "f.khp"]),
        (["./fmt"], ["run", "./fmt"]),
        (["fmt", "f.khp"], ["fmt", "f.khp"]),
        (["list"], ["list"]),
        (["run", "f.khp"], ["run", "f.khp"]),
    ],
)
def test_run_is_meant_where_no_command_is_named(given: list[str], run: list[str]) -> None:
    assert entry.with_command(given) == run


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option", "f.khp"],
        ["f.khp", "--max-bound", "0"],
        ["f.khp", "--timeout", "soon"],
        ["f.khp", "--format", "xml"],
        ["f.khp", "--config", "PAE"],
        ["f.khp", "--config", "=on"],
        ["run"],
        ["fmt"],
        ["dump", "no-such-form", "f.khp"],
        ["explain", "no-such-code"],
    ],
)
def test_usage_errors_exit_with_2(arguments: list[str]) -> None:
    done = prove(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "rror" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["f.khp", "--format", "\u202e"],
        ["why", "f.khp", "\u00e9"],
        ["explain", "\u00e9"],
        ["fmt", "\u00e9.khp"],
        ["dump", "\udcff", "f.khp"],
    ],
)
def test_what_is_repeated_of_a_command_line_is_ascii(arguments: list[str]) -> None:
    done = prove(*arguments)
    assert done.returncode == 2
    assert done.stderr.isascii()
    assert re.search(r"<U\+00E9>|\\u(202e|dcff)", done.stderr)


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: list[str]) -> int:
        raise error

    monkeypatch.setattr(entry, "_answer", fail)


def test_a_bug_exits_with_4_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(ValueError("two\nlines"), monkeypatch)
    monkeypatch.delenv("PROVE_DEBUG", raising=False)
    assert entry.main(["f.khp"]) == 4
    shown = capsys.readouterr().err
    assert "internal error: this is a bug in prove (ValueError: two lines)" in shown
    assert "Traceback" not in shown


def test_a_bug_shows_its_traceback_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(ValueError("what"), monkeypatch)
    monkeypatch.setenv("PROVE_DEBUG", "1")
    assert entry.main(["f.khp"]) == 4
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(KeyboardInterrupt(), monkeypatch)
    assert entry.main(["f.khp"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_interrupt_while_reading_exits_with_130() -> None:
    process = subprocess.Popen(
        [*PROVE, "fmt", "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        state = Path(f"/proc/{process.pid}/wchan")
        while time.monotonic() < deadline and "pipe" not in state.read_text(encoding="ascii"):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in shown


@pytest.mark.parametrize("arguments", ["--help", "explain"])
def test_a_reader_that_leaves_is_no_error(arguments: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m prover {arguments} | true; echo ${{PIPESTATUS[0]}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")
