"""``prove dump``: the later forms, as golden files; and what goes wrong on the way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from prover.cli.entry import main
from prover.pipeline.dump import Form

CASES = sorted((Path(__file__).parents[1] / "cases" / "dump").glob("*.khp"))
FORMS: tuple[Form, ...] = ("graph", "unrolled", "events")


def dumped(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["dump", *arguments]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def test_there_are_cases() -> None:
    assert len(CASES) == 4


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_forms(
    path: Path,
    form: Form,
    golden: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(path.parent)
    golden.check(path.with_suffix(f".{form}"), dumped(capsys, form, path.name))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_term_and_event_of_a_skeleton_is_there(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = dumped(capsys, "events", str(path))
    events, terms = text.rsplit("\n\n", 1)
    made = re.findall(r"^t(\d+) = ", terms, re.MULTILINE)
    assert made == [str(number) for number in range(len(made))]
    used = {int(number) for number in re.findall(r"\bt(\d+)\b", text)}
    assert max(used) < len(made)
    listed = {int(number) for number in re.findall(r"^  e(\d+)\b", events, re.MULTILINE)}
    named = {int(number) for number in re.findall(r"\be(\d+)\b", text)}
    assert named == listed == set(range(len(listed)))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_query_is_one_document(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = dumped(capsys, "smt2", str(path))
    assert text.startswith("(set-logic ")
    assert text.count("(assert ") > 10
    # Every assertion says which rule it stands for.
    assert all(" ; " in line for line in text.splitlines() if line.startswith("(assert "))
    declared = re.findall(r"^\((?:declare-const|define-fun) (\S+) ", text, re.MULTILINE)
    assert len(declared) == len(set(declared))
    assert dumped(capsys, "smt2", str(path)) == text


def test_what_is_selected_is_dumped(capsys: pytest.CaptureFixture[str]) -> None:
    locks, words = str(CASES[0]), str(CASES[-1])
    plain = dumped(capsys, "graph", locks)
    assert dumped(capsys, "graph", locks, "--scenario", "both") == plain
    changed = dumped(capsys, "graph", locks, "--variant", "unlocked")
    assert "try-acquire" in plain
    assert "try-acquire" not in changed
    split = dumped(capsys, "graph", words)
    assert "pmd.low" in split
    assert dumped(capsys, "graph", words, "--config", "PAE=on") == split
    assert dumped(capsys, "graph", words, "--config", "PAE=off") != split
    once = dumped(capsys, "unrolled", locks)
    assert len(dumped(capsys, "unrolled", locks, "--bound", "3")) > len(once)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--scenario", "bth"], "did you mean `both`?"),
        (["--variant", "unlokced"], "did you mean `unlocked`?"),
        (["--config", "PAE=on"], "there is no config `PAE`"),
        (["--model", "pso"], "there is no model `pso`"),
    ],
)
def test_what_there_is_not(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dump", "graph", str(CASES[0]), *options]) == 2
    assert complaint in capsys.readouterr().err


HALF_OF_WHOLE = """\
config PAE = off | on;
word w_t { split low, high when PAE == on; present 1; none = 0; }
w_t w;
actor a { w.low = 0; }
scenario s { run a; }
"""

LONG_LOOP = """\
int x;
actor a { for (int i = 0; i < 100000; i++) { x++; } }
scenario s { run a; }
"""


@pytest.mark.parametrize(
    ("text", "form", "complaint"),
    [
        ("int x;\n", "graph", "error[nothing-selected]"),
        ("int x = ;\n", "events", "error[syntax]"),
        ("actor a { y = 1; }\nscenario s { run a; }\n", "smt2", "error[unknown-name]"),
        (HALF_OF_WHOLE, "graph", "error[half-of-whole-word]"),
        (LONG_LOOP, "unrolled", "error[too-large]"),
    ],
)
def test_what_cannot_be_dumped_is_a_diagnostic(
    text: str, form: Form, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.khp"
    file.write_text(text, encoding="utf-8")
    assert main(["dump", form, str(file), "--bound", "100000"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert complaint in shown.err
