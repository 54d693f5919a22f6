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


GOES_WRONG = TEXT.replace("WRITE_ONCE(y, 2)", "local_irq_enable()")


def all_schedules(text: str) -> list[list[int]]:
    """Every way in which the handler's steps can lie among those of its host."""
    host, handler = threads(text)
    places = combinations(range(len(host) + len(handler)), len(handler))
    return [merged(set(chosen), [*host], [*handler]) for chosen in places]


def merged(chosen: set[int], host: list[int], handler: list[int]) -> list[int]:
    count = len(host) + len(handler)
    return [handler.pop(0) if place in chosen else host.pop(0) for place in range(count)]


@cache
def built(text: str):
    return build(compile_program(check(load_text("t.khp", text, None, ())), "s", {}, 1))


def threads(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    skeleton = built(text)
    (handler,) = (t for t in skeleton.threads if t.kind == "handler")
    return skeleton.threads[handler.host].events, handler.events


def machine_on(text: str) -> tuple[Machine, list[int]]:
    """A machine, and the steps of whoever sends the interrupt: it waits for nothing."""
    skeleton = built(text)
    host, _ = threads(text)
    others = [e for t in skeleton.threads if t.kind == "actor" for e in t.events]
    machine = Machine(stage(skeleton), Decisions({}, {}, {}))
    return machine, [number for number in others if number not in host]


def is_whole(schedule: list[int], handler: tuple[int, ...]) -> bool:
    """Whether nobody else makes a step between the handler's first and last."""
    begin = schedule.index(handler[0])
    return schedule[begin : begin + len(handler)] == list(handler)


def test_there_are_schedules_of_both_kinds() -> None:
    _, handler = threads(TEXT)
    kinds = [is_whole(schedule, handler) for schedule in all_schedules(TEXT)]
    assert kinds.count(True) >= 4
    assert kinds.count(False) >= 20


def test_a_host_stands_still_while_its_handler_runs() -> None:
    _, handler = threads(TEXT)
    for schedule in all_schedules(TEXT):
        machine, sender = machine_on(TEXT)
        if is_whole(schedule, handler):
            machine.run([*sender, *schedule])
            assert machine.violation is None
        else:
            with pytest.raises(NotAllowed, match="a handler runs on the CPU of walker"):
                machine.run([*sender, *schedule])


def test_nor_does_it_make_a_step_that_goes_wrong() -> None:
    host, handler = threads(GOES_WRONG)
    wrong = host[2]
    ended = 0
    for schedule in all_schedules(GOES_WRONG):
        machine, sender = machine_on(GOES_WRONG)
        # What follows the step that goes wrong is not run any more.
        done = schedule[: schedule.index(wrong)]
        if handler[0] in done and not is_whole(done, handler):
            with pytest.raises(NotAllowed, match="a handler runs on the CPU of walker"):
                machine.run([*sender, *schedule])
            continue
        machine.run([*sender, *schedule])
        assert machine.violation is not None
        assert machine.violation.properties == ("irq-unbalanced",)
        ended += 1
    assert ended > 3
