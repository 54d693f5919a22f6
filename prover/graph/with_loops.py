"""The graphs of one scenario as they are before loops are cut: those of any number of rounds."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.protocol import Protocol
from prover.graph.ir import Program
from prover.graph.lower import lower
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words


def with_loops(protocol: Protocol, scenario: str, configuration: Mapping[str, str]) -> Program:
    """The program of one scenario in one configuration with its loops, words split."""
    return simplify(split_words(lower(protocol, scenario, configuration)), shortcuts="all")
