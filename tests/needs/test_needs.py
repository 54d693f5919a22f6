"""What is needed: cases worked out by hand, one file each, with the answers in their comments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prover.cli.entry import main
from prover.needed import Needs
from prover.needs.answer import needs
from prover.render.json_needs import render, schema
from prover.render.needs import render_needs
from prover.verdict import Request

CASES = sorted((Path(__file__).parent / "cases").glob("*.khp"))


def found(path: Path, *, jobs: int = 1) -> Needs:
    return needs(str(path), Request((str(path),), jobs=jobs), 50, lambda _: None)


def stated(path: Path, word: str) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix(f"// {word}: ") for line in lines if line.startswith(f"// {word}: ")}


def test_there_are_cases() -> None:
    assert len(CASES) >= 6


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_the_answers_it_states(path: Path) -> None:
    answer = found(path)
    rows = {
        f"{r.change.kind} | {r.change.what} | {r.change.how} | {r.verdict}" for r in answer.results
    }
    assert rows == stated(path, "needs")
    what = {result.change.number: result.change.what for result in answer.results}
    covers = {f"{what[c.one]} | {what[c.other]}" for c in answer.pairs.covers}
    assert covers == stated(path, "covers")
    assert not answer.skipped


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_variants_that_do_the_same_by_hand_have_the_verdicts_they_state(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "-j", "1", "-q", str(path)]) == 0
    assert "NOT" not in capsys.readouterr().out


def test_the_document_obeys_its_schema_and_lines_are_short() -> None:
    for path in (CASES[0], CASES[-1]):
        answer = found(path)
        Draft202012Validator(json.loads(schema())).validate(json.loads(render(answer)))
        text = render_needs(answer)
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 79


def test_a_witness_is_one_number_away(capsys: pytest.CaptureFixture[str]) -> None:
    path = next(path for path in CASES if path.stem == "publish")
    answer = found(path)
    number = next(r.change.number for r in answer.results if r.change.what == "get()")
    assert main(["needs", "-j", "1", str(path), "--witness", str(number)]) == 0
    shown = capsys.readouterr().out
    assert "get()" in shown
    assert "^^^" in shown
    assert "@" not in shown


def test_two_changes_are_shown_together(capsys: pytest.CaptureFixture[str]) -> None:
    path = next(path for path in CASES if path.stem == "two_locks")
    (cover,) = found(path).pairs.covers
    numbers = ["--witness", str(cover.one), "--witness", str(cover.other)]
    assert main(["needs", "-j", "1", str(path), *numbers]) == 0
    assert "final" in capsys.readouterr().out
    assert main(["needs", "-j", "1", str(path), *numbers[:2]]) == 0
    assert "nothing breaks without it" in capsys.readouterr().out


def test_what_cannot_be_answered_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(path for path in CASES if path.stem == "publish")
    assert main(["needs", str(path), "--witness", "99"]) == 2
    assert "unknown-selection" in capsys.readouterr().err
    assert main(["needs", str(path), "--scenario", "none"]) == 2
    assert main(["needs", str(tmp_path / "none.khp")]) == 2
    wrong = tmp_path / "wrong.khp"
    wrong.write_text("int x;\nactor a { x = ; }\n", encoding="utf-8")
    assert main(["needs", str(wrong)]) == 2
    capsys.readouterr()
    broken = tmp_path / "broken.khp"
    broken.write_text(
        "models sc;\nint x;\nactor a { assert(x == 1); }\n"
        "scenario s { run a; expect refuted assert; }\n",
        encoding="utf-8",
    )
    assert main(["needs", "-j", "1", str(broken)]) == 3
    assert "left out: s (refuted: assert)" in capsys.readouterr().out


def test_the_page_about_it_shows_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    page = (root / "docs" / "needs.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("```console\n")[1:]]
    assert blocks
    for block in blocks:
        command, _, printed = block.partition("\n")
        assert main([*command.removeprefix("$ prove ").split(), "-j", "1"]) == 0
        assert capsys.readouterr().out == printed


def test_where_there_are_no_changes_none_is_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.khp"
    file.write_text(
        "models sc;\nint x;\nactor a { x = 1; }\nscenario s { run a; expect proved; }\n",
        encoding="utf-8",
    )
    assert main(["needs", "-j", "1", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "0 changes: " in printed
    assert "--witness" not in printed
