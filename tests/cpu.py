"""What the tests of each folder take of the processors: ``pytest --cpu`` ends with it.

Wall times say little where several processes share two cores.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator, Iterable
from pathlib import PurePosixPath

import pytest

PROPERTY = "cpu"


def used() -> float:
    """Seconds of CPU of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Meter:
    """Notes in each report what was used since the one before."""

    def __init__(self) -> None:
        self._before = used()

    def pytest_collection_finish(self) -> None:
        self._before = used()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = used()
        report.user_properties.append((PROPERTY, now - self._before))
        self._before = now
        return report


def by_folder(reports: Iterable[pytest.TestReport]) -> dict[str, float]:
    """The seconds of each folder of tests."""
    found: dict[str, float] = defaultdict(float)
    for report in reports:
        folder = PurePosixPath(report.nodeid.split("::")[0]).parts[:2][-1]
        for name, seconds in report.user_properties:
            if name == PROPERTY and isinstance(seconds, float):
                found[folder] += seconds
    return found
