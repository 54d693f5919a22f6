"""From the parser's tree to the syntax: one method per rule of ``khp.lark``.

``build(tree, scan, source)`` -> :class:`dsl.syntax.File`.  The fold is bottom-up
with an explicit stack, so depth costs memory and not Python frames; trees deeper
than :data:`MAX_DEPTH` are complained about, and later passes may recurse.
"""

from __future__ import annotations

from typing import Any

from dsl import syntax as s
from dsl.build_declarations import Declarations
from dsl.diagnostic import Diagnostic
from dsl.frozen import Frozen, replace
from dsl.precedence import BINARY
from dsl.source import Source, Span

MAX_DEPTH = 200
"""How many constructs may be inside one another: ``a + (b + (c + ...))``, ``if (x) if (y) ...``."""


class _Entry(Frozen, frozen=True):
    """A finished part of the tree: what it became, its depth, and its extent with parentheses."""

    value: Any
    depth: int
    start: int
    end: int


def build(
    tree: Any, source: Source, comments: tuple[s.Comment, ...]
) -> tuple[s.File, tuple[Diagnostic, ...]]:
    """The file that ``tree`` stands for, and what is wrong with it beyond the grammar."""
    actions = Declarations(source.name)
    entry = _Fold(actions).run(tree)
    span = Span(source.name, 0, len(source.text))
    file = s.File(source.name, tuple(entry.value), comments, span)
    return file, tuple(actions.diagnostics)


class _Fold:
    """Rebuilds a tree from its leaves, left to right."""

    def __init__(self, actions: Declarations) -> None:
        self._actions = actions
        self._too_deep = False

    def run(self, tree: Any) -> _Entry:
        """The entry of the root."""
        order: list[Any] = []
        todo: list[Any] = [tree]
        while todo:
            item = todo.pop()
            order.append(item)
            if hasattr(item, "children"):
                todo.extend(item.children)
        done: list[_Entry] = []
        for item in reversed(order):
            if not hasattr(item, "children"):
                done.append(self._leaf(item))
                continue
            count = len(item.children)
            kids = done[len(done) - count :]
            del done[len(done) - count :]
            done.append(self._inner(item, kids))
        return done[0]

    def _leaf(self, token: Any) -> _Entry:
        if token is None:
            return _Entry(None, 0, 0, 0)
        span = Span(self._actions.file_name, token.start_pos, token.end_pos)
        return _Entry(self._actions.leaf(token.type, str(token), span), 0, span.start, span.end)

    def _inner(self, tree: Any, kids: list[_Entry]) -> _Entry:
        meta = tree.meta
        start, end = getattr(meta, "start_pos", 0), getattr(meta, "end_pos", 0)
        outer_start = getattr(meta, "container_start_pos", start)
        outer_end = getattr(meta, "container_end_pos", end)
        if tree.data == "chain":
            return replace(self._climb(kids), start=outer_start, end=outer_end)
        span = Span(self._actions.file_name, start, end)
        action = getattr(self._actions, tree.data)
        value = action(span, *[kid.value for kid in kids])
        depth = max((kid.depth for kid in kids), default=0)
        if tree.data not in _NO_LEVEL:
            depth += 1
        return self._checked(_Entry(value, depth, outer_start, outer_end))

    def _climb(self, kids: list[_Entry]) -> _Entry:
        """``a + b * c`` as a flat list -> ``a + (b * c)``, by the levels of the operators."""
        operands = [kids[0]]
        pending: list[str] = []
        for operator, operand in zip(kids[1::2], kids[2::2], strict=True):
            op = str(operator.value)
            while pending and BINARY[pending[-1]] >= BINARY[op]:
                self._join(pending.pop(), operands)
            pending.append(op)
            operands.append(operand)
        while pending:
            self._join(pending.pop(), operands)
        return operands[0]

    def _join(self, op: str, operands: list[_Entry]) -> None:
        right, left = operands.pop(), operands.pop()
        span = Span(self._actions.file_name, left.start, right.end)
        value = s.Binary(op, left.value, right.value, span)
        depth = 1 + max(left.depth, right.depth)
        operands.append(self._checked(_Entry(value, depth, span.start, span.end)))

    def _checked(self, entry: _Entry) -> _Entry:
        if entry.depth > MAX_DEPTH and not self._too_deep:
            self._too_deep = True
            self._actions.complain(
                "too-deep",
                f"more than {MAX_DEPTH} constructs are inside one another",
                Span(self._actions.file_name, entry.start, entry.end),
                "too deep",
                "give a part of it a name: a local variable or a function",
            )
        return entry


_NO_LEVEL = frozenset(
    "file lengths stars words declarators properties name_list expr_list slots parameters "
    "ident number string base_type type pool_words".split()
)
"""Rules that become a list or a leaf, and so add no level to the syntax."""
