"""Proofs from the editor: the ordinary pipeline, in a process that can be ended."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import Editor, place, plainly

TORN = """\
models sc;
int n;
int *p = &n;
actor a {
	p = NULL;
}
actor b {
	*p = 1;
}
scenario s { run a, b; expect proved; }
scenario t { run b; expect proved; }
variant u in t { expect refuted assert; }
"""
ENDLESS = "\n".join(
    [
        "unsigned n;",
        *(f"actor a{i} {{ for (int i = 0; i < 6; i++) n = (n * 3 + i) & 255; }}" for i in range(6)),
        "scenario s { run a0, a1, a2, a3, a4, a5; final n != 77; expect proved; }\n",
    ]
)


def proofs(editor: Editor, uri: str) -> list[types.Diagnostic]:
    return [found for found in editor.shown.get(uri, []) if found.source == "prove (proof)"]


def opened(editor: Editor, run, path: Path, text: str) -> str:
    uri = editor.open(path, text)
    run(editor.symbols(uri))
    return uri


def test_a_refutation_is_shown_where_it_goes_wrong_until_the_text_changes(
    editor: Editor, run, tmp_path: Path
) -> None:
    uri = opened(editor, run, tmp_path / "torn.khp", TORN)
    answer = run(editor.prove(uri, "s"))
    (obligation,) = answer.obligations
    assert (obligation.verdict, list(obligation.properties)) == ("refuted", ["null-pointer"])
    assert not obligation.as_expected
    (found,) = proofs(editor, uri)
    assert found.severity == types.DiagnosticSeverity.Error
    assert found.code == "null-pointer"
    assert (found.range.start.line, found.range.start.character) == place(TORN, "*p = 1")
    steps = [each.message for each in found.related_information or ()]
    assert [step.split(": ")[1] for step in steps] == ["a", "b"]
    assert (found.related_information or ())[0].location.range.start.line == 4
    assert "expected: proved" in found.message
    assert any("0 of 1 as expected" in said for said in editor.said)
    kinds = [plainly(progress.value).kind for progress in editor.progressed]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    editor.change(uri, TORN + "\n")
    run(editor.until(lambda: not proofs(editor, uri)))


def test_a_proof_is_information_and_a_wrong_expectation_is_not(editor, run, tmp_path) -> None:
    uri = opened(editor, run, tmp_path / "two.khp", TORN)
    answer = run(editor.prove(uri, "t"))
    assert [o.verdict for o in answer.obligations] == ["proved", "proved"]
    heavy = {(found.severity, found.range.start.line) for found in proofs(editor, uri)}
    assert heavy == {
        (types.DiagnosticSeverity.Information, 10),
        (types.DiagnosticSeverity.Error, 11),
    }
    assert all("`prove FILE` says" in f.message for f in proofs(editor, uri))
    assert all("data races are not checked under sc" in f.message for f in proofs(editor, uri))


def test_unsaved_imports_are_proved_as_they_are_shown(editor: Editor, run, tmp_path) -> None:
    main = tmp_path / "main.khp"
    text = 'import "n.khp";\nmodels sc;\nactor a { assert(n == 1); }\nscenario s { run a; }\n'
    (tmp_path / "n.khp").write_text("int n = 1;\n", encoding="utf-8")
    uri = opened(editor, run, main, text)
    other = opened(editor, run, tmp_path / "n.khp", "int n = 2;\n")
    assert run(editor.prove(uri, "s")).obligations[0].verdict == "refuted"
    assert len(proofs(editor, uri)) == 1
    editor.close(other)
    run(editor.until(lambda: not proofs(editor, uri)))
    assert run(editor.prove(uri, "s")).obligations[0].verdict == "proved"


@pytest.mark.parametrize(
    ("text", "scenario", "said"),
    [
        ("int ;", "s", "has errors"),
        (TORN, "nobody", "unknown-selection"),
    ],
)
def test_what_cannot_be_proved(editor: Editor, run, tmp_path, text, scenario, said) -> None:
    uri = opened(editor, run, tmp_path / "no.khp", text)
    answer = run(editor.prove(uri, scenario))
    assert said in answer.refused
    assert not answer.obligations and not proofs(editor, uri)
    editor.close(uri)


def test_a_document_that_is_no_file(editor: Editor, run) -> None:
    uri = editor.open("untitled:1", TORN)
    assert "save the document" in run(editor.prove(uri, "s")).refused
    assert "not open" in run(editor.prove("file:///nowhere.khp", "s")).refused


def children(pid: int) -> list[int]:
    """The processes below one, those below these included."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="ascii").split()):
            found += [child, *children(child)]
    return found


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def begun(editor: Editor, uri: str) -> tuple[asyncio.Future[object], list[int]]:
    """A proof that takes long, with its processes."""
    task = asyncio.ensure_future(editor.prove(uri, "s"))
    server = editor.process.pid
    await editor.until(lambda: len(children(server)) >= 2 or task.done())
    assert not task.done()
    return task, children(server)


