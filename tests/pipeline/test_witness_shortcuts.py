"""What is not done twice, or seen at once, on the way to a witness leaves the witness as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.execution.weak import shorten
from prover.pipeline import minimal
from prover.pipeline.decide import decide
from prover.pipeline.limits import Limits
from prover.pipeline.obligations import tasks
from prover.smt.reply import Sat
from prover.verdict import Request, Verdict

ROOT = Path(__file__).parents[2]
FILES = (
    "protocols/weak_order.khp",
    "protocols/pae_tear.khp",
    "tests/cases/verdict/obligations/variants.khp",
)


def decided(name: str) -> list[Verdict]:
    """The verdicts on a file under lkmm, each obligation by itself, with their witnesses."""
    program = load(ROOT / name, (library_root(),))
    found: list[Verdict] = []
    for task in tasks(check(program), Request((name,), model="lkmm")):
        protocol = check(program, task.obligation.variant)
        found.append(decide(protocol, task.obligation, task.expected, Limits(60, 4096, 8)).verdict)
    return found


@pytest.mark.parametrize("name", FILES)
def test_the_first_answer_of_a_solver_is_that_of_a_new_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken over only where nothing else was asked before; elsewhere a new one is asked."""
    used = {"again": 0, "over": 0}
    trimmed, start = minimal.trimmed, minimal.start

    def counted(*given: Any) -> Any:
        before = used["again"]
        found = trimmed(*given)
        used["over"] += used["again"] == before
        return found

    def started(*given: Any, **named: Any) -> Any:
        used["again"] += 1
        return start(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr("prover.pipeline.decide.trimmed", counted)
        patch.setattr(minimal, "start", started)
        found = decided(name)
    assert used["over"] or "weak" not in name
    ask = minimal.Search.ask

    def forgets(self: minimal.Search, *given: Any, **named: Any) -> Any:
        reply = ask(self, *given, **named)
        self.first = ("forgotten",), reply
        return reply

    monkeypatch.setattr(minimal.Search, "ask", forgets)
    assert decided(name) == found


def test_a_later_answer_to_the_first_question_is_not_taken_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is asked in between leaves its traces, also where the same is asked once more."""
    searches: dict[int, tuple[minimal.Search, str, Sat]] = {}
    trimmed = minimal.trimmed

    def noted(search: minimal.Search, name: str, reply: Sat) -> Any:
        if search.carry is None and search.prepared.model != "sc":
            searches[id(search)] = search, name, reply
        return trimmed(search, name, reply)

    monkeypatch.setattr("prover.pipeline.decide.trimmed", noted)
    decided("protocols/weak_order.khp")
    search, name, _ = next(iter(searches.values()))
    search.session = None
    question = search.query.properties[name]
    first = search.ask(question, values=True)
    search.ask(search.query.ends)
    again = search.ask(question, values=True)
    assert isinstance(first, Sat)
    assert isinstance(again, Sat)
    told = trimmed(search, name, again)
    monkeypatch.delattr(minimal, "start")
    assert trimmed(search, name, first) == told


@pytest.mark.parametrize("name", FILES)
def test_what_is_seen_at_once_is_what_a_replay_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps without one that they need are no execution, whether or not that is looked at first."""
    kind = shorten._Shortening
    lacks, shows = kind._lacks, kind._shows
    seen = 0

    def replayed(self: Any, kept: tuple[int, ...]) -> bool:
        nonlocal seen
        with monkeypatch.context() as patch:
            patch.setattr(kind, "_lacks", lambda *_: False)
            found = shows(self, kept)
        at_once = lacks(self, frozenset(kept))
        seen += at_once
        assert not (at_once and found)
        return found

    monkeypatch.setattr(kind, "_shows", replayed)
    decided(name)
    assert seen or "weak" not in name


def test_a_refutation_stands_where_its_smallest_witness_takes_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A document with stretches is larger than one without: the witness is shown as found then."""
    name = "tests/cases/verdict/awaits/each_for_the_other.khp"
    sizes: dict[int, int] = {}
    start = minimal.start

    def started(*given: Any, **named: Any) -> Any:
        found = start(*given, **named)
        stretches = named["stretches"]
        sizes[stretches] = max(sizes.get(stretches, 0), found.query.clauses)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(minimal, "start", started)
        patch.setattr("prover.pipeline.round.start", started)
        smallest = decided(name)
    assert sizes[0] < max(sizes.values())
    monkeypatch.setattr(minimal, "MAX_CLAUSES", sizes[0])
    found = decided(name)
    assert [type(verdict) for verdict in found] == [type(verdict) for verdict in smallest]
