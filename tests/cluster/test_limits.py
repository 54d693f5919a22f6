"""Limits and mistakes on a cluster, and what is remembered of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prover.cache.store import Store
from prover.cache.whole import recall
from prover.pipeline import run, work
from prover.verdict import Request, Unknown
from tests.cluster.ferry import FILE, asked, plain


def slow() -> None:
    time.sleep(30)


def hungry() -> None:
    raise MemoryError


def dead() -> None:
    os._exit(7)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (slow, "timeout after 0.4 s"),
        (dead, "and again when tried alone"),
        (hungry, "out of memory"),
    ],
)
def test_limits_and_accidents_are_told(
    fault: Callable[[], None], why: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prover.pipeline import decide

    monkeypatch.setattr(decide, "_decide", lambda _: fault())
    monkeypatch.setattr(work.Work, "_shared", lambda *_: None)
    there, code, _ = asked(monkeypatch, file, timeout=0.2, variant="unordered", model="lkmm")
    assert code == 3
    for outcome in there.outcomes:
        assert isinstance(outcome.verdict, Unknown)
        assert why in outcome.verdict.why


def test_a_mistake_in_a_variant_is_told_as_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.khp"
    wrong = FILE + "variant odd in passed { drop a.nowhere; expect proved; }\n"
    path.write_text(wrong, encoding="utf-8")
    here = run(Request((str(path),), jobs=1), lambda _: None).files[0]
    there, code, _ = asked(monkeypatch, str(path))
    assert code == 2
    assert there.diagnostics == here.diagnostics != ()


def test_what_a_cluster_decided_answers_no_local_run(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "cache")
    first, _, questions = asked(monkeypatch, file, store=store)
    assert questions == [6]
    again, _, questions = asked(monkeypatch, file, store=store)
    assert questions == []
    assert plain(again) == plain(first)
    here = Request((file,), jobs=1)
    assert recall(store, [(file, "")], here).known == {}
    Path(file).write_text(FILE + "// said later\n", encoding="utf-8")
    _, _, questions = asked(monkeypatch, file, store=store)
    assert questions == []
    store.close()


def test_what_was_decided_here_is_asked_of_nobody(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "cache")
    run(Request((file,), jobs=1), lambda _: None, store)
    assert asked(monkeypatch, file, store=store)[2] == []
    Path(file).write_text(FILE + "// said later\n", encoding="utf-8")
    assert asked(monkeypatch, file, store=store)[2] == []
    store.close()
