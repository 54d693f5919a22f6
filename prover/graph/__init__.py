"""From a checked protocol to acyclic control-flow graphs."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.protocol import Protocol
from prover.graph.instructions import change_graphs
from prover.graph.ir import Cfg, Program
from prover.graph.lower import lower
from prover.graph.simplify import simplify, simplify_cfg
from prover.graph.split_words import split_words
from prover.graph.unroll import loops, unroll


def compile_program(
    protocol: Protocol,
    scenario: str,
    configuration: Mapping[str, str],
    bound: int,
    *,
    waiting: bool = True,
) -> Program:
    """The acyclic program of one scenario in one configuration, with loops cut at ``bound``.

    ``waiting``: awaits are told from other loops, and not cut.

    What has loops is simplified twice: before unrolling so that there is less to copy, and
    after it because a copy knows which round it is in.
    """
    lowered = lower(protocol, scenario, configuration)
    halves = split_words(lowered)
    space = lowered.layout.space

    def unrolled(cfg: Cfg) -> Cfg:
        return simplify_cfg(unroll(cfg, bound, waiting=waiting), space) if loops(cfg) else cfg

    return change_graphs(simplify(halves), unrolled)
