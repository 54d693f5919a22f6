"""Generated protocols: what is proved for any number fails with none of 1 to 4 of each actor.

Each is decided by views of 1, 2 and 3 actors, with the certificate checked, and explored: by the
same rules with 1 to 4 of each actor of which there is any number, round after round without an end,
and by the interpreter, which shares nothing with the rules, with fewer of them and one or two
rounds.  A protocol is refuted where a number of actors shows it, and unknown where neither is so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.instance import instance
from dsl.interpreter import explore as interpret
from dsl.protocol import Protocol
from dsl.source import Span
from prover.parametric.certificate.checker import check as confirm
from prover.parametric.invariant import Safe, Suspect
from prover.parametric.machine import Compiled
from prover.parametric.machine.code import may_wait
from prover.parametric.search import Limits, search
from prover.parametric.search.exact import Exact, explore
from prover.parametric.search.step import steps
from prover.parametric.system import Infinite, Refused, Violated
from tests.anynumber.drafts import Generated
from tests.anynumber.themes import THEMES, generate
from tests.parametric.comparing import system

NUMBERS = (1, 2, 3, 4)
VIEWS = 30_000
"""A search may have so many views: what takes more is unknown."""

MOST, FEW = 10_000, 1_500
"""An exploration has at most so many configurations, in the short form so many."""

SMALL = ((1, 1), (1, 2), (2, 1))
"""How many of each actor, and how many rounds, the interpreter is asked about."""

EITHER = Suspect(Violated(("deadlock",), Span("", 0, 0)), (), ())
"""Whether somebody waits for ever is left to numbers."""

BY_NUMBERS = frozenset(("deadlock", "lock-order", "data-race"))
"""Properties that the rules do not violate; of deadlocks a proof may speak all the same."""


@dataclass
class Tally:
    """What came of protocols, by theme; and how much was explored whole.

    ``most`` is how far each is explored: what is beyond is not seen.
    """

    most: int = MOST
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    explored: Counter[str] = field(default_factory=Counter[str])

    def lines(self) -> Iterator[str]:
        """The shares, for people."""
        total = sum(self.verdicts.values())
        by_verdict: Counter[str] = Counter()
        for (_, verdict), number in self.verdicts.items():
            by_verdict[verdict] += number
        yield f"{total} protocols: " + ", ".join(
            f"{by_verdict[name]} {name} ({100 * by_verdict[name] / total:.1f} %)"
            for name in ("proved", "refuted", "unknown")
        )
        for theme in dict.fromkeys(theme.__name__ for theme in THEMES):
            found = (f"{self.verdicts[theme, v]} {v}" for v in ("proved", "refuted", "unknown"))
            yield f"  {theme}: {', '.join(found)}"
        yield ", ".join(f"{number} {what}" for what, number in sorted(self.explored.items()))


def decided(*systems: Compiled) -> Safe | None:
    """What proves it, None where nothing does; where counts have parts, nothing of deadlocks."""
    for size, found in product((1, 2, 3), systems):
        try:
            said = search(found, size, Limits(views=VIEWS), found.exchanges())
        except (Infinite, Refused):
            continue
        if isinstance(said, Safe):
            assert confirm(found, said.invariant) is None
            return Safe(said.invariant, EITHER) if found.counts() else said
    return None


def stands(found: Compiled, exact: Exact) -> bool:
    """Whether there is a configuration in which nobody can go on, and somebody waits."""
    return any(
        not all(found.stopped(local) for local in here.actors)
        and not any(steps(found, here))
        and found.broken(here.shared) is None
        for here in exact.configurations
    )


def interpreted(protocol: Protocol, tally: Tally) -> tuple[set[str], bool]:
    """What small numbers violate by the interpreter; whether they stand still for ever."""
    scenario = protocol.scenarios["s"]
    violated, stuck = set[str](), False
    for number, rounds in SMALL:
        if rounds > 1 and not scenario.forever:
            continue
        numbers = dict.fromkeys(scenario.many, number)
        small = instance(protocol, "s", numbers, rounds)
        seen = interpret(small, "s", {}, max_states=tally.most)
        tally.explored[f"interpreted {'whole' if seen.complete else 'in part'}"] += 1
        violated |= seen.violations
        if "deadlock" in seen.violations and scenario.forever:
            restless = instance(protocol, "s", numbers, rounds, restless=True)
            seen = interpret(restless, "s", {}, max_states=tally.most)
        stuck = stuck or "deadlock" in seen.violations
    return violated, stuck


def one(generated: Generated, tally: Tally) -> str:
    """The verdict on one protocol, which nothing that is explored contradicts."""
    protocol = check(load_text("t.khp", generated.text, None, ()))
    scenario = protocol.scenarios["s"]
    many, forever = frozenset(scenario.many), scenario.forever
    found = system(protocol, many=many, forever=forever)
    parts = system(protocol, many=many, forever=forever, counting=True)
    safe = decided(found, parts) if parts.counts() else decided(found)
    waits = any(body.kind == "callback" and may_wait(body) for body in found.parts.bodies)
    violated, stuck = interpreted(protocol, tally)
    violated -= BY_NUMBERS
    for number in NUMBERS:
        crowd = (*found.start.single, *(local for local in found.start.many for _ in range(number)))
        exact = explore(found, crowd, tally.most, crowd=len(crowd) + 3)
        tally.explored[f"explored {'whole' if exact.complete else 'in part'}"] += 1
        violated |= exact.violations
        stuck = stuck or stands(found, exact)
        if violated and safe is None:
            return "refuted"
    if safe is not None:
        assert not violated, (generated.seed, violated, generated.text)
        assert safe.stuck is not None or waits or not stuck, (generated.seed, generated.text)
        return "proved"
    return "refuted" if violated else "unknown"


def tallied(seeds: range, most: int) -> Tally:
    """What comes of so many protocols."""
    tally = Tally(most)
    for seed in seeds:
        generated = generate(seed)
        tally.verdicts[generated.theme, one(generated, tally)] += 1
    print(*tally.lines(), sep="\n")
    return tally


def shares(tally: Tally) -> tuple[int, int, int]:
    """How many are proved, refuted, unknown."""
    by = Counter[str]()
    for (_, verdict), number in tally.verdicts.items():
        by[verdict] += number
    return by["proved"], by["refuted"], by["unknown"]


def test_generated_protocols() -> None:
    proved, refuted, unknown = shares(tallied(range(60), FEW))
    assert proved >= 15
    assert refuted >= 15
    assert unknown <= 6


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_many_generated_protocols(part: int) -> None:
    tally = tallied(range(60 * part, 60 * part + 60), MOST)
    proved, refuted, unknown = shares(tally)
    assert proved + refuted + unknown == 60
    assert min(proved, refuted) >= 15
    assert unknown <= 6
    for theme in ("two_periods", "within_first", "ipi_in_period"):
        assert sum(number for (name, _), number in tally.verdicts.items() if name == theme) >= 3
