"""The cases under ``tests/cases/verdict``, proved once for all tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import FileReport, Progress, Report, Request
from tests.shared import once

ROOT = Path(__file__).parent.parent / "cases" / "verdict"


@dataclass(frozen=True)
class Case:
    """One file.  ``open`` are those whose expectation this version does not meet yet."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).with_suffix("").as_posix()

    @property
    def folder(self) -> str:
        return self.path.parent.name

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def result(self) -> str:
        """The verdict in the first line."""
        return self.text.split("\n", 1)[0].removeprefix("// Result: ")


@dataclass(frozen=True)
class Library:
    """Every case, and what the pipeline says of files and texts."""

    cases: tuple[Case, ...]
    folders: pytest.TempPathFactory

    @cached_property
    def reports(self) -> Mapping[str, FileReport]:
        """What is said of each case; made when the first test asks."""
        return once(self.folders, "verdict-cases", everything)

    def report(self, case: Case) -> FileReport:
        return self.reports[case.name]

    def prove(self, *texts: str, **options: float) -> Report:
        """The report on the files of these texts."""
        names: list[str] = []
        folder = self.folders.mktemp("texts")
        for number, text in enumerate(texts):
            path = folder / f"{number}.khp"
            path.write_text(text, encoding="utf-8")
            names.append(str(path))
        return prove(names, **options)


@cache
def found() -> tuple[Case, ...]:
    return tuple(Case(path) for path in sorted(ROOT.rglob("*.khp")))


def prove(names: Sequence[str], **options: float) -> Report:
    limits = {"max_bound": 8, "timeout": 60.0, "memory": 2048, "jobs": 2, **options}
    request = Request(
        tuple(names),
        max_bound=int(limits["max_bound"]),
        timeout=float(limits["timeout"]),
        memory=int(limits["memory"]),
        jobs=int(limits["jobs"]),
    )
    return run(request, silent)


def silent(progress: Progress) -> None:
    assert 0 <= progress.done <= progress.total


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``case`` is every settled case, ``open_case`` every other."""
    cases = found()
    for fixture, chosen in (
        ("case", [c for c in cases if c.folder != "open"]),
        ("open_case", [c for c in cases if c.folder == "open"]),
    ):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, chosen, ids=[c.name for c in chosen])


def everything() -> Mapping[str, FileReport]:
    """What is said of each case."""
    cases = found()
    report = prove([str(case.path) for case in cases])
    return {case.name: file for case, file in zip(cases, report.files, strict=True)}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(found(), tmp_path_factory)
