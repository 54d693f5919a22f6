"""Decision diagrams as SMT-LIB text: functions of bit-vectors that are given as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Node: TypeAlias = int | str
"""A number of an inner node, or the text of a leaf."""


def bit_vector(value: int, width: int) -> str:
    """A constant."""
    return f"#b{value:0{width}b}"


@dataclass(slots=True)
class Diagram:
    """A function of some bits, the first of which is the highest: each inner node tests one.

    Printed as nested ``let`` and ``ite``, each node once; without redundant nodes, so that
    functions that are equal are the same text.
    """

    width: int
    default: str
    _nodes: dict[tuple[int, Node, Node], int] = field(
        default_factory=dict[tuple[int, Node, Node], int]
    )

    def of(self, values: Mapping[int, str], arguments: Sequence[tuple[str, int]]) -> str:
        """A term with the value of ``values`` at the number that all arguments are in a row.

        ``arguments`` are terms and their widths, the highest first.
        """
        root = self._node(sorted(values.items()), self.width - 1)
        if isinstance(root, str):
            return root
        tests: list[str] = []
        for term, width in arguments:
            tests += [f"(= ((_ extract {k} {k}) {term}) #b1)" for k in reversed(range(width))]
        assert len(tests) == self.width
        tested = {bit for bit, _, _ in self._nodes}
        opened = [f"(let ((b{bit} {tests[self.width - 1 - bit]}))" for bit in sorted(tested)]
        for (bit, one, zero), number in self._nodes.items():
            opened.append(f"(let ((n{number} (ite b{bit} {_name(one)} {_name(zero)})))")
        return "\n".join([*opened, _name(root) + ")" * len(opened)])

    def _node(self, items: list[tuple[int, str]], bit: int) -> Node:
        """The node for the values with the lowest ``bit`` + 1 bits still to test."""
        if not items:
            return self.default
        if bit < 0:
            return items[0][1]
        at = next((k for k, item in enumerate(items) if item[0] >> bit & 1), len(items))
        zero, one = self._node(items[:at], bit - 1), self._node(items[at:], bit - 1)
        if one == zero:
            return one
        return self._nodes.setdefault((bit, one, zero), len(self._nodes))


def _name(node: Node) -> str:
    return node if isinstance(node, str) else f"n{node}"
