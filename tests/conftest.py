"""Golden files, for every folder of tests."""

from __future__ import annotations

from pathlib import Path

import pytest


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


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(update=bool(request.config.getoption("--update-expected")))
