"""Declared orders of lock classes: no circles, and names that the file's own locks have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.report import did_you_mean
from dsl.check.world import World
from dsl.diagnostic import Label


def lock_orders(
    world: World, files: Iterable[s.File], objects: Iterable[p.Object], main: str
) -> tuple[p.LockOrder, ...]:
    """The orders of all files, each once; those that close a circle are reported.

    A list that is imported may have classes that the protocol does not: nobody takes them.  In
    a file of scenarios such a name is a mistake.
    """
    known = {f.lock_class for struct in world.structs.values() for f in struct.fields}
    known |= {each.lock_class for each in objects}
    orders: dict[tuple[str, str], p.LockOrder] = {}
    for file in files:
        own = file.name == main and any(isinstance(d, s.Scenario) for d in file.declarations)
        for decl in file.declarations:
            if isinstance(decl, s.LockOrder):
                if own:
                    _names(world, decl, known - {""})
                for order in _pairs(decl):
                    _add(world, orders, order)
    return tuple(orders.values())


def _names(world: World, decl: s.LockOrder, known: set[str]) -> None:
    """Report names that no lock has."""
    for name in decl.classes:
        if name.text not in known:
            world.report.error(
                "unknown-name",
                f"no lock has the class `{name.text}`",
                name.span,
                did_you_mean(name.text, sorted(known)),
            )


def _pairs(decl: s.LockOrder) -> Iterator[p.LockOrder]:
    source = "" if decl.source is None else decl.source.text
    for first, then in zip(decl.classes, decl.classes[1:], strict=False):
        yield p.LockOrder(first.text, then.text, source, then.span)


def _add(world: World, orders: dict[tuple[str, str], p.LockOrder], order: p.LockOrder) -> None:
    way = _way(orders, order.then, order.first)
    if way is None:
        orders.setdefault((order.first, order.then), order)
        return
    world.report.error(
        "lock-order-circle",
        f"`{order.first}` is before `{order.then}` here, and elsewhere after it",
        order.span,
        "leave one of the orders out: in a circle no order can be kept",
        tuple(Label(each.span, f"`{each.first}` before `{each.then}`") for each in way),
    )


def _way(
    orders: dict[tuple[str, str], p.LockOrder], start: str, goal: str
) -> tuple[p.LockOrder, ...] | None:
    """The shortest way along the orders, none if there is none."""
    ways: dict[str, tuple[p.LockOrder, ...]] = {start: ()}
    queue = [start]
    for here in queue:
        if here == goal:
            return ways[here]
        for (first, then), order in orders.items():
            if first == here and then not in ways:
                ways[then] = (*ways[here], order)
                queue.append(then)
    return None
