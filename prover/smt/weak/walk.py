"""What fences, acquires and releases put in order: each thread walked through once."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.nodes import Node
from prover.smt.logic import FALSE, Lit, neg
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.hosts import behind_unlocks_of_others, tell_others
from prover.smt.weak.numbers import Numbers
from prover.smt.weak.points import above, enter, points, spread_to
from prover.smt.weak.strand import Strand, Top

STRONG = ("smp_mb",)
"""Fences that order everything before with everything behind, for all processors."""

EMPTY = ("all", "floor", "rf")
"""What a handler without accesses has from its host, besides what stores have brought."""

AFTER_SRCU = "smp_mb__after_srcu_read_unlock"

EXCLUSIVE = (sk.Unlock, sk.Ended, sk.Deallocate)
"""Events whose own stores do not count as standing before them."""


class Walk:
    """Walks through the threads of one query."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.frame: WeakFrame = numbers.frame
        self.logic = numbers.logic
        self.lkmm = numbers.lkmm
        self.threads = numbers.threads
        self.gates: dict[int, dict[int, dict[str, tuple[str, str]]]] = {}
        self.hosts: dict[int, Strand] = {}
        self.label = ""

    def all_threads(self) -> None:
        """Every thread; handlers last, for they stand somewhere in their hosts."""
        threads = self.frame.skeleton.threads
        for thread in sorted(threads, key=lambda t: (t.kind == "handler", t.number)):
            self._walk(thread)

    def _walk(self, thread: sk.Thread) -> None:
        """The orders that one thread's fences, acquires and releases ask for."""
        if thread.kind in ("final", "invariant"):
            return
        self.label = self.logic.label = f"order of {thread.name}"
        strand = Strand(self.numbers, thread.processor)
        hosted = self._hosted(thread.number)
        self._enter(strand, thread)
        if self.lkmm and hosted and all(map(self._is_empty, hosted)):
            self.hosts[thread.number] = strand
            strand.hosted.points = points(self.numbers, hosted)
        fences = {
            node.order
            for number in thread.events
            for node in self.frame.nodes.of_event.get(number, ())
            if node.kind == "F"
        }
        strand.after_atomic = "smp_mb__after_atomic" in fences
        strand.after_lock = "smp_mb__after_spinlock" in fences
        strand.after_srcu = "smp_mb__after_srcu_read_unlock" in fences
        for index, number in enumerate(thread.events):
            self._gap(strand, hosted, index)
            if self.frame.reached(number) == FALSE:
                continue
            event = self.frame.skeleton.events[number]
            exclusive = isinstance(event.action, EXCLUSIVE)
            if exclusive:
                self._capture(strand, number)
            for node in self.frame.nodes.of_event.get(number, ()):
                self._node(strand, node)
            if not exclusive:
                self._capture(strand, number)
            if number in self.frame.points:
                self.numbers.below(strand.all.name(), f"pe{number}")
                self._on_floor(strand, f"pe{number}")
            if number in self.frame.floors:
                strand.floor.push(self.numbers.number(f"fa{number}"))
        self._gap(strand, hosted, len(thread.events))
        if thread.kind == "handler" and not self._is_empty(thread):
            for key, top in strand.named.items():
                self._under(top, self.numbers.number(f"fh{thread.number}_{key}"), strict=False)

    def _enter(self, strand: Strand, thread: sk.Thread) -> None:
        """What stands before a handler: what does before the place where it runs, and what other
        handlers have left that its host runs first, there or before.
        """
        if thread.number not in self.frame.gaps:
            return
        host = self.hosts.get(thread.host)
        if host is not None:
            number = thread.number
            enter(self.numbers, strand, number, host, lambda key: self._matters(thread, key))
        else:
            for k, lit in self.frame.gaps[thread.number]:
                for key, (name, label) in self.gates[thread.host][k].items():
                    if self._matters(thread, key):
                        self.logic.label = label or self.label
                        strand.named[key].push(name, lit)
        self.logic.label = self.label
        for other in self._hosted(thread.host):
            if other is not thread:
                self._leave(strand, other, self.frame.runs_first(other.number, thread.number))

    def _hosted(self, host: int) -> list[sk.Thread]:
        """The handlers that may run on a thread."""
        threads = self.frame.skeleton.threads
        return [threads[number] for number in self.frame.gaps if threads[number].host == host]

    def _leave(self, strand: Strand, handler: sk.Thread, when: Lit) -> None:
        """What a handler leaves behind where it ran before."""
        ran = self.logic.all_of((when, self.frame.outcome(handler.events[0], "granted")))
        begin = self.frame.nodes.read(handler.events[0])
        if self._is_empty(handler) and begin is not None:
            strand.floor.push(self.numbers.number(self.numbers.executes(begin)), ran)
            for t in self.threads:
                strand.spread[t].push(self.numbers.cumulates(begin, t), ran)
        else:
            for key, top in strand.named.items():
                top.push(self.numbers.number(f"fh{handler.number}_{key}"), ran)

    def _gap(self, strand: Strand, hosted: list[sk.Thread], index: int) -> None:
        """Notes what stands before a place where handlers may run, and what they leave behind."""
        here = [
            (handler, lit)
            for handler in hosted
            for k, lit in self.frame.gaps[handler.number]
            if k == index
        ]
        if not here:
            return
        strand.hosted.places += 1
        if strand.hosted.points:
            return
        self.gates.setdefault(strand.thread, {})[index] = {
            key: (top.name(), top.label)
            for key, top in strand.named.items()
            if any(self._matters(handler, key) for handler, _ in here)
        }
        for handler, lit in here:
            self._leave(strand, handler, lit)

    def _matters(self, thread: sk.Thread, key: str) -> bool:
        """Whether a handler needs to know what its host has under a name.

        One that does nothing is an acquire and a release: what is only ever below stores or
        other locks does not matter to it.
        """
        return key in EMPTY or key[0] == "s" or not self._is_empty(thread)

    def _is_empty(self, thread: sk.Thread) -> bool:
        """Whether a handler does nothing: under LKMM it is a point in its host's program.

        Under TSO its end is a store like others, before those that follow it on its processor.
        """
        return self.lkmm and all(
            n in (thread.events[0], thread.events[-1])
            for n in thread.events
            if n in self.frame.nodes.of_event
        )

    def _capture(self, strand: Strand, event: int) -> None:
        """Notes what stands before an event, as a strong fence has it."""
        if event in self.frame.captures:
            name = self.numbers.number(f"fs{event}")
            self.numbers.below(strand.all.name(), name)
            self._on_floor(strand, name, strict=False)
            brought = {t: spread_to(self.numbers, strand, t) for t in self.threads}
            for top in brought.values():
                self.numbers.below(top, name)
            self.numbers.before_unlock[event] = (strand.all.name(), brought)

    def _strong(self, strand: Strand) -> str:
        """What a strong fence here has before it."""
        names = [strand.all.name(), *(spread_to(self.numbers, strand, t) for t in self.threads)]
        names = [name for name in names if name]
        if len(names) < 2:
            return names[0] if names else ""
        top = self.numbers.fresh()
        self.frame.at_most(names, top)
        return top

    def _node(self, strand: Strand, node: Node) -> None:
        """One node: what it comes after, and what comes after it."""
        if node.kind == "F":
            self.logic.label = f"fence at event {node.event}"
            self._fence(strand, node)
            self.logic.label = self.label
            return
        here = self.numbers.executes(node)
        self.numbers.number(here)
        ends = node.role == "srcu" and node.kind == "W" and strand.after_srcu
        # On x86 the fence is in srcu_read_unlock(), before it says that the reader is gone.
        before = self._strong(strand) if ends and not self.lkmm else ""
        self._bounds(strand, node, here)
        there = self.frame.there(node)
        if node.kind == "R":
            self._read(strand, node, here, there)
        else:
            self._write(strand, node, here, there)
        if node.role == "rmw":
            self._update(strand, node, here)
        elif ends and (before or self.lkmm):
            strand.readers.append((node, before or self._strong(strand)))
        elif node.role == "lock" and node.kind == "W" and self.lkmm:
            read = self.frame.nodes.read(node.event)
            if read is not None and (read.number, strand.thread) in self.numbers.locking:
                strand.locks.append((read, self._strong(strand) if strand.after_lock else ""))

    def _bounds(self, strand: Strand, node: Node, here: str) -> None:
        """Floors, and what a node waits for itself."""
        self._on_floor(strand, here)
        own = self.frame.nodes.read(node.event)
        if node.kind == "W" and own is not None:
            self.numbers.below(self.numbers.executes(own), here, strict=True)
        if node.kind == "R" and node.order != "noreturn":
            self._under(strand.read_floor, here)
        if node.kind == "W":
            self._under(strand.write_floor, here)
        if self.lkmm:
            self.numbers.below(
                strand.handed[strand.thread].name() if strand.thread in self.threads else "", here
            )

    def _on_floor(self, strand: Strand, here: str, *, strict: bool = True) -> None:
        """An integer is above the floor, and above the handlers that ran before."""
        self._under(strand.floor, here, strict=strict)
        above(self.numbers, strand, here, strict=strict)

    def _under(self, top: Top, here: str, *, strict: bool = True) -> None:
        """What has been pushed is below an integer, each by the rule that it stands there by."""
        name = top.name()
        self.logic.label = top.label or self.label
        self.numbers.below(name, here, strict=strict)
        self.logic.label = self.label

    def _read(self, strand: Strand, node: Node, here: str, there: Lit) -> None:
        if node.role == "lock" and self.lkmm:
            self._lock_read(strand, node)
        acting = self.frame.acting(node)
        if not self.lkmm:
            if node.role in ("rmw", "lock"):
                self.logic.label = f"full order at event {node.event}"
                locked = self.frame.locked(node)
                self.numbers.below(strand.all.name(), here, neg(locked), strict=True)
                self.logic.label = self.label
            strand.floor.push(here, there)
        elif node.order == "full":
            self.logic.label = f"full order at event {node.event}"
            self.numbers.below(self._strong(strand), here, neg(acting), strict=True)
        elif node.order == "acquire":
            self.logic.label = f"acquire at event {node.event}"
            strand.floor.push(here, acting)
        elif node.role == "alloc":
            strand.floor.push(here, self.numbers.reused(node.event))
        self.logic.label = self.label
        if node.order != "acquire" or acting != there:
            strand.all.push(here, there)
            if node.order != "noreturn":
                strand.reads.push(here, there)
        if self.lkmm and node.number in self.numbers.from_others:
            for t in self.threads:
                strand.spread[t].push(self.numbers.cumulates(node, t))

    def _lock_read(self, strand: Strand, node: Node) -> None:
        """Taking a spinlock: what stood before an earlier unlock comes before what is behind."""
        event = self.frame.skeleton.events[node.event]
        assert isinstance(event.action, sk.Grant | sk.Try)
        if event.action.kind != "spinlock":
            return
        for unlock, everything, passed in strand.unlocks:
            # Acquires before it are below the floor anyway.
            both = self.logic.all_of((self.frame.there(unlock), self.numbers.got(node)))
            strand.floor.push(everything, both)
            for t in self.threads:
                strand.handed[t].push(passed[t], both)
        behind_unlocks_of_others(self.numbers, strand, node)
        self.numbers.locking.add((node.number, strand.thread))
        for t in self.threads:
            name = self.numbers.handed[node.number, t] = self.numbers.number(self.numbers.fresh())
            strand.handed[t].push(name)

    def _write(self, strand: Strand, node: Node, here: str, there: Lit) -> None:
        if self.lkmm:
            self._arrivals(strand, node, here)
        if node.order == "release" or not self.lkmm:
            if self.lkmm:
                self.logic.label = f"release at event {node.event}"
            self.numbers.below(strand.all.name(), here, strict=True)
            for t in self.threads:
                self.numbers.below(
                    spread_to(self.numbers, strand, t), self.numbers.brought(node, t)
                )
            self.logic.label = self.label
        if node.role == "unlock" and self.lkmm:
            passed = {t: strand.passed[t].name() for t in self.threads}
            everything = strand.all.name()
            brought = {t: spread_to(self.numbers, strand, t) for t in self.threads}
            self.numbers.before_unlock[node.event] = (everything, brought)
            action = self.frame.skeleton.events[node.event].action
            assert isinstance(action, sk.Unlock)
            if action.kind == "spinlock":
                strand.unlocks.append((node, everything, passed))
                for t in self.threads:
                    self.numbers.handed[node.number, t] = passed[t]
                tell_others(self.numbers, node, everything, passed)
        strand.all.push(here, there)
        strand.writes.push(here, there)
        if node.number in self.frame.phantoms:
            self._phantom(strand, node, there)
        for t in self.threads:
            arrival = self.numbers.arrives(node, t)
            strand.spread[t].push(arrival, there)
            strand.stored[t].push(arrival, there)
            strand.passed[t].push(arrival, there)
        full = node.order == "full" and self.lkmm
        if full or (not self.lkmm and node.role in ("rmw", "lock")):
            self.logic.label = f"full order at event {node.event}"
            strand.floor.push(here, there)
            for t in self.threads:
                strand.floor.push(self.numbers.arrives(node, t), there)
            self.logic.label = self.label

    def _phantom(self, strand: Strand, node: Node, there: Lit) -> None:
        """A plain store as a read: bounded by what bounds reads."""
        name = self.numbers.number(f"k{node.number}")
        self._on_floor(strand, name)
        self.numbers.below(strand.read_floor.name(), name, strict=True)
        strand.all.push(name, there)
        strand.reads.push(name, there)

    def _arrivals(self, strand: Strand, node: Node, here: str) -> None:
        """When a write has reached each thread: not before it executes."""
        for t in self.threads:
            arrival, brought = self.numbers.arrives(node, t), self.numbers.brought(node, t)
            self.numbers.below(here, arrival)
            self.numbers.below(brought, arrival)
            self._under(strand.spread_floor[t], brought, strict=False)
            self.numbers.below(strand.handed[t].name(), brought)
            if t == strand.thread:
                self.numbers.below(brought, here)

    def _fence(self, strand: Strand, node: Node) -> None:
        """One fence."""
        there = self.frame.there(node)
        if node.order in STRONG:
            strand.floor.push(self._strong(strand), there)
        elif node.order == AFTER_SRCU:
            for unlock, top in strand.readers:
                strand.floor.push(top, self.logic.all_of((there, self.frame.there(unlock))))
        elif not self.lkmm:
            return
        elif node.order == "smp_rmb":
            strand.read_floor.push(strand.reads.name(), there)
        elif node.order == "smp_wmb":
            strand.write_floor.push(strand.writes.name(), there)
            for t in self.threads:
                strand.spread_floor[t].push(strand.stored[t].name(), there)
        elif node.order == "smp_mb__before_atomic":
            strand.before_atomics.append((self._strong(strand), there, self.logic.label))
        elif node.order == "smp_mb__after_atomic":
            for update, top in strand.updates:
                both = self.logic.all_of((there, self.frame.locked(update)))
                strand.floor.push(top, both)
        elif node.order == "smp_mb__after_spinlock":
            for lock, top in strand.locks:
                both = self.logic.all_of((there, self.numbers.got(lock)))
                strand.floor.push(top, both)
        elif node.order == "smp_mb__after_unlock_lock":
            bound = self.numbers.number(self.numbers.fresh())
            strand.floor.push(bound)
            for lock, _ in strand.locks:
                for unlock, _, _ in strand.unlocks:
                    if unlock.number < lock.number:
                        there_too = (there, self.frame.there(unlock), self.numbers.got(lock))
                        no = neg(self.logic.all_of(there_too))
                        everything, spread = self.numbers.before_unlock[unlock.event]
                        for name in (everything, *spread.values()):
                            self.numbers.below(name, bound, no)
            self.numbers.fences_after_lock.append((bound, there, [n for n, _ in strand.locks]))

    def _update(self, strand: Strand, node: Node, here: str) -> None:
        """smp_mb__before_atomic() orders with the updates behind it, and what follows them.

        Neither it nor smp_mb__after_atomic() does beside an update that has only looked.
        """
        if node.kind == "W" and strand.after_atomic:
            read = self.frame.nodes.read(node.event)
            assert read is not None
            strand.updates.append((read, self._strong(strand)))
        there = self.frame.locked(node) if node.kind == "R" else self.frame.there(node)
        for top, lit, self.logic.label in strand.before_atomics:
            self.numbers.below(top, here, neg(lit), neg(there), strict=True)
            strand.floor.push(top, self.logic.all_of((lit, there)))
        self.logic.label = self.label

    # --- between threads
