"""Declared orders of lock classes, as far as they can meet those that a program shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prover.execution.lock_facts import PASSES, LockOrderEdge, class_of
from prover.graph.ir import DeclaredOrder


def declared_orders(
    edges: Iterable[LockOrderEdge], orders: Iterable[DeclaredOrder]
) -> dict[tuple[str, str], str]:
    """The orders between classes of the program that can be on a circle with its edges.

    An order by way of classes that nobody takes is an order too, and one of classes is one of
    all their subclasses.
    """
    shown = {(edge.held, edge.taken) for edge in edges}
    names = sorted({name for pair in shown for name in pair})
    following = _following(orders)
    found = {
        (first, then): following[_base(first)][_base(then)]
        for first in names
        for then in names
        if not then.endswith(PASSES)
        and _base(first) != _base(then)
        and _base(then) in following.get(_base(first), {})
    }
    ways = reached(shown | found.keys())
    return {
        (first, then): where
        for (first, then), where in sorted(found.items())
        if first in ways.get(then, set())
    }


def of_classes(declared: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Declared orders by the classes that their names stand for."""
    return {(class_of(first), class_of(then)): where for (first, then), where in declared.items()}


def _base(name: str) -> str:
    """A class without its subclass."""
    return class_of(name).partition("/")[0]


def _following(orders: Iterable[DeclaredOrder]) -> dict[str, dict[str, str]]:
    """For each class those after it, directly or not, each with the places that say so."""
    known = tuple(orders)
    direct: dict[str, dict[str, str]] = {}
    for order in known:
        direct.setdefault(order.first, {}).setdefault(order.then, order.where)
    following: dict[str, dict[str, str]] = {}
    for start in direct:
        ways: dict[str, str] = {}
        queue = [(start, "")]
        for here, way in queue:
            for then, where in direct.get(here, {}).items():
                if then not in ways:
                    ways[then] = where if way in ("", where) else f"{way}; {where}"
                    queue.append((then, ways[then]))
        following[start] = ways
    return following


def reached(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """For each class those that a path leads to."""
    targets: dict[str, set[str]] = {}
    for first, then in pairs:
        targets.setdefault(first, set()).add(then)
    found: dict[str, set[str]] = {}
    for start in targets:
        seen: set[str] = set()
        queue = [start]
        while queue:
            for then in targets.get(queue.pop(), ()):
                if then not in seen:
                    seen.add(then)
                    queue.append(then)
        found[start] = seen
    return found
