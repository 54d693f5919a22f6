"""What is printed where memory models differ: real reports of small protocols, read by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.conftest import Golden

CASES = sorted((Path(__file__).parent / "weak").glob("*.khp"))


def case_ids() -> list[str]:
    assert CASES, "no cases found"
    return [path.stem for path in CASES]


def printed(case: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["-j", "1", *options, case.name]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("case", CASES, ids=case_ids())
def test_what_is_printed(
    case: Path,
    golden: Golden,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(case.parent)
    text = printed(case, capsys, "-v")
    assert text.isascii()
    assert all(len(line) <= 79 for line in text.splitlines())
    golden.check(case.with_suffix(".txt"), text)
    # A line for each verdict, the same with and without its witness.
    kinds = ("  proved ", "  refuted ", f"{case.name}: ")
    brief = [line for line in text.splitlines() if line.startswith(kinds)]
    assert [line for line in printed(case, capsys).splitlines() if line.startswith(kinds)] == brief


def test_one_model_of_a_file_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(Path(__file__).parent / "weak" / "message_passing.khp")
    assert main(["-j", "1", "--model", "tso", case]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.endswith("message_passing.khp: tso")
    assert last == "3 obligations: 3 as expected"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tos", "did you mean `tso`?"),
        ("power", "there are: sc, tso, lkmm"),
        (
            "models/own.cat",
            "protocols are decided under sc, tso, lkmm; a cat file is for litmus tests",
        ),
    ],
)
def test_a_model_that_there_is_not(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = str(Path(__file__).parent / "weak" / "message_passing.khp")
    assert main(["-j", "1", "--model", name, case]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error[unknown-selection]")
    assert f"hint: {hint}" in " ".join(shown.split())
