"""A cluster of one process, this one, whose answers a test may change."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import pytest

from prover.cache.store import Store
from prover.pipeline import run
from prover.pipeline.cluster import child
from prover.pipeline.cluster import run as running
from prover.render.json_report import render
from prover.verdict import FileReport, Report, Request, exit_code

FILE: Final = """models sc, tso, lkmm; int x; int y;
actor a { WRITE_ONCE(x, 1); before: smp_wmb(); WRITE_ONCE(y, 1); }
actor b { int r = READ_ONCE(y); smp_rmb(); int s = READ_ONCE(x); assert(!r || s, "in order"); }
scenario passed { run a, b; expect proved; }
variant unordered in passed {
  drop a.before;
  expect refuted assert under lkmm;
  expect proved under sc, tso;
}
"""
"""Without the barrier, lkmm alone lets the reader see the second store and not the first."""

Change = Callable[[dict[str, Any]], None]


TRUE: dict[str, bytes] = {}
"""Answers, by their questions."""


class Boat:
    """A cluster of one process: this one.

    ``change`` is made in every answer; ``lost`` says how often the worker is lost with a question.
    """

    def __init__(self, change: Change, lost: int) -> None:
        self.change = change
        self.lost = lost
        self.asked: list[int] = []
        self.answers: deque[dict[str, Any]] = deque()
        self.latest = child.Latest()

    def connect(self) -> None:
        pass

    def ask(self, number: int, text: str) -> None:
        question = json.loads(text)
        self.asked.append(sum(map(len, question["groups"])))
        if self.lost:
            self.lost -= 1
            self.answers.append({"id": number, "lost": "KilledWorker"})
            return
        # One true answer is enough for all that is made of it.
        answer = TRUE.get(text) if self.change is not nothing else None
        if answer is None:
            found = child.answered(text, self.latest, "tcp://10.0.0.7:4711")
            answer = TRUE[text] = msgspec.json.encode(found)
        said = json.loads(answer)
        self.change(said)
        self.answers.append({"id": number, "text": json.dumps(said)})

    def hear(self, _seconds: float) -> dict[str, Any] | None:
        return self.answers.popleft() if self.answers else None


def nothing(_: dict[str, Any]) -> None:
    pass


def asked(
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    change: Change = nothing,
    lost: int = 0,
    store: Store | None = None,
    **more: Any,
) -> tuple[FileReport, int, list[int]]:
    """The report, the exit code, and how many obligations each question was about."""
    boat = Boat(change, lost)

    @contextmanager
    def ferry(_: str) -> Iterator[Boat]:
        yield boat

    monkeypatch.setattr(running, "ferry", ferry)
    shown: list[int] = []
    request = Request((file,), jobs=1, cluster="tcp://nowhere:1", **more)
    report = run(request, lambda progress: shown.append(progress.done), store)
    assert shown == list(range(1, len(shown) + 1))
    return report.files[0], exit_code(report), boat.asked


def plain(report: FileReport) -> object:
    """A report without what differs from run to run."""
    text = json.loads(render(Report((report,))))
    for obligation in text["files"][0]["obligations"]:
        # Sizes are of the program that was asked about: of all variants, or of one.
        obligation["measured"] = obligation["measured"]["bound"]
    return text["files"]
