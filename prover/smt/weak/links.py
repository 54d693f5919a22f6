"""Edges between nodes, each there where a literal holds."""

from __future__ import annotations

from dsl.frozen import Frozen
from prover.execution.nodes import Node
from prover.smt.logic import Lit


class Link(Frozen, frozen=True):
    """One edge between nodes, with the literal that says it is there."""

    source: Node
    target: Node
    lit: Lit
