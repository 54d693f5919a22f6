"""Handlers under weak models, by what the solver says of them where no witness can."""

from __future__ import annotations

import re
from itertools import product

import pytest

from dsl.check import check
from dsl.frozen import replace
from dsl.imports import load_text
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.smt.backends.z3 import Session
from prover.smt.encode import Prepared, encode, prepare
from prover.smt.reply import Sat

HANGS = """
int started;
int here;
int there;
int go;

static void waits(void) { while (!READ_ONCE(go)) cpu_relax(); }

actor sender {
	WRITE_ONCE(there, 1);
	if (smp_load_acquire(&started) && !READ_ONCE(here))
		smp_call_function(waits, false, host);
}

actor host {
	local_irq_disable();
	smp_store_release(&started, 1);
	WRITE_ONCE(here, 1);
	int told = READ_ONCE(there);
	if (told)
		WRITE_ONCE(go, 1);
	local_irq_enable();
	if (!told)
		WRITE_ONCE(go, 1);
}
"""

COUNT = """
int x;
int y;

static void one(void) { WRITE_ONCE(x, 1); }
static void two(void) { WRITE_ONCE(x, 2); }

actor sender { smp_call_function(one, false, host); smp_call_function(two, false, host); }
actor host { WRITE_ONCE(y, 1); WRITE_ONCE(y, 2); READ_ONCE(x); }
"""


def prepared(text: str, model: str) -> Prepared:
    """A text whose scenario runs a sender and its host."""
    source = f"models {model};\n{text}\nscenario s {{ run sender, host; }}\n"
    protocol = check(load_text("t.khp", source, None, ()))
    return prepare(build(compile_program(protocol, "s", {}, 1, waiting=True)), model)


@pytest.mark.parametrize(("model", "hangs"), [("sc", False), ("tso", True), ("lkmm", True)])
def test_a_handler_hangs_that_came_as_two_stores_waited(model: str, hangs: bool) -> None:
    """The host does not go on to set what its handler waits for."""
    query = encode(prepared(HANGS, model))
    found = Session(query.text, 30).ask(query.properties["deadlock"], values=False)
    assert isinstance(found, Sat) == hangs


@pytest.mark.parametrize("model", ["tso", "lkmm"])
def test_what_nobody_is_shown_has_two_handlers_at_the_same_places(model: str) -> None:
    """The text with fewer clauses allows what the other does, which handler first, and no more."""
    case = prepared(COUNT, model)
    places = _places(case)
    assert places == _places(replace(case, linear=frozenset(("places",))))
    assert all(k == m or first == (k < m) for k, m, first in places)
    assert {(k, m) for k, m, _ in places} == set(product((1, 2, 3, 4, 5), repeat=2))


def _places(case: Prepared) -> set[tuple[int, int, bool]]:
    """Where in their host's program two handlers can run, and whether the first-named comes first."""
    one, two = (t for t in case.skeleton.threads if t.kind == "handler")
    query = encode(case, detail=False)
    session = Session(query.text, 30)
    gaps = {
        t.number: [int(k) for k in re.findall(rf" i{t.number}_(\d+) ", query.text)]
        for t in (one, two)
    }
    run = [f"g{t.events[0]}" for t in (one, two)]
    found: set[tuple[int, int, bool]] = set()
    places = product(gaps[one.number], gaps[two.number])
    for (k, m), first in product(set(places), (True, False)):
        here = ((one.number, k), (two.number, m))
        names = [f"i{t}_{p}" for t, p in here]
        names += [f"!i{t}_{other}" for t, p in here for other in set(gaps[t]) - {p}]
        names.append(f"{'' if first else '!'}j{one.number}_{two.number}")
        if isinstance(session.ask(query.ends, *run, *names, values=False), Sat):
            found.add((k, m, first))
    return found
