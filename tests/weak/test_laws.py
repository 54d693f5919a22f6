"""Laws of the concrete reading of weak executions, each by itself: what a claim says of when.

Claims are made of executions that there are, with other positions: a law is about those alone.
"""

from __future__ import annotations

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.weak.barriers import passed_over, queued_before
from prover.execution.weak.pages import Pages
from prover.execution.weak.run import Run
from tests.weak.right import Right, executions

QUEUED = 10


def events_of(right: Right, kind: type[sk.Action]) -> list[int]:
    """The events of one kind."""
    return [e.number for e in right.skeleton.events if isinstance(e.action, kind)]


def placed(right: Right, position: dict[int, int]) -> Run:
    """The execution with other positions of nodes."""
    return Run(right.skeleton, replace(right.claim, position=position))


def barrier() -> tuple[Right, int, int, int, int]:
    """An execution; the queue of another thread and the barrier in it; the nodes of two steps."""
    right = executions("barrier_steps", "lkmm")[0]
    elsewhere, *_ = events_of(right, sk.Queue)
    (start,) = events_of(right, sk.BarrierStart)
    own = right.skeleton.threads[right.skeleton.events[start].thread].events
    before = [n for e in own[: own.index(start)] for n in right.nodes.of_event.get(e, ())]
    stores = [n.number for n in before if (n.kind, n.role) == ("W", "access")]
    loads = [n.number for n in before if (n.kind, n.role) == ("R", "rmw")]
    return right, elsewhere, start, stores[0], loads[0]


def test_a_barrier_waits_where_some_step_before_it_comes_after_the_queue() -> None:
    right, queue, start, store, load = barrier()
    node = right.nodes.of_event[queue][0].number
    for one, two, waits in ((9, 9, False), (11, 9, True), (9, 11, True), (10, 9, False)):
        run = placed(right, {node: QUEUED, store: one, load: two})
        assert queued_before(run, right.order, queue, start) == waits
    # What is not made, and what no model puts in order, says nothing.
    late = {n.number: 99 for n in right.nodes.nodes if n.kind == "F"}
    failed = [n for n in right.nodes.nodes if (n.kind, n.role) == ("W", "rmw")]
    assert len(failed) == 1
    run = placed(right, {**late, failed[0].number: 99, node: QUEUED, store: 9, load: 9})
    assert not queued_before(run, right.order, queue, start)


def test_steps_come_at_first_where_nothing_is_said_of_them() -> None:
    right, queue, start, store, load = barrier()
    node = right.nodes.of_event[queue][0].number
    assert not queued_before(placed(right, {node: 0, load: -1}), right.order, queue, start)
    assert queued_before(placed(right, {node: -1, load: -2}), right.order, queue, start)
    assert not queued_before(placed(right, {store: 5, load: 5}), right.order, queue, start)
    assert not list(passed_over(placed(right, {store: -5}), right.order, queue, start))


def test_a_barrier_passes_over_what_is_queued_later_elsewhere() -> None:
    right, queue, start, store, load = barrier()
    node = right.nodes.of_event[queue][0].number
    for one, two, over in (
        (9, 8, {store, load}),
        (10, 8, {load}),
        (11, 8, set()),
        (9, 10, {store}),
    ):
        others = dict.fromkeys([n.number for n in right.nodes.nodes], QUEUED)
        run = placed(right, {**others, node: QUEUED, store: one, load: two})
        found = set(passed_over(run, right.order, queue, start))
        assert found == {(step, node) for step in over}


def test_what_a_thread_queues_itself_is_before_its_barrier_or_after_it() -> None:
    right, _, start, store, load = barrier()
    _, before, after = events_of(right, sk.Queue)
    for place in (5, 15):
        run = placed(
            right, {n.number: QUEUED for n in right.nodes.nodes} | {store: place, load: place}
        )
        assert queued_before(run, right.order, before, start)
        assert not queued_before(run, right.order, after, start)
        assert not list(passed_over(run, right.order, before, start))
        assert not list(passed_over(run, right.order, after, start))


# --- slots of typesafe pools


def slot_of(right: Right) -> str:
    """The one slot."""
    (slot,) = [r.name for r in right.skeleton.layout.regions.values() if r.pool]
    return slot


def wanted() -> tuple[Right, tuple[int, int, int], int]:
    """An execution in which all allocs give the slot: they, and the step that takes its page away."""
    for right in executions("slots_wanted", "lkmm"):
        one, two, other = events_of(right, sk.Allocate)
        given = [right.claim.decisions.slots.get(a) for a in (one, two, other)]
        if all(given) and other in right.run.happened:
            return right, (one, two, other), events_of(right, sk.GiveBack)[0]
    raise AssertionError("nobody else is given the slot")


