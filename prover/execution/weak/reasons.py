"""Why no interleaving shows an execution: what is out of order, and what would order it.

An execution is no interleaving where program order and what happened in memory go round in a
circle.  The shortest circle through what decided the violation says what mattered: where it
follows a program, the model does not keep the two steps in order, and a primitive could.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from heapq import heappop, heappush

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.edges import Reason
from prover.execution.execution import INITIAL
from prover.execution.nodes import touched
from prover.execution.terms import Term
from prover.execution.weak.run import Run
from prover.execution.weak.suffices import parts, sufficient
from prover.execution.weak.time import Allowed, Edge, Timeline, between
from prover.execution.wording import place_text
from prover.graph.values import Pointer

MOST = 4
"""How many lines are said at most."""

BARRIERS = {("store", "store"): "smp_wmb()", ("load", "load"): "smp_rmb()"}
"""What orders two accesses of one thread if it stands between them; smp_mb() all others."""

MARKED = {
    ("load", "once"): "READ_ONCE()",
    ("store", "once"): "WRITE_ONCE()",
    ("load", "plain"): "the plain load",
    ("store", "plain"): "the plain store",
}
"""How a statement reads that could as well have an order, by what it does."""

FAR = 20
"""What a step costs that had no part in deciding the violation."""

Ways = dict[int, tuple[int, int]]
"""For each step what the cheapest way to it costs, and the step before it (-1: none)."""


class Reasons(Frozen, frozen=True):
    """``circles`` are the circles that mattered, each as its edges; ``reasons`` say so in words."""

    circles: tuple[tuple[Edge, ...], ...]
    reasons: tuple[Reason, ...]

    @property
    def events(self) -> frozenset[int]:
        """The steps that mattered."""
        return frozenset(e for circle in self.circles for edge in circle for e in edge)


def reasons(case: Allowed, time: Timeline, bad: Collection[int], *, certain: bool) -> Reasons:
    """Why no interleaving shows what goes wrong at ``bad``; ``certain``: none does."""
    circles = tuple(_circles(case, time, bad, certain=certain))
    found = [one for circle in circles for one in _lines(case, time, circle)]
    found.extend(_missed(case.run, time, circles))
    said = {one.text: one for one in reversed(found)}
    texts = dict.fromkeys(one.text for one in found)
    return Reasons(circles, tuple(said[text] for text in texts)[:MOST])


# --- the circles


def _circles(
    case: Allowed, time: Timeline, bad: Collection[int], *, certain: bool
) -> Iterator[tuple[Edge, ...]]:
    """A shortest circle, and further ones for other reasons that decided the violation."""
    across = _across(case, time, bad)
    used: set[Edge] = set()
    for attempt in range(MOST):
        circle = _shortest(time, {e: c for e, c in across.items() if e not in used})
        far = any(across.get(edge, 0) >= FAR for edge in circle)
        if not circle or (far and (attempt or not certain)):
            return
        yield circle
        tellers = {*time.memory.misses, *_assumed(case)} & set(circle)
        used |= tellers or (set(circle) & across.keys())


def _across(case: Allowed, time: Timeline, bad: Collection[int]) -> dict[Edge, int]:
    """Every step from one thread to another by way of memory, and what it costs."""
    decided = _deciding(case, bad)
    cost: dict[Edge, int] = {}
    memory = time.memory
    for a, b in memory.reads:
        cost[a, b] = 2 if b in decided else FAR
    for a, b in memory.misses:
        cost[a, b] = 2 if a in decided else FAR
    for a, b in memory.overwrites:
        cost[a, b] = 2 if {a, b} & decided else FAR
    cost.update(dict.fromkeys(_assumed(case), 1))
    for a, b in time.causes:
        cost.setdefault((a, b), 3)
    threads = _processors(time)
    return {
        (a, b): paid
        for (a, b), paid in sorted(cost.items())
        if a in threads and b in threads and threads[a] != threads[b]
    }


def _assumed(case: Allowed) -> list[Edge]:
    """The orders that the violation assumes."""
    of = case.nodes.nodes
    return sorted((of[a].event, of[b].event) for a, b in case.meaning.pairs("also"))


def _processors(time: Timeline) -> dict[int, int]:
    return {event: index for index, own in enumerate(time.programs) for event in own}


def _deciding(case: Allowed, bad: Collection[int]) -> set[int]:
    """The steps that the violation is computed from: reads, and the stores that they read."""
    skeleton, run = case.run.skeleton, case.run
    pending = [*bad, *(event for edge in _assumed(case) for event in edge)]
    found: set[int] = set()
    while pending:
        number = pending.pop()
        if number in found:
            continue
        found.add(number)
        for read in run.reads_of.get(number, ()):
            source = run.source(read) if read.number in run.read_places else INITIAL
            if source != INITIAL:
                pending.append(skeleton.writes[source].event)
        for term in _terms(run, number, whole=number in bad):
            pending.extend(case.builder.sources(term))
    return found


def _terms(run: Run, number: int, *, whole: bool) -> Iterator[Term]:
    """What a step depends on."""
    event = run.skeleton.events[number]
    yield event.guard
    yield from event.controls
    address = touched(event)
    if address is not None:
        yield address
    for write in run.writes_of.get(number, ()):
        yield write.value
    if whole:
        yield from (check.bad for check in event.checks)
        yield from (word.value for word in run.skeleton.stored if word.event == number)


def _shortest(time: Timeline, across: dict[Edge, int]) -> tuple[Edge, ...]:
    """The cheapest circle of steps across threads and along them; () if there is none."""
    ways: dict[int, list[tuple[int, int]]] = {}
    for (a, b), paid in across.items():
        ways.setdefault(a, []).append((b, paid))
    touched = sorted({e for edge in across for e in edge})
    for own in time.programs:
        there = [e for e in own if e in touched]
        for index, a in enumerate(there):
            for b in there[index + 1 :]:
                ways.setdefault(a, []).append((b, 1 if time.sure.before(a, b) else 2))
    best: tuple[int, tuple[Edge, ...]] = (1 << 30, ())
    back: dict[int, Ways] = {}
    for (a, b), paid in across.items():
        if b not in back:
            back[b] = _ways_from(ways, b, best[0])
        if a in back[b] and back[b][a][0] + paid < best[0]:
            best = (back[b][a][0] + paid, ((a, b), *_back(back[b], a)))
    return best[1]


def _ways_from(ways: dict[int, list[tuple[int, int]]], start: int, limit: int) -> Ways:
    """The cheapest way to each step that costs less than ``limit``."""
    reached: Ways = {}
    front: list[tuple[int, int, int]] = [(0, start, -1)]
    while front:
        cost, event, came = heappop(front)
        if event in reached or cost >= limit:
            continue
        reached[event] = cost, came
        for target, paid in ways.get(event, ()):
            if target not in reached:
                heappush(front, (cost + paid, target, event))
    return reached


def _back(reached: Ways, goal: int) -> tuple[Edge, ...]:
    found: list[Edge] = []
    while (before := reached[goal][1]) >= 0:
        found.append((before, goal))
        goal = before
    return tuple(reversed(found))


# --- the words


def _lines(case: Allowed, time: Timeline, circle: tuple[Edge, ...]) -> Iterator[Reason]:
    """The steps of one thread that the circle goes through, where they are not in order."""
    run, processor = case.run, _processors(time)
    along = sorted((a, b) for a, b in circle if processor[a] == processor[b])
    apart = {(a, b): parts(case, time, circle, a, b) for a, b in along}
    loose = [(a, b) for a, b in along if apart[a, b] or not time.sure.before(a, b)]
    for a, b in loose:
        own = apart[a, b] or ("", "")
        fix = _missing(run, a, b, own)
        first, second = _label(run, a, own[0]), _label(run, b, own[1])
        if _is_ghost(run, a) or _is_ghost(run, b):
            text = f"{who(run, b)}: {first} and {second} have no order, as ghost state has none"
        elif time.events.index(a) > time.events.index(b):
            text = f"{who(run, b)}: {second} overtakes {first}; {fix} would order them"
        else:
            text = f"{who(run, b)}: nothing orders {first} and {second}; {fix} would"
        yield Reason(text, "po", a, b)
    if loose or case.model != "lkmm":
        return
    strong = set(between(case, "strong-fence"))
    weak = [edge for edge in along if edge not in strong]
    where, alone = sufficient(case, weak)
    for a, b in where or weak:
        text = f"{who(run, b)}: {_label(run, a)} comes before {_label(run, b)}"
        text += ", but not for every CPU"
        if where:
            text += "; smp_mb() would see to that"
        others = sorted({who(run, other) for _, other in where if other != b})
        if others and not alone:
            text += f", with another in {' and '.join(others)}"
        yield Reason(text, "po", a, b)


def _missing(run: Run, a: int, b: int, own: tuple[str, str]) -> str:
    """What would order two steps of one thread: a barrier, or a primitive in place of another.

    ``own`` are the parts of them that are meant.
    """
    instead = [
        f"{primitive} in place of {MARKED[access]}"
        for event, kind, primitive in (
            (a, "load", "smp_load_acquire()"),
            (b, "store", "smp_store_release()"),
        )
        if (access := _access(run, event)) in MARKED and access[0] == kind
    ]
    kinds = [STORED.get(part) or _kind(run, e) for e, part in zip((a, b), own, strict=True)]
    barrier = BARRIERS.get((kinds[0], kinds[1]), "smp_mb()")
    if not instead:
        return barrier
    # Of a load and a store after it either may do without a barrier of both.
    either = instead if len(instead) > 1 else [f"{barrier} between them", *instead]
    return ", or ".join(either) + ","


def _access(run: Run, event: int) -> tuple[str, str]:
    """What a step does with memory, and in which order; nothing where it is no access."""
    action = run.skeleton.events[event].action
    return (action.what, action.order) if isinstance(action, sk.Access) else ("", "")


def _missed(run: Run, time: Timeline, circles: tuple[tuple[Edge, ...], ...]) -> Iterator[Reason]:
    """The reads that do not see a store which stands above them."""
    place = {event: index for index, event in enumerate(time.events)}
    for a, b in sorted({edge for circle in circles for edge in circle}):
        if place[a] < place[b]:
            continue
        said = f"{who(run, a)}: {_label(run, a)}"
        if (a, b) in time.memory.misses:
            text = f"{said} does not see the store of {who(run, b)} above, which is not there yet"
            yield Reason(text, "fr", a, b)
        elif (a, b) in time.memory.overwrites:
            yield Reason(f"{said} arrives before that of {who(run, b)} above", "co", a, b)


def who(run: Run, event: int) -> str:
    """The thread that makes a step."""
    return run.skeleton.threads[run.skeleton.events[event].thread].name


def _is_ghost(run: Run, event: int) -> bool:
    """Whether a step touches ghost state, which no barrier orders."""
    reads = [run.read_places.get(r.number) for r in run.reads_of.get(event, ())]
    writes = [run.write_places.get(w.number) for w in run.writes_of.get(event, ())]
    regions = run.skeleton.layout.regions
    return any(place and regions[place[0].object].ghost for place in (*reads, *writes))


def _kind(run: Run, event: int) -> str:
    """``load``, ``store``, or what else the step is."""
    action = run.skeleton.events[event].action
    return action.what if isinstance(action, sk.Access) else type(action).__name__


ACCESSES = {"load": "load of", "store": "store to", "rmw": "update of"}
"""What each kind of access is called."""

PARTS = {"R": "loads", "W": "stores"}
"""What each part of an update does."""

STORED = {"W": "store"}
"""What a part of an update is to barriers, where these do not treat it as all of it."""

LABELS: dict[type, str] = {
    sk.Request: "asking for {}",
    sk.Grant: "taking {}",
    sk.Try: "trying {}",
    sk.Unlock: "releasing {}",
    sk.Downgrade: "downgrading {}",
    sk.LockState: "looking at {}",
    sk.SrcuStart: "entering a reader of {}",
    sk.SrcuEnd: "leaving a reader of {}",
    sk.Queue: "call_rcu()",
    sk.Deallocate: "freeing {}",
    sk.GiveBack: "giving back the page of {}",
    sk.Allocate: "the allocation",
    sk.IpiStart: "sending the IPI",
    sk.IpiEnd: "the end of the IPI",
    sk.BarrierEnd: "rcu_barrier()",
    sk.Begin: "its start",
    sk.Ended: "its end",
}
"""What a step that is no access is called."""


def _label(run: Run, number: int, part: str = "") -> str:
    """A step in few words, or what an update reads or writes."""
    event = run.skeleton.events[number]
    if part:
        return f"what the update of {place_of(run, number)} {PARTS[part]}"
    if isinstance(event.action, sk.Access):
        name = ACCESSES.get(event.action.what, "access to")
        return f"the {name} {place_of(run, number)}"
    template = LABELS.get(type(event.action), "a step")
    term = touched(event)
    value = None if term is None else run.values.value(term)
    known = isinstance(value, Pointer) and value.base is not None
    return template.format(str(value.location) if known else "it")  # type: ignore[union-attr]


def place_of(run: Run, number: int) -> str:
    """Where an access goes; the word where it goes to both halves."""
    places = {
        run.read_places[r.number]
        for r in run.reads_of.get(number, ())
        if r.number in run.read_places
    }
    places |= {
        run.write_places[w.number]
        for w in run.writes_of.get(number, ())
        if w.number in run.write_places
    }
    texts = {place_text(p) for p in places if p[1] != "shadow"}
    if len(texts) != 1:
        texts = {str(p[0]) for p in places}
    return min(texts, default="memory")