def test_the_client_s_progress_bar_cancels(editor: Editor, run, tmp_path: Path) -> None:
    uri = opened(editor, run, tmp_path / "long.khp", ENDLESS)
    task, processes = run(begun(editor, uri))
    token = editor.progressed[-1].token
    editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert run(task).refused == "cancelled"
    run(editor.until(lambda: gone(processes)))
    assert not proofs(editor, uri)


def test_the_request_is_cancelled(editor: Editor, run, tmp_path: Path) -> None:
    uri = opened(editor, run, tmp_path / "long2.khp", ENDLESS)
    task, processes = run(begun(editor, uri))
    (number,) = editor.protocol._request_futures
    editor.protocol.notify("$/cancelRequest", types.CancelParams(number))
    assert run(task).refused == "cancelled"
    run(editor.until(lambda: gone(processes)))


def test_a_change_ends_the_proof_of_the_old_text(editor: Editor, run, tmp_path: Path) -> None:
    uri = opened(editor, run, tmp_path / "long3.khp", ENDLESS)
    task, processes = run(begun(editor, uri))
    editor.change(uri, ENDLESS + "\n")
    assert run(task).refused == "cancelled"
    run(editor.until(lambda: gone(processes)))


@pytest.mark.soak
def test_a_process_that_dies_is_said(editor: Editor, run, tmp_path: Path) -> None:
    uri = opened(editor, run, tmp_path / "long4.khp", ENDLESS)
    task, processes = run(begun(editor, uri))
    os.kill(processes[0], signal.SIGKILL)
    assert "ended without an answer" in run(task).refused
    run(editor.until(lambda: gone(processes)))


@pytest.mark.parametrize(
    "arguments",
    [[], [1], ["a", "b", "c", "d"], [{"uri": []}], [None, None], ["\ud800", "s"]],
)
def test_arguments_that_are_none(editor: Editor, run, arguments) -> None:
    params = types.ExecuteCommandParams("prove.scenario", arguments)
    with suppress(JsonRpcException):
        assert run(editor.workspace_execute_command_async(params))["refused"]
    with pytest.raises(JsonRpcException) as caught:
        run(editor.workspace_execute_command_async(types.ExecuteCommandParams("no.command")))
    assert "Traceback" not in str(caught.value) and caught.value.data is None


@pytest.mark.parametrize(
    "how",
    ["stdin closes", "killed", pytest.param("exit without shutdown", marks=pytest.mark.soak)],
)
def test_a_client_that_dies_leaves_nothing(run, tmp_path: Path, how: str) -> None:
    # Nor does it import what lies in the folder where the editor was started.
    (tmp_path / "msgspec.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    editor = Editor()
    run(editor.start(cwd=tmp_path))
    uri = opened(editor, run, tmp_path / "long.khp", ENDLESS)
    task, processes = run(begun(editor, uri))
    match how:
        case "stdin closes":
            assert editor.process.stdin is not None
            editor.process.stdin.close()
        case "killed":
            editor.process.kill()
        case _:
            editor.exit(None)
    code = run(asyncio.wait_for(editor.process.wait(), 60))
    assert code == (-signal.SIGKILL if how == "killed" else 1)
    for _ in range(500):
        if gone(processes):
            break
        run(asyncio.sleep(0.01))
    assert gone(processes)
    assert editor.process.stderr is not None
    assert run(editor.process.stderr.read()) == b""
    task.cancel()
    run(editor.stop())
