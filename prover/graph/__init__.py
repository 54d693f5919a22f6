"""From a checked protocol to acyclic control-flow graphs."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.protocol import Protocol
from prover.graph.ir import Program
from prover.graph.lower import lower
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words
from prover.graph.unroll import unroll_program


def compile_program(
    protocol: Protocol, scenario: str, configuration: Mapping[str, str], bound: int
) -> Program:
    """The acyclic program of one scenario in one configuration, with loops cut at ``bound``.

    Simplified twice: before unrolling so that there is less to copy, and after it because
    a copy knows which round it is in.
    """
    lowered = lower(protocol, scenario, configuration)
    halves = split_words(lowered)
    unrolled = unroll_program(simplify(halves), bound)
    return simplify(unrolled)
