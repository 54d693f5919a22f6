"""Random programs of nested locks, and what lockdep would say of them, worked out apart.

The rules are those of Documentation/locking/lockdep-design.rst: orders have the kind of who holds
(E exclusive, S shared) and of who takes (N not recursively, R recursively reading); a path is strong
where no -(xR)-> comes before -(Sx)->; a class that an interrupt takes is not to lead to one that is
held with that interrupt on.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

Context = Literal["task", "hardirq", "softirq"]

SPINLOCKS = ("s1", "s2", "s3")
RWLOCKS = ("r1", "r2")
MUTEXES = ("m1", "m2")
RWSEMS = ("w1", "w2")
LOCKS = (*SPINLOCKS, *RWLOCKS, *MUTEXES, *RWSEMS)
TYPES = {"s": "spinlock_t", "r": "rwlock_t", "m": "struct mutex", "w": "struct rw_semaphore"}
STEMS = {"s": "spin", "r": "write", "m": "mutex", "w": "down_write"}
READING = {"r": "read", "w": "down_read"}


class Step(NamedTuple):
    """A lock is taken or given back.  ``also``: ``_irq`` or ``_bh``."""

    takes: bool
    lock: str
    reads: bool
    tries: bool
    also: str


class Thread(NamedTuple):
    """Where steps run, and the steps."""

    context: Context
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Locking:
    """A program: its threads, and the class of each lock."""

    threads: tuple[Thread, ...]
    class_of: Mapping[str, str]


def locking(seed: int) -> Locking:
    """A program by its number: two tasks, and mostly somebody else."""
    rng = random.Random(f"lockdep {seed}")
    class_of = {lock: lock for lock in LOCKS}
    if rng.random() < 0.25:
        one, two = rng.choice((SPINLOCKS[:2], RWLOCKS, MUTEXES, RWSEMS))
        class_of[two] = one
    others: Sequence[Context | None] = (None, None, "hardirq", "softirq", "task")
    contexts: tuple[Context | None, ...] = ("task", "task", rng.choice(others))
    threads = tuple(Thread(c, tuple(_steps(rng, c))) for c in contexts if c is not None)
    return Locking(threads, class_of)


def _steps(rng: random.Random, context: Context) -> Iterator[Step]:
    """Locks that are taken one inside the other."""
    held: list[Step] = []
    left = rng.choice((2, 2, 3, 4))
    while left > 0 or held:
        if left > 0 and (rng.random() < 0.6 or not held):
            left -= 1
            step = _taken(rng, context, held)
            if step is not None:
                held.append(step)
                yield step
        elif held:
            yield held.pop()._replace(takes=False)


def _taken(rng: random.Random, context: Context, held: Sequence[Step]) -> Step | None:
    """A lock to be taken; none where the one that was thought of cannot be."""
    masked = any(step.also for step in held)
    atomic = context != "task" or masked or any(step.lock[0] in "sr" for step in held)
    lock = rng.choice((*SPINLOCKS, *RWLOCKS) if atomic else LOCKS)
    reads = lock[0] in READING and rng.random() < 0.66
    own = [step for step in held if step.lock == lock]
    if own and not (reads and lock[0] == "r" and all(step.reads for step in own)):
        return None
    tries = rng.random() < 0.15
    masks = lock[0] in "sr" and not tries and context == "task" and not masked
    return Step(True, lock, reads, tries, rng.choice(("", "", "_irq", "_bh")) if masks else "")


# --- its text ----------------------------------------------------------------------------------


def text(program: Locking, name: str) -> str:
    """Declarations and a scenario, all of which begin with a name."""
    lines = [
        f'{TYPES[lock[0]]} {name}_{lock} class("{name}_{program.class_of[lock]}");'
        for lock in LOCKS
    ]
    run: list[str] = []
    later = next((t for t in program.threads if t.context == "softirq"), None)
    if later is not None:
        lines.append(f"struct {name}_obj {{ struct rcu_head rcu; }};\nstruct {name}_obj {name}_o;")
        lines.append(f"static void {name}_cb(struct rcu_head *head)\n{{")
        lines += [*_calls(later, name), "}"]
    for number, thread in enumerate(program.threads):
        if thread.context == "softirq":
            continue
        run.append(f"{name}_t{number}")
        host = f" interrupts {run[0]}" if thread.context == "hardirq" else ""
        lines.append(f"actor {run[-1]}{host} {{")
        if later is not None and number == 1:
            lines.append(f"call_rcu(&{name}_o.rcu, {name}_cb);")
        lines += [*_calls(thread, name), "}"]
    lines.append(f"scenario {name} {{ run {', '.join(run)}; expect proved; }}")
    return "\n".join(lines)


def _calls(thread: Thread, name: str) -> Iterator[str]:
    for step in thread.steps:
        kind, lock = step.lock[0], f"&{name}_{step.lock}"
        stem = READING[kind] if step.reads else STEMS[kind]
        sleeps = kind == "w"
        if not step.takes:
            call = stem.replace("down", "up") if sleeps else f"{stem}_unlock{step.also}"
            yield f"{call}({lock});{' }' if step.tries else ''}"
        elif step.tries:
            yield f"if ({stem}{'' if sleeps else '_'}{'_trylock' if sleeps else 'trylock'}({lock})) {{"
        else:
            yield f"{stem}{'' if sleeps else '_lock'}{step.also}({lock});"


# --- what lockdep says --------------------------------------------------------------------------


class _Order(NamedTuple):
    """A class held, ``shared`` or not, and one taken, recursively or not."""

    held: str
    taken: str
    shared: bool
    recursive: bool


class _Usage(NamedTuple):
    """A class in an interrupt, or held with it on, for reading or not."""

    name: str
    interrupt: str
    inside: bool
    reads: bool


@dataclass
class Lockdep:
    """What lockdep notes of a program."""

    orders: set[_Order]
    usages: set[_Usage]
    again: bool = False

    def warns(self) -> bool:
        """Whether lockdep would say something of it."""
        return self.again or self._strong_circle() or self._unsafe()

    def _strong_circle(self) -> bool:
        return any(
            order.taken == first.held
            and _strong(recursive, order)
            and _strong(order.recursive, first)
            for first in self.orders
            for name, recursive in self._reached(first.taken, recursive=first.recursive)
            for order in self.orders
            if order.held == name
        )

    def _reached(self, name: str, *, recursive: bool) -> set[tuple[str, bool]]:
        """What strong paths lead to, from a class that is taken, with how it is taken."""
        found, pending = {(name, recursive)}, [(name, recursive)]
        while pending:
            name, recursive = pending.pop()
            for order in self.orders:
                there = (order.taken, order.recursive)
                if order.held == name and _strong(recursive, order) and there not in found:
                    found.add(there)
                    pending.append(there)
        return found

    def _unsafe(self) -> bool:
        """A class that an interrupt takes leads to one that is held with the interrupt on.

        Who reads recursively in an interrupt waits for no reader.
        """
        return any(
            use.inside
            and not other.inside
            and use.interrupt == other.interrupt
            and other.name == name
            and not (recursive and other.reads)
            for use, other in product(self.usages, repeat=2)
            for name, recursive in self._reached(use.name, recursive=use.reads)
        )


def _strong(recursive: bool, order: _Order) -> bool:
    return not (recursive and order.shared)


def lockdep(program: Locking) -> Lockdep:
    """What lockdep notes of a program, all threads of which run to their end."""
    found = Lockdep(set(), set())
    for thread in program.threads:
        held: list[tuple[Step, bool]] = []
        for step in thread.steps:
            if step.takes:
                _note(found, program, thread.context, held, step)
            else:
                held.pop()
    return found


def _note(
    found: Lockdep,
    program: Locking,
    context: Context,
    held: list[tuple[Step, bool]],
    step: Step,
) -> None:
    """A lock is taken: a trylock waits for nobody, and is only held."""
    masks = {step.also, *(outer.also for outer, _ in held)}
    inside = context != "task" or "_bh" in masks
    recursive = step.reads and step.lock[0] == "r" and inside
    name = program.class_of[step.lock]
    for outer, _ in () if step.tries else held:
        other = program.class_of[outer.lock]
        if other != name:
            found.orders.add(_Order(other, name, outer.reads, recursive))
        elif not (recursive and outer.reads):
            found.again = True
    if step.lock[0] in "sr" and not step.tries:
        if context != "task":
            found.usages.add(_Usage(name, context, True, step.reads))
        if context != "hardirq" and "_irq" not in masks:
            found.usages.add(_Usage(name, "hardirq", False, step.reads))
            if context == "task" and "_bh" not in masks:
                found.usages.add(_Usage(name, "softirq", False, step.reads))
    held.append((step, recursive))
