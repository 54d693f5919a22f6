"""Systems from explicit tables: small protocols by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.frozen import replace
from dsl.source import Span
from prover.parametric.system import IDLE, Label, Rule, Shared, Start, Violated

HERE = Span("toy.khp", 0, 1)
TOP = 3
BAD = Violated(("assert",), HERE)


@dataclass(frozen=True)
class Toy:
    """A System: rules, guards, waits and broadcasts as tables."""

    start: Start
    names: tuple[str, ...]
    table: tuple[Rule, ...]
    guards: tuple[frozenset[int], ...] = ()
    waits: tuple[Mapping[int, Label], ...] = ()
    changes: tuple[Mapping[int, int], ...] = ()
    awaiting: Mapping[int, int] = field(default_factory=dict[int, int])
    singles: Mapping[int, int] = field(default_factory=dict[int, int])
    bad: frozenset[Shared] = frozenset()
    turned: bool = False

    def rules(self, local: int, shared: Shared) -> tuple[Rule, ...]:
        return tuple(
            rule
            for rule in self.table
            if rule.local == local and all(shared[k] == value for k, value in rule.reads)
        )

    def forbids(self, guard: int, other: int) -> bool:
        return other in self.guards[guard]

    def waited_for(self, wait: int, other: int) -> Label:
        return self.waits[wait].get(other, 0)

    def changed(self, change: int, other: int) -> int:
        return self.changes[change].get(other, other)

    def awaits(self, local: int) -> int:
        return self.awaiting.get(local, -1)

    def single(self, local: int) -> int:
        return self.singles.get(local, -1)

    def broken(self, shared: Shared) -> Violated | None:
        return BAD if shared in self.bad else None

    def stopped(self, local: int) -> bool:  # noqa: ARG002
        return False

    def wants(self, local: int, shared: Shared) -> int:  # noqa: ARG002
        return -1

    def variables(self) -> tuple[str, ...]:
        return tuple(f"v{k}" for k in range(len(self.start.shared)))

    def value_text(self, variable: int, value: int) -> str:
        return f"{self.variables()[variable]} {value}"

    def local_text(self, local: int) -> str:
        return self.names[local]

    def value_key(self, variable: int, value: int) -> str:
        return f"{TOP - value if self.turned else value} of {variable}"

    def local_key(self, local: int) -> str:
        return self.names[local]

    def region_key(self, region: int) -> str:
        return f"region {TOP - region if self.turned else region}"

    def actor(self, local: int) -> str:
        return self.names[local].split(".")[0]

    def place(self, local: int) -> Span | None:
        return None if local == IDLE else HERE


def rule(local: int, after: int, reads=(), writes=(), kind: str = "local", **more) -> Rule:
    return Rule(local, tuple(reads), tuple(writes), after, kind, HERE, **more)


def wrong(local: int, reads=(), **more) -> Rule:
    return rule(local, IDLE, reads, violated=BAD, **more)


def lock() -> Toy:
    """Test and set, for ever; the second to come inside would be wrong."""
    return Toy(
        Start((0, 0), (1,), ()),
        ("", "a.out", "a.inside", "a.counted", "a.leaving"),
        (
            rule(1, 2, [(0, 0)], [(0, 1)], "update"),
            rule(2, 3, [(1, 0)], [(1, 1)], "update"),
            wrong(2, [(1, 1)]),
            rule(3, 4, [], [(1, 0)], "store"),
            rule(4, 1, [], [(0, 0)], "store"),
        ),
    )


def shared_lock() -> Toy:
    """Readers, known by guards only, and writers; a reader never sees a writer's half."""
    writing, reading = frozenset({2, 3}), frozenset({5})
    return Toy(
        Start((0, 0), (1, 4), ()),
        ("", "w.out", "w.in", "w.half", "r.out", "r.in"),
        (
            rule(1, 2, [(1, 0)], [(1, 1)], "acquire", guard=0),
            rule(2, 3, [], [(0, 1)], "store"),
            rule(3, 1, [], [(0, 0), (1, 0)], "store"),
            rule(4, 5, [(1, 0)], [], "acquire", guard=1),
            rule(5, 4, [(0, 0)], [], "load"),
            wrong(5, [(0, 1)]),
        ),
        guards=(writing | reading, writing),
    )


def grace() -> Toy:
    """Readers that hold a pointer, and writers that replace it and wait, several at once.

    Variable 0 is the published object (2: none yet), 1 and 2 say which of two objects is freed.
    A writer (one of them unlinks, any number of others wait for no reason) frees after its wait.
    """
    many: list[str] = ["", "r.out", "r.in", "r.has0", "r.has1", "w.start", "w.wait0", "w.free0"]
    many += ["o.start", "o.wait", "w.done"]
    readers = {2: 1, 3: 1, 4: 1}
    return Toy(
        Start((0, 0), (1, 8), (5,)),
        tuple(many),
        (
            rule(1, 2, kind="enter"),
            rule(2, 3, [(0, 0)], kind="load"),
            rule(2, 4, [(0, 1)], kind="load"),
            rule(3, 1, [(1, 0)], ended=1, kind="leave"),
            wrong(3, [(1, 1)]),
            rule(4, 1, ended=1, kind="leave"),
            rule(5, 6, [], [(0, 1)], "store", begins=0),
            rule(6, 7, over=True, kind="wait"),
            rule(7, 10, [], [(1, 1)], "free"),
            rule(8, 9, begins=0, kind="wait"),
            rule(9, 8, over=True, kind="wait"),
        ),
        waits=(readers,),
        singles={5: 0, 6: 0, 7: 0, 10: 0},
    )


