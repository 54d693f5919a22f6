"""Random systems."""

from __future__ import annotations

from random import Random
from typing import Any

from prover.parametric.system import IDLE, Rule, Start
from tests.parametric.toys import Toy, rule, wrong


def random_toy(seed: int) -> Toy:
    """A small system with a bit of everything."""
    random = Random(seed)
    locals_ = list(range(1, random.randint(4, 7)))
    sizes = [random.randint(2, 3) for _ in range(random.randint(1, 2))]
    guards, waits, changes = 2, 2, 2
    holds = [frozenset(x for x in locals_ if random.random() < 0.3) for _ in range(guards)]
    regions = [{x: random.choice((0, 0, 1, 2, 3)) for x in locals_} for _ in range(waits)]
    changed = [
        {x: random.choice(locals_) for x in locals_ if random.random() < 0.3}
        for _ in range(changes)
    ]
    table: list[Rule] = []
    for local in locals_:
        table.extend(
            _random_rule(random, local, locals_, sizes, guards, waits, changes)
            for _ in range(random.randint(1, 3))
        )
    for local in random.sample(locals_, 1):
        reads = tuple((n, random.randrange(size)) for n, size in enumerate(sizes))
        table.append(wrong(local, reads))
    count = random.randint(1, 2)
    single = (locals_[-1],) if random.random() < 0.4 else ()
    many = tuple(random.sample(locals_[:-1], count)) if not single or random.random() < 0.8 else ()
    waiting = {x: random.randrange(waits) for x in locals_ if random.random() < 0.2}
    return Toy(
        Start(tuple(0 for _ in sizes), many, single),
        ("", *(f"a.{local}" for local in locals_)),
        tuple(table),
        tuple(holds),
        tuple(regions),
        tuple(changed),
        waiting,
    )


def _random_rule(
    random: Random,
    local: int,
    locals_: list[int],
    sizes: list[int],
    guards: int,
    waits: int,
    changes: int,
) -> Rule:
    more: dict[str, Any] = {}
    if random.random() < 0.5:
        n = random.randrange(len(sizes))
        more["reads"] = ((n, random.randrange(sizes[n])),)
    if random.random() < 0.4:
        n = random.randrange(len(sizes))
        more["writes"] = ((n, random.randrange(sizes[n])),)
    if random.random() < 0.3:
        more["guard"] = random.randrange(guards)
    what = random.random()
    if what < 0.15:
        more["begins"] = random.randrange(waits)
    elif what < 0.4:
        more["over"] = True
    if random.random() < 0.4:
        more["ended"] = random.choice((1, 2, 3))
    if random.random() < 0.15:
        more["change"] = random.randrange(changes)
    if random.random() < 0.05:
        more["spawned"] = (random.choice(locals_),)
    return rule(local, random.choice((IDLE, *locals_)), **more)
