"""Many inputs in few processes: each with its time and its memory, the worst of them by name.

A worker takes inputs by the chunk.  What overstays is interrupted there by a timer, what the
timer cannot interrupt is killed from outside, and what crashes the process is found out.
"""

from __future__ import annotations

import os
import resource
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from prover.pipeline.pool import Lost, run_pool
from tests.soak import Figures, together

SECONDS = 5.0
"""CPU time that an input may take."""

MEMORY = 1024
"""MiB that a process may come to."""

CHUNK = 250


class TooLongError(Exception):
    """An input took more than its time."""


def spent() -> float:
    """CPU time of this process and of what it has started and seen end."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def used() -> int:
    """MiB that this process has come to, or one that it has started."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) // 1024


def late(_number: int, frame: FrameType | None) -> None:
    raise TooLongError("".join(traceback.format_stack(frame, limit=6)))


def measured(name: str, give: Callable[[int], None], numbers: Iterable[int]) -> Figures:
    """``give`` called with every number, in this process."""
    found = Figures()
    signal.signal(signal.SIGALRM, late)
    for number in numbers:
        called = f"{name} {number}"
        faults: tuple[str, ...] = ()
        signal.setitimer(signal.ITIMER_REAL, 4 * SECONDS)
        start = spent()
        try:
            give(number)
        except Exception:  # noqa: BLE001 - this is what must not happen
            faults = (f"{called}: {traceback.format_exc(limit=-6)}",)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        taken, mib = spent() - start, used()
        if taken > SECONDS:
            faults += (f"{called}: {taken:.1f} s",)
        if mib > MEMORY:
            faults += (f"{called}: {mib} MiB",)
        found += Figures(1, taken, called, mib, called, faults=faults)
    return found


def in_workers(name: str, give: Callable[[int], None], first: int, count: int) -> Figures:
    """The same in worker processes, where a crash is noticed too."""
    starts = range(first, first + count, CHUNK)

    def job(index: int) -> Figures:
        here = range(starts[index], min(starts[index] + CHUNK, first + count))
        return measured(name, give, here)

    def figures() -> Iterator[Figures]:
        pool = run_pool(job, len(starts), workers=1, seconds=900.0, memory=MEMORY)
        for index, found in pool:
            if isinstance(found, Lost):
                yield Figures(faults=(f"{name} from {starts[index]}: {found.why}",))
            else:
                yield found

    return together(figures())
