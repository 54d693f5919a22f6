"""``--report FORMAT=PATH``: files beside what is printed, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from dsl.codes import CODES
from prover.cli.entry import main
from prover.cli.reports import PROOFS, reports
from tests.render.documents import without_measurements

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/verdict"
PROTOCOL = """\
models sc, tso, lkmm;
int x;
actor a { x = 1; }
actor b { assert(READ_ONCE(x) == 0, "nobody writes"); }
scenario alone { run b; expect proved; }
scenario both { run a, b; expect refuted assert allowing data-race; }
"""

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.khp").write_text(PROTOCOL, encoding="utf-8")
    return "p.khp"


def test_what_is_printed_stays_as_it_is(protocol: str, capsys: Printed) -> None:
    assert main([protocol]) == 0
    alone = capsys.readouterr()
    assert main([protocol, "--report", "html=p.html", "--report", "json=p.json"]) == 0
    assert capsys.readouterr() == alone
    assert Path("p.html").read_text(encoding="ascii").startswith("<!doctype html>")
    assert sorted(p.name for p in Path().iterdir()) == ["p.html", "p.json", "p.khp"]


def test_the_json_report_is_what_the_format_prints(protocol: str, capsys: Printed) -> None:
    assert main([protocol, "--report", "json=p.json", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads(Path("p.json").read_text(encoding="utf-8"))
    assert without_measurements(written) == without_measurements(printed)


def test_refutations_that_are_expected_have_a_smallest_witness(protocol: str) -> None:
    assert main([protocol, "--report", "json=p.json"]) == 0
    obligations = json.loads(Path("p.json").read_text(encoding="utf-8"))["files"][0]["obligations"]
    refuted = [o["verdict"] for o in obligations if o["verdict"]["kind"] == "refuted"]
    assert refuted
    for verdict in refuted:
        (found,) = [w for w in verdict["witnesses"] if w["property"] == "assert"]
        assert len(found["moments"]) == 3


def test_only_reports_that_show_them_ask_for_witnesses_of_what_is_expected(protocol: str) -> None:
    def asked(*names: str) -> bool:
        given = [f"{name}={name}.out" for name in names]
        return reports(given, PROOFS, [protocol]).every_witness

    assert asked("html")
    assert asked("junit", "json")
    assert not asked("junit", "ktap", "sarif", "github", "summary")


@pytest.mark.parametrize("command", ["needs", "why"])
def test_other_commands_write_reports(
    protocol: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(protocol).absolute().parent
    monkeypatch.chdir(ROOT)
    file = "tests/why/cases/grace.khp"
    html, document = folder / "f.html", folder / "f.json"
    options = ["--scenario", "replaced", "--report", f"html={html}", "--report", f"json={document}"]
    assert main([command, file, *options]) == 0
    assert "rcu_read_lock" in html.read_text(encoding="ascii")
    assert json.loads(document.read_text(encoding="utf-8"))["schema"] == f"prove-{command}"


def test_litmus_tests_have_no_page(tmp_path: Path, capsys: Printed) -> None:
    test = ROOT / "tests/dsl/litmus"
    file = str(min(test.rglob("*.litmus")))
    assert main([file, "--report", f"html={tmp_path}/t.html"]) == 2
    assert "no report of format 'html' here, but json" in " ".join(capsys.readouterr().err.split())


def test_a_pipe_that_has_no_name_takes_a_report(protocol: str) -> None:
    into, out = os.pipe(), ""
    try:
        given = f"json=/dev/fd/{into[1]}"
        assert main([protocol, "--scenario", "alone", "--report", given]) == 0
        out = os.read(into[0], 1 << 16).decode()
    finally:
        os.close(into[0])
        os.close(into[1])
    assert out.startswith('{\n  "schema": "prove-report"')


def test_litmus_tests_have_a_document(tmp_path: Path) -> None:
    file = tmp_path / "mp.litmus"
    file.write_text("C mp\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n", encoding="utf-8")
    assert main([str(file), "--report", f"json={tmp_path}/t.json"]) == 0
    found = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert found["schema"] == "prove-litmus-report"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["html"], "is not FORMAT=PATH, such as html=report.html"),
        (["html="], "is not FORMAT=PATH, such as html=report.html"),
        (["pdf=p.pdf"], "there is no report of format 'pdf' here, but html, json"),
        (["html=-"], "a report is a file; --format says what is printed"),
        (["html=p", "json=./p"], "two reports would be written to './p'"),
        (["html=q.khp"], "is the name of a file that prove reads, not of a report"),
        (["html=p.khp"], "'p.khp' is read: a report would be written over it"),
    ],
)
def test_what_cannot_be_meant(
    protocol: str, options: list[str], said: str, capsys: Printed
) -> None:
    given = [word for each in options for word in ("--report", each)]
    assert main([protocol, *given]) == 2
    printed = capsys.readouterr()
    assert said in " ".join(printed.err.replace("|", " ").split())
    assert printed.out == ""
    assert [p.name for p in Path().iterdir()] == ["p.khp"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".", "it is a folder"),
        ("none/p.html", "its folder does not exist"),
        ("p.khp/p.html", "Not a directory"),
        ("p" * 300, "File name too long"),
        ("loop", "Too many levels of symbolic links"),
    ],
)
def test_paths_that_take_no_file_are_refused_before_the_proof(
    protocol: str, path: str, said: str, capsys: Printed
) -> None:
    Path("loop").symlink_to("loop")
    assert main([protocol, "--report", f"html={path}"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error[unwritable-file]: the report" in printed.err
    assert said in " ".join(printed.err.split())
    assert "hint: name a file in a folder" in printed.err
    assert "unwritable-file" in CODES


def test_a_report_that_is_there_keeps_its_mode_and_its_links(protocol: str) -> None:
    Path("old.html").write_text("old", encoding="utf-8")
    Path("old.html").chmod(0o640)
    Path("link.html").symlink_to("old.html")
    assert main([protocol, "--scenario", "alone", "--report", "html=link.html"]) == 0
    assert Path("link.html").is_symlink()
    assert stat.S_IMODE(Path("old.html").stat().st_mode) == 0o640
    assert Path("old.html").read_text(encoding="ascii").startswith("<!doctype html>")


def test_a_device_stays_one(protocol: str, capsys: Printed) -> None:
    assert main([protocol, "--scenario", "alone", "--report", "json=/dev/null"]) == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    # Only the attempt shows that this one is full.
    assert main([protocol, "--scenario", "alone", "--report", "json=/dev/full"]) == 2
    printed = capsys.readouterr()
    assert "1 obligation" not in printed.err
    assert "the report `/dev/full` cannot be written: No space left on device" in printed.err
    assert "3 obligations: 3 as expected" in printed.out


def test_an_answer_about_one_change_has_no_report(protocol: str, capsys: Printed) -> None:
    assert main(["needs", protocol, "--witness", "1", "--report", "html=n.html"]) == 2
    assert "it cannot be asked for with --witness" in " ".join(capsys.readouterr().err.split())
    assert not Path("n.html").exists()
