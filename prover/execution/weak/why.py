"""Why an execution under a weak model goes wrong: the sentences under its table.

First what is out of order.  Where nothing is, the execution could be told as an interleaving, and
what is said of those is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution.because import torn
from prover.execution.edges import Reason
from prover.execution.freed import waited
from prover.execution.held import lockdep, unordered
from prover.execution.run.why import plainly
from prover.execution.story import Story


def why(story: Story, name: str, other: int, out_of_order: tuple[Reason, ...]) -> Iterator[Reason]:
    """The reasons; ``other`` is the step that one races with, or the one that goes wrong."""
    if name == "data-race":
        yield from out_of_order
        yield unordered(story, other, story.bad)
    elif not out_of_order:
        yield from plainly(story, name)
    else:
        yield from out_of_order
        if name == "torn-value":
            yield from torn(story)
        elif name == "use-after-free":
            yield from waited(story)
        elif name == "lockdep-assert":
            yield from lockdep(story)
