"""Completion in three shells, the manual page, and output without colours."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prover.cli import entry
from prover.cli.completion import SUFFIXES
from prover.cli.surface import surface

ROOT = Path(__file__).parents[2]
COMMANDS = surface()
FILE = (
    "config PAE = off | on;\t// two\nconfig ODD = $(id) | a;\n"
    "actor a { }\nscenario one { run a; }\nscenario two { run a; }\nvariant late in one { }\n"
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert entry.main(arguments) == 0
    return capsys.readouterr().out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a b.khp", "x.khp", "PAE=1.khp"):
        (tmp_path / name).write_text(FILE, encoding="utf-8")
    for name in ("n.txt", "y.litmus", "w.json", "k.c"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    return tmp_path


NAMES = sorted(set(entry.COMMANDS) - {"run"})
CASES = {
    ("",): {*NAMES, "a b.khp", "x.khp", "PAE=1.khp", "y.litmus", "sub"},
    ("lo",): {"locks"},
    ("x.khp", "--sc"): {"--scenario"},
    ("x.khp", "--scenario", ""): {"one", "two"},
    ("a b.khp", "--variant", ""): {"late"},
    ("x.khp", "--config", ""): {"PAE=off", "PAE=on", "ODD=a"},
    ("PAE=1.khp", "--scenario", "t"): {"two"},
    ("gone.khp", "--scenario", ""): set(),
    ("--format", "s"): {"svg"},
    ("x.khp", "--model", ""): {"lkmm", "tso", "sc"},
    ("--max-bound", ""): set(),
    ("dump", "s"): {"syntax", "smt2", "sub"},
    ("explain", "torn"): {"torn-value"},
    ("drift", "--linux", "s"): {"sub"},
    ("drift", "--re"): {"--record"},
    ("completion", "z"): {"zsh"},
    ("replay", "w"): {"w.json"},
    ("new", "k"): {"k.c"},
}
IDS = [" ".join(words) or "nothing" for words in CASES]


@pytest.mark.parametrize("words", CASES, ids=IDS)
def test_bash(words: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = printed(capsys, "completion", "bash")
    tail = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _prove; printf "%s\\0" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", script + tail, "bash", "prove", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert set(filter(None, done.stdout.split("\0"))) == CASES[words]


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish")
def test_fish(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "script").write_text(printed(capsys, "completion", "fish"), encoding="utf-8")
    for words, expected in CASES.items():
        line = " ".join(["prove", *(word.replace(" ", "\\ ") for word in words)])
        done = subprocess.run(
            ["fish", "--no-config", "-c", "source script; complete -C $argv[1]", line],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        found = {row.split("\t")[0].rstrip("/") for row in done.stdout.splitlines()}
        # fish falls back on files of any name, after those that are asked for.
        assert expected <= found, line
        assert found - expected <= {path.name for path in folder.iterdir()}, line


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")
def test_zsh_reads_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "_prove").write_text(printed(capsys, "completion", "zsh"), encoding="utf-8")
    names = 'autoload -U compinit; compinit -u -D; print -- "${_comps[prove]}"; autoload +X _prove'
    # What is asked for is shown by a compadd and a _describe of the test's own.
    own = (
        "compadd() { [[ $1 == -- ]] && shift; [[ $1 == -a ]] && set -- ${(P)2}; print -rl -- $@ };"
        '_describe() { print -rl -- ${(P)@[-1]%%:*} }; _files() { print -r -- "files $2" };'
        "words=(prove x.khp --scenario '') CURRENT=4 PREFIX=; _prove;"
        "words=(prove x.khp --config '') CURRENT=4; _prove;"
        "words=(prove lo) CURRENT=2 PREFIX=lo; _prove;"
        "words=(prove drift --re) CURRENT=3 PREFIX=--re; _prove;"
        "words=(prove new '') CURRENT=3 PREFIX=; _prove"
    )
    done = subprocess.run(
        ["zsh", "-f", "-c", f"fpath=($PWD $fpath); {names}; {own}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    shown = done.stdout.splitlines()
    assert shown[:6] == ["_prove", "one", "two", "PAE=off", "PAE=on", "ODD=a"]
    options = [name for c in COMMANDS if c.name == "drift" for o in c.options for name in o.names]
    assert shown[6:] == [
        *NAMES,
        "files *.(khp|litmus)",
        *options,
        "--help",
        "files *.(c)",
    ]


def test_the_scripts_hold_nothing_that_a_shell_would_read_otherwise() -> None:
    for command in COMMANDS:
        for option in command.options:
            assert all(re.fullmatch(r"--?[\w-]+", name) for name in option.names)
            assert all(re.fullmatch(r"[\w-]+", choice) for choice in option.choices)


def test_what_has_files_of_another_kind_is_a_command() -> None:
    assert SUFFIXES.keys() <= set(entry.COMMANDS)


def test_completion_loads_neither_parser_nor_solver() -> None:
    code = (
        "import sys\nfrom prover.__main__ import main\n"
        "assert main(['completion', 'bash']) == 0 and main(['man']) == 0\n"
        "assert not {'z3', 'lark'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_the_manual_has_every_command_option_and_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, "man")
    assert text.isascii()
    plain = text.replace("\\-", "-")
    for command in COMMANDS:
        for option in command.options:
            assert ", ".join(f"\\fB{name}\\fR" for name in option.names) in plain
        assert command.name == "run" or f".SS prove {command.name}\n" in plain
    for code in re.findall(r"(\d+)\s+[a-z]", entry.help_text().split("Exit:")[1].split("\n\n")[0]):
        assert f"\\fB{code}\\fR" in plain


def test_the_manual_names_the_environment_that_is_read() -> None:
    from prover.cli import man

    named = {name for row, _ in man.ENVIRONMENT for name in row.split(", ")}
    read = {
        name
        for path in (ROOT / "prover/cli").glob("*.py")
        for name in re.findall(
            r"(?:environ(?:ment)?\.get\(|VARIABLE: Final = )\"([A-Z_]+)\"", path.read_text("utf-8")
        )
    }
    assert read - {"TERM"} == named


@pytest.mark.parametrize(
    "command",
    [
        ["man", "--warnings", "-l", "prove.1"],
        ["groff", "-ww", "-man", "-Tascii", "prove.1"],
    ],
    ids=["man", "groff"],
)
def test_the_manual_renders_without_warnings(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    (tmp_path / "prove.1").write_text(printed(capsys, "man"), encoding="utf-8")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "SYNOPSIS" in re.sub(r".\x08", "", done.stdout)


REFUTED = (
    "int x;\nactor a { x = 1; assert(x != 1); }\nscenario s { run a; expect refuted assert; }\n"
)
COLORED = re.compile(rb"\x1b\[[0-9;]*m")
SHOWN = {
    "run": ["-v", "f.khp"],
    "error": ["bad.khp"],
    "fmt": ["fmt", "--diff", "bad.khp", "f.khp"],
    "list": ["list", "f.khp"],
    "new": ["new", "f.c", "f"],
    "drift": ["drift", "--linux", ".", "f.khp"],
    "help": ["new", "--help"],
    "usage": ["--nothing"],
    "explain": ["explain", "assert"],
    "needs": ["needs", "f.khp"],
    "why": ["why", "f.khp"],
}


def on_a_terminal(folder: Path, arguments: list[str], **environment: str) -> bytes:
    """What a command prints where all its streams are a terminal."""
    parent, child = pty.openpty()
    given = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    given |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "prover", *arguments]
    with subprocess.Popen(
        command, cwd=folder, stdin=child, stdout=child, stderr=child, env=given
    ) as process:
        os.close(child)
        found = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            found += part
        process.wait(60)
    os.close(parent)
    return found


@pytest.mark.parametrize("name", SHOWN)
def test_no_color_on_a_terminal(name: str, tmp_path: Path) -> None:
    (tmp_path / "f.khp").write_text(REFUTED, encoding="utf-8")
    (tmp_path / "bad.khp").write_text("int x = y;\n", encoding="utf-8")
    (tmp_path / "f.c").write_text("int f(int *a) { return *a ? g(a, ({ 1; })) : 0; }", "utf-8")
    found = on_a_terminal(tmp_path, SHOWN[name], NO_COLOR="1")
    assert found
    assert not COLORED.search(found), found
    if name in {"run", "error"}:
        assert COLORED.search(on_a_terminal(tmp_path, SHOWN[name]))
