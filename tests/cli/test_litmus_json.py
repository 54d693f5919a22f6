"""``prove FILE.litmus --format json``: one document on standard output, exit codes as ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.conftest import Golden
from tests.render.documents import without_measurements

SB = """C sb
{}
P0(int *x, int *y)
{
	int r0;

	WRITE_ONCE(*x, 1);
	r0 = READ_ONCE(*y);
}
P1(int *x, int *y)
{
	int r0;

	WRITE_ONCE(*y, 1);
	r0 = READ_ONCE(*x);
}
exists (0:r0=0 /\\ 1:r0=0)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "sb": SB,
        "never": SB.replace("1:r0=0", "1:r0=2"),
        "claim": SB.replace("exists", "~exists"),
        "bad": SB.replace("READ_ONCE(*y)", "READ_TWICE(*y)"),
        "divide": SB.replace("r0 = READ_ONCE(*y)", "r0 = 1 / READ_ONCE(*y)"),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.litmus").write_text(text, encoding="utf-8")


def test_what_is_printed(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-j", "1", "--format", "json", "sb.litmus", "never.litmus", "bad.litmus"]
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out.isascii()
    assert "READ_TWICE" in shown.err, "what is wrong with a file is said to people too"
    document = without_measurements(json.loads(shown.out))
    # Who wrote it changes with each release.
    del document["tool"], document["solver"]
    golden.check(Path(__file__).parent / "litmus.json", json.dumps(document, indent=2) + "\n")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ("sb", 0),
        ("never", 0),
        ("never sb", 0),
        ("claim never", 1),
        ("divide never", 3),
        ("divide claim", 1),
        ("bad claim", 2),
        ("absent sb", 2),
    ],
)
def test_exit_codes_are_those_of_the_table(
    files: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{name}.litmus" for name in files.split()]
    assert main(["-j", "1", *names]) == code
    capsys.readouterr()
    # Neither option leaves anything out of a document.
    assert main(["-j", "1", "--quiet", "--format", "json", *names]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    assert [test["file"] for test in document["tests"]] == names


def test_the_model_is_the_one_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Path("loose.cat").write_text('"loose"\nacyclic po-loc | rf | co | fr as coherence\n')
    for model, seen in (("sc", "Never"), ("tso", "Sometimes"), ("loose.cat", "Sometimes")):
        assert main(["-j", "1", "--model", model, "--format", "json", "sb.litmus"]) == 0
        (test,) = json.loads(capsys.readouterr().out)["tests"]
        assert (test["model"], test["observation"]) == (model, seen)


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sb.litmus", "other.khp"], "other.khp"),
        (["--model", "nosuch", "sb.litmus"], "no memory model is called"),
    ],
)
def test_what_is_refused_prints_no_document(
    arguments: list[str], said: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--format", output, *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
