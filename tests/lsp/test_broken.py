"""Broken documents and broken messages: the server answers, whatever it is sent."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from prover.lsp.analysis import Analyst, Document
from prover.lsp.answers import Place, definitions, hover, references
from prover.lsp.messages import Places, diagnostic, symbol
from prover.lsp.outline import outline, provable
from prover.lsp.places import utf16
from tests.lsp.editor import ROOT, START, Editor
from tests.soak import PARTS, Soak

SAMPLES = [
    *sorted((ROOT / "tests" / "cases" / "syntax").glob("*.khp"))[::9],
    Path(__file__).with_name("sample.khp"),
]
STRANGE = [
    "\0",
    "\ud800",
    "\u2028",
    "\U0001f512",
    "\r",
    "/*",
    '"',
    "{",
    "}",
    "(",
    "#",
    "\\",
    "\ufeff",
]


def broken(rng: random.Random) -> str:
    """A text that was a protocol once."""
    text = rng.choice(SAMPLES).read_text(encoding="utf-8")
    for _ in range(rng.randrange(1, 6)):
        at, length = rng.randrange(len(text) + 1), rng.randrange(40)
        piece = rng.choice(["", rng.choice(STRANGE) * rng.randrange(1, 4), text[at : at + length]])
        match rng.randrange(3):
            case 0:
                text = text[:at] + piece + text[at:]
            case 1:
                text = text[:at] + piece + text[at + length :]
            case _:
                text = text[:at]
    return text


def ask(text: str, rng: random.Random) -> int:
    """Everything that can be asked of a text; how much was answered."""
    analyst = Analyst()
    analysis = analyst.analyse(Document("untitled:1", text, 1, None), {})
    places = Places(analysis, utf16)
    lines = text.count("\n") + text.count("\r") + 1
    for found in analysis.diagnostics:
        shown = diagnostic(found, analysis, places)
        assert 0 <= shown.range.start.line <= shown.range.end.line < lines
        assert shown.range.start <= shown.range.end
        assert shown.message.replace("\n", "").isprintable()
    answered = 0
    for _ in range(10):
        place = Place(analysis, analysis, rng.randrange(len(text) + 1))
        answered += len(definitions(place, utf16))
        answered += len(references(place, [analysis], utf16, declaration=True))
        answered += hover(place, [found.code for found in analysis.diagnostics]) is not None
    if analysis.program is not None:
        assert len(provable(analysis.program.main)) >= 0
        for entry in outline(analysis.program.main):
            answered += symbol(entry, places).range.start.line >= 0
    return answered


def test_broken_texts_are_answered() -> None:
    rng = random.Random(1)
    assert sum(ask(broken(rng), rng) for _ in range(60)) > 100


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_many_broken_texts_are_answered(part: int, soak: Soak) -> None:
    for number in range(soak.first + part, soak.first + 5000, PARTS):
        rng = random.Random(number)
        ask(broken(rng), rng)


@pytest.mark.parametrize(
    "text",
    [
        "actor a { x = " + "(" * 5000 + ")" * 5000 + "; }",
        "actor a { " + "{" * 3000 + "}" * 3000 + " }",
        "actor a { x = " + "!" * 2000 + "1; }",
        "actor a { x = 1" + " + 1" * 1000 + "; }",
        "actor a { x = y" + ".f" * 1500 + "; }",
        "actor a { " + "if (1) " * 1000 + "; }",
        "actor a { " + "l: " * 1000 + "; }",
        "/*" * 50000,
        "a" * 300_000,
    ],
    ids=["parentheses", "blocks", "unary", "binary", "members", "ifs", "labels", "comment", "word"],
)
def test_deep_and_long_texts_are_answered(text: str) -> None:
    ask(text, random.Random(1))


def test_a_server_goes_on_after_broken_documents(editor: Editor, run, tmp_path: Path) -> None:
    rng = random.Random(2)
    uri = editor.open(tmp_path / "a.khp", "int n;\n")
    for version in range(2, 30):
        editor.change(uri, broken(rng), version)
        if version % 4 == 0:
            line, character = rng.randrange(60), rng.randrange(40)
            run(editor.hover(uri, line, character))
            run(editor.definition(uri, line, character))
            run(editor.symbols(uri))
    editor.change(uri, "int  n;\n", 99)
    options = types.FormattingOptions(tab_size=8, insert_spaces=False)
    params = types.DocumentFormattingParams(types.TextDocumentIdentifier(uri), options)
    (edit,) = run(editor.text_document_formatting_async(params))
    assert edit.new_text == "int n;\n"
    assert not [said for said in editor.said if "internal" in said]


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def message(number: int | None, method: str, params: object) -> bytes:
    parts: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
    if number is not None:
        parts["id"] = number
    return framed(json.dumps(parts).encode())


BROKEN = [
    framed(b"{"),
    framed(b"[]"),
    framed(b"null"),
    framed(b"\xff\xfe"),
    framed(b'{"jsonrpc": "2.0"}'),
    framed(b'{"jsonrpc": "2.0", "id": {}, "method": []}'),
    b"Content-Length: x\r\n\r\n",
    b"Nonsense\r\n\r\n",
    message(10, "no/such/method", {}),
    message(11, "textDocument/hover", {"position": {"line": "x"}}),
    message(12, "textDocument/hover", {"textDocument": {"uri": 5}, "position": {}}),
    message(13, "workspace/executeCommand", {"command": "prove.scenario", "arguments": [[], {}]}),
    message(None, "textDocument/didOpen", {"textDocument": {"uri": "x"}}),
    message(None, "textDocument/didChange", {"textDocument": {}, "contentChanges": [{}]}),
    message(
        None,
        "textDocument/didChange",
        {"textDocument": {"uri": "untitled:no", "version": 1}, "contentChanges": [{"text": ""}]},
    ),
    message(None, "textDocument/didClose", {"textDocument": {"uri": "untitled:no"}}),
    message(None, "window/workDoneProgress/cancel", {"token": "none"}),
    message(None, "$/cancelRequest", {"id": 77}),
    framed(b'{"jsonrpc": "2.0", "id": 5, "result": null}'),
]


async def sent(messages: list[bytes]) -> tuple[list[dict[str, Any]], bytes, int]:
    """What a server answers to these, between a good beginning and a good end."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", START, str(ROOT), "lsp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    begin = [message(1, "initialize", {"capabilities": {}}), message(None, "initialized", {})]
    item = {"uri": "untitled:last", "languageId": "khp", "version": 1, "text": "int n;"}
    end = [
        message(None, "textDocument/didOpen", {"textDocument": item}),
        message(2, "textDocument/documentSymbol", {"textDocument": {"uri": "untitled:last"}}),
    ]
    assert server.stdin is not None and server.stdout is not None and server.stderr is not None
    server.stdin.write(b"".join([*begin, *messages, *end]))
    answers: list[dict[str, Any]] = []
    while not any(answer.get("id") == 2 for answer in answers):
        head = await asyncio.wait_for(server.stdout.readuntil(b"\r\n\r\n"), 60)
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        answers.append(json.loads(await server.stdout.readexactly(length)))
    server.stdin.write(message(3, "shutdown", None) + message(None, "exit", None))
    rest, errors = await asyncio.wait_for(server.communicate(), 60)
    assert b'"id": 3' in rest or b'"id":3' in rest
    assert server.returncode is not None
    return answers, errors, server.returncode


def test_broken_messages_are_answered_or_passed_over(run) -> None:
    answers, errors, code = run(sent(BROKEN))
    assert (errors, code) == (b"", 0)
    last = next(answer for answer in answers if answer.get("id") == 2)
    assert [each["name"] for each in last["result"]] == ["n"]
    refused = {answer["id"] for answer in answers if "error" in answer}
    assert {10, 13} <= refused
    assert "raceback" not in json.dumps(answers)
    assert "/prover/" not in json.dumps(answers)
