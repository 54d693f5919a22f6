"""While a handler runs on its CPU an actor makes no step: the machine that replays refuses it."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution.construct.program import build
from prover.execution.run.machine import Decisions, Machine, stage
from prover.execution.run.state import NotAllowed
from prover.graph import compile_program

TEXT = """\
int x;
int y;

actor walker {
	WRITE_ONCE(y, 1);
	WRITE_ONCE(y, 2);
}

actor tick interrupts walker {
	WRITE_ONCE(x, 1);
	WRITE_ONCE(x, 0);
}

scenario s {
	run walker, tick;
}
"""


def all_schedules() -> list[list[int]]:
    """Every way in which the handler's steps can lie among those of its host."""
    host, handler = threads()
    places = combinations(range(len(host) + len(handler)), len(handler))
    return [merged(set(chosen), [*host], [*handler]) for chosen in places]


def merged(chosen: set[int], host: list[int], handler: list[int]) -> list[int]:
    count = len(host) + len(handler)
    return [handler.pop(0) if place in chosen else host.pop(0) for place in range(count)]


@cache
def built():
    return build(compile_program(check(load_text("t.khp", TEXT, None, ())), "s", {}, 1))


def threads() -> tuple[tuple[int, ...], tuple[int, ...]]:
    skeleton = built()
    (handler,) = (t for t in skeleton.threads if t.kind == "handler")
    return skeleton.threads[handler.host].events, handler.events


def is_whole(schedule: list[int]) -> bool:
    """Whether nobody else makes a step between the handler's first and last."""
    _, handler = threads()
    begin = schedule.index(handler[0])
    return schedule[begin : begin + len(handler)] == list(handler)


def test_there_are_schedules_of_both_kinds() -> None:
    kinds = [is_whole(schedule) for schedule in all_schedules()]
    assert kinds.count(True) >= 4
    assert kinds.count(False) >= 20


def test_a_host_stands_still_while_its_handler_runs() -> None:
    skeleton = built()
    others = [e for t in skeleton.threads if t.kind == "actor" for e in t.events]
    host, _ = threads()
    sender = [number for number in others if number not in host]
    for schedule in all_schedules():
        machine = Machine(stage(skeleton), Decisions({}, {}, {}))
        # Whoever sends the interrupt has sent it before, and waits for nothing.
        steps = [*sender, *schedule]
        if is_whole(schedule):
            machine.run(steps)
            assert machine.violation is None
        else:
            with pytest.raises(NotAllowed, match="a handler runs on the CPU of walker"):
                machine.run(steps)
