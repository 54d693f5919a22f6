"""Of executions that differ only in which of several actors alike is which, one is enough.

``alike`` is a Boolean.  Where it holds one step of each actor does not come before that of the
actor that it is like and that stands before it in the scenario.  Every execution is one of those
with some actors exchanged, so where nothing goes wrong in those, nothing does at all; a yes is a
yes without it.  Of n actors that contend n! executions become one.  (J. Crawford, M. Ginsberg,
E. Luks, A. Roy: Symmetry-Breaking Predicates for Search Problems, KR 1996.)
"""

from __future__ import annotations

from itertools import pairwise

from prover.execution.alike import alike
from prover.execution.skeleton import Access, Action, Grant, Try, Unlock
from prover.smt.frame import Frame
from prover.smt.logic import Lit, neg
from prover.smt.weak.frame import WeakFrame

ALIKE = "alike"
"""The Boolean."""


def encode_alike(frame: Frame) -> str:
    """Says what ``alike`` means; its name, ``true`` where no actors are alike.

    What the document uses of positions until then is what there is to tell actors by; numbers
    of stretches tell no two steps apart.
    """
    found = [
        (threads, index)
        for threads in alike(frame.skeleton)
        if (index := _first(frame, threads)) is not None
    ]
    for threads, index in found:
        steps = (frame.skeleton.threads[thread].events[index] for thread in threads)
        for one, two in pairwise(steps):
            frame.logic.label = "actors alike in their order"
            frame.logic.clause(neg(frame.logic.variable(ALIKE)), _in_order(frame, one, two))
    return ALIKE if found else "true"


def _first(frame: Frame, threads: tuple[int, ...]) -> int | None:
    """The index in each thread of the step that they are told by: the first that contends.

    It has a position also where it is not come to, and any place is good for that.
    """
    every = [frame.skeleton.threads[thread].events for thread in threads]
    found = [
        (_rank(frame.skeleton.events[event].action), index)
        for index, event in enumerate(every[0])
        if all(_has_position(frame, events[index]) for events in every)
    ]
    return min(found)[1] if found else None


def _rank(action: Action) -> int:
    """How little a step has to do with the order of the actors: the first of the least is taken."""
    match action:
        case Grant() | Try() | Access(what="rmw"):
            return 0
        case Access(what="store") | Unlock():
            return 1
        case _:
            return 2


def _has_position(frame: Frame, event: int) -> bool:
    if isinstance(frame, WeakFrame):
        return frame.nodes.first(event) is not None
    return event in frame.positioned


def _in_order(frame: Frame, one: int, two: int) -> Lit:
    """That a step has the smaller position, or in a weak model no greater one.

    Under sequential consistency positions can be told apart.  Weaker models may force two of
    different threads to be level.
    """
    if isinstance(frame, WeakFrame):
        return frame.most(frame.begun(one), frame.begun(two))
    return frame.logic.atom(f"(< p{one} p{two})")
