"""Strongly connected components of part of a graph (Tarjan 1972), without recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


def components(
    nodes: Iterable[int], following: Callable[[int], Iterable[int]]
) -> Iterator[frozenset[int]]:
    """The components; ``following`` gives the neighbours of a node that are among ``nodes``."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    inside = set[int]()
    for root in nodes:
        if root in index:
            continue
        work: list[tuple[int, Iterator[int]]] = [(root, iter(following(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        inside.add(root)
        while work:
            node, rest = work[-1]
            below = next(rest, None)
            if below is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    yield _popped(node, stack, inside)
            elif below not in index:
                index[below] = low[below] = len(index)
                stack.append(below)
                inside.add(below)
                work.append((below, iter(following(below))))
            elif below in inside:
                low[node] = min(low[node], index[below])


def _popped(root: int, stack: list[int], inside: set[int]) -> frozenset[int]:
    found = set[int]()
    while True:
        node = stack.pop()
        inside.discard(node)
        found.add(node)
        if node == root:
            return frozenset(found)
