"""Reports for continuous integration, as they are written of real runs."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from prover.cli.entry import main
from prover.version import VERSION
from tests.conftest import Golden

HERE = Path(__file__).parent
FORMATS = {
    "junit": "junit.xml",
    "ktap": "ktap",
    "sarif": "sarif",
    "github": "github.txt",
    "summary": "md",
}
CODES = {"good": 0, "refuted": 1, "broken": 2}


def test_standard_input_has_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (HERE / "refuted.khp").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["-", "-j", "1", f"--report=github={tmp_path}/g"]) == 1
    capsys.readouterr()
    assert (tmp_path / "g").read_text(encoding="ascii").startswith("::error file=-,line=13,")


@pytest.mark.parametrize("name", ["./refuted.khp", "..//ci/refuted.khp", str(HERE / "refuted.khp")])
def test_places_are_found_however_a_file_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(HERE)
    assert main([name, "-j", "1", f"--report=github={tmp_path}/g"]) == 1
    capsys.readouterr()
    path = Path(name).as_posix()
    text = (tmp_path / "g").read_text(encoding="utf-8")
    assert text.startswith(f"::error file={path},line=13,")


@pytest.mark.parametrize("case", CODES)
def test_reports_of_a_file(
    case: str,
    tmp_path: Path,
    golden: Golden,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(HERE)
    options = [f"--report={name}={tmp_path}/{case}.{end}" for name, end in FORMATS.items()]
    assert main([f"{case}.khp", "-j", "1", *options]) == CODES[case]
    capsys.readouterr()
    for end in FORMATS.values():
        text = (tmp_path / f"{case}.{end}").read_text(encoding="ascii")
        text = text.replace(f'"version": "{VERSION}"', '"version": "VERSION"')
        golden.check(HERE / "expected" / f"{case}.{end}", text)
