"""``prove FILE.litmus``: the table, herd's lines, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prover.cli.entry import main
from prover.litmus.encode import encode

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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sb.litmus").write_text(SB, encoding="utf-8")
    never = SB.replace("C sb", "C same").replace("1:r0=0", "1:r0=2")
    (tmp_path / "same.litmus").write_text(never, encoding="utf-8")
    claim = SB.replace("C sb", "C claim").replace("exists", "~exists")
    (tmp_path / "claim.litmus").write_text(claim, encoding="utf-8")
    return tmp_path


def test_one_test_comes_with_its_witness(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sb.litmus"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("  Sometimes sb\n")
    assert "needs a store buffer (x86-TSO)" in out
    assert "r0 = READ_ONCE(*y)  [y = 0]" in out
    assert "final: 0:r0=0 1:r0=0" in out
    assert "(fr)" in out and "(po)" in out
    assert out.endswith("1 test under lkmm: 1 Sometimes\n")
    assert all(len(line) <= 79 for line in out.splitlines())


def test_under_sc_it_never_happens(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "sc", "sb.litmus"]) == 0
    assert "  Never     sb\n" in capsys.readouterr().out


def test_the_lines_of_herd(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "herd", "sb.litmus", "same.litmus"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Test sb Allowed" in lines
    assert "Observation sb Sometimes" in lines
    assert "Observation same Never" in lines
    assert lines.count("Ok") == 1 and lines.count("No") == 1


def test_a_claim_that_is_not_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claim.litmus", "same.litmus"]) == 1
    assert "(the test claims ~exists)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["absent.litmus"], 2, "absent.litmus"),
        (["--model", "nosuch", "sb.litmus"], 2, "no memory model is called"),
        (["sb.litmus", "other.khp"], 2, "other.khp"),
    ],
)
def test_mistakes_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert main(arguments) == code
    assert said in capsys.readouterr().err


def test_an_error_in_a_test_has_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.litmus").write_text(SB.replace("READ_ONCE(*y)", "READ_TWICE(*y)"))
    assert main(["bad.litmus", "same.litmus"]) == 2
    captured = capsys.readouterr()
    assert "READ_TWICE" in captured.err
    assert "Never" in captured.out, "the others are answered all the same"


def test_a_model_of_one_s_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "loose.cat").write_text('"loose"\nacyclic po-loc | rf | co | fr as coherence\n')
    assert main(["--model", "loose.cat", "sb.litmus"]) == 0
    assert "Sometimes sb" in capsys.readouterr().out


def test_a_tag_that_the_model_lacks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enum = "enum Accesses = 'once || 'release\ninstructions R[{'once}]\n"
    (folder / "old.cat").write_text(f'"old"\n{enum}acyclic po | rf | co | fr as sc\n')
    assert main(["--model", "old.cat", "sb.litmus"]) == 2
    assert "has no tag `ONCE`" in capsys.readouterr().err
    (folder / "old.def").write_text(
        "READ_ONCE(X) __load{once}(X)\nWRITE_ONCE(X,V) { __store{once}(X,V); }\n"
    )
    assert main(["--model", "old.cat", "sb.litmus"]) == 0
    assert "Never     sb" in capsys.readouterr().out


def test_a_bug_costs_one_test(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(test: Any, model: Any) -> Any:
        if test.litmus.name == "sb":
            raise KeyError("lost")
        return encode(test, model)

    monkeypatch.setattr("prover.litmus.decide.encode", wrong)
    assert main(["sb.litmus", "same.litmus"]) == 4
    captured = capsys.readouterr()
    assert "a bug in prove: KeyError: 'lost'" in captured.out
    assert "Never     same" in captured.out
    assert "Traceback" not in captured.out + captured.err


def test_what_selects_within_protocols_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, value in (("--scenario", "s"), ("--variant", "v"), ("--config", "A=b")):
        assert main(["sb.litmus", option, value]) == 2
        said = capsys.readouterr()
        assert f"Invalid value for '{option}': it selects within protocols" in said.err
        assert said.out == ""


def test_herd_of_a_protocol(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["p.khp", "--format", "herd"]) == 2
    assert "--format herd is for those" in capsys.readouterr().err
