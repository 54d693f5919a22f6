"""One server for the tests that do not end it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from tests.lsp.editor import Editor


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture(scope="module")
def run(loop: asyncio.AbstractEventLoop) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs something to its end."""
    return loop.run_until_complete


@pytest.fixture(scope="module")
def editor(run) -> Iterator[Editor]:
    client = Editor()
    run(client.start())
    yield client
    if client.process.returncode is None:
        assert run(client.leave()) == 0
    assert client.process.stderr is not None
    assert run(client.process.stderr.read()) == b""
    run(client.stop())
