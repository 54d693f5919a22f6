"""Systems from explicit tables: small protocols by hand, and random ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

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


def random_toy(seed: int) -> Toy:
    """A few local states with rules of every kind at random; most are not safe."""
    chance = Random(seed)
    count = chance.randint(3, 6)
    one, two = (chance.randint(1, 2) for _ in range(2))
    sizes = (one + 1, two)
    several = list(range(1, count))
    alone = count if chance.random() < 0.5 else 0
    names = ("", *(f"x.l{k}" for k in several), f"y.l{count}", f"y.l{count + 1}", "z.l")
    callback = count + 2

    def pick(out_of) -> frozenset[int]:
        return frozenset(each for each in out_of if chance.random() < 0.3)

    def pairs(rate: float) -> list[tuple[int, int]]:
        return [
            (k, chance.randrange(size)) for k, size in enumerate(sizes) if chance.random() < rate
        ]

    guards = tuple(pick(range(1, count + 2)) for _ in range(2))
    waits = tuple({each: chance.randint(1, 3) for each in pick(several)} for _ in range(2))
    changes = ({each: chance.choice([*several, IDLE]) for each in pick(several)},)
    table: list[Rule] = []
    for local in [*several, *([count, count + 1] if alone else []), callback]:
        own = [count, count + 1] if local in {count, count + 1} else several
        for _ in range(chance.randint(1, 2)):
            more: dict[str, Any] = {}
            if chance.random() < 0.3:
                more["guard"] = chance.randrange(2)
            match chance.randrange(8):
                case 0:
                    more["begins"] = chance.randrange(2)
                case 1:
                    more["over"] = True
                case 2:
                    more["ended"] = chance.randint(1, 3)
                case 3:
                    more["change"] = 0
                case 4 if local != callback:
                    more["spawned"] = (callback,)
                case 5 if chance.random() < 0.5:
                    table.append(wrong(local, pairs(0.8)))
                    continue
                case _:
                    pass
            after = IDLE if local == callback or chance.random() < 0.1 else chance.choice(own)
            table.append(rule(local, after, pairs(0.5), pairs(0.3), **more))
    return Toy(
        Start((0, 0), tuple(several[:1]), (count,) if alone else ()),
        names,
        tuple(table),
        guards,
        waits,
        changes,
        awaiting={callback: chance.randrange(2)} if chance.random() < 0.7 else {},
        singles={count: 0, count + 1: 0},
        bad=frozenset({(one, two - 1)}) if chance.random() < 0.2 else frozenset(),
    )


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


def pool(slots: int, *, waits: bool = True) -> Toy:
    """A pool of slots that are allocated, published, unlinked and freed for ever.

    Readers have up to two pointers in a section; who frees has waited, or nobody follows pointers.
    """
    names = [""]
    pointers = [(slot, stale) for stale in (False, True) for slot in range(slots)]
    held = [None, *pointers]

    def number(*what: object) -> int:
        name = " ".join(map(str, what))
        if name not in names:
            names.append(name)
        return names.index(name)

    def pair(one: object, two: object) -> int:
        return number("in", one, two)

    table: list[Rule] = []
    idle, out = number("owner"), number("out")
    changes: list[dict[int, int]] = []
    for slot in range(slots):
        has, shown, gone, waiting, free = (
            number(each, slot) for each in ("has", "shown", "gone", "waiting", "free")
        )
        table += [
            rule(idle, has, [(slot, 0)], [(slot, 1)], "alloc"),
            rule(has, shown, [], [(slot, 2)], "store"),
            rule(shown, gone, [], [(slot, 1)], "store"),
            rule(gone, waiting if waits else free, begins=0 if waits else -1, kind="wait"),
            rule(waiting, free, over=True, kind="wait"),
            rule(free, idle, [(slot, 1)], [(slot, 0)], "free", change=slot),
        ]

        def stale(each: object, slot: int = slot) -> object:
            return (slot, True) if each == (slot, False) else each

        changes.append({pair(a, b): pair(stale(a), stale(b)) for a in held for b in held})
    table.append(rule(out, pair(None, None), kind="enter"))
    for one in held:
        for two in held:
            here = pair(one, two)
            table.append(rule(here, out, ended=1, kind="leave"))
            for slot in range(slots):
                table.append(rule(here, pair((slot, False), one), [(slot, 2)], kind="load"))
            if waits and True in {each is not None and each[1] for each in (one, two)}:
                table.append(wrong(here))
    reading = {pair(a, b): 1 for a in held for b in held}
    return Toy(
        Start((0,) * slots, (idle, out), ()),
        tuple(names),
        tuple(table),
        waits=(reading,),
        changes=tuple(changes),
    )
