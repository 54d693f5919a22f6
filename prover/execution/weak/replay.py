"""A claimed execution under a weak memory model, judged without the solver, and told as a witness.

What is judged: the values follow from the sources claimed; locks, waits and lives follow the rules;
the model's own axioms hold for the relations (concrete reading); and the violation is one, if need
be with the orders that it assumes added to what executes before what.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.hazards import vias_of
from prover.execution.nodes import Node, Nodes, nodes, touched
from prover.execution.run.replay import ReplayError
from prover.execution.weak.inits import held_when_set_up
from prover.execution.weak.law import Law
from prover.execution.weak.lock_orders import circles
from prover.execution.weak.models import for_protocols, for_races
from prover.execution.weak.own import may_sink, ran_before
from prover.execution.weak.pages import Pages
from prover.execution.weak.rules import Rules
from prover.execution.weak.run import NotAnExecution, Run
from prover.execution.weak.standstill import deadlocked
from prover.execution.weak.structure import Builder
from prover.execution.weak.time import Allowed
from prover.execution.weak.witness import tell, tell_race
from prover.execution.witness import Witness
from prover.graph.values import Half, Pointer, Source, Via, Wild, Word
from prover.models.algebra import MemoryModel
from prover.models.concrete import Pairs
from prover.models.rows import Meaning

STORING = (sk.Access, sk.Grant, sk.SrcuEnd, sk.Try, sk.Unlock)
"""Events whose store can reach memory after a free that they executed before."""


class Wrong(Frozen, frozen=True):
    """A property violated at an event.

    ``also`` are the orders between nodes that this assumes, ``lands`` the store (as from, to) that
    is assumed to be coherent after a free.
    """

    property: str
    event: int
    also: Pairs = frozenset()
    lands: Pairs = frozenset()


class Shown(Frozen, frozen=True):
    """A violation in an execution that a model allows; ``race``: the nodes that race, if any do."""

    case: Allowed
    wrong: Wrong
    race: tuple[int, int] | None = None

    def told(self, *, show: bool = True) -> Witness:
        """The witness of it; unless it is to be shown, no states between its steps."""
        if self.race is not None:
            return tell_race(self.case, *self.race, show=show)
        return tell(self.case, self.wrong.property, self.wrong.event, show=show)


def replay_weak(
    skeleton: sk.Skeleton,
    claim: Claim,
    name: str,
    model: MemoryModel,
    *,
    stopped: frozenset[int] = frozenset(),
    show: bool = True,
) -> Witness:
    """The witness that an execution of a model violates property ``name``.

    ``stopped`` are steps that the claim has and that are left out, as :class:`Run` has it.  Unless
    it is to be shown (``show``), it has no states between its steps.
    """
    return next(shown(skeleton, claim, name, model, stopped=stopped)).told(show=show)


def shown(
    skeleton: sk.Skeleton,
    claim: Claim,
    name: str,
    model: MemoryModel,
    *,
    stopped: frozenset[int] = frozenset(),
) -> Iterator[Shown]:
    """The violations of a property in an execution of a model; raises ReplayError without one."""
    found = nodes(skeleton)
    run = followed(skeleton, claim, found, stopped)
    law, builder = Law(run).law(found), Builder(run, found)
    asked = for_protocols(model)
    if name == "data-race":
        yield from _races(run, found, builder, law, model)
        return
    candidates = [v for v in named(run, found, name) if v.property == name]
    if not candidates:
        raise ReplayError(
            f"claimed {name}, replayed {sorted({v.property for v in violations(run, found)})}"
        )
    reasons: list[str] = []
    for one in candidates:
        meaning = Meaning(asked, builder.structure(law, one.also, lands=one.lands))
        broken = meaning.broken(asked)
        if not broken:
            yield Shown(Allowed(run, found, builder, meaning, model.name, asked), one)
        reasons.extend([", ".join(broken)] if broken else ())
    if len(reasons) == len(candidates):
        raise ReplayError(f"claimed {name}: {model.name} forbids it ({'; '.join(reasons)})")


def _races(
    run: Run, found: Nodes, builder: Builder, law: Pairs, model: MemoryModel
) -> Iterator[Shown]:
    """The data races: the model allows the execution, and raises its flag for it."""
    usual = for_protocols(model)
    structure = builder.structure(law, frozenset())
    meaning = Meaning(usual, structure)
    broken = meaning.broken(usual)
    if broken:
        raise ReplayError(f"claimed data-race: {model.name} forbids it ({broken[0]})")
    asked = for_races(model)
    extended = Meaning(asked, builder.structure(law, frozenset(), faithful=True))
    pairs = frozenset[tuple[int, int]]().union(
        *(extended.evaluate(f.relation) for f in asked.flags)
    )
    lasting = racing(found, pairs)
    if not lasting:
        raise ReplayError("claimed data-race, and none is raised")
    case = Allowed(run, found, builder, meaning, model.name, usual)
    for one, two in lasting:
        yield Shown(case, Wrong("data-race", found.nodes[two].event), (one, two))


def racing(found: Nodes, pairs: Pairs) -> list[tuple[int, int]]:
    """Of the pairs that the model says race those that count.

    No locks, frees and allocs, nor what an author knows of.
    """
    return sorted(p for p in pairs if all(_may_race(found, n) for n in p))


def _may_race(found: Nodes, number: int) -> bool:
    if number < 0:
        return False
    node = found.nodes[number]
    return node.role in ("access", "rmw") and node.order != "racy"


def weak_violations(skeleton: sk.Skeleton, claim: Claim, model: MemoryModel) -> set[str]:
    """What an execution of a model violates; there may be a data race beside it."""
    found = nodes(skeleton)
    run = followed(skeleton, claim, found)
    law, builder = Law(run).law(found), Builder(run, found)
    asked = for_protocols(model)
    names: set[str] = set()
    for one in (*violations(run, found), *_deadlock(run), *_lock_order(run, found)):
        if one.property not in names:
            structure = builder.structure(law, one.also, lands=one.lands)
            if not Meaning(asked, structure).broken(asked):
                names.add(one.property)
    return names | {"data-race"}


def followed(
    skeleton: sk.Skeleton, claim: Claim, found: Nodes, stopped: frozenset[int] = frozenset()
) -> Run:
    """A claim carried out as far as no axiom of a model is needed to judge it."""
    try:
        run = Run(skeleton, claim, stopped)
        judge = Law(run)
        judge.check()
        Pages(run, found).check()
        Rules(run, found).check()
        for _ in (*judge.precedences(), *judge.reuses(found)):
            pass
    except NotAnExecution as error:
        raise ReplayError(str(error)) from error
    return run


def named(run: Run, found: Nodes, name: str) -> Iterator[Wrong]:
    """What happens that must not, one property of it at least."""
    match name:
        case "deadlock":
            return _deadlock(run)
        case "lock-order":
            return _lock_order(run, found)
        case _:
            return violations(run, found)


def _lock_order(run: Run, found: Nodes) -> Iterator[Wrong]:
    """The acquires that have a part in a circle of lock classes."""
    yield from (Wrong("lock-order", number, also) for number, also in circles(run, found))


def _deadlock(run: Run) -> Iterator[Wrong]:
    """Threads that can never go on, at the event that the last of them stands at."""
    found = deadlocked(run)
    if found.waiting:
        yield Wrong("deadlock", max(found.events))


def violations(run: Run, found: Nodes) -> Iterator[Wrong]:
    """What happens in an execution that must not."""
    for number, names in run.violated.items():
        for name in names:
            yield Wrong(name, number)
    frees = [
        e
        for e in run.skeleton.events
        if isinstance(e.action, sk.Deallocate | sk.GiveBack) and e.number in run.happened
    ]
    pages, reached = Pages(run, found), run.reached
    for event in run.skeleton.events:
        if event.number not in found.of_event or event.number not in reached:
            continue
        yield from _lifetimes(run, found, event, frees, pages)
        yield from _torn(run, found, event)
        if held_when_set_up(run, event):
            yield Wrong("lock-init-held", event.number)
        yield from _ended_twice(run, found, event)


def _ended_twice(run: Run, found: Nodes, event: sk.Event) -> Iterator[Wrong]:
    """SRCU readers that another event has ended before."""
    if not isinstance(event.action, sk.SrcuEnd):
        return
    for number, when in event.action.rivals:
        if number in run.happened and run.values.holds(when):
            one, two = found.last(number), found.last(event.number)
            assert one is not None
            assert two is not None
            if run.skeleton.events[number].thread != event.thread:
                yield Wrong("srcu-unbalanced", event.number, frozenset(((one.number, two.number),)))
            elif number < event.number:
                yield Wrong("srcu-unbalanced", event.number)


def _lifetimes(
    run: Run, found: Nodes, event: sk.Event, frees: list[sk.Event], pages: Pages
) -> Iterator[Wrong]:
    """Accesses to what was freed, and frees of it."""
    freeing = isinstance(event.action, sk.Deallocate)
    term = touched(event)
    if term is None:
        return
    value = run.values.value(term)
    last = _last(run, found, event)
    if not isinstance(value, Pointer) or value.base is None or last is None:
        return
    typesafe = pages.typesafe(value.base.object)
    ending = sk.GiveBack if typesafe and not freeing else sk.Deallocate
    for free in frees:
        if not isinstance(free.action, ending):
            continue
        freed = run.values.value(free.action.pointer)
        end = found.last(free.number)
        if free.number == event.number or end is None:
            continue
        if not isinstance(freed, Pointer) or freed.base != value.base or freed.path:
            continue
        own = ran_before(run, free, event)
        sinks = own is False and may_sink(run, found, event, free)
        if own is False and not sinks:
            continue
        lives = pages.orders(value.base.object, free.number, event.number)
        if lives is None:
            continue
        name = "double-free" if freeing else "use-after-free"
        other = own is None or sinks
        also: Pairs = frozenset(((end.number, last.number),)) if other else frozenset()
        yield Wrong(name, event.number, also | lives)
        write = found.write(event.number)
        stores = event.number in run.happened and write is not None and write == last
        if other and stores and isinstance(event.action, STORING):
            assert write is not None
            # It may have executed before the free, and reach memory after it.
            yield Wrong(name, event.number, lives, frozenset(((end.number, write.number),)))


def _last(run: Run, found: Nodes, event: sk.Event) -> Node | None:
    """The last that an event did: an update may only read, and so does what goes wrong then."""
    if event.number not in run.happened | run.waiting:
        return found.first(event.number)
    own = [n for n in found.of_event.get(event.number, ()) if run.values.holds(n.when)]
    return next((n for n in reversed(own) if n.kind != "F"), None)


def _torn(run: Run, found: Nodes, event: sk.Event) -> Iterator[Wrong]:
    """Bits used that no update had stored by then."""
    vias: list[Via] = []
    term = touched(event)
    if term is not None:
        value = run.values.value(term)
        if isinstance(value, Pointer | Wild) and value.via is not None:
            vias.append(value.via)
    for word in run.skeleton.stored:
        if word.event == event.number and run.values.holds(word.when):
            vias.extend(vias_of(run.values.value(word.value), word.present))
    for via in vias:
        for place in via.sources:
            start = run.skeleton.layout.regions[place.base.object].initial.get(place.path)
            if isinstance(start, Word) and (start.low.bits, start.high.bits) == (via.low, via.high):
                continue
            also = _before_updates(run, found, event, via, place)
            if also is not None:
                yield Wrong("torn-value", event.number, also)


def _before_updates(
    run: Run, found: Nodes, event: sk.Event, via: Via, place: Source
) -> Pairs | None:
    """The event before every update that stored these bits; None where one certainly was before."""
    first = found.first(event.number)
    assert first is not None
    pairs: set[tuple[int, int]] = set()
    for update in run.skeleton.updates:
        if update.event not in run.happened or not run.values.holds(update.when):
            continue
        pointer = run.values.value(update.address)
        low, high = run.values.value(update.low), run.values.value(update.high)
        assert isinstance(pointer, Pointer)
        if not (isinstance(low, Half) and isinstance(high, Half)):
            # Beside a half that nobody has stored yet: no word.
            continue
        if pointer.source != place or (low.bits, high.bits) != (via.low, via.high):
            continue
        stored = run.skeleton.events[update.event]
        own = ran_before(run, stored, event)
        if own is False or (own and not may_sink(run, found, stored, event)):
            if own:
                return None
            continue
        end = found.last(update.event)
        assert end is not None
        pairs.add((first.number, end.number))
    return frozenset(pairs)
