"""A query in which chosen assertions hold only where their literal does.

It is a text of its own, made from the one that proofs are made with: the assertion A of group g
becomes ``(or (not t<g>) A)``.  Where all literals are assumed it is the query that it was.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from prover.smt.query import Query

Group = TypeVar("Group", bound=Hashable)

PREFIX = "t!"
"""What the literals begin with: no name of a query has it."""

_ASSERT = "(assert "


def tracked(
    query: Query, group_of: Mapping[str, Group], given: Mapping[str, Group]
) -> tuple[str, dict[Group, str]]:
    """The text with a literal for each group, and the literals; ``group_of`` is by label.

    Assertions whose label is in no group stay as they are.  ``given`` are Booleans of the query
    that are true where their group's literal is.
    """
    literals: dict[Group, str] = {}
    lines: list[str] = []
    labels = iter(query.labels)
    for line in query.text.splitlines():
        if not line.startswith(_ASSERT):
            lines.append(line)
            continue
        label = next(labels)
        group = group_of.get(label)
        if group is None:
            lines.append(line)
            continue
        literal = literals.setdefault(group, f"{PREFIX}{len(literals)}")
        tail = f") ; {label}"
        assert line.endswith(tail)
        body = line[len(_ASSERT) : -len(tail)]
        lines.append(f"(assert (or (not {literal}) {body})) ; {label}")
    assert next(labels, None) is None
    for name, group in given.items():
        if f"(declare-const {name} Bool)" in query.head:
            literal = literals.setdefault(group, f"{PREFIX}{len(literals)}")
            lines.append(f"(assert (or (not {literal}) {name}))")
    head, *rest = lines
    declared = [f"(declare-const {literal} Bool)" for literal in literals.values()]
    return "\n".join([head, *declared, *rest]) + "\n", literals
