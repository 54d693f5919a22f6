"""An execution told: as an interleaving where it is one, else with the cycle that forbids that."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.litmus import syntax as s
from dsl.source import Source
from prover.answers import Link, LitmusStep, LitmusValue, LitmusWitness
from prover.litmus.events import Event
from prover.litmus.execution import Execution, last_value, structure
from prover.models.concrete import Pairs, compose, cycle


def tell(execution: Execution, model: str, source: Source) -> LitmusWitness:
    """The witness; ``model`` is the strongest that allows the execution."""
    relations = _communication(execution)
    order = frozenset[tuple[int, int]]().union(*relations.values())
    ring = cycle(order)
    steps = _steps(execution, order if not ring else relations["po"] | relations["rf"], source)
    links = _links(execution, ring, relations, source)
    return LitmusWitness(model, steps, links, _final(execution), _has_plain(execution))


def _has_plain(execution: Execution) -> bool:
    """Whether some access has no mark at all."""
    events = (execution.test.events[n] for n in execution.happened)
    return any(e.kind != "F" and e.sets <= {"R", "W", "M"} and not e.by_value for e in events)


def _communication(execution: Execution) -> dict[str, Pairs]:
    """po, rf, co and fr between the events of processes."""
    relations = structure(execution).relations
    rf, co = relations["rf"], relations["co"]
    fr = frozenset((a, b) for a, b in compose(frozenset((b, a) for a, b in rf), co) if a != b)
    everything = {"po": relations["po"], "rf": rf, "co": co, "fr": fr}
    events = execution.test.events
    return {
        name: frozenset(
            (a, b) for a, b in pairs if events[a].process >= 0 and events[b].process >= 0
        )
        for name, pairs in everything.items()
    }


def _steps(execution: Execution, order: Pairs, source: Source) -> tuple[LitmusStep, ...]:
    """The statements in an order that respects ``order`` as far as that can be."""
    events = execution.test.events
    pending = [n for n in execution.happened if events[n].process >= 0]
    before: dict[int, set[int]] = {n: set() for n in pending}
    for a, b in order:
        before[b].add(a)
    done: list[int] = []
    while pending:
        ready = [n for n in pending if not before[n] & set(pending)] or pending[:1]
        last = events[done[-1]].process if done else -1
        # On with the same process as long as it goes.
        number = min(ready, key=lambda n: (events[n].process != last, n))
        done.append(number)
        pending.remove(number)
    found: list[LitmusStep] = []
    said: set[tuple[int, object]] = set()
    for number in done:
        event = events[number]
        if (event.process, event.span) in said:
            continue
        said.add((event.process, event.span))
        text, reads = _text(event, source), _reads(execution, event)
        found.append(LitmusStep(event.process, text, event.span, reads))
    return tuple(found)


def _reads(execution: Execution, event: Event) -> tuple[LitmusValue, ...]:
    """What the statement of an event reads, in the order of its reads."""
    own = [
        execution.test.events[n]
        for n in execution.happened
        if execution.test.events[n].span == event.span
        and execution.test.events[n].process == event.process
    ]
    places, values = execution.places, execution.values
    return tuple(
        LitmusValue(str(places[e.number]), str(values[e.number])) for e in own if e.kind == "R"
    )


def _text(event: Event, source: Source) -> str:
    """The statement as written, on one line."""
    if event.span is None:
        return ""
    return " ".join(source.text[event.span.start : event.span.end].split()).rstrip(";")


def _links(
    execution: Execution, ring: tuple[int, ...], relations: Mapping[str, Pairs], source: Source
) -> tuple[Link, ...]:
    found: list[Link] = []
    for a, b in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        how = next(name for name in ("po", "rf", "co", "fr") if (a, b) in relations[name])
        event = execution.test.events[a]
        found.append(Link(event.process, _text(event, source), event.span, how))
    return tuple(found)


def _final(execution: Execution) -> tuple[LitmusValue, ...]:
    """The registers and locations that the question is about, at the end."""
    litmus = execution.test.litmus
    asked = list(dict.fromkeys([*_mentioned(litmus.condition), *litmus.locations]))
    told: list[LitmusValue] = []
    for what in asked:
        place = what.name
        if isinstance(what, s.FinalRegister):
            place = f"{what.process}:{what.name}"
        told.append(LitmusValue(place, str(last_value(execution, what))))
    return tuple(told)


def _mentioned(condition: s.Condition) -> list[s.FinalRegister | s.FinalLocation]:
    match condition:
        case s.Equal(left=left, value=value):
            return [left] if isinstance(value, int | str) else [left, value]
        case s.Conjunction(parts=parts) | s.Disjunction(parts=parts):
            return [what for part in parts for what in _mentioned(part)]
        case s.Negation(inner=inner):
            return _mentioned(inner)
