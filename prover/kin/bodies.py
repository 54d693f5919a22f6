"""Several versions of one function in one, each run where one of its switches is on.

What the versions have in common stands once; where one differs, an ``if`` or ``?:`` on its switches
chooses.  A switch is an open config: its value is chosen once, before the program starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias, cast

from dsl import protocol as p
from dsl.frozen import Frozen, replace
from dsl.source import Span
from dsl.types import BOOL
from prover.graph.lower_stmt import COPY
from prover.graph.walk import rebuilt
from prover.kin.nodes import (
    EXPRESSIONS,
    STATEMENTS,
    alike,
    jumps,
    key_of,
    labels,
    span_of,
    with_labels,
    with_locals,
)

Switches: TypeAlias = tuple[str, ...]

Other: TypeAlias = tuple[Switches, object]
"""What stands where some switches are on, in place of what stands where none is."""


class Apart(Exception):
    """Versions that cannot be put into one body; says why."""


class Version(Frozen, frozen=True):
    """A function as it is where one of some switches is on."""

    switches: Switches
    function: p.Function


def together(base: p.Function, versions: Sequence[Version]) -> p.Function:
    """One function that is ``base`` where no switch is on.

    Raises :class:`Apart`.
    """
    if [local.number for local in base.locals] != list(range(len(base.locals))):
        raise Apart(f"the locals of {base.name}() are not numbered from 0")
    variables = dict(zip(_told_apart(base.locals), base.locals, strict=True))
    bodies: dict[str, p.Block] = {}
    others: list[Other] = []
    names = dict.fromkeys(base.labels)
    for version in versions:
        function = version.function
        if _signature(function) != _signature(base):
            raise Apart(f"{base.name}() has another signature")
        new: dict[int, p.Local] = {}
        for key, local in zip(_told_apart(function.locals), function.locals, strict=True):
            if key not in variables:
                variables[key] = replace(local, number=len(variables))
            if variables[key] != local:
                new[local.number] = variables[key]
        body = with_locals(function.body, new) if new else function.body
        bodies.update(dict.fromkeys(version.switches, body))
        others.append((version.switches, body))
        names.update(dict.fromkeys(function.labels))
    merged = cast("p.Block", _Merging(base.name, bodies).merge(base.body, others))
    return replace(base, body=merged, locals=tuple(variables.values()), labels=tuple(names))


def _told_apart(local: Iterable[p.Local]) -> Iterator[object]:
    """A key for each local: those of one name and place, in the order of their numbers."""
    seen: Counter[object] = Counter()
    for each in local:
        key = each.name, each.span, each.type
        seen[key] += 1
        yield key, seen[key]


def _signature(function: p.Function) -> tuple[object, ...]:
    return function.kind, function.parameters, function.result


def switched(switch: str, span: Span) -> p.Expr:
    """Whether a switch is on."""
    return p.ConfigValue(switch, BOOL, span)


def either(switches: Iterable[str], span: Span) -> p.Expr:
    """Whether one of some switches is on."""
    first, *rest = (switched(name, span) for name in switches)
    found: p.Expr = first
    for one in rest:
        found = p.Logical("||", found, one, BOOL, span)
    return found


@dataclass(slots=True)
class _Merging:
    """One function being put together; ``bodies`` are those of its versions, by switch."""

    name: str
    bodies: Mapping[str, p.Block]
    copies: int = 0

    def merge(self, base: object, others: Iterable[Other]) -> object:
        """A node that is ``base`` where no switch is on."""
        others = [other for other in others if other[1] != base]
        if not others:
            return base
        if isinstance(base, p.Block):
            like = [other for other in others if isinstance(other[1], p.Block)]
        else:
            like = [other for other in others if alike(base, other[1])]
        rest = [other for other in others if other not in like]
        if not like:
            return self._chosen(base, rest)
        made = self._block(base, like) if isinstance(base, p.Block) else self._parts(base, like)
        return self._chosen(made, rest)

    def _parts(self, base: object, others: Sequence[Other]) -> object:
        """The node with each of its parts merged."""
        if isinstance(base, tuple):
            items = cast("tuple[object, ...]", base)
            rows = [(on, cast("tuple[object, ...]", node)) for on, node in others]
            return tuple(
                self.merge(item, [(on, row[index]) for on, row in rows])
                for index, item in enumerate(items)
            )

        def part(name: str) -> object:
            others_ = [(on, getattr(node, name)) for on, node in others]
            return self.merge(getattr(base, name), others_)

        return rebuilt(base, part)

    def _chosen(self, base: object, others: Sequence[Other]) -> object:
        """``base``, or what takes its place as a whole."""
        grouped: list[Other] = []
        for on, node in others:
            index = next((i for i, (_, known) in enumerate(grouped) if known == node), None)
            if index is None:
                grouped.append((on, node))
            else:
                grouped[index] = (*grouped[index][0], *on), node
        for on, node in grouped:
            base = self._instead(base, on, node)
        return base

    def _instead(self, base: object, on: Switches, node: object) -> object:
        span = span_of(node)
        if isinstance(base, EXPRESSIONS) and isinstance(node, EXPRESSIONS):
            one, other = cast("p.Expr", base), cast("p.Expr", node)
            if one.type == other.type:
                return p.Conditional(either(on, span), other, one, one.type, span)
        if isinstance(base, STATEMENTS) and isinstance(node, STATEMENTS):
            return p.If(either(on, span), self._own(on, node), cast("p.Stmt", base), span)
        raise Apart(f"what differs in {self.name}() can only stand where it does")

    def _own(self, on: Switches, node: object) -> p.Stmt:
        """A statement of some versions only, with labels of its own."""
        if own := labels(node):
            within = [label for label in jumps(node) if label in own]
            for switch in on:
                if len(within) != sum(label in own for label in jumps(self.bodies[switch])):
                    raise Apart(f"a jump into what differs in {self.name}()")
        self.copies += 1
        return cast("p.Stmt", with_labels(node, f"{COPY}{self.copies}"))

    def _block(self, base: p.Block, others: Sequence[Other]) -> p.Block:
        """The block with statements put in, left out and merged."""
        keys = [key_of(stmt) for stmt in base.body]
        rows = [_Row(stmt) for stmt in base.body]
        last = _Row(base)
        for on, node in others:
            body = cast("p.Block", node).body
            matcher = SequenceMatcher(None, keys, [key_of(stmt) for stmt in body], autojunk=False)
            for tag, i, j, k, m in matcher.get_opcodes():
                if tag == "equal":
                    for row, stmt in zip(rows[i:j], body[k:m], strict=True):
                        row.versions.append((on, stmt))
                    continue
                for row in rows[i:j]:
                    row.missing.extend(on)
                if m > k:
                    before = rows[i] if i < len(rows) else last
                    before.added.append((on, p.Block(body[k:m], span_of(body[k]))))
        found: list[p.Stmt] = []
        for row in rows:
            found.extend(self._added(row))
            merged = cast("p.Stmt", self.merge(row.stmt, row.versions))
            found.append(_left_out(merged, row.missing))
        return replace(base, body=(*found, *self._added(last)))

    def _added(self, row: _Row) -> Iterator[p.Stmt]:
        """What some versions have before a statement."""
        for on, block in row.added:
            nothing = p.Block((), block.span)
            yield p.If(either(on, block.span), self._own(on, block), nothing, block.span)


@dataclass(slots=True)
class _Row:
    """One statement of a block, and what the versions have in its place, and before it."""

    stmt: p.Stmt
    versions: list[Other] = field(default_factory=list["Other"])
    missing: list[str] = field(default_factory=list[str])
    added: list[tuple[Switches, p.Block]] = field(default_factory=list["tuple[Switches, p.Block]"])


def _left_out(stmt: p.Stmt, switches: Sequence[str]) -> p.Stmt:
    """The statement, but not where one of some switches is on."""
    if not switches:
        return stmt
    span = span_of(stmt)
    return p.If(either(switches, span), p.Block((), span), stmt, span)
