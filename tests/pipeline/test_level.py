"""An answer that has positions level counts where its replay says so, and is asked for again where
it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from prover.execution.run.replay import ReplayError
from prover.execution.witness import Witness
from prover.features import Feature
from prover.pipeline import minimal, violations
from prover.pipeline.loaded import Loaded, grouped, load_all
from prover.pipeline.minimal import Search
from prover.pipeline.tree import Member
from prover.pipeline.work import Work
from prover.smt.reply import Reply, Sat
from prover.verdict import Refuted, Request, name_of

MESSAGE = """\
models lkmm, tso, sc;

int data;
int flag;

actor writer {
	WRITE_ONCE(data, 1);
fence:
	smp_wmb();
	WRITE_ONCE(flag, 1);
}

actor reader {
	int seen = smp_load_acquire(&flag);
	int found = READ_ONCE(data);
	assert(seen == 0 || found == 1, "what was announced is there");
}

scenario test {
	run writer, reader;
	expect proved;
}

variant no_fence "the announcement may come first" in test {
	drop writer.fence;
	expect refuted assert under lkmm;
	expect proved under tso, sc;
}
"""


def verdicts(folder: Path, *without: Feature) -> tuple[dict[tuple[str, str], str], Work]:
    """What becomes of the file's obligations, by variant and model."""
    file = folder / "message.khp"
    file.write_text(MESSAGE, encoding="utf-8")
    request = Request(files=(str(file),), explain=False, without=without)
    loaded, _ = load_all(request, [Member(str(file), "")], {})
    jobs = [(0, task) for each in loaded if isinstance(each, Loaded) for task in each.tasks]
    groups = grouped(jobs, together=True)
    work = Work(loaded, jobs, groups, request)
    found: dict[tuple[str, str], str] = {}
    for members in groups:
        for number, decision in zip(members, work.together(members), strict=True):
            obligation = jobs[number][1].obligation
            if isinstance(decision.verdict, Refuted):
                assert decision.verdict.properties == ("assert",)
            found[obligation.variant, obligation.model] = name_of(decision.verdict)
    return found, work


WANTED = {
    ("", "lkmm"): "proved",
    ("", "tso"): "proved",
    ("", "sc"): "proved",
    ("no_fence", "lkmm"): "refuted",
    ("no_fence", "tso"): "proved",
    ("no_fence", "sc"): "proved",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each question that was answered with a yes and its values, whether as it came."""
    found: list[bool] = []
    ask: Callable[..., Reply] = Search.ask

    def asking(self: Search, *names: str, values: bool = False, level: bool = False) -> Reply:
        reply = ask(self, *names, values=values, level=level)
        if isinstance(reply, Sat) and values:
            found.append(level)
        return reply

    monkeypatch.setattr(Search, "ask", asking)
    return found


def test_what_has_a_replay_is_not_asked_again(tmp_path: Path, asked: list[bool]) -> None:
    assert verdicts(tmp_path)[0] == WANTED
    assert asked == [True]


def test_what_has_no_replay_is_asked_with_positions_apart(
    tmp_path: Path, asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def replaying(search: Search, name: str, reply: Sat) -> Witness:
        if not refused:
            refused.append(name)
            raise ReplayError("not an execution")
        return minimal.witness(search, name, reply)

    monkeypatch.setattr(violations, "witness", replaying)
    assert verdicts(tmp_path)[0] == WANTED
    assert asked == [True, False]
    assert refused == ["assert"]


def test_it_can_be_switched_off(tmp_path: Path, asked: list[bool]) -> None:
    assert verdicts(tmp_path, "level")[0] == WANTED
    assert asked == [False]
