"""SRCU: the engines agree, and notice where one of them is wrong."""

from __future__ import annotations

import re

import pytest

from prover.execution.construct import srcu as build_srcu
from prover.smt import waits
from tests.differential.compare import compare
from tests.differential.generator import Generated
from tests.differential.planted import Planted
from tests.differential.readers import generate_readers

PROGRAMS = 200
CHUNK = 50
MOST = 100
"""So many programs that could show a bug are tried."""

BUGS = (
    Planted(
        "all SRCU domains are one",
        waits.Wait,
        "over",
        "return frame.same_place(self.domain, section.domain)",
        "return TRUE",
        "synchronize_srcu|call_srcu",
    ),
    Planted(
        "SRCU readers are not waited for",
        waits.Wait,
        "over",
        "return frame.same_place(self.domain, section.domain)",
        "return FALSE",
        "synchronize_srcu|call_srcu",
    ),
    Planted(
        "RCU waits for SRCU readers",
        waits.Wait,
        "over",
        'return TRUE if alike and section.kind in (*DELAYS_GRACE, "lock") else FALSE',
        "return TRUE if self.domain is None else FALSE",
        "synchronize_rcu",
    ),
    Planted(
        "readers never end",
        waits,
        "_readers",
        "tuple(ends.get(event.number, ()))",
        "()",
    ),
    Planted(
        "any index ends a reader",
        build_srcu,
        "leave",
        "draft.equal(index, draft.constant(token))",
        "draft.constant(1)",
    ),
    Planted(
        "a barrier is for all domains",
        waits,
        "waits_for_queue",
        "return frame.same_place(begun.domain, queue.domain)",
        "return TRUE",
        "srcu_barrier",
    ),
)


def disagreements(generated: Generated) -> tuple[list[str], bool]:
    """Where the engines disagree, and whether the enumerator was one of them."""
    found = compare(generated)
    return found.disagreements, found.enumerated


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_engines_agree_on_readers(start: int) -> None:
    enumerated = 0
    for seed in range(start, start + CHUNK):
        generated = generate_readers(seed)
        found, also = disagreements(generated)
        assert not found, generated.text
        enumerated += also
    assert enumerated > CHUNK / 4


@pytest.mark.soak
@pytest.mark.parametrize("start", range(1000, 6000, 500))
def test_many(start: int) -> None:
    for seed in range(start, start + 500):
        generated = generate_readers(seed)
        assert not disagreements(generated)[0], generated.text


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = (generate_readers(seed) for seed in range(PROGRAMS))
    fitting = [p for p in programs if re.search(bug.needs, p.text)][:MOST]
    bug.is_noticed(monkeypatch, fitting, lambda program: disagreements(program)[0])
