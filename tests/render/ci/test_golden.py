"""Reports for continuous integration, as they are written of real runs."""

from __future__ import annotations

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
