"""Positions under sequential consistency: program order, creation, and stretches of one thread."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from prover.execution import skeleton as sk
from prover.execution.order import StaticOrder
from prover.smt.frame import Frame
from prover.smt.logic import neg


def encode_positions(frame: Frame, contexts: int) -> None:
    """Positions follow program order and creation."""
    logic, order = frame.logic, frame.order
    place_ends(frame)
    numbers = sorted(frame.positioned)
    logic.label = "program order"
    op = "<=" if contexts else "<"
    for one, two in _chain(order, numbers, frame.skeleton):
        logic.clause(logic.atom(f"({op} p{one} p{two})"))
    if contexts:
        _stretches(frame, numbers, contexts)


def place_ends(frame: Frame) -> None:
    """Who starts a thread comes before it, and who waits for it after it, also where nothing else
    places them.
    """
    returns = frame.order.returns
    for thread in reversed(frame.skeleton.threads):
        if thread.parent < 0 or not frame.positioned.keys() & set(thread.events):
            continue
        frame.positioned[thread.parent] = None
        if returns[thread.number] >= 0:
            frame.positioned[returns[thread.number]] = None


def _chain(
    order: StaticOrder, numbers: Iterable[int], skeleton: sk.Skeleton
) -> list[tuple[int, int]]:
    """Pairs of positioned events whose order implies all static order between positioned events."""
    wanted = frozenset(numbers)
    used = {t.number: [e for e in t.events if e in wanted] for t in skeleton.threads}
    found: list[tuple[int, int]] = []
    for thread in skeleton.threads:
        events = used[thread.number]
        found.extend(pairwise(events))
        if not events:
            continue
        climb = thread.parent
        while climb >= 0:
            above, index = order.place[climb]
            earlier = [e for e in used[above] if order.place[e][1] <= index]
            if earlier:
                found.append((earlier[-1], events[0]))
                break
            climb = skeleton.threads[above].parent
        end = order.returns[thread.number]
        if end >= 0:
            above, index = order.place[end]
            later = [e for e in used[above] if order.place[e][1] >= index]
            if later:
                found.append((events[-1], later[0]))
    return found


def _stretches(frame: Frame, numbers: list[int], contexts: int) -> None:
    """Positions 1..contexts are the numbers of stretches, each of one thread."""
    logic, skeleton = frame.logic, frame.skeleton
    threads = sorted({skeleton.events[n].thread for n in numbers})
    logic.label = "stretches of one thread"
    owner = {(k, t): logic.variable(f"o{k}_{t}") for k in range(1, contexts + 1) for t in threads}
    for k in range(1, contexts + 1):
        logic.at_most_one([owner[k, t] for t in threads])
    for t in threads:
        if skeleton.threads[t].kind == "actor":
            used = logic.variable(f"u{t}")
            for k in range(1, contexts + 1):
                logic.clause(neg(owner[k, t]), used)
    for number in numbers:
        thread = skeleton.events[number].thread
        idle = neg(frame.steps(number))
        logic.clause(logic.atom(f"(<= 1 p{number})"))
        for k in range(1, contexts + 1):
            here = logic.atom(f"(= p{number} {k})")
            logic.clause(neg(here), idle, owner[k, thread])
