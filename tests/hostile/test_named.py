"""Hostile files by name: each a clear error, or ``unknown``, and soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 3.0
"""CPU time that an answer may take; wall time depends on what else the machine does.

CPU time does so too, less: the slowest takes 1.6 s by itself and 2.0 s beside other tests.
"""

RUN = "scenario s { run a; }\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``prove`` said, and how long it took."""

    code: int
    out: str
    err: str
    seconds: float


def prove(folder: Path, *arguments: str) -> Answer:
    """Runs ``prove`` as a user does."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "prover", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return Answer(done.returncode, done.stdout, done.stderr, spent)


def check_clear(answer: Answer) -> None:
    """An answer in words, without a traceback, in time."""
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert len(answer.err.splitlines()) <= 400
    assert answer.seconds < SECONDS


def calls(depth: int, width: int) -> str:
    """Functions that each call the one before ``width`` times."""
    lines = ["int x;", "static void f0(void) { x++; }"]
    for level in range(1, depth + 1):
        body = f"f{level - 1}(); " * width
        lines.append(f"static void f{level}(void) {{ {body}}}")
    return "\n".join([*lines, f"actor a {{ f{depth}(); }}", RUN])


def structs(depth: int) -> str:
    """Structs that each have the one before twice."""
    twice = (f"struct t{n} {{ struct t{n - 1} a; struct t{n - 1} b; }};" for n in range(1, depth))
    last = f"struct t{depth - 1} y;"
    return "\n".join(["struct t0 { int x; };", *twice, last, "actor a { }", RUN])


PRODUCTS = """\
u8 a1; u8 a2; u8 a3; u8 a4;
actor a { a1 = choose(0, 255); a2 = choose(0, 255); a3 = a1 * a2; a4 = a3 * a1 ^ a2; }
actor b { a1++; a2++; a3++; a4++; }
scenario s { run a, b * 4; final a4 != 77; }
"""


def actors(count: int) -> str:
    return f"int x;\nactor a {{ x++; }}\nscenario s {{ run a * {count}; }}\n"


# Files that are wrong: the text, and the code of the first diagnostic.
WRONG: Mapping[str, tuple[str | bytes, str]] = {
    "nested parentheses": (f"actor a {{ int y = {'(' * 9000}1{')' * 9000}; }}", "too-deep"),
    "nested blocks": (f"actor a {'{' * 9000}{'}' * 9000}\n{RUN}", "too-deep"),
    "nested ifs": (f"actor a {{ {'if (1) ' * 9000}; }}\n{RUN}", "too-deep"),
    "a long sum": (f"int x;\nactor a {{ x = {'1 + ' * 30000}1; }}\n{RUN}", "too-deep"),
    "unclosed brackets": ("(" * 100_000, "too-deep"),
    "a huge file": ("// x\n" * 500_000, "too-large"),
    "many tokens": ("; " * 400_000, "too-large"),
    "a very long line": (f"int {'x' * 900_000}", ""),
    "not UTF-8": (b"// Gr\xf6\xdfe\nint x;\n", "not-utf8"),
    "UTF-16": ("int x;\n".encode("utf-16"), "not-utf8"),
    "NUL": ("int x;\0int y;\n", "bad-character"),
    "nothing but NUL": (b"\0" * 100_000, "bad-character"),
    "an escape sequence": ("int x;\x1b[2J\n", "bad-character"),
    "text that runs backwards": ("int x; // \u202eabc\n", "bad-character"),
    "recursion": ("static void f(void) { f(); }\nactor a { f(); }\n" + RUN, "recursion"),
    "mutual recursion": (
        "static void g(void) { f(); }\nstatic void f(void) { g(); }\nactor a { f(); }\n" + RUN,
        "recursion",
    ),
    "a choice of 2^32 values": (
        "u32 x;\nactor a { x = choose(); }\n" + RUN,
        "choose-range",
    ),
    "a giant array": ("int x[2000000000];\nactor a { x[0] = 1; }\n" + RUN, "constant-range"),
    "arrays of arrays": (
        "struct s { int x[64][64][64]; };\nstruct s y[64];\nactor a { y[0].x[0][0][0] = 1; }\n"
        + RUN,
        "too-large",
    ),
    "a giant pool": ("struct s { int x; };\npool struct s y[1000000];\nactor a { }\n" + RUN, ""),
    "a struct in itself": ("struct s { struct s x; };\nstruct s y;\nactor a { }\n" + RUN, ""),
    "exponential inlining": (calls(40, 2), "too-large"),
    "exponential structs": (
        structs(60),
        "too-large",
    ),
    "a million actors": (actors(1_000_000), ""),
    "many configurations": (
        "".join(f"config C{n} = on | off;\n" for n in range(40)) + "actor a { }\n" + RUN,
        "too-large",
    ),
    "200 errors": ("actor a { " + "y = 1; " * 5000 + "}\n" + RUN, "unknown-name"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str, tmp_path: Path) -> None:
    text, code = WRONG[name]
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "f.khp").write_bytes(content)
    answer = prove(tmp_path, "f.khp", "--timeout", "1")
    check_clear(answer)
    assert answer.code == 2, answer.out
    first = answer.err.partition("]")[0].partition("error[")[2]
    assert first == code if code else first, answer.err[:500]
    assert all(c == "\n" or " " <= c <= "~" for c in answer.err)


def test_a_very_long_message_is_cut_nowhere_else(tmp_path: Path) -> None:
    text = f'int x;\nactor a {{ assert(x, "{"x" * 900_000}"); }}\n{RUN}'
    (tmp_path / "f.khp").write_text(text, encoding="utf-8")
    answer = prove(tmp_path, "f.khp", "--timeout", "5")
    check_clear(answer)
    assert answer.code == 1
    assert max(map(len, answer.out.splitlines())) < 120


LOOP = "for (u32 i = 0; i < 1000000; i++) { x++; }"

# Files that are right but too much: the text, the options, and the verdicts that are honest.
MUCH: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "a million rounds": (f"int x;\nactor a {{ {LOOP} }}\n{RUN}", (), ("bounded",)),
    "a million rounds of a million": (
        f"int x;\nactor a {{ for (u32 j = 0; j < 1000000; j++) {{ {LOOP} }} }}\n{RUN}",
        (),
        ("bounded", "unknown"),
    ),
    "a loop unrolled very often": (
        f"int x;\nactor a {{ {LOOP} }}\n{RUN}",
        ("--max-bound", "1000000"),
        ("bounded", "unknown"),
    ),
    "loops in loops unrolled": (
        f"int x;\nactor a {{ {'while (x) { ' * 20}x++;{' }' * 20} }}\n{RUN}",
        ("--max-bound", "100"),
        ("bounded", "unknown", "proved"),
    ),
    "a program of many statements": (
        f"int x;\nactor a {{ {'x++; ' * 15000} }}\n{RUN}",
        (),
        ("unknown",),
    ),
    "inlining up to the limit": (calls(13, 2), (), ("unknown",)),
    "64 actors": (actors(64), (), ("proved", "unknown")),
    "sums of many choices": (
        "u32 x;\nactor a { " + "x = x * 257 + choose(0, 255); " * 8 + "}\n" + RUN,
        (),
        ("unknown",),
    ),
    "products of many variables": (
        PRODUCTS,
        (),
        ("unknown", "refuted"),
    ),
}


@pytest.mark.parametrize("name", MUCH)
def test_what_is_too_much_is_unknown(name: str, tmp_path: Path) -> None:
    text, options, verdicts = MUCH[name]
    (tmp_path / "f.khp").write_text(text, encoding="utf-8")
    answer = prove(tmp_path, "f.khp", "--timeout", "1", "--format", "json", *options)
    assert "Traceback" not in answer.err
    (file,) = json.loads(answer.out)["files"]
    assert file["diagnostics"] == []
    (obligation,) = file["obligations"]
    assert obligation["verdict"]["kind"] in verdicts, obligation["verdict"]
    if obligation["verdict"]["kind"] == "unknown":
        assert len(obligation["verdict"]["why"]) > 5
        assert answer.code == 3
    # A second by --timeout, what a worker may stay over its time, and reading.
    assert answer.seconds < 5, answer.seconds


def test_a_timeout_of_the_solver_is_unknown(tmp_path: Path) -> None:
    text = "int x;\nint y;\n" + "".join(
        f"actor a{n} {{ {'x = y + 1; y = x ^ 1; ' * 12} }}\n" for n in range(5)
    )
    text += "scenario s { run a0, a1, a2, a3, a4; final x != 123456; }\n"
    (tmp_path / "f.khp").write_text(text, encoding="utf-8")
    answer = prove(tmp_path, "f.khp", "--timeout", "0.5")
    assert answer.code == 3
    assert "unknown" in answer.out
    assert "Traceback" not in answer.err


# --- imports -----------------------------------------------------------------------------


def test_a_cycle_of_imports(tmp_path: Path) -> None:
    (tmp_path / "a.khp").write_text('import "b.khp";\n', encoding="utf-8")
    (tmp_path / "b.khp").write_text('import "c.khp";\n', encoding="utf-8")
    (tmp_path / "c.khp").write_text('import "a.khp";\n', encoding="utf-8")
    answer = prove(tmp_path, "a.khp")
    check_clear(answer)
    assert answer.code == 2
    assert "error[import-cycle]" in answer.err


@pytest.mark.parametrize(
    "name", ["../secret.khp", "/etc/passwd", "sub/../../secret.khp", "link.khp", "~/x.khp"]
)
def test_an_import_that_leaves_the_roots(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.khp").write_text("int secret;\n", encoding="utf-8")
    (folder / "link.khp").symlink_to(tmp_path / "secret.khp")
    (folder / "f.khp").write_text(f'import "{name}";\nactor a {{ }}\n{RUN}', encoding="utf-8")
    answer = prove(folder, "f.khp")
    check_clear(answer)
    assert answer.code == 2
    assert "error[import-" in answer.err
    assert "secret;" not in answer.err


def test_many_imports(tmp_path: Path) -> None:
    for number in range(200):
        text = f'import "f{number + 1}.khp";\nint x{number};\n'
        (tmp_path / f"f{number}.khp").write_text(text, encoding="utf-8")
    (tmp_path / "f200.khp").write_text("actor a { }\n" + RUN, encoding="utf-8")
    answer = prove(tmp_path, "f0.khp")
    check_clear(answer)
    assert answer.code == 2
    assert "error[too-many-files]" in answer.err


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "missing", "unreadable"])
def test_what_is_no_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "f.khp"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
        case "unreadable":
            path.write_text("int x;\n", encoding="utf-8")
            path.chmod(0)
            if os.access(path, os.R_OK):
                pytest.skip("this user may read everything")
        case _:
            pass
    answer = prove(tmp_path, str(path))
    check_clear(answer)
    assert answer.code == 2
    assert answer.err.startswith("error[")
