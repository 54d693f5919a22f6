"""What is open, and what is known of it: one analysis after another, in a thread of its own.

A request waits for the analysis of the text as it is; while somebody types, an analysis begins
when nothing has changed for :data:`PAUSE` seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from dsl.source import sum_of
from prover.lsp.analysis import Analysis, Analyst, Document
from prover.lsp.asked import Message
from prover.lsp.paths import path_of, real

PAUSE: Final = 0.2
"""Seconds without a change, after which a text is looked at."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof has shown of a document, and the sums of the texts that it rests on."""

    messages: tuple[Message, ...]
    read: Mapping[str, str]


@dataclass(slots=True)
class Session:
    """Documents by URI.  ``changed`` is called where what is to be shown may be different."""

    changed: Callable[[], None]
    failed: Callable[[str, Exception], None]
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    analyses: dict[str, Analysis] = field(default_factory=dict[str, Analysis])
    good: dict[str, Analysis] = field(default_factory=dict[str, Analysis])
    shown: dict[tuple[str, str, str], Shown] = field(
        default_factory=dict[tuple[str, str, str], Shown]
    )
    _stale: set[str] = field(default_factory=set[str])
    _waiting: asyncio.Task[None] | None = None
    _analyst: Analyst = field(default_factory=Analyst)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "analysis"))

    def put(self, uri: str, text: str, version: int) -> None:
        """A document is opened, or has another text."""
        self.documents[uri] = Document(uri, text.removeprefix("\ufeff"), version, path_of(uri))
        self.touched([uri])

    def close(self, uri: str) -> None:
        """A document is closed: from now on its file counts."""
        document = self.documents.pop(uri, None)
        if document is None:
            return
        for table in (self.analyses, self.good):
            table.pop(uri, None)
        for key in [key for key in self.shown if key[0] == uri]:
            del self.shown[key]
        self._stale.discard(uri)
        self.touched([uri])
        self.changed()

    def touched(self, uris: Iterable[str]) -> None:
        """What these files say may be different: so may be what is known of who reads them."""
        paths = {real(path) for uri in uris if (path := path_of(uri)) is not None}
        named = set(uris)
        for uri, document in self.documents.items():
            analysis = self.analyses.get(uri)
            reads = {read.real for read in analysis.read} if analysis is not None else set[str]()
            lost = analysis is not None and any(
                found.code.startswith("import-") for found in analysis.diagnostics
            )
            if uri in named or lost or analysis is None or not paths.isdisjoint(reads):
                self._stale.add(document.uri)
        self._forget_shown(paths)
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.ensure_future(self._later())

    def texts(self) -> dict[str, str]:
        """Every open text, by the real path of its file."""
        return {
            real(document.path): document.text
            for document in self.documents.values()
            if document.path is not None
        }

    def show(self, uri: str, scenario: str, variant: str, shown: Shown) -> bool:
        """Keeps what a proof has shown, if the texts are still those that were proved."""
        texts = self.texts()
        if uri not in self.documents or any(
            path in texts and sum_of(texts[path]) != known for path, known in shown.read.items()
        ):
            return False
        self.shown[uri, scenario, variant] = shown
        self.changed()
        return True

    def reads(self, uri: str) -> set[str]:
        """The real paths that a document is made of, as far as that is known."""
        analysis = self.analyses.get(uri)
        path = path_of(uri)
        own = set[str]() if path is None else {real(path)}
        return own | ({read.real for read in analysis.read} if analysis is not None else set())

    async def current(self, uri: str) -> Analysis | None:
        """The analysis of a document's text as it is now; None where it is not open."""
        async with self._lock:
            while uri in self.documents and uri in self._stale:
                await self._analyse(self.documents[uri])
        return self.analyses.get(uri)

    async def formatted(self, document: Document) -> str | None:
        """A document's text in the one format; None where that is not to be had."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._analyst.formatted, document)

    def end(self) -> None:
        """Nothing more is analysed."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _later(self) -> None:
        await asyncio.sleep(PAUSE)
        for uri in list(self.documents):
            await self.current(uri)

    async def _analyse(self, document: Document) -> None:
        uri = document.uri
        self._stale.discard(uri)
        try:
            analysis = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._analyst.analyse, document, self.texts()
            )
        except asyncio.CancelledError:
            self._stale.add(uri)
            raise
        except Exception as error:  # noqa: BLE001 - a text that breaks it must not end the server
            self.failed(uri, error)
            analysis = Analysis(document, uri, {}, ())
        if self.documents.get(uri) is document:
            self.analyses[uri] = analysis
            if analysis.program is not None:
                self.good[uri] = analysis
            self._analyst.forget([*self.analyses.values(), *self.good.values()])
            self.changed()

    def _forget_shown(self, paths: set[str]) -> None:
        """What was proved of another text is no longer shown."""
        texts = self.texts()
        lost = [
            key
            for key, shown in self.shown.items()
            if any(
                path in shown.read and sum_of(texts.get(path, "")) != shown.read[path]
                for path in paths
            )
        ]
        for key in lost:
            del self.shown[key]
        if lost:
            self.changed()

    def excused(self, analysis: Analysis) -> bool:
        """Whether what does not check is a library that an open, good program imports."""
        document = analysis.document
        if analysis.program is None or not analysis.library or document.path is None:
            return False
        own = real(document.path)
        return any(
            other.checked
            and own in {read.real for read in other.read}
            and document.text in {source.text for source in other.sources.values()}
            for other in self.analyses.values()
            if other is not analysis
        )
