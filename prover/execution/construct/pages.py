"""Frees, and the pages of typesafe pools: threads of their own, after a grace period.

What is freed to a typesafe pool may be looked at until its page is given back.  That may happen
once a grace period that began at the free is over, as long as nobody has been given the slot
again; or never.  So a page's thread is a callback that nobody waits for.
"""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.construct.draft import Draft
from prover.execution.construct.strand import Page, Strand
from prover.execution.terms import Term
from prover.graph import ir
from prover.graph.values import Location


def free(strand: Strand, pointer: Term, origin: ir.Origin) -> None:
    """What is at ``pointer`` is free from now on; its page may follow."""
    draft = strand.draft
    slots = [r.name for r in draft.layout.regions.values() if r.typesafe]
    typesafe = draft.terms.either(
        *(draft.equal(pointer, draft.pointer_to(Location(name, ()))) for name in slots)
    )
    if draft.terms.known(typesafe) == 0:
        strand.here(sk.Deallocate(pointer), origin)
        return
    draft.threads.append(None)
    thread = len(draft.threads) - 1
    event = strand.here(sk.Deallocate(pointer, thread), origin)
    strand.pages.append(Page(thread, event, pointer, typesafe, origin))


def build_pages(draft: Draft, name: str, pages: list[Page]) -> None:
    """The threads that give back the pages of what thread ``name`` frees."""
    for page in pages:
        strand = Strand(draft, page.thread, "page", (), -1)
        guard = draft.terms.both(draft.outcome(page.free, "ok"), page.typesafe)
        begin = strand.emit(sk.Begin(), guard, page.origin)
        strand.guard = draft.outcome(begin, "granted")
        strand.here(sk.GiveBack(page.pointer, page.free), page.origin)
        strand.emit(sk.Ended(), strand.guard, page.origin)
        draft.threads[page.thread] = sk.Thread(
            page.thread,
            f"page freed by {name}",
            "page",
            f"page#{page.free}",
            tuple(strand.numbers),
            page.free,
            -1,
        )
