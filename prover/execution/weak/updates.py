"""What became of updates in one execution: which have stored, which have only looked."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.nodes import Node, Nodes
from prover.execution.terms import Constant
from prover.execution.weak.run import Run
from prover.models.concrete import Pairs


def updates(run: Run, nodes: Nodes, there: set[int]) -> Pairs:
    """rmw: the read and the write of an update, and of taking a lock, of the nodes ``there``.

    The read alone where it has found garbage and cannot fail: its order counts.
    """
    found: set[tuple[int, int]] = set()
    for event, own in nodes.of_event.items():
        if len(own) == 2 and own[0].role in ("rmw", "lock") and own[1].kind == "W":
            if {own[0].number, own[1].number} <= there:
                found.add((own[0].number, own[1].number))
            elif event in run.violated and own[0].number in there and _cannot_fail(run, own[0]):
                found.add((own[0].number, own[0].number))
    return frozenset(found)


def _cannot_fail(run: Run, node: Node) -> bool:
    return node.role == "rmw" and isinstance(run.skeleton.rows[node.active], Constant)


def only_looked(run: Run, node: Node) -> str:
    """How an update or a trylock that found nothing to do has tried nothing.

    ``always``, or in its ``generic`` form; "" where it has tried, or done something.
    """
    action = run.skeleton.events[node.event].action
    if isinstance(action, sk.Try):
        taken = bool(run.claim.decisions.taken.get(node.event, False))
        looks = "generic" if action.kind == "folio" else "always"
        return "" if taken else looks
    done = node.event in run.happened and run.values.holds(node.active)
    return action.looks if isinstance(action, sk.Access) and not done else ""
