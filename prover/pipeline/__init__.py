"""The pipeline: files in, a report out.

What is remembered is answered here, without the parser and without the solver; all else is
:mod:`prover.pipeline.proving`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prover.pipeline.tree import Member, members
from prover.verdict import FileReport, Progress, Report, Request

if TYPE_CHECKING:
    from prover.cache.store import Store
    from prover.pipeline.certify import Second


def run(
    request: Request,
    on_progress: Callable[[Progress], None],
    store: Store | None = None,
    second: Second | None = None,
    only: Sequence[Member | FileReport] | None = None,
) -> Report:
    """Proves what the request asks for; with a ``store``, not again what is known from there.

    With a ``second`` solver all is proved again, and what it rests on is asked of that one, too:
    from the store come only answers of its own.  ``only`` are those of its files that are wanted;
    there may be nothing to prove in them.
    """
    start = time.monotonic()
    if request.texts:
        # What is remembered goes by the files as they are on disk.
        store = None
    named = list(members(request.files)) if only is None else list(only)
    idle = only is not None and not (named and request.selects)
    asked = [(each.name, each.folder) for each in named if isinstance(each, Member)]
    from prover.cache.whole import Recalled, recall

    recalled = Recalled()
    if store is not None and second is None:
        recalled = recall(store, asked, request)
    known = recalled.known
    reports = [known[each].report for each in asked if each in known]
    if len(reports) < len(named) or not (idle or any(report.outcomes for report in reports)):
        # The parser is imported only where something is to be checked ...
        from prover.pipeline.spared import settled, spared

        found = spared(request, named, recalled, store)
        done = settled(request, named, found, store, idle=idle)
        if done is None:
            # ... and the engine only where something is to be proved.
            from prover.pipeline.proving import prove

            done = prove(request, named, found, store, on_progress, second, idle=idle)
        reports = done
    return Report(tuple(reports), time.monotonic() - start)
