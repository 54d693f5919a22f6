"""What the tests of JSON reports do with documents: compare them, and spoil them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Spoil: TypeAlias = Callable[[Any, Any], None]


def without_measurements(node: Any) -> Any:
    """The document without the members that differ from run to run."""
    if isinstance(node, dict):
        return {k: without_measurements(v) for k, v in node.items() if k != "measured"}
    return [without_measurements(v) for v in node] if isinstance(node, list) else node


def members(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member of every object; one element stands for all of an array."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield (*path, name)
            yield from members(value, (*path, name))
    elif isinstance(node, list) and node:
        yield from members(node[0], (*path, 0))


def spoilt(document: Any, path: tuple[Any, ...], spoil: Spoil) -> Any:
    """A copy of the document with the member at ``path`` spoilt."""
    changed = copy.deepcopy(document)
    node = changed
    for step in path[:-1]:
        node = node[step]
    spoil(node, path[-1])
    return changed


def _drop(node: Any, name: Any) -> None:
    del node[name]


def _confuse(node: Any, name: Any) -> None:
    node[name] = {"not": ["what", "is", "expected"]}


def _add(node: Any, name: Any) -> None:
    node[f"{name}_too"] = 1


SPOILS: tuple[Spoil, ...] = (_drop, _confuse, _add)
"""What can be wrong with a member: it is missing, it is something else, it has a twin."""
