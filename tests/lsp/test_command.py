"""``prove lsp`` on the command line."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from prover.cli.entry import main
from prover.lsp.asked import Answer, Asked, Line, asked_of, line_of, written
from prover.lsp.worker import prove

CASES = Path(__file__).parents[1] / "cases" / "verdict"


def test_without_pygls_it_says_what_to_install(monkeypatch, capsys) -> None:
    for name in [name for name in sys.modules if name.startswith(("prover.lsp.server", "pygls"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    assert main(["lsp"]) == 2
    assert "pip install 'prove-khp[lsp]'" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [b"", b"{}\n", b"\xff\n", b'{"path": 1}\n', b"[" * 100000])
def test_a_worker_that_is_asked_nothing(asked: bytes, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(asked)))
    assert main(["lsp", "--worker"]) == 2
    assert capsys.readouterr().err.startswith("error: --worker is for the language server")


def test_a_worker_of_nobody_ends(monkeypatch, capsys) -> None:
    asked = written(Asked("/no.khp", "", "", (), "utf-16", 1 << 30))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(asked)))
    # The signal that it asks for would be sent to the tests themselves.
    quiet = SimpleNamespace(prctl=lambda *_: 0)
    monkeypatch.setattr("ctypes.CDLL", lambda _: quiet)
    assert main(["lsp", "--worker"]) == 4
    assert capsys.readouterr() == ("", "")


def test_questions_and_answers_lead_back() -> None:
    asked = Asked("/a.khp", "s", "", (("/a.khp", "\U0001f512\n"),), "utf-16", 1)
    assert asked_of(written(asked)) == asked
    answer = Line(answer=Answer(said="x", read=(("/a.khp", "0"),)))
    assert line_of(written(answer)) == answer
    assert written(answer).count(b"\n") == 1


def test_what_only_weak_memory_shows_has_its_reason_as_expected_or_not() -> None:
    """Also where a scenario is proved, of which no smallest witness is looked for."""
    path, answers = CASES / "weak" / "bit_no_acquire.khp", list[Answer]()
    known = ((str(path), path.read_text(encoding="utf-8")),)

    def heard(line: bytes) -> None:
        found = line_of(line).answer
        answers.extend(() if found is None else (found,))

    prove(Asked(str(path), "test", "", known, "utf-16", os.getppid()), heard)
    ((message,),) = [answer.messages for answer in answers]
    assert message.weight == "information"
    assert "the load of x overtakes the load of flags" in message.text
