"""Slots of typesafe pools, and their pages, in a step.

What is freed there stays as it is and may be given out again at once; who has its address may look
until its page is given back, after a grace period that began at the free.  So a free spawns an
actor, the *page*, which waits from the start for all who are in a region that RCU waits for, and
then gives itself back; that it does is never needed.  Who is given the slot before that sends the
page away by a broadcast: of a slot in use there is none, of a free one at most one.  No grace
period and no barrier waits for a page, as it is in no region.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.graph import ir
from prover.graph.instructions import instructions
from prover.graph.values import Allocation, Location, Pointer
from prover.parametric.machine.code import Body, page_of
from prover.parametric.machine.local import Local
from prover.parametric.machine.points import Points
from prover.parametric.machine.shared import FREE, GONE, USED
from prover.parametric.machine.work import Work, Wrong


def find_pages(
    layout: ir.Layout, points: Points, graphs: tuple[ir.Cfg, ...]
) -> Iterator[tuple[str, Body]]:
    """The slots of typesafe pools that somebody frees, each with the body of its page.

    A page stands at the first statement that may free its slot.
    """
    for name, region in layout.regions.items():
        if region.typesafe and points.lost(name):
            origins = (
                instr.origin
                for graph in graphs
                for instr in instructions(graph)
                if isinstance(instr, ir.Free)
                and any(place.object == name for place in points.of(instr.pointer, graph))
            )
            yield name, page_of(name, next(origins))


def given_out(work: Work, name: str) -> Pointer:
    """A slot is in use: its memory is as it was, and pointers to it lead there again."""
    place = Location(name, ())
    if work.look("life", place) == FREE:
        work.change = work.parts.change("given", place)
    work.write(place, "whole", USED, "life")
    return Pointer(Allocation(name, 0))


def freed(work: Work, name: str) -> None:
    """A slot is free, and a grace period for its page begins."""
    place = Location(name, ())
    if work.look("life", place) != USED:
        raise Wrong("double-free")
    work.write(place, "whole", FREE, "life")
    wait = work.parts.wait("grace", None)
    page = Local(body=work.parts.pages[name], who=-1, position=0, wait=wait, pending=True)
    work.spawned.append(work.parts.locals.number(page))


def give_back(work: Work, slot: str) -> None:
    """The page of a free slot goes."""
    work.write(Location(slot, ()), "whole", GONE, "life")