def callback() -> Toy:
    """As :func:`grace`, but a callback frees, after it has waited for those who were there."""
    readers = {2: 1, 3: 1, 4: 1}
    return Toy(
        Start((0, 0), (1,), (5,)),
        ("", "r.out", "r.in", "r.has0", "r.has1", "w.start", "c.wait", "c.free", "w.more"),
        (
            rule(1, 2, kind="enter"),
            rule(2, 3, [(0, 0)], kind="load"),
            rule(2, 4, [(0, 1)], kind="load"),
            rule(3, 1, [(1, 0)], ended=1, kind="leave"),
            wrong(3, [(1, 1)]),
            rule(4, 1, ended=1, kind="leave"),
            rule(5, 8, [], [(0, 1)], "store"),
            rule(8, IDLE, kind="defer", spawned=(6,)),
            rule(6, 7, over=True, kind="wait"),
            rule(7, IDLE, [], [(1, 1)], "free"),
        ),
        waits=(readers,),
        awaiting={6: 0},
        singles={5: 0, 8: 0},
    )


def stale() -> Toy:
    """One slot, allocated and freed for ever; whose pointer is stale must not follow it.

    Variable 0: the slot is allocated; 1: it is published.  Pointers become stale by a broadcast.
    """
    return Toy(
        Start((0, 0), (1, 6), ()),
        ("", "a.free", "a.got", "a.put", "a.unlinked", "a.stale", "r.out", "r.has", "r.stale"),
        (
            rule(1, 2, [(0, 0)], [(0, 1)], "alloc"),
            rule(2, 3, [], [(1, 1)], "store"),
            rule(3, 4, [], [(1, 0)], "store"),
            rule(4, 1, [(0, 1)], [(0, 0)], "free", change=0),
            wrong(5),
            rule(6, 7, [(1, 1)], kind="load"),
            rule(7, 6, [(1, 1)], kind="load"),
            rule(7, 6, [(1, 0)], kind="load"),
            rule(8, 6, kind="leave"),
        ),
        changes=({7: 8, 2: 5, 3: 5, 4: 5},),
    )


def interrupt() -> Toy:
    """An IPI inside a grace period: two waits of one actor, for two kinds of region."""
    return Toy(
        Start((0, 0, 0), (1, 5), (9,)),
        (
            *("", "r.out", "r.in", "r.has", "r.used", "q.out", "q.off", "q.has", "q.used"),
            *("w.start", "w.wait", "w.ipi", "w.between", "w.both", "w.free", "w.end"),
        ),
        (
            rule(1, 2, kind="enter"),
            rule(2, 3, [(0, 0)], kind="load"),
            rule(2, 1, [(0, 1)], kind="leave", ended=1),
            rule(3, 4, [(1, 0)], kind="load"),
            wrong(3, [(1, 1)]),
            rule(4, 1, kind="leave", ended=1),
            rule(5, 6, kind="enter"),
            rule(6, 7, [(0, 0)], kind="load"),
            rule(6, 5, [(0, 1)], kind="leave", ended=2),
            rule(7, 8, [(2, 0)], kind="load"),
            wrong(7, [(2, 1)]),
            rule(8, 5, kind="leave", ended=2),
            rule(9, 10, [], [(0, 1)], "store"),
            rule(10, 11, begins=0, kind="wait"),
            rule(11, 12, over=True, kind="wait"),
            rule(12, 13, [], [(2, 1)], "free", begins=1),
            rule(13, 14, over=True, kind="wait"),
            rule(14, 15, [], [(1, 1)], "free"),
        ),
        waits=({6: 2, 7: 2, 8: 2}, {2: 1, 3: 1, 4: 1, 6: 2, 7: 2, 8: 2}),
        singles=dict.fromkeys(range(9, 16), 0),
    )


TOYS = (lock, shared_lock, grace, callback, stale, interrupt)


def turned(toy: Toy) -> Toy:
    """The same with all local states but IDLE, all values and all regions numbered backwards."""
    count = len(toy.names)

    def local(old: int) -> int:
        return old if old == IDLE else count - old

    def label(old: Label) -> Label:
        return sum(1 << TOP - region for region in range(TOP + 1) if old >> region & 1)

    def pairs(old: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((variable, TOP - value) for variable, value in old)

    def shared(old: Shared) -> Shared:
        return tuple(TOP - value for value in old)

    return replace(
        toy,
        start=Start(
            shared(toy.start.shared),
            tuple(map(local, toy.start.many)),
            tuple(map(local, toy.start.single)),
        ),
        names=tuple(toy.names[local(k)] for k in range(count)),
        table=tuple(
            replace(
                each,
                local=local(each.local),
                after=local(each.after),
                reads=pairs(each.reads),
                writes=pairs(each.writes),
                ended=label(each.ended),
                spawned=tuple(map(local, each.spawned)),
            )
            for each in toy.table
        ),
        guards=tuple(frozenset(map(local, each)) for each in toy.guards),
        waits=tuple({local(k): label(v) for k, v in each.items()} for each in toy.waits),
        changes=tuple({local(k): local(v) for k, v in each.items()} for each in toy.changes),
        awaiting={local(k): v for k, v in toy.awaiting.items()},
        singles={local(k): v for k, v in toy.singles.items()},
        bad=frozenset(map(shared, toy.bad)),
        turned=not toy.turned,
    )
