"""Random programs of a few steps that between them use every primitive.

``generate(seed)`` is a function of its seed alone.  A window over the primitives, in the
order of their table, moves on with the seed: a program gets those in its window, so they are
related and share objects, and some more statements.  What a program needs is declared,
nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from dsl.primitives import PRIMITIVES
from tests.differential.draft import DECLARATIONS, FIELDS, LOCKS, PROBES, ROOM, Draft
from tests.differential.snippets import fill, snippet
from tests.differential.themes import THEMES

WINDOW = 5
"""So many primitives every program uses at least."""

ELSEWHERE = (
    *("smp_cond_load_acquire", "smp_cond_load_relaxed", "cond_resched", "cpu_relax"),
    *("atomic_cond_read_acquire", "atomic_cond_read_relaxed"),
    *(name for name in PRIMITIVES if "srcu" in name),
    *("flush_translations", "debug_normal_state_change"),
)
"""Primitives for loops that wait, those of SRCU, flushes of what hardware keeps, and the state of a
task: programs with those are in ``awaits.py``, ``readers.py``, ``test_translations_agree.py`` and
``queued.py``.
"""

OFTEN = ("alloc", "free", "kfree_rcu", "call_rcu", "synchronize_rcu", "smp_call_function")
"""Primitives with laws of their own, put into more programs than the window alone would."""

ACTORS = ("one", "two", "three")


@dataclass(frozen=True, slots=True)
class Generated:
    """A program as text, its loop bound, and the places whose final values are compared."""

    seed: int
    text: str
    bound: int
    places: tuple[str, ...]
    used: frozenset[str] = field(default_factory=frozenset[str])


def window(seed: int) -> list[str]:
    """The primitives that the program of ``seed`` has to use."""
    names = [name for name in PRIMITIVES if name not in ELSEWHERE]
    start = WINDOW * seed + (seed + 1) // 3
    size = WINDOW + (seed % 3 == 1)
    found = [names[(start + i) % len(names)] for i in range(size)]
    if seed % 3 == 0:
        found.append(OFTEN[seed // 3 % len(OFTEN)])
    return found


def generate(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    draft = Draft(random)
    wanted = window(seed)
    random.shuffle(wanted)
    actors = 2 if random.random() < 0.85 else 3
    bodies: list[list[str]] = [[] for _ in range(actors)]
    draft.wanted = wanted
    turn = random.randrange(actors)
    if actors == 3:
        draft.size = ROOM
    elif random.random() < 0.85:
        theme = THEMES[seed % len(THEMES)]
        for offset, statement in enumerate(theme(draft)):
            bodies[(turn + offset) % actors].append(statement)
    while draft.wanted:
        # Two statements a turn at times, so that sections and waits get neighbours.
        body = bodies[turn % actors]
        body.insert(random.randint(0, len(body)), snippet(draft, draft.wanted.pop(), 0))
        turn += random.random() < 0.75
    for body in bodies:
        while len(body) < 4 - actors:
            body.insert(random.randint(0, len(body)), fill(draft, 0))
    return _assemble(seed, draft, bodies)


def _assemble(seed: int, draft: Draft, bodies: list[list[str]]) -> Generated:
    """Declarations, actors and claims in one text."""
    random = draft.random
    claims: list[str] = []
    if random.random() < 0.12:
        draft.use("x")
        draft.use("y")
        claims.append('final x != 1 || y == 0 : "f";')
    if random.random() < 0.10:
        draft.use("x")
        claims.append(f'invariant x != {random.randint(1, 2)} : "i";')
    names = draft.declared()
    places = [name for name in PROBES if name in names]
    claims.extend(f'final {PROBES[name]} : "probe";' for name in places)
    lines = ["models sc;", *(DECLARATIONS[name] for name in DECLARATIONS if name in names)]
    fields = " ".join(f"{FIELDS[kind]} {LOCKS[kind]};" for kind in sorted(draft.locks))
    lines = [line.replace("LOCK", fields) for line in lines]
    lines.extend(draft.functions)
    for name, body in zip(ACTORS, bodies, strict=False):
        text = "\n        ".join(body)
        lines.append(f"actor {name} {{\n        {text}\n}}")
    run = ", ".join(ACTORS[: len(bodies)])
    inner = "\n        ".join((f"run {run};", *claims))
    lines.append(f"scenario s {{\n        {inner}\n}}")
    text = "\n".join(lines) + "\n"
    bound = 2 if random.random() < 0.3 else 1
    used = frozenset(re.findall(r"\w+(?=\()", text)) & frozenset(PRIMITIVES)
    return Generated(seed, text, bound, tuple(places), used)
