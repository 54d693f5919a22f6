"""The browser of this folder's tests; without one they are skipped, and say so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.driver import Browser, Page, chromium

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = chromium()
    if path is None:
        assert os.environ.get("PROVE_BROWSER") != "required", "no chromium here: make browser"
        pytest.skip("no chromium here: install it (Debian: chromium), or set PROVE_CHROMIUM")
    with Browser(path, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page's text; at the end no page may have complained."""
    pages: list[Page] = []

    def show(text: str, fragment: str = "", width: int = 1280, height: int = 800) -> Page:
        file = tmp_path / f"page{len(pages)}.html"
        file.write_text(text, encoding="ascii")
        pages.append(browser.page(file, fragment, width, height))
        return pages[-1]

    yield show
    complaints = [each for page in pages for each in page.complaints()]
    for page in pages:
        page.close()
    assert complaints == []
