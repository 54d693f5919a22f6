"""One scenario by the rules of its system, and by the interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from dsl.interpreter import explore as interpret
from dsl.protocol import Protocol
from prover.graph.ir import Program
from prover.graph.lower import lower
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words
from prover.parametric.machine import Compiled, build
from prover.parametric.system import Refused
from tests.parametric.configurations import explore

MOST = 6_000
"""The interpreter is asked about scenarios of at most so many states."""

NOT_HERE = frozenset(("deadlock", "data-race"))
"""Properties that no rule violates."""


def graphs(protocol: Protocol, scenario: str, configuration: Mapping[str, str]) -> Program:
    """The program of a scenario with its loops."""
    return split_words(simplify(lower(protocol, scenario, configuration)))


def system(
    protocol: Protocol,
    scenario: str = "s",
    configuration: Mapping[str, str] | None = None,
    many: frozenset[str] = frozenset(),
    *,
    forever: bool = False,
    joined: bool = True,
    counting: bool = False,
    forgetful: bool = False,
) -> Compiled:
    """The system of a scenario."""
    program = graphs(protocol, scenario, configuration or {})
    how = {"joined": joined, "counting": counting, "forgetful": forgetful}
    return build(program, many, forever, **how)


def configurations(protocol: Protocol) -> Iterator[dict[str, str]]:
    """Every configuration of a protocol."""
    for values in product(*protocol.configs.values()):
        yield dict(zip(protocol.configs, values, strict=True))


def compare(protocol: Protocol, scenario: str, configuration: Mapping[str, str]) -> bool:
    """Whether both could be asked; asserts that they agree, with steps joined and not, and without
    what nobody reads."""
    if protocol.scenarios[scenario].unbounded:
        return False
    theirs = interpret(protocol, scenario, configuration, max_states=MOST)
    if not theirs.complete:
        return False
    for joined, forgetful in ((False, False), (True, False), (True, True)):
        try:
            rules = system(protocol, scenario, configuration, joined=joined, forgetful=forgetful)
            ours = explore(rules, 5 * MOST, existence=True)
        except Refused:
            return False
        assert ours.complete
        expected, found = theirs.violations - NOT_HERE, ours.violations
        where = (scenario, configuration, joined, forgetful)
        # An execution ends where the interpreter finds a circle of lock classes; by rules it goes on.
        assert expected <= found if "lock-order" in expected else expected == found, where
    return True
