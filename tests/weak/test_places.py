"""Where handlers run: two ways to write down that a host runs one of them at a time say the same."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.smt.backends.z3 import Session
from prover.smt.encode import Prepared, encode, prepare
from prover.smt.reply import Sat, Unsat

TWO_ON_ONE = """\
models {model};

int n;
int m;

static void first(void)
{{
	WRITE_ONCE(n, 1);
}}

static void second(void)
{{
}}

actor one {{
	smp_call_function(first, true);
}}

actor two {{
	smp_call_function(second, true);
}}

actor host {{
	WRITE_ONCE(m, 1);
	local_irq_disable();
	WRITE_ONCE(m, 2);
	local_irq_enable();
	WRITE_ONCE(m, 3);
}}

scenario test {{
	run one, two, host;
	expect proved;
}}
"""


@pytest.fixture(params=("lkmm", "tso"))
def prepared(request: pytest.FixtureRequest, tmp_path: Path) -> Prepared:
    file = tmp_path / "two_on_one.khp"
    file.write_text(TWO_ON_ONE.format(model=request.param), encoding="utf-8")
    program = compile_program(check(load(file, (library_root(),))), "test", {}, 1)
    return prepare(build(program), request.param)


def answers(prepared: Prepared) -> dict[tuple[str, ...], bool]:
    """For every two places of the handlers on one host, and either turn: whether that can be."""
    session = Session(encode(prepared).text, 60)
    threads = prepared.skeleton.threads
    handlers = [t for t in threads if t.kind == "handler"]
    host = next(t.number for t in threads if t.kind == "actor" and t.name == "host")
    one, two = (t for t in handlers if t.host == host)
    places = [
        [name for name in declared(session) if name.startswith(f"i{handler.number}_")]
        for handler in (one, two)
    ]
    begun = [f"g{handler.events[0]}" for handler in (one, two)]
    found: dict[tuple[str, ...], bool] = {}
    for here, there, no in product(*places, ("", "!")):
        others = [f"!{name}" for own in places for name in own if name not in (here, there)]
        turn = f"{no}j{one.number}_{two.number}"
        reply = session.ask(here, there, turn, *begun, *others, values=False)
        assert isinstance(reply, Sat | Unsat)
        found[here, there, turn] = isinstance(reply, Sat)
    return found


def declared(session: Session) -> list[str]:
    """The constants of what a session was told."""
    text = session.told[0]
    return [line.split()[1] for line in text.splitlines() if line.startswith("(declare-const ")]


def test_both_ways_allow_the_same_places(prepared: Prepared) -> None:
    pairwise, linear = answers(prepared), answers(replace(prepared, linear=frozenset(("places",))))
    assert pairwise == linear
    assert {True, False} == set(linear.values())


def test_only_one_of_them_has_a_clause_for_every_two(prepared: Prepared) -> None:
    pairwise, linear = encode(prepared), encode(replace(prepared, linear=frozenset(("places",))))
    turns = [
        sum("one after the other" in label for label in each.labels) for each in (pairwise, linear)
    ]
    assert turns[1] < turns[0]
