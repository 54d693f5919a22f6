"""From a skeleton to a query: what every execution obeys, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from dsl.frozen import Frozen, field, replace
from prover.execution import skeleton as sk
from prover.execution.analysis import analyse
from prover.execution.domains import Domains
from prover.execution.hazards import Hazard, hazards
from prover.execution.nodes import nodes
from prover.execution.order import AFTER_ALL, BEFORE_ALL, StaticOrder, static_order
from prover.execution.terms import Choice
from prover.smt.alike import encode_alike
from prover.smt.deadlock import deadlock
from prover.smt.firsts import firsts
from prover.smt.frame import Frame
from prover.smt.lock_order import lock_order
from prover.smt.locks import encode_locks
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg
from prover.smt.memory import encode_pools, encode_reads
from prover.smt.positions import encode_positions, place_ends
from prover.smt.query import Query
from prover.smt.violations import encode_violations, first_violation
from prover.smt.waits import encode_waits
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.order import encode_order
from prover.smt.weak.races import races
from prover.smt.weak.waits import encode_weak_waits

LOGIC = "QF_IDL"
"""Booleans, and integers compared with each other."""


class _Body(Frozen, frozen=True):
    """What the queries of one skeleton have in common, and what their questions need.

    ``live`` are the events that can be reached; ``violations`` is empty where no question is
    about a single property.
    """

    frame: Frame
    live: tuple[int, ...]
    stuck: Lit
    inverted: dict[int, Lit]
    violations: dict[tuple[str, int], Lit]
    racing: dict[int, Lit] = field(default_factory=dict[int, Lit])
    anywhere: dict[str, Lit] = field(default_factory=dict[str, Lit])


@dataclass(frozen=True)
class Prepared:
    """A skeleton with everything that is known of it before a query is made.

    ``linear`` are features, by name, that write something down without a clause for every two of
    it: in another text, which has other executions, no worse.  So it is kept to where nobody sees
    them.
    """

    skeleton: sk.Skeleton
    order: StaticOrder
    domains: Domains
    hazards: tuple[tuple[Hazard, ...], ...]
    model: str = "sc"
    linear: frozenset[str] = frozenset()

    @cached_property
    def body(self) -> _Body:
        """What every execution obeys."""
        return _body(self) if self.model == "sc" else _weak_body(self, detail=False)

    @cached_property
    def detailed(self) -> _Body:
        """The same, with every violation compared with the others."""
        if self.model != "sc":
            return _weak_body(self, detail=True)
        frame, body = self.body.frame.fork(), self.body
        found = _violations(frame, body.live, body.stuck, body.inverted)
        return replace(body, frame=frame, violations=found)


def prepare(
    skeleton: sk.Skeleton,
    model: str = "sc",
    *,
    ordered: bool = True,
    switches: Sequence[Choice] = (),
) -> Prepared:
    """Order, domains and hazards of a skeleton under a memory model.

    Without ``ordered`` hazards, and under sequential consistency domains, are found without regard
    to program order.  That no read sees a later write of its thread is left to positions then;
    weaker models, where positions are no program order, need to be told.

    Of ``switches`` at most one may be on in whatever is asked.
    """
    order = static_order(skeleton)
    looked = replace(order, blind=not ordered)
    weak = model != "sc"
    domains = analyse(skeleton, order if weak else looked, weak=weak, switches=switches)
    return Prepared(skeleton, order, domains, hazards(skeleton, domains, looked), model)


def encode(prepared: Prepared, *, contexts: int = 0, detail: bool = True) -> Query:
    """The query of a skeleton.

    With ``contexts`` = k > 0 positions are the numbers of uninterrupted stretches of one thread,
    and there are questions about violations within the first 1, 2, ... k stretches; what comes
    after them is left open.  Without ``detail`` there are no questions about single properties,
    which need every pair of possible violations compared.
    """
    body = prepared.detailed if detail else prepared.body
    return _finish(replace(body, frame=body.frame.fork()), contexts)


def encode_apart(prepared: Prepared) -> Query:
    """The query of a skeleton in which each property can be asked about by itself.

    ``remaining``, with the switches of all others, says that it is violated anywhere.
    """
    body = prepared.body
    body = replace(body, frame=body.frame.fork())
    return _finish(replace(body, anywhere=body.anywhere or _anywhere(body.frame, body)), 0)


def _body(prepared: Prepared) -> _Body:
    """What every execution obeys."""
    frame = Frame(prepared.skeleton, prepared.domains, prepared.order, prepared.hazards)
    frame.linear = prepared.linear
    encode_reads(frame)
    encode_pools(frame)
    encode_locks(frame)
    encode_waits(frame)
    encode_violations(frame)
    live = tuple(e.number for e in frame.skeleton.events if frame.reached(e.number) != FALSE)
    return _Body(frame, live, deadlock(frame), lock_order(frame), {})


def _weak_body(prepared: Prepared, *, detail: bool) -> _Body:
    """What every execution obeys under a weaker model than sequential consistency."""
    skeleton = prepared.skeleton
    frame = WeakFrame(skeleton, prepared.domains, prepared.order, prepared.hazards)
    frame.model, frame.nodes, frame.every_read = prepared.model, nodes(skeleton), True
    frame.linear = prepared.linear
    encode_reads(frame)
    encode_pools(frame)
    encode_locks(frame)
    encode_weak_waits(frame)
    encode_violations(frame)
    live = tuple(e.number for e in skeleton.events if frame.reached(e.number) != FALSE)
    racing = races(frame) if prepared.model == "lkmm" else {}
    body = _Body(frame, live, deadlock(frame), lock_order(frame), {}, racing)
    if detail:
        found = _violations(frame, live, body.stuck, body.inverted, racing)
        body = replace(body, violations=found)
    else:
        body = replace(body, anywhere=_anywhere(frame, body))
    # Last: what was asked of positions so far says which of them there are.
    encode_order(frame)
    return body


def _anywhere(frame: Frame, body: _Body) -> dict[str, Lit]:
    """For each property, that it is violated somewhere, whatever else is."""
    found: dict[str, list[Lit]] = {}
    for event in body.live:
        if frame.violates(event) != FALSE:
            for name, lit in first_violation(frame, event).items():
                found.setdefault(name, []).append(lit)
    found.setdefault("lock-order", []).extend(body.inverted.values())
    found.setdefault("data-race", []).extend(body.racing.values())
    found.setdefault("deadlock", []).append(body.stuck)
    lits = {name: frame.logic.any_of(parts) for name, parts in sorted(found.items())}
    return {name: lit for name, lit in lits.items() if lit != FALSE}


def _finish(body: _Body, contexts: int) -> Query:
    """The questions, and the positions that the whole document uses."""
    frame, live, violations = body.frame, body.live, body.violations
    logic, skeleton = frame.logic, frame.skeleton
    bad = [frame.violates(event) for event in live]
    if contexts:
        _place(frame, violations)
    within = _all_within(frame, live, violations, contexts)
    cuts = {i: frame.holds(cut.guard) for i, cut in enumerate(skeleton.cuts)}
    ends = logic.all_of(_ended(frame, thread) for thread in skeleton.threads)
    marks: dict[tuple[str, str], list[Lit]] = {}
    for mark in skeleton.marks:
        marks.setdefault((mark.owner, mark.label), []).append(frame.holds(mark.guard))
    checks = {
        event.number: frame.reached(event.number) for event in skeleton.events if sk.is_check(event)
    }
    fail = logic.any_of((*bad, body.stuck, *body.inverted.values(), *body.racing.values()))
    names = {key: logic.any_of(lits) for key, lits in marks.items()}
    alike = "true" if contexts else encode_alike(frame)
    encode_positions(frame, contexts)
    ask = _Questions(logic)
    fails = ask(fail)
    firsts = {key: ask(lit) for key, lit in violations.items()}
    of_name = {
        name: logic.any_of(lit for (n, _), lit in violations.items() if n == name)
        for name in sorted({name for name, _ in violations})
    }
    properties = {name: ask(lit) for name, lit in of_name.items()}
    asked = of_name or body.anywhere
    switches = {name: f"w{index}" for index, name in enumerate(asked)}
    others = logic.any_of(
        logic.all_of((lit, neg(logic.variable(switches[name])))) for name, lit in asked.items()
    )
    remaining = ask(others)
    near = {key: ask(lit) for key, lit in within.items()}
    reaches = {key: ask(lit) for key, lit in cuts.items() if lit != FALSE}
    over = ask(ends)
    passed = {key: ask(lit) for key, lit in names.items()}
    judged = {key: ask(lit) for key, lit in checks.items()}
    return Query(
        head=_head(frame),
        assertions=tuple(logic.assertions),
        labels=tuple(logic.labels),
        fail=fails,
        violations=firsts,
        properties=properties,
        remaining=remaining,
        switches=switches,
        within=near,
        cuts=reaches,
        ends=over,
        marks=passed,
        checks=judged,
        events=len(live),
        clauses=logic.size(),
        alike=alike,
        distinct=tuple(frame.distinct) if isinstance(frame, WeakFrame) else (),
    )


class _Questions:
    """Makes questions: each is a Boolean that implies its literal."""

    def __init__(self, logic: Logic) -> None:
        self._logic = logic
        self._known: dict[Lit, str] = {}

    def __call__(self, lit: Lit) -> str:
        if lit in (TRUE, FALSE):
            return self._logic.text(lit)
        if lit not in self._known:
            self._known[lit] = f"q{len(self._known)}"
            self._logic.label = "question"
            self._logic.clause(neg(self._logic.variable(self._known[lit])), lit)
        return self._known[lit]


def _violations(
    frame: Frame,
    live: tuple[int, ...],
    stuck: Lit,
    inverted: dict[int, Lit],
    racing: Mapping[int, Lit] = MappingProxyType({}),
) -> dict[tuple[str, int], Lit]:
    """For each property and event, that its violation there is a first one of the execution.

    Deadlocks and data races count where nothing else goes wrong.
    """
    logic = frame.logic
    bad = {event: frame.violates(event) for event in live if frame.violates(event) != FALSE}
    found: dict[tuple[str, int], Lit] = {}
    both = {
        event: [lit for lits in (bad, inverted) if (lit := lits.get(event, FALSE)) != FALSE]
        for event in sorted(bad.keys() | inverted.keys())
    }
    for event, others in firsts(frame, both).items():
        for name, lit in first_violation(frame, event).items() if event in bad else ():
            found[name, event] = logic.all_of((lit, bad[event], *others))
        if event in inverted:
            found["lock-order", event] = logic.all_of((inverted[event], *others))
    none = [neg(lit) for lit in (*bad.values(), *inverted.values())]
    if stuck != FALSE:
        found["deadlock", -1] = logic.all_of((stuck, *none))
    for event, lit in racing.items():
        found["data-race", event] = logic.all_of((lit, *none))
    return {key: lit for key, lit in found.items() if lit != FALSE}


def _place(frame: Frame, violations: Iterable[tuple[str, int]]) -> None:
    """Positions for whatever has one in the end: what the whole execution shows takes all of it."""
    anchors = (frame.order.anchors[event][0] for _, event in violations if event >= 0)
    frame.positioned.update(dict.fromkeys(a for a in anchors if a not in (BEFORE_ALL, AFTER_ALL)))
    place_ends(frame)


def _all_within(
    frame: Frame, live: tuple[int, ...], violations: dict[tuple[str, int], Lit], contexts: int
) -> dict[tuple[str, int], Lit]:
    """For each property and number k of stretches, that it is violated within the first k."""
    logic = frame.logic
    found: dict[tuple[str, int], Lit] = {}
    for name in sorted({name for name, _ in violations}):
        for size in range(1, contexts + 1):
            found[name, size] = logic.any_of(
                logic.all_of((lit, _within(frame, live, event, size)))
                for (what, event), lit in violations.items()
                if what == name
            )
    return found


def _within(frame: Frame, live: tuple[int, ...], event: int, size: int) -> Lit:
    """Whether a violation at ``event`` lies within the first ``size`` stretches."""
    logic = frame.logic
    anchor = AFTER_ALL if event < 0 else frame.order.anchors[event][0]
    if anchor == BEFORE_ALL:
        return TRUE
    if anchor != AFTER_ALL:
        return logic.atom(f"(<= p{anchor} {size})")
    # What the whole execution shows takes all of it.
    return logic.all_of(
        logic.any_of((neg(frame.happened(other)), logic.atom(f"(<= p{other} {size})")))
        for other in live
        if other in frame.positioned
    )


def _ended(frame: Frame, thread: sk.Thread) -> Lit:
    """Whether an actor has ended; callbacks and handlers do not matter here."""
    return frame.ok(thread.events[-1]) if thread.kind == "actor" else Lit(1)


def _head(frame: Frame) -> str:
    """Declarations and definitions."""
    positions = [f"(declare-const p{number} Int)" for number in sorted(frame.positioned)]
    return "\n".join([f"(set-logic {LOGIC})", *positions, *frame.logic.lines]) + "\n"
