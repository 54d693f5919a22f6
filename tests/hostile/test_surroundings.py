"""Odd surroundings: what is closed, full, read-only or missing ends in a sentence and a true code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROVE = f"'{sys.executable}' -m prover"
GOOD = "models sc; int x;\nactor a { WRITE_ONCE(x, 1); }\nscenario s { run a; expect proved; }\n"
BAD = GOOD.replace("expect", "final x == 0; expect")
LITMUS = "C t\n{}\nP0(int *x) { *x = 1; }\nexists (x=1)\n"


def shell(folder: Path, command: str, **environment: str) -> tuple[int, str, str]:
    """What a shell's command line that calls ``prove`` ends with, as its user sees it."""
    (folder / "good.khp").write_text(GOOD, encoding="utf-8")
    (folder / "bad.khp").write_text(BAD, encoding="utf-8")
    (folder / "t.litmus").write_text(LITMUS, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-c", re.sub(r"(?<![\w/])prove ", f"{PROVE} ", command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text
        assert "internal error" not in text
        assert "Exception ignored" not in text
    return done.returncode, done.stdout, done.stderr


# Command line, and the exit code that is right whatever becomes of the text.
CLOSED = {
    "a reader that leaves": ("prove bad.khp | true; exit ${PIPESTATUS[0]}", 1),
    "a reader of json that leaves": (
        "prove --format json bad.khp | true; exit ${PIPESTATUS[0]}",
        1,
    ),
    "a reader of both that leaves": ("prove nosuch.khp 2>&1 | true; exit ${PIPESTATUS[0]}", 2),
    "a reader of litmus tests that leaves": ("prove t.litmus | true; exit ${PIPESTATUS[0]}", 0),
    "a reader of help that leaves": ("prove needs --help | true; exit ${PIPESTATUS[0]}", 0),
    "no standard output": ("prove bad.khp >&-", 1),
    "no standard output, well": ("prove good.khp >&-", 0),
    "no standard error": ("prove nosuch.khp 2>&-", 2),
    "no standard error, proved": ("prove good.khp 2>&-", 0),
    "no standard input": ("prove - <&-", 2),
    "no standard input to format": ("prove fmt - <&-", 0),
    "nothing at all": ("prove bad.khp <&- >&- 2>&-", 1),
    "full standard error": ("prove nosuch.khp 2>/dev/full", 2),
    "input that cannot be read": ("prove - </proc/self/mem", 2),
    "input without end": ("prove - </dev/zero", 2),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_is_closed_changes_no_exit_code(name: str, tmp_path: Path) -> None:
    command, code = CLOSED[name]
    assert shell(tmp_path, command)[0] == code


FULL = (
    "good.khp",
    "--help",
    "--version",
    "run --help",
    "explain",
    "explain deadlock",
    "fmt - <good.khp",
)


@pytest.mark.parametrize("arguments", FULL)
def test_a_full_disk_is_never_a_proof(arguments: str, tmp_path: Path) -> None:
    code, _, said = shell(tmp_path, f"prove {arguments} >/dev/full")
    assert code == 2
    assert said == "error: standard output cannot be written: No space left on device\n"


def test_input_begins_with_a_mark_of_byte_order(tmp_path: Path) -> None:
    (tmp_path / "bom.khp").write_text("\ufeff" + GOOD, encoding="utf-8")
    assert shell(tmp_path, "prove bom.khp")[0] == 0
    assert shell(tmp_path, "prove - <bom.khp")[0] == 0


ENVIRONMENTS = {
    "a dumb narrow terminal": {"TERM": "dumb", "COLUMNS": "1", "LINES": "1"},
    "odd numbers": {"COLUMNS": "x", "LINES": "-4", "TERM": "no such terminal"},
    "no locale": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a locale that is none": {"LANG": "xx_YY.ZZZ", "LC_ALL": "xx_YY.ZZZ"},
    "no home": {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "TMPDIR": "/nonexistent"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_environment_changes_no_output(name: str, tmp_path: Path) -> None:
    usual = shell(tmp_path, "prove -v bad.khp", LANG="C.UTF-8")
    given = " ".join(f"'{key}={value}'" for key, value in ENVIRONMENTS[name].items())
    assert shell(tmp_path, f"env {given} prove -v bad.khp") == usual
    assert usual[0] == 1


@pytest.mark.parametrize("name", [b"\xc3\xa9", b"\xff", b"\xe2\x80\xae"])
def test_a_name_that_is_not_ascii(name: bytes, tmp_path: Path) -> None:
    for ending, text in ((b".khp", BAD), (b".litmus", LITMUS)):
        (tmp_path / os.fsdecode(name + ending)).write_text(text, encoding="utf-8")
    for command, code in (
        ("prove -v *.khp", 1),
        ("prove --format json *.khp", 1),
        ("prove --timings *.khp", 1),
        ("prove list *.khp", 0),
        ("prove locks *.khp", 0),
        ("prove fmt --check *.khp", 1),
        ("prove fmt --diff *.khp", 1),
        ("prove -v *.litmus", 0),
        ("prove --format json *.litmus", 0),
        ("prove --format herd *.litmus", 0),
    ):
        found, out, err = shell(tmp_path, command.replace("*", "[!a-z]*"))
        assert found == code, command
        assert (out + err).isascii(), command


def test_source_that_is_not_ascii_stays(tmp_path: Path) -> None:
    text = "// caf\u00e9\nint  x;\n"
    (tmp_path / "f.khp").write_text(text, encoding="utf-8")
    for environment in ENVIRONMENTS.values():
        given = " ".join(f"'{key}={value}'" for key, value in environment.items())
        code, out, _ = shell(tmp_path, f"env {given} prove fmt - <f.khp")
        assert (code, out) == (0, text.replace("  ", " "))


def test_no_environment_at_all(tmp_path: Path) -> None:
    command = f"env -i PYTHONPATH={ROOT} prove good.khp"
    assert shell(tmp_path, command)[0] == 0


def test_the_first_process_of_a_container(tmp_path: Path) -> None:
    """Nobody is above it, which its workers must not take for being left alone."""
    if subprocess.run(["unshare", "-rpf", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no name space of one's own may be made here")
    assert shell(tmp_path, "unshare -rpf --kill-child prove good.khp")[0] == 0
    assert shell(tmp_path, "unshare -rpf --kill-child prove bad.khp")[0] == 1


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    command = f"cd {folder} && rmdir {folder} && prove {tmp_path}/good.khp"
    assert shell(tmp_path, command)[0] == 0
    code, _, said = shell(
        tmp_path, f"mkdir {folder}; cd {folder} && rmdir {folder} && prove good.khp"
    )
    assert code == 2
    assert "error[file-not-found]" in said


def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    untidy = "int   x;\nactor a { }\nscenario s { run a; }\n"
    (tmp_path / "untidy.khp").write_text(untidy, encoding="utf-8")
    # The sticky limit on file sizes stands for a full disk: the file stays as it was.
    code, _, said = shell(tmp_path, "ulimit -f 0; trap '' XFSZ; prove fmt untidy.khp")
    assert code == 2
    assert "error[unwritable-file]" in said
    assert (tmp_path / "untidy.khp").read_text(encoding="utf-8") == untidy
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    (tmp_path / "f.c").write_text("int f(void)\n{\n\treturn 0;\n}\n", encoding="utf-8")
    code, _, said = shell(tmp_path, "ulimit -f 0; trap '' XFSZ; prove new f.c f -o out.khp")
    assert code == 2
    assert "error[new-output]" in said
    assert not (tmp_path / "out.khp").exists()


def test_a_proof_writes_no_file(tmp_path: Path) -> None:
    shell(tmp_path, "prove good.khp")
    before = sorted(tmp_path.rglob("*"))
    assert shell(tmp_path, "prove good.khp bad.khp; prove t.litmus")[0] == 0
    assert sorted(tmp_path.rglob("*")) == before
