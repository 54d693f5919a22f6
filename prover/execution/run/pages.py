"""What a free does beyond memory, and how the page of a typesafe slot goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prover.execution import skeleton as sk

if TYPE_CHECKING:
    from prover.execution.run.machine import Machine


def release(machine: Machine, number: int, action: sk.Deallocate | sk.GiveBack) -> None:
    """Frees an object, which begins a grace period for its page; or gives that page back."""
    pointer = machine.values.value(action.pointer)
    match action:
        case sk.Deallocate(page=page):
            machine.memory.end_life(pointer, number)
            if page >= 0:
                begin = machine.skeleton.threads[page].events[0]
                machine.waits[begin] = machine.open_sections(None)
        case sk.GiveBack(free=free):
            machine.memory.give_back(pointer, free)
