"""What the interpreter says of a scenario of any number: small numbers of actors, explored."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from dsl.instance import instance
from dsl.interpreter import explore
from dsl.protocol import Protocol
from prover.verdict import Outcome, Proved, Refuted

SMALL = 4
"""So many actors, times rounds."""

STATES = 20_000


def agrees_in_numbers(protocol: Protocol, outcome: Outcome) -> bool:
    """A proof holds of small numbers; what is refuted is found in one of them."""
    found = violated(protocol, outcome)
    many = protocol.scenarios[outcome.obligation.scenario].many
    match outcome.verdict:
        case Proved():
            assert not found
        case Refuted(witness=witness):
            if witness.property not in found:
                # Of one actor alone there may be three that wait for each other.
                found |= _of(protocol, outcome, dict.fromkeys(many, 3), 1)
            for fewer in range(len(many)):
                # Any number is none, too.
                for there in combinations(many, fewer) if witness.property not in found else ():
                    found |= _of(protocol, outcome, dict.fromkeys(there, 1), 1)
            assert witness.property in found
        case _:
            raise AssertionError(outcome.verdict)
    return True


def violated(protocol: Protocol, outcome: Outcome) -> set[str]:
    """The properties that some small number of actors violates."""
    scenario = protocol.scenarios[outcome.obligation.scenario]
    others = sum(count for name, count in scenario.run if name not in scenario.many)
    found: set[str] = set()
    for number, rounds in ((1, 1), (2, 1) if scenario.many else (1, 2)):
        size = (number * len(scenario.many) + others) * rounds
        if size <= SMALL and (rounds == 1 or scenario.forever):
            found |= _of(protocol, outcome, dict.fromkeys(scenario.many, number), rounds)
    return found


def _of(protocol: Protocol, outcome: Outcome, numbers: Mapping[str, int], rounds: int) -> set[str]:
    """What so many of each actor violate; where they begin again, standing still for ever."""
    name = outcome.obligation.scenario
    scenario = protocol.scenarios[name]

    def seen(*, restless: bool) -> set[str]:
        small = instance(protocol, name, numbers, rounds, restless=restless)
        configuration = dict(outcome.obligation.configuration)
        return set(explore(small, name, configuration, max_states=STATES).violations)

    plain = seen(restless=False)
    if scenario.forever and "deadlock" in plain:
        plain = plain - {"deadlock"} | seen(restless=True) & {"deadlock"}
    return plain
