"""Spinlocks that a handler lets go and its host takes, or the other way round: one program.

A handler and its host are one stream of instructions.  What stands before an unlock of one comes
before what is behind a lock that the other takes later: po-unlock-lock-po of lkmm.cat, where po is
what the processor ran.  Of unlock n that is ``fu<n>``, and ``fu<n>_<t>`` what of it has
reached thread t.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.nodes import Node
from prover.smt.logic import FALSE
from prover.smt.weak.numbers import Numbers
from prover.smt.weak.strand import Strand


def behind_unlocks_of_others(n: Numbers, strand: Strand, lock: Node) -> None:
    """Taking a spinlock: behind the unlocks that its processor ran before, in other threads."""
    for node in n.nodes:
        earlier = n.frame.in_program(node.event, lock.event) if _unlocks(n, node) else None
        if earlier is None:
            continue
        both = n.logic.all_of((n.frame.there(node), n.got(lock), earlier))
        strand.floor.push(n.number(f"fu{node.number}"), both)
        for t in n.threads:
            strand.handed[t].push(n.number(f"fu{node.number}_{t}"), both)


def tell_others(n: Numbers, unlock: Node, everything: str, passed: dict[int, str]) -> None:
    """What stands before an unlock, where another thread of its processor takes spinlocks."""
    if next(_locks_of_others(n, unlock), None) is None:
        return
    n.below(everything, n.number(f"fu{unlock.number}"))
    for t in n.threads:
        n.below(passed[t], n.number(f"fu{unlock.number}_{t}"))


def _locks_of_others(n: Numbers, unlock: Node) -> Iterator[Node]:
    for node in n.nodes:
        if node.role == "lock" and n.frame.in_program(unlock.event, node.event) is not None:
            yield node


def _unlocks(n: Numbers, node: Node) -> bool:
    """Whether a node lets a spinlock go in some execution."""
    action = n.frame.skeleton.events[node.event].action
    spin = node.role == "unlock" and isinstance(action, sk.Unlock) and action.kind == "spinlock"
    return spin and node.kind == "W" and n.frame.reached(node.event) != FALSE
