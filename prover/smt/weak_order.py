"""The order of a weak memory model as integers: no closure is ever built.

Every relation that a model asks to be acyclic becomes inequalities between integers, and a
cycle is a contradiction between them.

``p<n>``       node n executes (LKMM) or reaches memory (TSO) at this point of xb
``v<t>_<n>``   LKMM: write n has reached thread t by then; for its own thread, when it executes
``u<t>_<n>``   the same, but only what a cumulative fence brought before n: what goes on
               along the updates that read n (rmw-sequence)
``z<k>``       the greatest of several: what stands before a fence, or bounds what is behind it

With these, for nodes of LKMM (its names are those of lkmm.cat):

- ``(fre | coe) ; cumul-fence* ; rfe?`` from x in thread t to y is a chain
  ``p<x> <= v<t>_<w> <= v<t>_<w'> <= p<y>``: prop;
- where y is in thread t too, that is its part in hb; nodes of one thread differ in position;
- ``prop ; strong-fence`` is below whatever is behind the fence: pb;
- all other parts of hb are direct.

So positions exist if and only if hb | pb, and rb by the law of grace periods, are acyclic.
"""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.hazards import address_of, touched
from prover.execution.nodes import Node
from prover.execution.terms import Term
from prover.graph.values import Pointer
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.weak_com import Communication, Link, communication, reuses
from prover.smt.weak_frame import WeakFrame
from prover.smt.weak_sources import Sources

STRONG = {"smp_mb"}
"""Fences that order everything before with everything behind, for all processors."""

DISTINCT = "no_two_level"
"""The Boolean under which nodes between which prop may lead have positions of their own."""

EXCLUSIVE = (sk.Unlock, sk.Ended)
"""Events whose own stores do not count as standing before them."""


class Top:
    """The greatest of integers that are pushed one after the other; a new name only where needed."""

    def __init__(self, order: WeakOrder) -> None:
        self._order = order
        self._name = ""
        self._pending: list[tuple[str, Lit]] = []

    def push(self, name: str, when: Lit = TRUE) -> None:
        """One more, where ``when`` holds."""
        if name and when != FALSE:
            self._pending.append((name, when))

    def name(self) -> str:
        """The integer that none of those pushed so far is above; "" where there is none."""
        if self._pending:
            if not self._name and len(self._pending) == 1 and self._pending[0][1] == TRUE:
                self._name = self._pending[0][0]
            else:
                new = self._order.fresh()
                self._order.frame.at_most(filter(None, (self._name,)), new)
                for name, when in self._pending:
                    self._order.frame.at_most((name,), new, neg(when))
                self._name = new
            self._pending = []
        return self._name


class Strand:
    """One thread while it is walked through: what stands before, and what bounds what follows."""

    def __init__(self, order: WeakOrder, thread: int) -> None:
        self.thread = thread
        every = order.threads
        self.all, self.reads, self.writes = Top(order), Top(order), Top(order)
        self.spread = {t: Top(order) for t in every}
        self.stored = {t: Top(order) for t in every}
        self.passed = {t: Top(order) for t in every}
        self.floor, self.read_floor, self.write_floor = Top(order), Top(order), Top(order)
        self.spread_floor = {t: Top(order) for t in every}
        self.handed = {t: Top(order) for t in every}
        self.named = {
            "all": self.all,
            "reads": self.reads,
            "writes": self.writes,
            "floor": self.floor,
            "rf": self.read_floor,
            "wf": self.write_floor,
            **{f"s{t}": top for t, top in self.spread.items()},
            **{f"w{t}": top for t, top in self.stored.items()},
            **{f"l{t}": top for t, top in self.passed.items()},
            **{f"sf{t}": top for t, top in self.spread_floor.items()},
            **{f"h{t}": top for t, top in self.handed.items()},
        }
        self.unlocks: list[tuple[Node, str, dict[int, str]]] = []
        self.updates: list[tuple[Node, str]] = []
        self.before_atomics: list[tuple[str, Lit]] = []
        self.after_atomic = self.after_lock = False
        self.locks: list[tuple[Node, str]] = []


