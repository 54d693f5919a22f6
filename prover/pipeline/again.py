"""What a lost worker had to decide, decided again: each obligation once, in a worker of its own.

Obligations that differ only in the memory model share a worker, and one after the other it is given
more.  One that dies takes all along that it was at, and may have been brought down by what it did
before.  Alone, only the obligation that is to blame is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prover.pipeline.decision import NO_MEMORY, Decision
from prover.pipeline.pool import Lost
from prover.verdict import Unknown


def each_of(
    members: Sequence[int], result: list[Decision] | Lost
) -> Iterator[tuple[int, Decision | Lost]]:
    """Every obligation's part of what came of a group."""
    found = [result] * len(members) if isinstance(result, Lost) else result
    yield from zip(members, found, strict=True)


def worth_again(found: object, members: Sequence[object]) -> bool:
    """Whether another try may end otherwise.

    Not for what overstayed alone: it had all its time.
    """
    match found:
        case Lost(late=late):
            return not late or len(members) > 1
        case Decision(verdict=Unknown(why=why)):
            return why == NO_MEMORY
        case _:
            return False


def twice(lost: Lost) -> Lost:
    """What is lost in the second try, too."""
    return lost if lost.late else Lost(f"{lost.why}, and again when tried alone")
