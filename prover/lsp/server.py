"""The language server: requests of a client, answered from the session.

Nothing that a client sends ends it: what goes wrong in a handler is an error without a traceback
in the answer, and the next request is answered as ever.
"""

# pygls's own annotations are partly missing.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import BinaryIO, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from prover.lsp import answers, messages
from prover.lsp.analysis import Analysis
from prover.lsp.asked import Answer, Asked, Going
from prover.lsp.outline import outline, provable
from prover.lsp.paths import real
from prover.lsp.places import UNITS, Lines, Units, utf16
from prover.lsp.proofs import Proof, Proofs
from prover.lsp.session import Session, Shown
from prover.render.letters import printable
from prover.version import VERSION

COMMAND: Final = "prove.scenario"
"""The command that proves: a document, a scenario of it or "", a variant or ""."""


class Protocol(LanguageServerProtocol):
    """The protocol; errors carry no traceback, and a cancelled request ends its proof."""

    def _send_response(
        self,
        msg_id: str | int,
        result: object = None,
        error: types.ResponseError | None = None,
    ) -> None:
        if error is not None:
            error = types.ResponseError(error.code, printable(error.message)[:300])
        super()._send_response(msg_id, result, error)

    def _handle_cancel_notification(self, msg_id: str | int) -> None:
        server = self._server
        assert isinstance(server, Server)
        if not server.proofs_ended(msg_id):
            super()._handle_cancel_notification(msg_id)

    @property
    def orderly(self) -> bool:
        """Whether the client has said that it is done."""
        return bool(self._shutdown)


