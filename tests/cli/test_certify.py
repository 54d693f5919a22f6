"""``--certify``: what is said of a second opinion, in every form, and what the exit code is."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from dsl.codes import CODES
from prover.cli import run as command
from prover.cli.entry import main
from prover.pipeline.certify import Second
from prover.render.json_report import schema
from prover.smt.reply import GaveUp, Reply, Sat

PROTOCOL = """\
models lkmm, sc;
int x;
spinlock_t lock;
actor adds { spin_lock(&lock); x = x + 1; spin_unlock(&lock); }
actor loses { int old = READ_ONCE(x); WRITE_ONCE(x, old + 1); }
actor alone { WRITE_ONCE(x, 1); }
scenario counts { run adds * 2; final x == 2; expect proved; }
scenario lost { run loses * 2; final x == 2; expect refuted final; }
scenario quiet { run alone; expect proved; }
"""

CVC5 = f"cvc5 {version('cvc5')}"

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all").mkdir()
    (tmp_path / "all/p.khp").write_text(PROTOCOL, encoding="utf-8")
    return tmp_path


def asking(monkeypatch: pytest.MonkeyPatch, reply: Reply) -> None:
    """From now on the second solver is one that always gives this answer."""
    second = Second("other 1", lambda _script, _seconds: reply, "z3 1", Path("prove-disagreement"))
    monkeypatch.setattr(command, "second", lambda: second)


@pytest.mark.usefixtures("folder")
def test_each_line_says_who_certified_it(capsys: Printed) -> None:
    assert main(["--certify", "all/p.khp"]) == 0
    said = capsys.readouterr().out
    assert said == (
        "all/p.khp: lkmm, sc\n"
        "  proved   counts                               all executions, loops complete\n"
        f"                                                certified by {CVC5}\n"
        "  refuted  lost                                 final  (as expected)\n"
        "  proved   quiet                                all executions, loops complete\n"
        "                                                took no solver\n"
        f"6 obligations: 6 as expected; 2 of 2 claims certified by {CVC5}, 2 took no solver\n"
    )


@pytest.mark.usefixtures("folder")
def test_what_is_not_certified_is_shown_and_not_0(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking(monkeypatch, GaveUp("no idea"))
    assert main(["--certify", "-q", "all/p.khp"]) == 3
    said = capsys.readouterr().out
    assert said == (
        "all/p.khp: lkmm, sc\n"
        "  proved   counts                               all executions, loops complete\n"
        "                                                NOT CERTIFIED by other 1: no\n"
        "                                                idea\n"
        "6 obligations: 6 as expected; 0 of 2 claims certified by other 1, 2 took no solver\n"
    )
    assert main(["--certify", "all"]) == 3
    said = capsys.readouterr().out
    assert "  NOT ok   p.khp" in said
    assert "NOT CERTIFIED by other 1: no" in said


@pytest.mark.usefixtures("folder")
def test_a_disagreement_is_exit_4_and_names_a_folder(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking(monkeypatch, Sat({}))
    assert main(["--certify", "all/p.khp"]) == 4
    said = capsys.readouterr().out
    (kept,) = Path("prove-disagreement").iterdir()
    assert str(kept) in said.replace("\n" + " " * 48, "")
    assert sorted(path.name for path in kept.iterdir()) == ["answers.txt", "question.smt2"]
    assert (kept / "answers.txt").read_text(encoding="utf-8") == "z3 1: unsat\nother 1: sat\n"
    assert (kept / "question.smt2").read_text(encoding="utf-8").endswith("(check-sat)\n")


@pytest.mark.parametrize(
    ("reply", "states"),
    [
        (None, {"counts": "certified", "lost": "replayed", "quiet": "no solver"}),
        (GaveUp("no idea"), {"counts": "not certified", "lost": "replayed", "quiet": "no solver"}),
        (Sat({}), {"counts": "disagreement", "lost": "replayed", "quiet": "no solver"}),
    ],
)
@pytest.mark.usefixtures("folder")
def test_reports_say_it_of_each_obligation(
    reply: Reply | None, states: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if reply is not None:
        asking(monkeypatch, reply)
    kinds = ("json", "junit", "ktap", "summary", "html", "sarif", "github")
    code = main(["--certify", "all/p.khp", *(f"--report={kind}={kind}" for kind in kinds)])
    text = {kind: Path(kind).read_text(encoding="utf-8") for kind in kinds}
    report = json.loads(text["json"])
    jsonschema.validate(report, json.loads(schema()))
    assert report["exit_code"] == code
    obligations = report["files"][0]["obligations"]
    assert {o["scenario"]: o["certificate"]["state"] for o in obligations} == states
    root = ET.fromstring(text["junit"])  # noqa: S314 - our own
    assert len(root.findall(".//property[@name='certificate']")) == len(obligations)
    # What does not pass in one does not in the others.
    assert int(root.get("errors", "")) == (0 if code == 0 else 2)
    assert text["ktap"].count("not ok") == (0 if code == 0 else 3)
    assert bool(json.loads(text["sarif"])["runs"][0]["results"]) == (code != 0)
    assert bool(text["github"]) == (code != 0)
    if states["counts"] == "not certified":
        for kind in ("junit", "ktap", "summary", "html", "sarif", "github"):
            assert "NOT CERTIFIED by other 1: no idea" in text[kind], kind
    elif states["counts"] == "certified":
        assert "2 of 2 claims certified by cvc5" in text["summary"].replace("\\", "")
        assert "certified by cvc5" in text["html"]


def test_without_the_option_nothing_is_said_of_it(folder: Path, capsys: Printed) -> None:
    assert main(["all/p.khp", "--format", "json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert all("certificate" not in obligation for obligation in file["obligations"])
    assert not (folder / "prove-disagreement").exists()


def test_what_is_not_installed_is_named_with_the_command(folder: Path) -> None:
    start = "import sys; sys.modules['cvc5'] = None; from prover.cli.entry import main; "
    done = subprocess.run(
        [sys.executable, "-c", start + "sys.exit(main(['--certify', 'all/p.khp']))"],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PROVE_CACHE": "off"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error[no-second-solver]: --certify asks cvc5, which is not installed\n"
        "  = hint: pip install 'prove-khp[certify]', or pip install cvc5\n\n"
    )
    assert "no-second-solver" in CODES


def test_litmus_tests_have_no_second_opinion(capsys: Printed) -> None:
    assert main(["--certify", "x.litmus"]) == 2
    assert "it is for protocols" in capsys.readouterr().err
