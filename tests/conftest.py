"""Golden files, for every folder of tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cpu import Meter, by_folder
from tests.soak import Soak, kept, programs, together

# What is tested is what is proved now; the tests of the cache name a folder of their own.
os.environ["PROVE_CACHE"] = "off"

SELDOM = (50_000, 20, 50)
"""When to look for garbage in circles: tests make few, and what was imported has none."""


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


class Golden:
    """Compares text with a file, or rewrites the file when asked to."""

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, expected: Path, actual: str) -> None:
        """Assert that the file ``expected`` holds ``actual``."""
        __tracebackhide__ = True
        if self._update:
            expected.write_text(actual, encoding="utf-8")
            return
        assert expected.exists(), f"{expected} is missing: run pytest --update-expected, read it"
        assert actual == expected.read_text(encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-expected", action="store_true", help="rewrite golden files; read the diff"
    )
    parser.addoption(
        "--soak-from", type=int, default=0, help="where the numbers of a soak's inputs begin"
    )
    parser.addoption("--cpu", action="store_true", help="say what each folder took of the CPUs")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cpu"):
        config.pluginmanager.register(Meter())


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(update=bool(request.config.getoption("--update-expected")))


@pytest.fixture
def soak(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Soak:
    return Soak(request.config.getoption("--soak-from"), record_property)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.getoption("--cpu"):
        every = [r for rows in terminalreporter.stats.values() for r in rows]
        seconds = by_folder(r for r in every if isinstance(r, pytest.TestReport))
        terminalreporter.section(f"CPU: {sum(seconds.values()):.0f} s in tests")
        for folder, taken in sorted(seconds.items(), key=lambda row: -row[1]):
            terminalreporter.line(f"{taken:8.1f} {folder}")
    reports = [
        report
        for name in ("passed", "failed")
        for report in terminalreporter.getreports(name)
        if isinstance(report, pytest.TestReport)
    ]
    properties = [known for report in reports for known in report.user_properties]
    found, compared = together([kept(properties)]), programs(properties)
    if found.inputs or compared:
        terminalreporter.section("soak")
    if found.inputs:
        terminalreporter.line(str(found))
    if compared:
        counts = ", ".join(f"{number} under {name}" for name, number in sorted(compared.items()))
        terminalreporter.line(f"programs compared with an enumerator: {counts}")