class Server(LanguageServer):
    """One client's server."""

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__(
            "prove",
            VERSION,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            max_workers=2,
        )
        self.session = Session(self.publish, self.failed)
        self.proofs = Proofs(command)
        self._published: dict[str, list[types.Diagnostic]] = {}
        self._number = 0

    @property
    def units(self) -> Units:
        """How this client counts characters."""
        return UNITS.get(self.encoding, utf16)

    @property
    def encoding(self) -> str:
        """The name of that."""
        found = self.workspace.position_encoding
        return str(getattr(found, "value", found) or "utf-16")

    # --- what is shown ------------------------------------------------------------------

    def publish(self) -> None:
        """Sends the diagnostics of every document whose diagnostics are others than before."""
        for uri in [uri for uri in self._published if uri not in self.session.documents]:
            del self._published[uri]
            self._send(uri, None, [])
        for uri, analysis in self.session.analyses.items():
            found = self._diagnostics(uri, analysis)
            if found != self._published.get(uri):
                self._published[uri] = found
                self._send(uri, self.session.documents[uri].version, found)

    def _send(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        sent = types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
        self.text_document_publish_diagnostics(sent)

    def _diagnostics(self, uri: str, analysis: Analysis) -> list[types.Diagnostic]:
        places = messages.Places(analysis, self.units)
        found: list[types.Diagnostic] = []
        if not self.session.excused(analysis):
            found += [messages.diagnostic(d, analysis, places) for d in analysis.diagnostics]
        for key, shown in sorted(self.session.shown.items()):
            if key[0] == uri:
                found += map(messages.verdict, shown.messages)
        # A scenario and its variant may have been proved both: what both say is said once.
        return [each for index, each in enumerate(found) if each not in found[:index]]

    def published(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics that the client has of a document."""
        return self._published.get(uri, [])

    def failed(self, uri: str, error: Exception) -> None:
        """Says that there is a bug in prove, and of which document."""
        self.say(f"internal error on {uri}: this is a bug in prove ({type(error).__name__})")

    def say(self, text: str, kind: types.MessageType = types.MessageType.Error) -> None:
        """Shows a line of text."""
        self.window_show_message(types.ShowMessageParams(kind, printable(text)[:500]))

    def report_server_error(self, error: Exception, source: object) -> None:  # noqa: ARG002
        """What a message was wrong in goes to the client's log, in one line."""
        text = printable(" ".join(str(error).split()))[:300]
        logged = types.LogMessageParams(types.MessageType.Warning, f"not understood: {text}")
        self.window_log_message(logged)

    # --- proofs -------------------------------------------------------------------------

    def proofs_ended(self, request: str | int) -> bool:
        """Ends the proof that a request asked for; whether there is one."""
        found = [proof for proof in self.proofs.going if proof.request == request]
        self.proofs.end(lambda proof: proof in found)
        return bool(found)

    async def prove(self, uri: str, scenario: str, variant: str) -> Answer:
        """Proves, shows what came of it, and answers it."""
        document = self.session.documents.get(uri)
        if document is None:
            return Answer(refused="the document is not open")
        if document.path is None:
            return Answer(refused="save the document first: its imports go by where it is")
        analysis = await self.session.current(uri)
        if analysis is None or not analysis.checked:
            return Answer(refused="the document has errors")
        paths = self.session.reads(uri)
        known = {**self.session.texts(), real(document.path): document.text}
        texts = tuple(sorted(known.items()))
        asked = Asked(str(document.path), scenario, variant, texts, self.encoding, os.getpid())
        proof = Proof(uri, paths, request=self.protocol.msg_id)
        title = f"prove {scenario or variant or 'all'}"
        proof.token = await self._progress(title)
        try:
            answer = await self.proofs.run(proof, asked, lambda going: self._going(proof, going))
        except asyncio.CancelledError:
            self._over(proof.token, "cancelled")
            return Answer(refused="cancelled")
        except OSError as error:
            answer = Answer(refused=f"no process could be started: {error.strerror}")
        self._over(proof.token, answer.said or answer.refused)
        shown = Shown(answer.messages, dict(answer.read))
        if not answer.refused and not self.session.show(uri, scenario, variant, shown):
            return Answer(refused="the text has changed meanwhile")
        return answer

    async def _progress(self, title: str) -> str:
        """A progress bar of the client, if it has any; its token."""
        window = self.client_capabilities.window
        if window is None or not window.work_done_progress:
            return ""
        self._number += 1
        token = f"prove-{os.getpid()}-{self._number}"
        try:
            async with asyncio.timeout(2):
                created = types.WorkDoneProgressCreateParams(token)
                await self.window_work_done_progress_create_async(created)
        except (TimeoutError, JsonRpcException):
            return ""
        begin = types.WorkDoneProgressBegin(title, cancellable=True, percentage=0)
        self.progress(types.ProgressParams(token, begin))
        return token

    def _going(self, proof: Proof, going: Going) -> None:
        if proof.token:
            text = f"{going.done} of {going.total}: {going.current}"
            percent = 100 * going.done // max(1, going.total)
            report = types.WorkDoneProgressReport(message=text, percentage=percent)
            self.progress(types.ProgressParams(proof.token, report))

    def _over(self, token: str, text: str) -> None:
        if token:
            self.progress(types.ProgressParams(token, types.WorkDoneProgressEnd(message=text)))

    # --- requests -----------------------------------------------------------------------

    async def place(
        self, params: types.DefinitionParams | types.ReferenceParams | types.HoverParams
    ) -> answers.Place | None:
        """What a request points at."""
        uri = params.text_document.uri
        analysis = await self.session.current(uri)
        if analysis is None:
            return None
        lines = Lines(analysis.document.text, self.units)
        offset = lines.offset(params.position.line, params.position.character)
        return answers.Place(analysis, self.session.good.get(uri), offset)

    def changed(self, uri: str, text: str, version: int) -> None:
        """A document has a new text: proofs of the old one are ended."""
        self.session.put(uri, text, version)
        self.ended_by([uri])

    def ended_by(self, uris: Sequence[str]) -> None:
        """Ends proofs of what has changed."""
        paths = {path for uri in uris for path in answers.paths_of(uri)}
        self.proofs.end(lambda proof: not paths.isdisjoint(proof.paths))


def _documents(server: Server) -> None:
    """What happens to documents."""

    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        server.session.put(document.uri, document.text, document.version)

    def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        if uri not in server.session.documents:
            return
        whole = types.TextDocumentContentChangeWholeDocument
        texts = [change.text for change in params.content_changes if isinstance(change, whole)]
        if texts and len(texts) == len(params.content_changes):
            server.changed(uri, texts[-1], version)
        elif params.content_changes:
            # What is on the screen is not known any more: better nothing than a wrong proof.
            gone(uri)
            server.say(f"{uri}: the editor sent a part of a text, where all of it was asked for")

    def closed(params: types.DidCloseTextDocumentParams) -> None:
        gone(params.text_document.uri)

    def gone(uri: str) -> None:
        server.session.close(uri)
        server.ended_by([uri])

    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.session.touched([params.text_document.uri])

    def on_disk(params: types.DidChangeWatchedFilesParams) -> None:
        server.session.touched([change.uri for change in params.changes])

    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(changed)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(closed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(saved)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(on_disk)


def _names(server: Server) -> None:
    """What names are."""

    async def definition(params: types.DefinitionParams) -> list[types.Location]:
        place = await server.place(params)
        return [] if place is None else answers.definitions(place, server.units)

    async def references(params: types.ReferenceParams) -> list[types.Location]:
        place = await server.place(params)
        if place is None:
            return []
        everywhere = list(server.session.analyses.values())
        declaration = params.context.include_declaration
        return answers.references(place, everywhere, server.units, declaration=declaration)

    async def hover(params: types.HoverParams) -> types.Hover | None:
        place = await server.place(params)
        if place is None:
            return None
        at = params.position
        codes = [
            str(found.code)
            for found in server.published(params.text_document.uri)
            if found.range.start <= at <= found.range.end
        ]
        return answers.hover(place, codes)

    async def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        uri = params.text_document.uri
        await server.session.current(uri)
        analysis = server.session.good.get(uri)
        if analysis is None or analysis.program is None:
            return []
        places = messages.Places(analysis, server.units)
        return [messages.symbol(entry, places) for entry in outline(analysis.program.main)]

    server.feature(types.TEXT_DOCUMENT_DEFINITION)(definition)
    server.feature(types.TEXT_DOCUMENT_REFERENCES)(references)
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(symbols)


def _actions(server: Server) -> None:
    """What can be done."""

    async def formatted(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        document = server.session.documents.get(params.text_document.uri)
        text = None if document is None else await server.session.formatted(document)
        if document is None or text is None:
            return None
        if text == document.text:
            return []
        whole = Lines(document.text, server.units).everything()
        return [types.TextEdit(messages.range_of(whole), text)]

    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        analysis = await server.session.current(uri)
        if analysis is None or not analysis.checked or analysis.program is None:
            return []
        places = messages.Places(analysis, server.units)
        return [
            types.CodeLens(
                places.range(each.span),
                types.Command("prove", COMMAND, arguments=[uri, each.scenario, each.variant]),
            )
            for each in provable(analysis.program.main)
        ]

    async def prove(uri: str, scenario: str, variant: str = "") -> dict[str, object]:
        answer = await server.prove(uri, scenario, variant)
        if answer.refused:
            server.say(f"prove: {answer.refused}", types.MessageType.Warning)
        else:
            server.say(answer.said, types.MessageType.Info)
        return answers.told(answer)

    def cancelled(params: types.WorkDoneProgressCancelParams) -> None:
        server.proofs.end(lambda proof: proof.token == params.token)

    def over(*_params: object) -> None:
        server.proofs.end()

    server.feature(types.TEXT_DOCUMENT_FORMATTING)(formatted)
    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(lenses)
    server.command(COMMAND)(prove)
    server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(cancelled)
    server.feature(types.SHUTDOWN)(over)


def serve(into: BinaryIO, out: BinaryIO, command: Sequence[str]) -> int:
    """Serves one client until it leaves; the exit code.  ``command`` starts a proof's process."""
    server = Server(command)
    _documents(server)
    _names(server)
    _actions(server)
    try:
        server.start_io(into, out)
    except OSError:
        pass  # the client is gone
    finally:
        server.session.end()
    protocol = server.protocol
    assert isinstance(protocol, Protocol)
    return 0 if protocol.orderly else 1
