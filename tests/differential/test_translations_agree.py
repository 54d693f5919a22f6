"""Flushes of translations: the engines agree, and notice where one of them is wrong.

The programs are those about SRCU with another wait, which differs in that it does not sleep.
"""

from __future__ import annotations

import re

import pytest

from dsl.frozen import replace
from dsl.interpreter import srcu
from prover.execution.construct import instructions
from prover.execution.construct import srcu as build_srcu
from prover.smt import waits
from tests.differential.generator import Generated
from tests.differential.planted import Planted
from tests.differential.readers import generate_readers
from tests.differential.test_readers_agree import disagreements

PROGRAMS = 100
CHUNK = 50
MOST = 200
"""So many programs that could show a bug are tried."""

WAIT = re.compile(r"synchronize_srcu(_expedited)?\(")
FLUSH = "flush_translations"
ATOMIC = rf"(spin_lock\(&l\)|rcu_read_lock\(\)); {FLUSH}"

BUGS = (
    Planted(
        "a flush must not be waited for in atomic context",
        instructions,
        "_wait",
        "not instr.sleeps",
        "False",
        ATOMIC,
    ),
    Planted(
        "a flush waits for no translation",
        waits.Wait,
        "over",
        "return frame.same_place(self.domain, section.domain)",
        "return FALSE",
        FLUSH,
    ),
    Planted(
        "a flush drops all translations",
        waits.Wait,
        "over",
        "return frame.same_place(self.domain, section.domain)",
        "return TRUE",
        FLUSH,
    ),
    Planted(
        "the interpreter's flush returns at once",
        srcu,
        "_open",
        "domain.readers",
        "()",
        FLUSH,
    ),
    Planted(
        "whoever flushes its own translation goes on",
        build_srcu,
        "inside",
        "draft.terms.either(*own)",
        "draft.terms.either()",
        FLUSH,
    ),
)


def generate(seed: int) -> Generated:
    """The program of a seed."""
    made = generate_readers(seed)
    return replace(made, text=WAIT.sub(f"{FLUSH}(", made.text))


def programs(needs: str = FLUSH) -> list[Generated]:
    """Programs with flushes, in the order of their seeds."""
    return [made for made in map(generate, range(800)) if re.search(needs, made.text)]


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_engines_agree_on_flushes(start: int) -> None:
    enumerated = 0
    for generated in programs()[start : start + CHUNK]:
        found, also = disagreements(generated)
        assert not found, generated.text
        enumerated += also
    assert enumerated > CHUNK / 4


def test_engines_agree_on_flushes_in_atomic_context() -> None:
    chosen = programs(ATOMIC)
    assert len(chosen) > 10
    for generated in chosen:
        assert not disagreements(generated)[0], generated.text


@pytest.mark.soak
@pytest.mark.parametrize("start", range(1000, 4000, 500))
def test_many(start: int) -> None:
    for seed in range(start, start + 500):
        generated = generate(seed)
        assert not disagreements(generated)[0], generated.text


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting = programs(bug.needs)[:MOST]
    bug.is_noticed(monkeypatch, fitting, lambda program: disagreements(program)[0])
