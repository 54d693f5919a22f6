"""What the world looks like between the steps of a witness.

A scene is text and numbers, like the witness that it belongs to: renderers compute no facts, they
lay out what stands here.  Threads are numbers of the witness's columns, moments are indices of its
``moments``; ``since`` -1 is before the first.  Everything stands in an order of its own: cells and
objects in that of their declarations, waiters in that of the queue.
"""

from __future__ import annotations

from dsl.frozen import Frozen


class Cell(Frozen, frozen=True):
    """A place in memory and what it holds, as the author writes both; no lock, no SRCU domain.

    ``word`` is the word that it is a half of, and ``part`` which ("low", "high"); "" for whole
    words.  ``note`` says what the value alone does not: that a store of another thread is not yet
    visible to all, say.
    """

    place: str
    value: str
    word: str = ""
    part: str = ""
    note: str = ""


class Hold(Frozen, frozen=True):
    """A thread that holds a lock, or waits for it; ``mode`` is "exclusive" or "shared"."""

    thread: int
    mode: str


class LockScene(Frozen, frozen=True):
    """A lock: ``kind`` as declared (spinlock, rwsem, ...), its holders, the queue for it."""

    name: str
    kind: str
    holders: tuple[Hold, ...]
    waiters: tuple[Hold, ...]


class OpenSection(Frozen, frozen=True):
    """A section that a thread is in since moment ``since``.

    ``kind``: ``rcu``, ``srcu``, ``irq`` (interrupts off), ``bh``, ``preempt``; ``softirq`` where a
    callback runs and ``hardirq`` where a handler does.  ``domain``: of SRCU, its name.  That a
    spinlock is held says its :class:`LockScene`.
    """

    thread: int
    kind: str
    domain: str
    since: int


class Pending(Frozen, frozen=True):
    """What has begun and is not over: a grace period, a callback, an IPI, an rcu_barrier().

    ``thread`` is who waits or asked (-1: nobody in the table), ``on`` the threads that it still
    waits for (of an IPI whose handler is not in the table, the thread that it interrupts), ``what``
    says it in words: ``grace period``, ``flush``, ``IPI``, ``rcu_barrier()``, a callback's name.
    """

    what: str
    thread: int
    on: tuple[int, ...]
    since: int


class Life(Frozen, frozen=True):
    """An object and its lifetime: ``state`` is "live", "freed", "free slot" or "page gone".

    ``life`` is how often it has been allocated: 0 for one that is there from the start, and for a
    "free slot", which nobody has had yet.
    """

    object: str
    state: str
    life: int


class Scene(Frozen, frozen=True):
    """The state before the first moment, or after one: only what the witness has to do with."""

    cells: tuple[Cell, ...]
    locks: tuple[LockScene, ...]
    sections: tuple[OpenSection, ...]
    pending: tuple[Pending, ...]
    lives: tuple[Life, ...]


class Edge(Frozen, frozen=True):
    """How one moment leads to another.

    ``kind``: ``rf``, ``co``, ``fr``; ``lock``, a release and the acquire after it (in a deadlock,
    the acquire of who holds it and the wait for it); ``gp``, a grace period and a reader, of which
    one begins over or after the other, or outlasts it; ``ipi``, from the sender to the handler, and
    from there to the return; ``callback``, from call_rcu() to its first step; ``free``, from a free
    to an access of what was freed; ``race``; ``po``, within one thread.  ``text`` is the sentence
    that says why it matters, "" for edges that only make up the picture.
    """

    kind: str
    source: int
    target: int
    text: str = ""
