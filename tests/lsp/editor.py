"""An editor: pygls's own client, and a server in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class Editor(LanguageClient):
    """A client that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.shown: dict[str, list[types.Diagnostic]] = {}
        self.published = 0
        self.said: list[str] = []
        self.logged: list[str] = []
        self.progressed: list[types.ProgressParams] = []
        self.code: int | None = None
        self._listen()

    def _listen(self) -> None:
        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.shown[params.uri] = list(params.diagnostics)
            self.published += 1

        def say(params: types.ShowMessageParams) -> None:
            self.said.append(params.message)

        def log(params: types.LogMessageParams) -> None:
            self.logged.append(params.message)

        def progress(params: types.ProgressParams) -> None:
            self.progressed.append(params)

        def create(params: types.WorkDoneProgressCreateParams) -> None:
            pass

        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
        self.feature(types.WINDOW_SHOW_MESSAGE)(say)
        self.feature(types.WINDOW_LOG_MESSAGE)(log)
        self.feature(types.PROGRESS)(progress)
        self.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(create)

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:
        self.code = server.returncode

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._server is not None
        return self._server

    async def start(self, encodings: list[str] | None = None, cwd: Path = ROOT) -> Any:
        await self.start_io(sys.executable, "-P", "-c", START, str(ROOT), "lsp", cwd=cwd)
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        window = types.WindowClientCapabilities(work_done_progress=True)
        capabilities = types.ClientCapabilities(general=general, window=window)
        return await self.initialize_async(types.InitializeParams(capabilities))

    def open(self, path: Path | str, text: str) -> str:
        uri = path if isinstance(path, str) else path.as_uri()
        item = types.TextDocumentItem(uri, "khp", 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str, version: int = 2) -> None:
        document = types.VersionedTextDocumentIdentifier(version, uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    def close(self, uri: str) -> None:
        document = types.TextDocumentIdentifier(uri)
        self.text_document_did_close(types.DidCloseTextDocumentParams(document))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, (self.shown, self.said, self.logged)
            assert self.process.returncode is None or holds(), "the server has ended"
            await asyncio.sleep(0.01)

    async def prove(self, uri: str, scenario: str, variant: str = "") -> Any:
        params = types.ExecuteCommandParams("prove.scenario", [uri, scenario, variant])
        return plainly(await self.workspace_execute_command_async(params))

    async def symbols(self, uri: str) -> list[types.DocumentSymbol]:
        """The outline; when it is there, the document has been analysed."""
        document = types.TextDocumentIdentifier(uri)
        found = await self.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        return [each for each in found or () if isinstance(each, types.DocumentSymbol)]

    async def hover(self, uri: str, line: int, character: int) -> str:
        params = types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        found = await self.text_document_hover_async(params)
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def definition(self, uri: str, line: int, character: int) -> list[types.Location]:
        params = types.DefinitionParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        found = await self.text_document_definition_async(params)
        assert isinstance(found, list | tuple)
        return [each for each in found if isinstance(each, types.Location)]

    async def leave(self) -> int:
        """Ends the server in an orderly way; its exit code."""
        await self.shutdown_async(None)
        self.exit(None)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


def plainly(answer: Any) -> Any:
    """JSON as objects with attributes."""
    return json.loads(json.dumps(answer), object_hook=lambda found: SimpleNamespace(**found))


START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from prover.__main__ import main; sys.exit(main())"
)
"""This program, in whatever folder it is started."""


def place(text: str, mark: str, inside: int = 0) -> tuple[int, int]:
    """Line and UTF-16 character of the only ``mark`` in a text, and so many characters on."""
    assert text.count(mark) == 1, mark
    before = text[: text.index(mark) + inside]
    line = before.rsplit("\n", 1)[-1]
    return before.count("\n"), len(line.encode("utf-16-le")) // 2
