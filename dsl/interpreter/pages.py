"""The pages of typesafe pools: given back at any time once nobody can be looking any more.

What is freed there may be given out again at once.  Until then its page may go, as soon as a
grace period that began at the free is over.  Nobody waits for that, and it need not happen.
"""

from __future__ import annotations

from dsl.interpreter.layout import Layout
from dsl.interpreter.state import ALLOCATOR, Page, State, Step, open_sections
from dsl.interpreter.work import Work
from dsl.source import Span


def freed(w: Work, unit: int) -> None:
    """A slot is free: a grace period that begins now must be over before its page can go."""
    page = Page(unit, open_sections((*w.others, w.actor())), gone=False)
    w.pages = tuple(sorted((*w.pages, page)))


def given_out(w: Work, unit: int) -> None:
    """A slot is in use again."""
    w.pages = tuple(page for page in w.pages if page.unit != unit)


def is_there(w: Work, unit: int) -> bool:
    """Whether a free slot may still be looked at."""
    return any(page.unit == unit and not page.gone for page in w.pages)


def steps(state: State) -> list[Step]:
    """Each page that can go now: a step of the allocator."""
    return [Step(ALLOCATOR, p.unit) for p in state.pages if not p.waiting and not p.gone]


def give_back(layout: Layout, state: State, unit: int) -> tuple[State, str, Span]:
    """The state without a page, what happened in words, and where its pool is declared."""
    after = tuple(p._replace(gone=True) if p.unit == unit else p for p in state.pages)
    found = layout.units[unit]
    span = layout.protocol.pools[found.pool].span
    return state._replace(pages=after), f"gives back the page of {found.name}", span
