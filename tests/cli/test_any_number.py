"""Scenarios of any number on the command line: what is proved, what needs numbers, certificates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.cli.entry import main

LOCK = """
models lkmm;
int locked;
int inside;
actor walker {
	while (xchg(&locked, 1)) cpu_relax();
	inside++;
	assert(inside == 1, "one at a time");
	inside--;
	smp_store_release(&locked, 0);
}
actor fault { int x = 1; assert(x == 1, "one"); }
scenario s { run walker *, fault; forever; }
"""
TWO = LOCK + "scenario two { run walker, fault; expect proved; }\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("lock.khp").write_text(LOCK, encoding="utf-8")
    Path("two.khp").write_text(TWO, encoding="utf-8")
    return tmp_path


def test_any_number_is_named_in_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-v", "lock.khp"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("lock.khp: sc\n  proved   s ")
    words = " ".join(said.split())
    assert "any number of walker; one fault; for ever; sequential consistency; " in words
    assert "note: weak memory is not covered" in words
    assert all(len(line) <= 80 for line in said.splitlines() if "note:" not in line)


def test_what_is_remembered_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-v", "lock.khp"]) == 0
    first = capsys.readouterr().out
    assert main(["-v", "lock.khp"]) == 0
    assert capsys.readouterr().out == first
    Path("lock.khp").write_text(f"// A line more.\n{LOCK}", encoding="utf-8")
    assert main(["-v", "lock.khp"]) == 0
    assert capsys.readouterr().out == first


def test_a_model_decides_the_other_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "lkmm", "two.khp"]) == 0
    said = capsys.readouterr().out
    assert "1 obligation: 1 as expected" in said
    assert " s " not in said
    assert main(["--model", "lkmm", "lock.khp"]) == 2
    assert "scenario `s` is decided under `sc` alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [["locks"], ["export"], ["dump", "unrolled"], ["dump", "events"], ["dump", "smt2"]],
    ids=" ".join,
)
def test_what_needs_numbers_says_so(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "lock.khp"]) == 2
    assert "error[needs-numbers]: scenario `s`" in capsys.readouterr().err


def test_scenarios_with_numbers_are_told_of_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["why"], ["locks"]):
        assert main([*command, "two.khp"]) == 0
        said = capsys.readouterr()
        assert said.out
        assert not said.err


def test_needs_leaves_it_out_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    main(["needs", "two.khp"])
    said = " ".join(capsys.readouterr().out.split())
    assert "left out: s (scenario `s` runs any number of actors: this needs numbers)" in said


def test_graphs_and_lists_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", "graph", "lock.khp"]) == 0
    assert main(["list", "lock.khp"]) == 0
    said = capsys.readouterr().out
    assert "walker *, fault" in said
    assert "forever" in said


def test_a_certificate_is_written_and_checked_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--emit", "certificate=c.json", "lock.khp"]) == 0
    header = json.loads(Path("c.json").read_text(encoding="utf-8").split("\n", 1)[0])
    assert (header["about"]["scenario"], header["model"]) == ("s", "sc")
    first = Path("c.json").read_bytes()
    assert main(["--emit", "certificate=c.json", "--no-cache", "lock.khp"]) == 0
    assert Path("c.json").read_bytes() == first
    assert main(["--emit", "certificate=c.gz", "lock.khp"]) == 0
    assert main(["certificate", "c.gz"]) == 0
    capsys.readouterr()
    assert main(["certificate", "c.json"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("lock.khp: proved   s  any number of actors, under sc\n")
    assert "confirmed by checker" in said


def test_a_certificate_has_all_slots_in_all_places() -> None:
    """It is to be checked without exchanges, so it is the same with and without."""
    case = Path(__file__).parents[1] / "cases" / "verdict" / "anynumber" / "rcu_removal.khp"
    for name, more in (("a.json", []), ("b.json", ["--without", "slots"])):
        assert main(["run", str(case), "--no-cache", "--emit", f"certificate={name}", *more]) == 0
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert main(["certificate", "a.json"]) == 0


def test_a_certificate_of_another_protocol_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--emit", "certificate=c.json", "lock.khp"]) == 0
    broken = LOCK.replace("while (xchg(&locked, 1)) cpu_relax();", "locked = 1;")
    Path("lock.khp").write_text(broken, encoding="utf-8")
    assert main(["certificate", "c.json"]) in (1, 2)
    assert "error[certificate-" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["certificate", "witness=x", "certificate=lock.khp"])
def test_what_emit_cannot_mean_is_a_usage_error(text: str) -> None:
    assert main(["--emit", text, "lock.khp"]) == 2


@pytest.mark.parametrize("name", ["none.json", "."])
def test_no_certificate_to_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certificate", name]) == 2
    assert "error[" in capsys.readouterr().err
