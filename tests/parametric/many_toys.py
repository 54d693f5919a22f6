"""Systems from explicit tables: random ones, and one of any size."""

from __future__ import annotations

from random import Random
from typing import Any

from prover.parametric.system import IDLE, Rule, Start
from tests.parametric.toys import Toy, rule, wrong


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
