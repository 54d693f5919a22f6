"""What a rehearsal reaches, the solver reaches too."""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.run.machine import stage
from prover.execution.run.rehearse import rehearse
from prover.graph import compile_program
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.reply import Sat
from tests.differential.callbacks import generate_callbacks
from tests.differential.generator import Generated, generate

PROGRAMS = 120
CHUNK = 30

LOCKED = """
struct s { spinlock_t lock; int x; };
struct s a;
actor one { spin_lock(&a.lock); a.x = 1; inner: a.x = 2; spin_unlock(&a.lock); }
actor two {
	if (spin_trylock(&a.lock)) {
		assert(a.x != 1);
		got: a.x = 3;
		spin_unlock(&a.lock);
	} else {
		never: a.x = 4;
	}
	if (a.x == 7)
		dead: a.x = 5;
}
scenario s { run one, two; }
"""


def _skeleton(text: str, bound: int) -> sk.Skeleton:
    protocol = check(load_text("t.khp", text, None, ()))
    return build(compile_program(protocol, "s", {}, bound))


def test_reaches_what_plain_schedules_reach() -> None:
    """Whole actors one after the other: the lock is never held when it is tried."""
    skeleton = _skeleton(LOCKED, 1)
    found = rehearse(stage(skeleton), frozenset({("two", "never")}), frozenset())
    assert found.ends
    assert found.marks == {("one", "inner"), ("two", "got")}


@pytest.mark.parametrize("first", range(0, PROGRAMS, CHUNK))
def test_reaches_nothing_that_cannot_be(first: int) -> None:
    """The end, events and labels of generated programs, by the solver's word."""
    shown = 0
    for seed in range(first, first + CHUNK):
        generated = generate_callbacks(seed) if seed % 4 == 3 else generate(seed)
        shown += _confirmed(generated)
    assert shown > CHUNK


def _confirmed(generated: Generated) -> int:
    """How many of the things reached were confirmed, all of them."""
    skeleton = _skeleton(generated.text, generated.bound)
    found = rehearse(stage(skeleton), frozenset({("", "none")}), frozenset())
    query = encode(prepare(skeleton), detail=False)
    asked = [query.checks[e] for e in found.events if e in query.checks]
    asked += [query.marks[mark] for mark in found.marks]
    asked += [query.ends] if found.ends else []
    session = Session(query.text, 60)
    for question in asked:
        assert isinstance(session.ask(question, values=False), Sat), generated.text
    return len(asked)