def at(right: Right, **places: int) -> Pages:
    """The pages where nodes of events stand so: ``e9`` is the first of event 9, ``e9_1`` its second."""
    position: dict[int, int] = {}
    for name, place in places.items():
        event, _, index = name.removeprefix("e").partition("_")
        position[right.nodes.of_event[int(event)][int(index or 0)].number] = place
    return Pages(placed(right, position), right.nodes)


def test_a_slot_is_given_between_two_events() -> None:
    right, (one, two, other), page = wanted()
    slot = slot_of(right)
    free = events_of(right, sk.Deallocate)[0]
    names = {f"e{two}": 20, f"e{two}_1": 21, f"e{page}": 30}
    # The program's order counts whatever the positions.
    assert at(right, **names, **{f"e{other}": 90}).given_between(slot, free, page)
    assert at(right, **{**names, f"e{two}": 40, f"e{free}": 50, f"e{other}": 90}).given_between(
        slot, one, events_of(right, sk.Deallocate)[1]
    )
    late = {**names, f"e{two}": 40, f"e{two}_1": 41}
    assert not at(right, **late, **{f"e{other}": 90}).given_between(slot, free, page)
    # An alloc has given the slot from its read on.
    half = {f"e{other}": 29, f"e{other}_1": 31, f"e{free}": 10}
    assert at(right, **late, **half).given_between(slot, free, page)
    for level in ({f"e{other}": 30}, {f"e{other}": 10}):
        assert not at(right, **late, **{**half, **level}).given_between(slot, free, page)
    assert not at(right, **names, **half).given_between("another", free, page)


def test_what_did_not_happen_gives_nothing() -> None:
    for right in executions("slots_wanted", "lkmm"):
        _, two, other = events_of(right, sk.Allocate)
        if other not in right.run.happened and right.claim.decisions.slots.get(two):
            slots = {**right.claim.decisions.slots, other: right.claim.decisions.slots[two]}
            decisions = replace(right.claim.decisions, slots=slots)
            page, free = events_of(right, sk.GiveBack)[0], events_of(right, sk.Deallocate)[0]
            first = {n: right.nodes.of_event[n][0].number for n in (two, other, page, free)}
            position = {first[free]: 10, first[other]: 20, first[page]: 30, first[two]: 40}
            run = Run(right.skeleton, replace(right.claim, decisions=decisions, position=position))
            assert not Pages(run, right.nodes).given_between(slot_of(right), free, page)
            return
    raise AssertionError("the slot is always wanted")


def test_a_use_after_the_end_assumes_that_nobody_is_given_the_slot_meanwhile() -> None:
    right, (one, two, other), page = wanted()
    slot = slot_of(right)
    use = right.skeleton.threads[right.skeleton.events[other].thread].events[1]
    node = {e: right.nodes.of_event[e][0].number for e in (one, two, other, page, use)}
    first = (node[one], node[page])
    gone = {f"e{page}": 30}
    early = at(right, **gone, **{f"e{two}": 20, f"e{other}": 20}).orders(slot, page, use)
    assert early == frozenset({first, (node[two], node[page]), (node[other], node[page])})
    late = at(right, **gone, **{f"e{two}": 40, f"e{other}": 20}).orders(slot, page, use)
    both = {(node[page], node[two]), (node[use], node[two])}
    assert late == frozenset({first, *both, (node[other], node[page])})
    # The user itself was given it again.
    store = right.skeleton.threads[right.skeleton.events[one].thread].events[5]
    given = {f"e{two}": 40, f"e{other}": 20}
    assert right.order.before(two, store)
    assert at(right, **gone, **given).orders(slot, page, store) is None
    kept = executions("slots_kept", "lkmm")[0]
    assert Pages(kept.run, kept.nodes).orders(slot_of(kept), 1, 1) == frozenset()


def test_claims_about_the_end_have_no_place_in_coherence() -> None:
    looked = 0
    for right in executions("two_hosts", "lkmm"):
        last = {e for t in right.skeleton.threads if t.kind == "final" for e in t.events}
        looked += last <= right.run.happened
        coherence = {e: rank for e, rank in right.claim.coherence.items() if e not in last}
        assert not right.said(replace(right.claim, coherence=coherence))
    assert looked
