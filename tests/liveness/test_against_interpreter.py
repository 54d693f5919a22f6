"""Whether anybody can go round for ever, by rules and by the interpreter's own states."""

from __future__ import annotations

from collections import defaultdict

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.interpreter.machine import build_machine
from dsl.interpreter.state import CUT, SPINNING, STOPPED, State
from dsl.protocol import Protocol
from prover.parametric.liveness.graph import graph_of
from prover.parametric.liveness.lasso import lassos
from prover.parametric.system import Infinite, Refused
from prover.pipeline.liveness.look import fixed
from prover.verdict import Obligation
from tests.differential.awaits import generate_awaits
from tests.liveness.test_lassos import is_fair
from tests.parametric.comparing import configurations

MOST = 3_000
"""So many states of the interpreter are looked at."""

Steps = dict[State, list[tuple[str, State]]]


def states(protocol: Protocol, configuration: dict[str, str]) -> Steps | None:
    """Every state with its steps; None where there are too many."""
    machine = build_machine(protocol, "s", configuration)
    first = machine.initial()
    found: Steps = {}
    todo = [first]
    while todo:
        here = todo.pop()
        if here in found:
            continue
        if len(found) >= MOST:
            return None
        found[here] = []
        for step in machine.enabled(here):
            there = machine.apply(here, step)
            if not there.violations:
                found[here].append((step.actor, there))
                todo.append(there)
    return found


def goes_on(steps: Steps) -> bool:
    """Whether there is a cycle in which everybody steps who can step anywhere in it."""
    bad = {STOPPED, SPINNING, CUT}
    parts = [{s for s in steps if not any(a.status in bad for a in s.actors)}]
    while parts:
        for part in strong(parts.pop(), steps):
            inside = [(who, s) for s in part for who, there in steps[s] if there in part]
            if not inside:
                continue
            moving = {who for who, _ in inside}
            cheated = {s for s in part if any(who not in moving for who, _ in steps[s])}
            if not cheated:
                return True
            if part - cheated:
                parts.append(part - cheated)
    return False


def strong(nodes: set[State], steps: Steps) -> list[set[State]]:
    """Strongly connected components (Kosaraju)."""
    back: dict[State, list[State]] = defaultdict(list)
    order: list[State] = []
    seen = set[State]()
    for root in nodes:
        todo = [(root, False)]
        while todo:
            node, done = todo.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                todo.append((node, True))
                for _, there in steps[node]:
                    if there in nodes:
                        back[there].append(node)
                        todo.append((there, False))
    found: list[set[State]] = []
    seen.clear()
    for root in reversed(order):
        part, todo_ = set[State](), [root]
        while todo_:
            node = todo_.pop()
            if node not in seen:
                seen.add(node)
                part.add(node)
                todo_.extend(back[node])
        if part:
            found.append(part)
    return found


LOOPS = (
    "while ({look}) cpu_relax();",
    "again_{n}: if ({look}) goto again_{n};",
    "do {{ {store} }} while ({look});",
    "while (!spin_trylock(&l)) cpu_relax(); {store} spin_unlock(&l);",
    "back_{n}: spin_lock(&l); if ({look}) {{ spin_unlock(&l); goto back_{n}; }} spin_unlock(&l);",
    "rcu_read_lock(); while ({look}) cpu_relax(); rcu_read_unlock();",
    "while (cmpxchg(&{v}, {a}, {b}) != {a}) cpu_relax();",
)
PLAIN = ("{store}", "synchronize_rcu();", "spin_lock(&l); {store} spin_unlock(&l);")


def program(seed: int) -> str:
    """Two or three actors with a loop or two each, on two variables and a lock."""
    from random import Random

    random = Random(seed)

    def statement(number: int) -> str:
        shape = random.choice(LOOPS if random.random() < 0.6 else PLAIN)
        v, w = random.choice("xy"), random.choice("xy")
        a, b = random.randrange(2), random.randrange(2)
        look = f"READ_ONCE({v}) == {a}"
        store = f"WRITE_ONCE({w}, {b});"
        return shape.format(look=look, store=store, v=v, a=a, b=b, n=number)

    names = ("a", "b", "c")[: random.choice((2, 2, 3))]
    bodies = [
        f"actor {name} {{ {' '.join(statement(n) for n in range(random.choice((1, 2))))} }}"
        for name in names
    ]
    return f"models sc;\nint x;\nint y;\nspinlock_t l;\n{' '.join(bodies)}\nscenario s {{ run {', '.join(names)}; }}"


def agrees(text: str) -> bool | None:
    """What both say; None where they could not be asked."""
    protocol = check(load_text("t.khp", text, None, ()))
    said = set[bool]()
    for configuration in configurations(protocol):
        steps = states(protocol, configuration)
        if steps is None:
            return None
        obligation = Obligation("s", "", tuple(configuration.items()), "sc")
        try:
            graph = graph_of(fixed(protocol, obligation), 1, 20 * MOST, 60)
        except (Refused, Infinite):
            return None
        found = list(lassos(graph))
        for lasso in found:
            is_fair(graph, lasso)
        assert bool(found) == goes_on(steps), text
        said.add(bool(found))
    return max(said)


def test_programs_with_loops() -> None:
    found = [agrees(program(seed)) for seed in range(60)]
    assert found.count(True) >= 15
    assert found.count(False) >= 15


def test_generated_awaits() -> None:
    found = [agrees(generate_awaits(seed).text) for seed in range(20)]
    assert sum(each is not None for each in found) >= 8


@pytest.mark.soak
def test_many_programs_with_loops() -> None:
    found = [agrees(program(seed)) for seed in range(1000, 1600)]
    assert found.count(True) >= 150
    assert found.count(False) >= 150
