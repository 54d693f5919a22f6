"""What verdicts about any number of actors say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dsl.protocol import Protocol, Scenario
from dsl.source import Source, Span
from prover.parametric.invariant import Endless, Move, Suspect
from prover.pipeline.anynumber.finite import BOUND, Instance

WEAK = "weak memory is not covered: a proof for any number is of sequential consistency"
STEPS = 12
"""So many steps of a suspicion are told."""


def not_covered(protocol: Protocol, scenario: Scenario) -> tuple[str, ...]:
    """What no verdict on a scenario of any number covers."""
    if protocol.finals or scenario.unasked:
        return (
            WEAK,
            f"{scenario.name} has no end: the `final` conditions of the file are not of it",
        )
    return (WEAK,)


def counted(numbers: Iterable[tuple[str, int]], rounds: int) -> str:
    """``walker * 2, fault``, as behind ``run``; `` (2 rounds each)``."""
    named = [f"{name} * {number}" if number > 1 else name for name, number in numbers if number]
    listed = ", ".join(named) or "nobody"
    return f"{listed} ({rounds} rounds each)" if rounds > 1 else listed


def told(scenario: Scenario, found: Instance) -> str:
    """Who runs in an instance."""
    others = [(name, count) for name, count in scenario.run if name not in scenario.many]
    return counted([*found.numbers, *others], found.rounds)


def needed(scenario: Scenario, found: Instance) -> str:
    """What a refutation takes."""
    return f"it takes {told(scenario, found)}"


def checked_up_to(
    scenario: Scenario, clean: Sequence[Instance], *, cut: bool, deadlock: bool
) -> str:
    """Up to which numbers of actors the bounded engine found nothing; ``cut``: loops were.

    More actors show what fewer do, but deadlocks where they begin again: who goes on may not be
    there, so of these it is said how many numbers were tried.
    """
    apart = deadlock and scenario.forever
    what = "lock-order and deadlock" if deadlock and not apart else "lock-order"
    if not clean:
        what = "lock-order and deadlock" if deadlock else what
        return f"{what} not checked"
    found = sorted(
        set(clean), key=lambda each: (each.size, each.rounds, [-n for _, n in each.numbers])
    )
    most = [each for each in found if not any(_more(other, each) for other in found)]
    listed = "; ".join(told(scenario, each) for each in most)
    loops = f" (loops go back at most {BOUND} times)" if cut else ""
    also = f"; deadlock in {len(found)} of these numbers" if apart else ""
    return f"{what} checked up to {listed}{also}{loops}"


def few_references(counts: Sequence[str]) -> str:
    """What is taken for granted of counts of which only parts are kept."""
    stay = "stays" if len(counts) == 1 else "stay"
    return f"as long as {' and '.join(counts)} {stay} below 2^30"


def _more(one: Instance, other: Instance) -> bool:
    """Whether an instance has all that another one has, and is not that."""
    counts = zip(one.numbers, other.numbers, strict=True)
    return one != other and one.rounds >= other.rounds and all(a >= b for (_, a), (_, b) in counts)


def blocked(last: Suspect | Endless, size: int, sources: Mapping[str, Source]) -> str:
    """Why nothing is known: what the abstraction could not rule out, or why it has no end."""
    if isinstance(last, Endless):
        where = f" at {at(last.span, sources)}" if last.span is not None else ""
        return f"{last.why}{where}, with views of {size}"
    violated = last.violated
    return (
        f"views of {size} cannot rule out {violated.properties[0]} at "
        f"{at(violated.span, sources)}, and no number of actors tried shows it"
    )


def steps(moves: Sequence[Move], sources: Mapping[str, Source]) -> tuple[str, ...]:
    """The steps of a suspicion, the last of them where there are many."""
    told = [f"{move.rule.kind} at {at(move.rule.span, sources)}" for move in moves]
    left = len(told) - STEPS
    return tuple(told) if left <= 0 else (f"{left} steps before", *told[left:])


def at(span: Span, sources: Mapping[str, Source]) -> str:
    """``walk.khp:31``."""
    source = sources.get(span.file)
    return span.file if source is None else f"{span.file}:{source.line_column(span.start)[0]}"
