"""What a lost worker had to decide, decided again: each obligation once, in a worker of its own.

Obligations that differ only in the memory model share a worker, and one after the other it is given
more.  One that dies takes all along that it was at, and may have been brought down by what it did
before.  Alone, only the obligation that is to blame is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

from dsl.frozen import replace
from prover.pipeline.decision import NO_MEMORY, Decision
from prover.pipeline.pool import Answer, Lost, run_pool
from prover.verdict import Bounded, Refuted, Unknown

Result = TypeVar("Result")
Item = TypeVar("Item")


def each_of(
    members: Sequence[int], result: list[Decision] | Lost
) -> Iterator[tuple[int, Decision | Lost]]:
    """Every obligation's part of what came of a group."""
    if not isinstance(result, Lost):
        yield from zip(members, result, strict=True)
        return
    told = result.so_far
    so_far = cast("tuple[object, ...]", told) if told is not None else (None,) * len(members)
    for member, known in zip(members, so_far, strict=True):
        yield member, replace(result, so_far=known)


def worth_again(found: object, members: Sequence[object]) -> bool:
    """Whether another try may end otherwise.

    Not for what overstayed alone: it had all its time.
    """
    match found:
        case Lost(late=late):
            return not late or len(members) > 1
        case Decision(verdict=Unknown(why=why) | Bounded(late=why)):
            return why == NO_MEMORY
        case _:
            return False


def at_least(found: Decision | Lost) -> Decision | Lost:
    """What is known of an obligation: of one that was lost, what was up to some bound."""
    if isinstance(found, Lost) and isinstance(found.so_far, Decision):
        return found.so_far.short_of(found.why) or found
    return found


def further(first: Decision | Lost, second: Decision | Lost) -> Decision | Lost:
    """Which of two tries to take: the second, unless only the first has come up to a bound."""
    if not isinstance(first, Decision) or not isinstance(first.verdict, Bounded | Refuted):
        return second
    match second:
        case Lost() | Decision(verdict=Unknown()):
            return first
        case _ if isinstance(first.verdict, Refuted):
            return second
        case Decision(verdict=Bounded(bound=bound, late=late)) if late:
            return first if bound < first.verdict.bound else second
        case _:
            return second


def twice(lost: Lost) -> Lost:
    """What is lost in the second try, too."""
    return lost if lost.late else replace(lost, why=f"{lost.why}, and again when tried alone")


def run_twice(
    job: Callable[[int], Result], count: int, *, workers: int, seconds: float, memory: int
) -> Iterator[Answer[Result]]:
    """The pool, with a second try, alone, for every job whose worker died."""
    again: list[int] = []
    first = run_pool(job, count, workers=workers, seconds=seconds, memory=memory)
    for number, result in first:
        if worth_again(result, [number]):
            again.append(number)
        else:
            yield number, result
    yield from alone(job, again, workers=workers, seconds=seconds, memory=memory)


def alone(
    job: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int,
    seconds: float,
    memory: int,
) -> Iterator[tuple[Item, Result | Lost]]:
    """The second try: each item's job in a worker of its own."""
    second = run_pool(
        lambda place: job(items[place]),
        len(items),
        workers=workers,
        seconds=seconds,
        memory=memory,
        fresh=True,
    )
    for place, result in second:
        yield items[place], twice(result) if isinstance(result, Lost) else result
