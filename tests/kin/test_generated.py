"""Generated programs: together, variants have the verdicts that they have alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Request, name_of
from tests.kin.programs import program

SIZE = 20


def verdicts(files: list[str], *without: str) -> list[tuple[object, str]]:
    asked = Request(files=tuple(files), jobs=1, explain=False, without=without)  # type: ignore[arg-type]
    report = run(asked, lambda _: None)
    assert not any(file.diagnostics for file in report.files)
    return [(o.obligation, name_of(o.verdict)) for file in report.files for o in file.outcomes]


def compare(folder: Path, seeds: range) -> Counter[str]:
    files: list[str] = []
    for seed in seeds:
        file = folder / f"p{seed}.khp"
        file.write_text(program(seed), encoding="utf-8")
        files.append(str(file))
    together, alone = verdicts(files), verdicts(files, "variants")
    assert together == alone
    return Counter(name for _, name in alone)


@pytest.mark.parametrize("chunk", range(2))
def test_variants_have_the_verdicts_that_they_have_alone(chunk: int, tmp_path: Path) -> None:
    found = compare(tmp_path, range(chunk * SIZE, (chunk + 1) * SIZE))
    assert found["refuted"] > SIZE
    assert found["proved"] > SIZE


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(50))
def test_many(chunk: int, tmp_path: Path) -> None:
    compare(tmp_path, range(10_000 + chunk * SIZE, 10_000 + (chunk + 1) * SIZE))
