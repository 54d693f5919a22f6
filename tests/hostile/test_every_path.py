"""Every way in, many times: what is read ends in what it means or in a diagnostic.

Only reading and checking, thousands of inputs in one worker process; what comes after it is the
matter of test_fuzz.py, of test_new.py and of tests/litmus_engine/test_hostile.py.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from random import Random
from unittest import mock

import pytest

from dsl.codes import CODES
from dsl.diagnostic import DiagnosticError
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus, parse_macros
from dsl.source import Source
from prover.cli.entry import COMMANDS, main
from prover.litmus.batch import load_litmus_model
from prover.models.cat import shipped_file
from prover.models.cat.codes import CAT_CODES
from prover.render.diagnostics import render
from tests.hostile.inputs import Maker, maker
from tests.hostile.judge import read_and_check
from tests.hostile.measure import in_workers, measured
from tests.hostile.test_new import ends_well, mutated
from tests.soak import PARTS, Figures, Soak

ROOT = Path(__file__).parents[2]
INPUTS = {
    "litmus": 30_000,
    "macros": 8_000,
    "khp": 8_000,
    "c": 5_000,
    "arguments": 3_000,
    "model": 2_000,
}
"""How many inputs `make soak` gives to each way in."""

KHP = maker(99)
WORDS = tuple(
    b"let rec in as acyclic empty irreflexive flag include po rf ( ) [ ] { } | & \\".split()
)


def made_from(pattern: str, folder: Path) -> Maker:
    """A maker that mutates the files of a folder, all alike."""
    contents = tuple(file.read_bytes() for file in sorted(folder.rglob(pattern)))
    assert contents
    return Maker(99, contents, contents, (*WORDS, *KHP.words))


LITMUS = made_from("*.litmus", ROOT / "tests" / "litmus")
CATS = made_from("*.cat", shipped_file("lkmm.cat").parent)
BELLS = made_from("*.bell", shipped_file("lkmm.cat").parent)
MACROS = made_from("*.def", shipped_file("lkmm.cat").parent)


def text_of(maker_: Maker, number: int) -> str:
    return maker_.make(number).content.decode("utf-8", errors="replace")


def known(error: DiagnosticError, sources: dict[str, Source]) -> None:
    """Asserts that a refusal is one that users can look up and read."""
    assert error.diagnostics
    for diagnostic in error.diagnostics:
        assert diagnostic.code in CODES or diagnostic.code in CAT_CODES, diagnostic.code
    assert render(error.diagnostics, sources).isascii()


def khp(number: int, folder: Path) -> None:
    file = folder / "f.khp"
    file.write_bytes(KHP.make(number).content)
    report, _ = read_and_check(file)
    assert all(d.code in CODES for d in report.diagnostics)
    assert render(report.diagnostics, report.sources).isascii()


def litmus(number: int, _folder: Path) -> None:
    source = Source("t.litmus", text_of(LITMUS, number))
    try:
        expand(parse_litmus(source), LKMM_MACROS)
    except DiagnosticError as error:
        known(error, {source.name: source})


def macros(number: int, _folder: Path) -> None:
    source = Source("m.def", text_of(MACROS, number))
    try:
        parse_macros(source)
    except DiagnosticError as error:
        known(error, {source.name: source})


def model(number: int, folder: Path) -> None:
    """A model of one's own: one of its files is odd, or two."""
    rng = Random(f"model/{number}")
    odd = rng.choice(("cat", "cat", "bell", "both"))
    cat, bell = shipped_file("lkmm.cat").read_bytes(), shipped_file("lkmm.bell").read_bytes()
    (folder / "m.cat").write_bytes(CATS.make(number).content if odd != "bell" else cat)
    (folder / "m.bell").write_bytes(BELLS.make(number).content if odd != "cat" else bell)
    (folder / "lkmm.bell").write_bytes(BELLS.make(number).content if odd != "cat" else bell)
    with contextlib.suppress(DiagnosticError):
        load_litmus_model(str(folder / "m.cat"))


def c(number: int, _folder: Path) -> None:
    ends_well(*mutated(20_000 + number))


OPTIONS = """\
--help -v -vv -q --scenario --variant --config --model --max-bound --timeout --memory --format
--check --diff --jobs --color --only --all --version -- - -x --= --scenario= --config=PAE=on PAE=on
PAE= = sc lkmm tso nosuch.cat json herd text dot 0 1 -1 2 99999999999999999999 1e9 nan inf 0x10 s x
events smt2 graph unrolled syntax protocol small.khp broken.khp small.litmus f.c nosuch.khp . /
deadlock lock-order syntax-error f init_it
""".split()
ODD = (
    "",
    " ",
    "\n",
    "\u00e9",
    "\udcff",
    "a" * 5000,
    "%s%n",
    "--" + "x" * 300,
    "$(x)",
    "\u202e",
    "\x1b[31m",
)

PIPED = (b"", b"x", b"\xff", b"models sc; int x;\nactor a { x = 1; }\nscenario s { run a; }\n")
"""What may come on standard input."""

FILES = {
    "small.khp": "models sc; int x;\nactor a { x = 1; }\nscenario s { run a; }\n",
    "broken.khp": "actor a { x = ; }\nscenario s { run b; }\n",
    "small.litmus": "C t\n{}\nP0(int *x) { *x = 1; }\nexists (x=1)\n",
    "f.c": "int f(int x)\n{\n\treturn x;\n}\n",
}


def arguments(number: int, folder: Path) -> None:
    """A command line in a folder with a few small files; 4 would be an internal error."""
    rng = Random(f"arguments/{number}")
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    words = [*OPTIONS * 4, *COMMANDS * 4, *ODD]
    given = [rng.choice(words) for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 4, 6)))]
    if rng.random() < 0.6:
        given.insert(0, rng.choice(COMMANDS))
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(rng.choice(PIPED)))),
    ):
        code = main(given)
    assert code in (0, 1, 2, 3), f"{given} ends with {code}: {err.getvalue()}"
    assert "Traceback" not in err.getvalue(), given
    assert err.getvalue().isascii(), given


LKMM_MACROS = load_litmus_model("lkmm").macros
PATHS: dict[str, Callable[[int, Path], None]] = {
    "khp": khp,
    "litmus": litmus,
    "model": model,
    "macros": macros,
    "arguments": arguments,
    "c": c,
}


def figures(path: str, first: int, count: int, folder: Path) -> Figures:
    """What comes of ``count`` inputs of one kind."""
    folder.mkdir(exist_ok=True)

    def give(number: int) -> None:
        with contextlib.chdir(folder):
            PATHS[path](number, folder)

    if path == "arguments":
        # The command forks workers of its own, which a worker may not.
        return measured(path, give, range(first, first + count))
    return in_workers(path, give, first, count)


@pytest.mark.parametrize("path", PATHS)
def test_fifty_inputs(path: str, tmp_path: Path) -> None:
    assert figures(path, 500_000, 50, tmp_path).faults == ()


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("path", PATHS)
def test_thousands(path: str, part: int, tmp_path: Path, soak: Soak) -> None:
    count = INPUTS[path] // PARTS
    soak.keep(figures(path, soak.first + part * count, count, tmp_path))
