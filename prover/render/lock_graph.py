"""A graph of lock classes as text, and for Graphviz: ``prove locks``.

::

    2 lock classes, 2 orders, 1 cycle

    class a (spinlock)
      write  one abba.khp:11; irqs on
      write  two abba.khp:18; irqs on
    ...
    order a -> b (on a cycle)
      write  one abba.khp:12; irqs on
    ...
    cycle a -> b -> a
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import fill
from typing import Final

from prover.execution.lock_graph import LockGraph, Taking, cycles, unsafe_classes

_WIDTH: Final = 79
_INDENT: Final = "  "


def render(graph: LockGraph, bound: int) -> str:
    """The graph as text of at most 79 columns."""
    return "\n".join(_lines(graph, bound)) + "\n"


def _lines(graph: LockGraph, bound: int) -> Iterator[str]:
    rings, unsafe = cycles(graph), list(unsafe_classes(graph))
    counts = [
        _counted(len(graph.takings), "lock class", "lock classes"),
        _counted(len(graph.orders), "order", "orders"),
        _counted(len(rings), "cycle", "cycles"),
    ]
    if unsafe:
        counts.append(_counted(len(unsafe), "unsafe class", "unsafe classes"))
    yield f"{', '.join(counts)}; loops unrolled {bound} times"
    on_ring = {edge for ring in rings for edge in _edges(ring)}
    for name, takings in graph.takings.items():
        yield from ("", f"class {name} ({graph.kinds[name]})", *_places(takings))
    for held, taken in graph.orders:
        mark = " (on a cycle)" if (held, taken) in on_ring else ""
        yield from ("", f"order {held} -> {taken}{mark}", *_places(graph.orders[held, taken]))
    for (held, taken), where in graph.declared.items():
        yield from ("", _wrapped(f"declared {held} -> {taken} (on a cycle): {where}", ""))
    for ring in rings:
        yield from ("", _wrapped(f"cycle {' -> '.join((*ring, ring[0]))}", ""))
    if rings:
        yield "(of what control and data flow allow: `prove FILE` decides lock-order)"
    for one in unsafe:
        what = "interrupts" if one.interrupt == "hardirq" else "softirqs"
        yield from ("", f"unsafe {one.lock_class}: taken in {one.interrupt} at")
        yield from _places(one.inside)
        yield f"and with {what} on at"
        yield from _places(one.open)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _edges(ring: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    return zip(ring, (*ring[1:], ring[0]), strict=True)


def _places(takings: Iterable[Taking]) -> Iterator[str]:
    for taking in takings:
        how = f"{taking.mode}{' try' if taking.tries else ''}"
        yield _wrapped(f"{how}  {_place(taking)}; {_context(taking)}", _INDENT)


def _wrapped(text: str, indent: str) -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_on_hyphens=False,
    )


def _place(taking: Taking) -> str:
    return f"{taking.function} {taking.file}:{taking.line}"


def _context(taking: Taking) -> str:
    parts = [f"irqs {taking.irqs}"]
    if taking.softirqs != "on" and taking.irqs != "off":
        parts.append(f"softirqs {taking.softirqs}")
    return ", ".join((*parts, *taking.inside))


# --- for Graphviz --------------------------------------------------------------------------


def render_dot(graph: LockGraph) -> str:
    """The graph in the DOT language: orders on a cycle and unsafe classes are red."""
    unsafe = {one.lock_class for one in unsafe_classes(graph)}
    on_ring = {edge for ring in cycles(graph) for edge in _edges(ring)}
    lines = ["digraph locks {", "\tnode [shape=box];"]
    for name, kind in sorted(graph.kinds.items()):
        color = ", color=red" if name in unsafe else ""
        lines.append(f"\t{_quoted(name)} [label={_quoted(f'{name} ({kind})')}{color}];")
    for (held, taken), takings in graph.orders.items():
        label = "\n".join(dict.fromkeys(f"{_place(t)} {t.mode}" for t in takings))
        color = ", color=red" if (held, taken) in on_ring else ""
        lines.append(f"\t{_quoted(held)} -> {_quoted(taken)} [label={_quoted(label)}{color}];")
    for held, taken in graph.declared:
        style = "style=dashed, color=red"
        lines.append(f"\t{_quoted(held)} -> {_quoted(taken)} [{style}];")
    return "\n".join((*lines, "}")) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