class WeakOrder:
    """The inequalities of one query."""

    def __init__(self, frame: WeakFrame) -> None:
        self.frame = frame
        self.logic = frame.logic
        self.nodes = frame.nodes.nodes
        self.lkmm = frame.model == "lkmm"
        self.com: Communication = communication(frame)
        self.reuses = reuses(frame)
        self.sources = Sources(frame)
        self._fresh = 0
        for free, _, _ in self.reuses:
            frame.captures[free] = None
        self.threads = self._watching() if self.lkmm else ()
        self._continued = self._read_by_updates()
        self._read_from_others = {
            link.target.number
            for link in (*self.com.rf, *self.com.handoffs)
            if link.source.thread != link.target.thread
        }
        self._read_from_others.update(
            node.number
            for _, alloc, _ in self.reuses
            for node in frame.nodes.of_event[alloc]
            if node.kind == "R"
        )
        self.locking: set[tuple[int, int]] = set()
        self.floors: dict[int, str] = {}
        self.cumulated: dict[int, dict[int, str]] = {}
        self.gates: dict[int, dict[int, dict[str, str]]] = {}
        self.fences_after_lock: list[tuple[str, Lit, list[Node]]] = []
        self.handed: dict[tuple[int, int], str] = {}
        self.before_unlock: dict[int, tuple[str, dict[int, str]]] = {}

    def _watching(self) -> tuple[int, ...]:
        """Threads that can see that a write has not arrived: the others need no arrival times."""
        links = (*self.com.fr, *self.com.co)
        found = {link.source.thread for link in links if link.source.thread != link.target.thread}
        found.update(self._processor(free) for free, _ in self.frame.landings)
        found.update(self.frame.racing)
        return tuple(sorted(found))

    def _processor(self, event: int) -> int:
        node = self.frame.nodes.last(event)
        assert node is not None
        return node.thread

    def _read_by_updates(self) -> frozenset[int]:
        """Writes that a read-modify-write may read."""
        updates = {link.source.number for link in self.com.rf if link.target.role in ("rmw", "lock")}
        return frozenset(updates | {link.source.number for link in self.com.handoffs})

    # --- names

    def fresh(self) -> str:
        """An integer of its own."""
        self._fresh += 1
        return f"z{self._fresh}"

    def executes(self, node: Node) -> str:
        """The position of a node."""
        return f"p{node.number}"

    def arrives(self, node: Node, thread: int) -> str:
        """When a write has reached a thread."""
        return f"v{thread}_{node.number}"

    def brought(self, node: Node, thread: int) -> str:
        """When what a cumulative fence brought before a write has reached a thread."""
        letter = "u" if node.number in self._continued else "v"
        return f"{letter}{thread}_{node.number}"

    # --- all of it

    def encode(self) -> None:
        """Asserts the model."""
        walked = sorted(self.frame.skeleton.threads, key=lambda t: (t.kind == "handler", t.number))
        for thread in walked:
            self._walk(thread)
        self._communicate()
        self._hand_over()
        self._land()
        self._reuse()
        if self.lkmm:
            self._dependencies()
            self._differ()
            self._not_from_nowhere()

    # --- program order

    def _walk(self, thread: sk.Thread) -> None:
        """The orders that one thread's fences, acquires and releases ask for."""
        if thread.kind in ("final", "invariant"):
            return
        self.logic.label = f"order of {thread.name}"
        strand = Strand(self, thread.host if thread.kind == "handler" else thread.number)
        hosted = [t for t in self.frame.gaps if self.frame.skeleton.threads[t].host == thread.number]
        self._enter(strand, thread)
        fences = {
            node.order
            for number in thread.events
            for node in self.frame.nodes.of_event.get(number, ())
            if node.kind == "F"
        }
        strand.after_atomic = "smp_mb__after_atomic" in fences
        strand.after_lock = "smp_mb__after_spinlock" in fences
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
                self._below(strand.all.name(), f"pe{number}")
                self._below(strand.floor.name(), f"pe{number}")
            if number in self.frame.floors:
                strand.floor.push(self._number(f"fa{number}"))
        self._gap(strand, hosted, len(thread.events))
        if thread.kind == "handler" and not self._is_empty(thread):
            for key, top in strand.named.items():
                self._below(top.name(), self._number(f"fh{thread.number}_{key}"))

    def _number(self, name: str) -> str:
        return self.logic.number(name)

    def _below(self, lower: str, upper: str, *unless: Lit, strict: bool = False) -> None:
        """An inequality; nothing where there is no lower integer."""
        if lower and lower != upper:
            atom = self.frame.less(lower, upper) if strict else self.frame.most(lower, upper)
            self.logic.clause(*unless, atom)

    def _enter(self, strand: Strand, thread: sk.Thread) -> None:
        """What stands before a handler is what stands before the place where it runs."""
        for k, lit in self.frame.gaps.get(thread.number, ()):
            for key, name in self.gates[thread.host][k].items():
                if key in ("all", "floor", "rf") or key[0] == "s" or not self._is_empty(thread):
                    strand.named[key].push(name, lit)

    def _gap(self, strand: Strand, hosted: list[int], index: int) -> None:
        """Notes what stands before a place where handlers may run, and what they leave behind."""
        here = [
            (handler, lit) for handler in hosted for k, lit in self.frame.gaps[handler] if k == index
        ]
        if not here:
            return
        self.gates.setdefault(strand.thread, {})[index] = {
            key: top.name() for key, top in strand.named.items()
        }
        for handler, lit in here:
            thread = self.frame.skeleton.threads[handler]
            ran = self.logic.all_of((lit, self.frame.outcome(thread.events[0], "granted")))
            begin = self.frame.nodes.read(thread.events[0])
            if self._is_empty(thread) and begin is not None:
                strand.floor.push(self._number(self.executes(begin)), ran)
                for t in self.threads:
                    strand.spread[t].push(self._cumulated(begin, t), ran)
            else:
                for key, top in strand.named.items():
                    top.push(self._number(f"fh{handler}_{key}"), ran)

    def _is_empty(self, thread: sk.Thread) -> bool:
        """Whether a handler does nothing: it is a point in its host's program."""
        return all(n in (thread.events[0], thread.events[-1]) for n in thread.events if n in self.frame.nodes.of_event)

    def _cumulated(self, node: Node, thread: int) -> str:
        """When all that a read from another thread brought with it has reached a thread."""
        names = self.cumulated.setdefault(node.number, {})
        if thread not in names:
            names[thread] = self._number(self.fresh())
        return names[thread]

    def _capture(self, strand: Strand, event: int) -> None:
        """Notes what stands before an event, as a strong fence has it."""
        if event in self.frame.captures:
            name = self._number(f"fs{event}")
            self._below(strand.all.name(), name)
            self._below(strand.floor.name(), name)
            for t in self.threads:
                self._below(strand.spread[t].name(), name)
            spread = {t: strand.spread[t].name() for t in self.threads}
            self.before_unlock[event] = (strand.all.name(), spread)
            self.floors[event] = strand.floor.name()

    def _strong(self, strand: Strand) -> str:
        """What a strong fence here has before it."""
        names = [strand.all.name(), *(strand.spread[t].name() for t in self.threads)]
        names = [name for name in names if name]
        if len(names) < 2:
            return names[0] if names else ""
        top = self.fresh()
        self.frame.at_most(names, top)
        return top

    def _node(self, strand: Strand, node: Node) -> None:
        """One node: what it comes after, and what comes after it."""
        if node.kind == "F":
            self._fence(strand, node)
            return
        here = self.executes(node)
        self._number(here)
        self._bounds(strand, node, here)
        there = self.frame.there(node)
        if node.kind == "R":
            self._read(strand, node, here, there)
        else:
            self._write(strand, node, here, there)
        if node.role == "rmw":
            self._update(strand, node, here)
        elif node.role == "lock" and node.kind == "W" and self.lkmm:
            read = self.frame.nodes.read(node.event)
            if read is not None and (read.number, strand.thread) in self.locking:
                strand.locks.append((read, self._strong(strand) if strand.after_lock else ""))

    def _bounds(self, strand: Strand, node: Node, here: str) -> None:
        """Floors, and what a node waits for itself."""
        self._below(strand.floor.name(), here, strict=True)
        own = self.frame.nodes.read(node.event)
        if node.kind == "W" and own is not None:
            self._below(self.executes(own), here, strict=True)
        if node.kind == "R" and node.order != "noreturn":
            self._below(strand.read_floor.name(), here, strict=True)
        if node.kind == "W":
            self._below(strand.write_floor.name(), here, strict=True)
        if self.lkmm:
            self._below(strand.handed[strand.thread].name() if strand.thread in self.threads else "", here)

    def _read(self, strand: Strand, node: Node, here: str, there: Lit) -> None:
        if node.role == "lock" and self.lkmm:
            self._lock_read(strand, node)
        acting = self.frame.acting(node)
        if not self.lkmm:
            if node.role in ("rmw", "lock"):
                self._below(strand.all.name(), here, neg(there), strict=True)
            strand.floor.push(here, there)
        elif node.order == "full":
            self._below(self._strong(strand), here, neg(acting), strict=True)
        elif node.order == "acquire":
            strand.floor.push(here, acting)
        if node.order != "acquire" or acting != there:
            strand.all.push(here, there)
            if node.order != "noreturn":
                strand.reads.push(here, there)
        if self.lkmm and node.number in self._read_from_others:
            for t in self.threads:
                strand.spread[t].push(self._cumulated(node, t))

    def _lock_read(self, strand: Strand, node: Node) -> None:
        """Taking a spinlock: what stood before an earlier unlock comes before what is behind."""
        event = self.frame.skeleton.events[node.event]
        assert isinstance(event.action, sk.Grant | sk.Try)
        if event.action.kind != "spinlock":
            return
        got = self._got(node)
        for unlock, everything, passed in strand.unlocks:
            # Acquires before it are below the floor anyway.
            both = self.logic.all_of((self.frame.there(unlock), got))
            strand.floor.push(everything, both)
            for t in self.threads:
                strand.handed[t].push(passed[t], both)
        self.locking.add((node.number, strand.thread))
        for t in self.threads:
            name = self.handed[node.number, t] = self._number(self.fresh())
            strand.handed[t].push(name)

    def _got(self, node: Node) -> Lit:
        """Whether the lock that a lock node reads is taken."""
        grant = isinstance(self.frame.skeleton.events[node.event].action, sk.Grant)
        return self.frame.outcome(node.event, "granted" if grant else "taken")

    def _write(self, strand: Strand, node: Node, here: str, there: Lit) -> None:
        releases = node.order == "release" or not self.lkmm
        if self.lkmm:
            self._arrivals(strand, node, here)
        if releases:
            self._below(strand.all.name(), here, strict=True)
            for t in self.threads:
                self._below(strand.spread[t].name(), self.brought(node, t))
        if node.role == "unlock" and self.lkmm:
            passed = {t: strand.passed[t].name() for t in self.threads}
            everything = strand.all.name()
            spread = {t: strand.spread[t].name() for t in self.threads}
            self.before_unlock[node.event] = (everything, spread)
            action = self.frame.skeleton.events[node.event].action
            assert isinstance(action, sk.Unlock)
            if action.kind == "spinlock":
                strand.unlocks.append((node, everything, passed))
                for t in self.threads:
                    self.handed[node.number, t] = passed[t]
        strand.all.push(here, there)
        strand.writes.push(here, there)
        if node.number in self.frame.phantoms:
            self._phantom(strand, node, there)
        for t in self.threads:
            arrival = self.arrives(node, t)
            strand.spread[t].push(arrival, there)
            strand.stored[t].push(arrival, there)
            strand.passed[t].push(arrival, there)
        full = node.order == "full" and self.lkmm
        if full or (not self.lkmm and node.role in ("rmw", "lock")):
            strand.floor.push(here, there)
            for t in self.threads:
                strand.floor.push(self.arrives(node, t), there)

    def _phantom(self, strand: Strand, node: Node, there: Lit) -> None:
        """A plain store as a read: bounded by what bounds reads."""
        name = self._number(f"k{node.number}")
        self._below(strand.floor.name(), name, strict=True)
        self._below(strand.read_floor.name(), name, strict=True)
        strand.all.push(name, there)
        strand.reads.push(name, there)

    def _arrivals(self, strand: Strand, node: Node, here: str) -> None:
        """When a write has reached each thread: not before it executes."""
        for t in self.threads:
            arrival, brought = self.arrives(node, t), self.brought(node, t)
            self._below(here, arrival)
            self._below(brought, arrival)
            self._below(strand.spread_floor[t].name(), brought)
            self._below(strand.handed[t].name(), brought)
            if t == strand.thread:
                self._below(brought, here)

    def _fence(self, strand: Strand, node: Node) -> None:
        """One fence."""
        there = self.frame.there(node)
        if node.order in STRONG:
            strand.floor.push(self._strong(strand), there)
        elif not self.lkmm:
            return
        elif node.order == "smp_rmb":
            strand.read_floor.push(strand.reads.name(), there)
        elif node.order == "smp_wmb":
            strand.write_floor.push(strand.writes.name(), there)
            for t in self.threads:
                strand.spread_floor[t].push(strand.stored[t].name(), there)
        elif node.order == "smp_mb__before_atomic":
            strand.before_atomics.append((self._strong(strand), there))
        elif node.order == "smp_mb__after_atomic":
            for update, top in strand.updates:
                both = self.logic.all_of((there, self.frame.there(update)))
                strand.floor.push(top, both)
        elif node.order == "smp_mb__after_spinlock":
            for lock, top in strand.locks:
                both = self.logic.all_of((there, self._got(lock)))
                strand.floor.push(top, both)
        elif node.order == "smp_mb__after_unlock_lock":
            bound = self._number(self.fresh())
            strand.floor.push(bound)
            for lock, _ in strand.locks:
                for unlock, _, _ in strand.unlocks:
                    if unlock.number < lock.number:
                        there_too = (there, self.frame.there(unlock), self._got(lock))
                        no = neg(self.logic.all_of(there_too))
                        everything, spread = self.before_unlock[unlock.event]
                        for name in (everything, *spread.values()):
                            self._below(name, bound, no)
            self.fences_after_lock.append((bound, there, [n for n, _ in strand.locks]))

    def _update(self, strand: Strand, node: Node, here: str) -> None:
        """smp_mb__before_atomic() orders with the updates behind it, and what follows them."""
        if node.kind == "W" and strand.after_atomic:
            read = self.frame.nodes.read(node.event)
            assert read is not None
            strand.updates.append((read, self._strong(strand)))
        there = self.frame.there(node)
        for top, lit in strand.before_atomics:
            self._below(top, here, neg(lit), neg(there), strict=True)
            strand.floor.push(top, self.logic.all_of((lit, there)))

    # --- between threads

    def _communicate(self) -> None:
        """rf, co and fr."""
        self.logic.label = "communication"
        for link in self.com.rf:
            self._read_from(link)
        for link in (*self.com.fr, *self.com.co):
            one, two = link.source, link.target
            if not self.lkmm:
                self._below(self.executes(one), self.executes(two), neg(link.lit), strict=True)
            elif one.thread != two.thread:
                self._below(self.executes(one), self.arrives(two, one.thread), neg(link.lit))
            elif "plain" not in (one.order, two.order):
                self._below(self.executes(one), self.executes(two), neg(link.lit), strict=True)

    def _read_from(self, link: Link) -> None:
        """A read from another thread: the write has reached it, with all that was before it."""
        one, two, no = link.source, link.target, neg(link.lit)
        if one.thread == two.thread:
            return
        self._below(self.executes(one), self.executes(two), no, strict=True)
        if two.thread in self.threads:
            self._below(self.arrives(one, two.thread), self.executes(two), no)
        for t, name in self.cumulated.get(two.number, {}).items():
            self._below(self.arrives(one, t), name, no)
        if two.role == "rmw":
            self._continue(one, two, no)

    def _continue(self, one: Node, read: Node, no: Lit) -> None:
        """What a fence brought before a write is also before the updates that read it."""
        write = self.frame.nodes.write(read.event)
        if write is None:
            return
        gone = neg(self.frame.there(write))
        for t in self.threads:
            self._below(self.brought(one, t), self.brought(write, t), no, gone)

    def _hand_over(self) -> None:
        """From an unlock to a later lock."""
        self.logic.label = "locks"
        for link in self.com.handoffs:
            one, two, no = link.source, link.target, neg(link.lit)
            if one.thread != two.thread:
                self._read_from(link)
            self._continue(one, two, no)
            for t in self.threads:
                passed = self.handed.get((one.number, t), "")
                bound = self.handed.get((two.number, t), "")
                if passed and bound:
                    self._below(passed, bound, no)
        for bound, there, locks in self.fences_after_lock:
            for link in self.com.handoffs:
                if link.target in locks and link.source.event in self.before_unlock:
                    everything, spread = self.before_unlock[link.source.event]
                    for name in (everything, *spread.values()):
                        self._below(name, bound, neg(link.lit), neg(there))

    def _land(self) -> None:
        """A store that lands after a free: coherent after it, where it had not yet arrived."""
        frame = self.frame
        for (free, event), lit in frame.landings.items():
            write, end = frame.nodes.write(event), frame.nodes.write(free)
            assert write is not None
            assert end is not None
            thread = end.thread
            self.logic.label = f"the store of event {event} lands after the free of event {free}"
            self.logic.clause(neg(lit), frame.most(self.executes(end), self.arrives(write, thread)))
            self.logic.clause(neg(lit), frame.coherence(free, event))
        for free in dict.fromkeys(free for free, _ in frame.landings):
            self._coherent_before_free(free)

    def _coherent_before_free(self, free: int) -> None:
        """What a thread did with an object before it frees it is coherent before that."""
        frame = self.frame
        action = frame.skeleton.events[free].action
        assert isinstance(action, sk.Deallocate)
        freed = {
            value.base: lit
            for value, lit in frame.table(action.pointer).items()
            if isinstance(value, Pointer) and value.base is not None
        }
        thread, index = frame.order.place[free]
        self.logic.label = f"coherence before the free of event {free}"
        for number in frame.skeleton.threads[thread].events[:index]:
            address = address_of(frame.skeleton.events[number])
            if address is None or number not in frame.nodes.of_event:
                continue
            for value, lit in frame.table(address).items():
                if isinstance(value, Pointer) and value.base in freed:
                    both = (neg(lit), neg(freed[value.base]))
                    self.logic.clause(*both, frame.coherence(number, free))

    def _reuse(self) -> None:
        """From a free to the alloc that gives the object again: as from a release to an acquire."""
        for free, alloc, lit in self.reuses:
            target = self.frame.nodes.read(alloc)
            assert target is not None
            self.logic.label = f"alloc {alloc} after free {free}"
            everything, spread = self.before_unlock[free]
            self._below(everything, self.executes(target), neg(lit), strict=True)
            self._below(self.floors[free], self.executes(target), neg(lit), strict=True)
            for t, name in spread.items():
                if t == target.thread:
                    self._below(name, self.executes(target), neg(lit))
                own = self.cumulated.get(target.number, {}).get(t)
                if own is not None:
                    self._below(name, own, neg(lit))

    # --- dependencies

    def _dependencies(self) -> None:
        """Addresses, data and control; plain accesses have and give none but for addresses."""
        self.logic.label = "dependencies"
        writes = sk.by_event(self.frame.skeleton.writes)
        rfi: dict[int, list[Link]] = {}
        for link in self.com.rf:
            if link.source.thread == link.target.thread and link.source.order != "plain":
                rfi.setdefault(link.source.number, []).append(link)
        for node in self.nodes:
            event = self.frame.skeleton.events[node.event]
            address = touched(event)
            if address is not None:
                self._depends(node, address)
            if node.kind != "W" or node.order == "plain":
                continue
            terms = [address] if address is not None else []
            terms.extend(w.value for w in writes.get(node.event, ()))
            for term in (*terms, *event.controls):
                self._depends(node, term)
            for link in rfi.get(node.number, ()):
                for term in terms:
                    self._depends(link.target, term, link.lit)

    def _depends(self, node: Node, term: Term, when: Lit = TRUE) -> None:
        """A node comes after the marked reads that a term is computed from."""
        for event, lit in self.sources.of(term).items():
            source = self.frame.nodes.read(event)
            if source is None or source.order in ("plain", "acquire") or source.event == node.event:
                continue
            if source.thread != node.thread:
                continue
            there = (self.frame.there(source), lit, when)
            no = neg(self.logic.all_of(there))
            self._below(self.executes(source), self.executes(node), no, strict=True)
            if node.number in self.frame.phantoms:
                self._below(self.executes(source), f"k{node.number}", no, strict=True)

    def _not_from_nowhere(self) -> None:
        """No value comes out of thin air: no circle of reads-from and of computing.

        Where all accesses of a circle are marked the model says so itself; ``oo<e>`` is for plain
        accesses, whose dependencies are no order.
        """
        frame = self.frame
        if all(node.order != "plain" for node in self.nodes):
            return
        self.logic.label = "no value from nowhere"
        writes = sk.by_event(frame.skeleton.writes)
        stores: dict[int, dict[int, Lit]] = {}
        for number, own in writes.items():
            event = frame.skeleton.events[number]
            terms = [*(w.value for w in own), *(w.when for w in own), *event.controls]
            address = touched(event)
            for term in (*terms, *(() if address is None else (address,))):
                for source, lit in self.sources.of(term).items():
                    if source != number:
                        row = stores.setdefault(number, {})
                        row[source] = self.logic.any_of((row.get(source, FALSE), lit))
        for number, sources in stores.items():
            for source, lit in sources.items():
                self._below(f"oo{source}", f"oo{number}", neg(lit), strict=True)
        readers = {source for sources in stores.values() for source in sources}
        for link in self.com.rf:
            if link.source.event in stores and link.target.event in readers:
                one, two = f"oo{link.source.event}", f"oo{link.target.event}"
                self._below(one, two, neg(link.lit), strict=True)

    def _differ(self) -> None:
        """Nodes of one thread between which prop may lead differ in position.

        Few executions need that to be said, and saying it is a good half of the solver's time: it
        holds under :data:`DISTINCT`, which is asked for where an answer has two nodes level.
        """
        self.logic.label = "one position, one node"
        asked = self.logic.variable(DISTINCT)
        starts: dict[int, dict[int, Node]] = {}
        ends: dict[int, dict[int, Node]] = {}
        for link in (*self.com.fr, *self.com.co):
            if link.source.thread != link.target.thread:
                starts.setdefault(link.source.thread, {})[link.source.number] = link.source
        for link in (*self.com.rf, *self.com.handoffs):
            if link.source.thread != link.target.thread:
                ends.setdefault(link.target.thread, {})[link.target.number] = link.target
        for thread, first in starts.items():
            last = ends.get(thread, {})
            for a, b in sorted({(min(x, y), max(x, y)) for x in first for y in last if x != y}):
                one, two = f"p{a}", f"p{b}"
                differ = (self.frame.less(one, two), self.frame.less(two, one))
                self.logic.clause(neg(asked), *differ)
                self.frame.distinct.append((one, two))


def encode_order(frame: WeakFrame) -> None:
    """Asserts the memory model of a frame."""
    WeakOrder(frame).encode()

