"""The rows that the library ships: each is about a function that is there, and has no text in it."""

from __future__ import annotations

import re
from pathlib import Path

from prover.drift.compare import library

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "protocols/kernel"


def test_every_row_is_about_a_function_that_is_there() -> None:
    found = library([str(KERNEL)])
    assert found.diagnostics == ()
    origins = [origin for file in found.files for _, origin in file.rows.origins]
    assert len(origins) > 230
    assert sum(1 for origin in origins if origin.sum) > 90
    for origin in origins:
        assert len(origin.lines) <= 400, origin.function


def test_every_drift_file_has_its_protocol() -> None:
    files = sorted(ROOT.glob("protocols/**/*.drift"))
    assert len(files) > 30
    for file in files:
        assert file.with_suffix(".khp").exists(), file


def test_a_row_is_names_versions_and_sums() -> None:
    row = re.compile(
        r"\w+ own|\w+ \w+ [\w/.-]+\.[ch] =?v\d+\.\d+ (?:- - -|[\w.-]+ [0-9a-f]{32} [0-9a-f]+)"
    )
    for file in sorted(KERNEL.glob("*.drift")):
        for line in file.read_text(encoding="utf-8").splitlines()[2:]:
            assert row.fullmatch(line), (file.name, line)


def test_the_version_in_a_row_is_one_that_the_protocol_names() -> None:
    for file in library([str(KERNEL)]).files:
        text = Path(file.name).read_text(encoding="utf-8")
        for _, origin in file.rows.origins:
            suffix = origin.modelled.replace("v", "_v").replace(".", "")
            named = re.search(rf"{re.escape(origin.modelled)}(?!\d)", text)
            assert named or origin.function.endswith(suffix), (file.name, origin.function)
