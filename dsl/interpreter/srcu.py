"""SRCU domains: their readers, and who waits for these.

A domain's memory keeps its open readers as (actor, index), the actor "" where anybody may end
it (``srcu_down_read()``).  An index is the smallest number that nobody keeps; it is never
looked at, so only that it differs from those of other readers counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl.interpreter.layout import Node
from dsl.interpreter.memory import access
from dsl.interpreter.sections import call_rcu, might_sleep
from dsl.interpreter.state import CALLBACK, Frame, Section
from dsl.interpreter.values import GONE, POISON, Index, Lock, Mark, Value, Violated
from dsl.interpreter.work import Work
from dsl.types import LockType

DOMAIN = LockType("srcu")


def _domain(w: Work, ref: Value) -> tuple[Node, Lock]:
    """The domain at ``ref``; one that is not set up, or set down again, must not be used."""
    node = access(w, ref, w.layout.kind(DOMAIN))
    domain = w.memory[node.slot]
    if isinstance(domain, Mark):
        raise Violated("uninitialized")
    assert isinstance(domain, Lock)
    if domain.owner == GONE:
        raise Violated("uninitialized")
    return node, domain


def touch(w: Work, ref: Value) -> None:
    """The domain's memory is looked at."""
    _domain(w, ref)


def clean_up(w: Work, ref: Value) -> None:
    """``cleanup_srcu_struct()``: the domain must not be used any more."""
    node, domain = _domain(w, ref)
    w.store(node.slot, Lock(GONE, domain.readers) if domain.readers else POISON)


def _kept(values: Iterable[Value]) -> Iterator[int]:
    for value in values:
        if isinstance(value, Index):
            yield value.number
        elif isinstance(value, Lock):
            yield from (number for _, number in value.readers)


def _fresh(w: Work) -> int:
    """The smallest number that is nobody's index."""
    taken = set(_kept(w.memory)) | set(_kept(w.registers))
    for frame in (*w.lower, *(f for a in w.others for f in a.frames)):
        taken.update(_kept(frame.registers))
    for other in w.others:
        taken.update(s[3] for s in other.waiting if isinstance(s, tuple) and s[1] == "srcu")
    return min(set(range(1, len(taken) + 2)) - taken)


def enter(w: Work, ref: Value, *, anybody: bool) -> Value:
    """``srcu_read_lock()``; ``anybody``: ``srcu_down_read()``."""
    node, domain = _domain(w, ref)
    number = _fresh(w)
    reader = ("" if anybody else w.name, number)
    w.store(node.slot, Lock("", tuple(sorted((*domain.readers, reader)))))
    return Index(number)


def leave(w: Work, ref: Value, index: Value, *, anybody: bool) -> None:
    """``srcu_read_unlock()``; ``anybody``: ``srcu_up_read()``."""
    node, domain = _domain(w, ref)
    reader = ("" if anybody else w.name, index.number if isinstance(index, Index) else 0)
    if reader not in domain.readers:
        raise Violated("srcu-unbalanced")
    w.store(node.slot, Lock("", tuple(r for r in domain.readers if r != reader)))
    w.forget((reader[0], "srcu", node.slot, reader[1]))


def _open(node: Node, domain: Lock) -> frozenset[Section]:
    """The readers of a domain that a grace period begun now waits for."""
    return frozenset((name, "srcu", node.slot, number) for name, number in domain.readers)


def readers(w: Work, ref: Value) -> frozenset[Section]:
    """The open readers of the domain at ``ref``, if it is still there."""
    try:
        node, domain = _domain(w, ref)
    except Violated:
        return frozenset()
    return _open(node, domain)


def begin_grace_period(w: Work, ref: Value) -> None:
    """The call of ``synchronize_srcu()``."""
    kinds: list[str] = []
    try:
        might_sleep(w)
    except Violated as violated:
        kinds.extend(violated.kinds)
    try:
        node, domain = _domain(w, ref)
        if any(name == w.name for name, _ in domain.readers):
            kinds.append("self-deadlock")
        w.waiting = _open(node, domain)
    except Violated as violated:
        kinds.extend(violated.kinds)
    if kinds:
        raise Violated(*kinds)


def begin_flush(w: Work, ref: Value) -> None:
    """The call of ``flush_translations()``: hardware gives way, so no context is wrong for it."""
    node, domain = _domain(w, ref)
    if any(name == w.name for name, _ in domain.readers):
        raise Violated("self-deadlock")
    w.waiting = _open(node, domain)


def call_srcu(w: Work, ref: Value, head: Value, kind: int, frame: Frame) -> None:
    """Queues a callback that starts after a grace period of the domain begun now."""
    node, domain = _domain(w, ref)
    ahead = frozenset(_ahead(w, ref))
    call_rcu(w, head, kind, frame)
    w.others[-1] = w.others[-1]._replace(waiting=_open(node, domain) | ahead, domain=ref)


def _ahead(w: Work, ref: Value) -> Iterator[Section]:
    """The callbacks of the domain that this CPU runs before one that is queued now: those that this
    actor has queued, and itself or those that it comes from.
    """
    for a in (*w.others, w.actor()):
        own = a.name.rpartition("/")[0] == w.name or f"{w.name}/".startswith(f"{a.name}/")
        if a.kind == CALLBACK and a.domain == ref and own:
            yield (a.name, "ahead", -1, 0)


def begin_barrier(w: Work, ref: Value) -> None:
    """The call of ``srcu_barrier()``: it waits for the domain's callbacks."""
    kinds: list[str] = []
    try:
        might_sleep(w)
    except Violated as violated:
        kinds.extend(violated.kinds)
    try:
        touch(w, ref)
    except Violated as violated:
        kinds.extend(violated.kinds)
    if kinds:
        raise Violated(*kinds)
    w.waiting = frozenset(a.name for a in w.others if a.domain == ref)
