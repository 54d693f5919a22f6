"""An execution of a protocol as the relations of a memory model see it: the concrete reading.

Beside what a litmus test has there are two relations: ``law``, what grace periods put in order
as strong fences, and ``also``, orders that a violation assumes (an access that is not over when
its object is freed).  :func:`for_protocols` puts them into a model where such orders belong.

Plain accesses are taken as marked, without dependencies from or to them but for addresses: what
the compiler may make of them is the business of the check for data races (docs/adr/0007).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.execution import INITIAL
from prover.execution.nodes import LOOSE, Node, Nodes, touched
from prover.execution.terms import Term
from prover.execution.weak.law import Law
from prover.execution.weak.models import FROM_READS, TAGS, UNMARKED
from prover.execution.weak.origins import Origins
from prover.execution.weak.own import Step, ran_before, step_of
from prover.execution.weak.readers import add_readers, add_stores_that_look
from prover.execution.weak.run import Run
from prover.execution.weak.updates import only_looked, updates
from prover.graph.values import Pointer
from prover.models.concrete import Pairs, Structure

Sources = dict[Place | None, set[tuple[int, int]]]
"""For each place the pairs of a store and a read of it; under None those of no one place."""


class Builder:
    """Puts the relations of one execution together."""

    def __init__(self, run: Run, nodes: Nodes) -> None:
        self.run = run
        self.nodes = nodes
        self.skeleton = run.skeleton
        self.there = [n for n in nodes.nodes if run.has(nodes, n)]
        self.numbers = {n.number for n in self.there}
        self._origins = Origins(run)
        self.initial: dict[object, int] = {}
        self.reuses = frozenset(Law(run).reuses(nodes))

    def structure(
        self, law: Pairs, also: Pairs, *, lands: Pairs = frozenset(), faithful: bool = False
    ) -> Structure:
        """Everything a model may ask; ``faithful``: plain accesses are plain.

        ``lands`` are stores that are coherent after a free of what they go to.
        """
        po, inside = self._program_order()
        rf, co, fr, loc = self._memory()
        for free, store in lands:
            co |= frozenset(((free, store), *((free, b) for a, b in co if a == store)))
            touching = self._of_object(free)
            loc |= frozenset(pair for n in touching for pair in ((free, n), (n, free)))
        carrier = frozenset(self.numbers | set(self.initial.values()))
        own = frozenset((n, n) for n in carrier)
        outside = frozenset(product(carrier, carrier)) - inside - own
        relations: dict[str, Pairs] = {
            "po": po,
            "int": inside | own,
            "ext": outside,
            "loc": loc,
            "rmw": updates(self.run, self.nodes, self.numbers),
            "rf": rf,
            "co": co,
            FROM_READS: fr,
            "same-value": frozenset(),
            "law": law,
            "also": also | self._lives() | self._waits(),
            **self._dependencies(faithful=faithful),
        }
        return Structure(carrier, self._sets(faithful=faithful), relations)

    # --- program order

    def _program_order(self) -> tuple[Pairs, Pairs]:
        """po, and the pairs of one processor; a handler stands between two steps of its host."""
        by_processor: dict[int, list[Node]] = {}
        for node in self.there:
            by_processor.setdefault(node.thread, []).append(node)
        po: set[tuple[int, int]] = set()
        inside: set[tuple[int, int]] = set()
        for own in by_processor.values():
            numbers = [node.number for node in own]
            inside.update(product(numbers, numbers))
            places = [(step_of(self.run, node.event), node) for node in own]
            for step, node in places:
                behind = self._behind(step, node, places)
                po.update((node.number, other) for other in behind)
        return frozenset(po), frozenset(inside)

    def _behind(self, place: Step, one: Node, places: list[tuple[Step, Node]]) -> list[int]:
        """What comes behind a node in the program that their processor ran.

        Nothing comes behind what is still going on: a handler may run meanwhile.
        """
        number, event = one.number, one.event
        if event not in self.run.happened:
            return [n.number for _, n in places if n.event == event and number < n.number]
        events = self.skeleton.events
        own = events[event].thread
        return [
            n.number
            for there, n in places
            if (number < n.number if events[n.event].thread == own else place < there)
        ]

    # --- memory

    def _memory(self) -> tuple[Pairs, Pairs, Pairs, Pairs]:
        """rf, co, fr and loc."""
        run = self.run
        rf: Sources = {}
        users: dict[Place, set[int]] = {}
        writes: dict[Place, list[tuple[tuple[int, int], int]]] = {}
        for number, place in run.write_places.items():
            event = self.skeleton.writes[number].event
            node = self.nodes.write(event)
            if node is not None and node.number in self.numbers and place[1] != "shadow":
                rank = (run.claim.coherence.get(event, 0), -event)
                writes.setdefault(place, []).append((rank, node.number))
                users.setdefault(place, set()).add(node.number)
        for number, place in run.read_places.items():
            read = self.skeleton.reads[number]
            node = self.nodes.read(read.event)
            if read.ghost or node is None or node.number not in self.numbers:
                continue
            users.setdefault(place, set()).add(node.number)
            source = run.source(read)
            if source == INITIAL:
                rf.setdefault(place, set()).add((self._start(place), node.number))
            else:
                writer = self.nodes.write(self.skeleton.writes[source].event)
                if writer is not None:
                    rf.setdefault(place, set()).add((writer.number, node.number))
        self._locks(rf, users, writes)
        self._edges(rf)
        add_readers(run, self.there, self._start, rf, users, writes)
        add_stores_that_look(run, self.nodes, self.there, users, writes)
        co: set[tuple[int, int]] = set()
        fr: set[tuple[int, int]] = set()
        loc: set[tuple[int, int]] = set()
        for place, using in users.items():
            start = self._start(place)
            order = [start, *(n for _, n in sorted(writes.get(place, ())))]
            co.update((a, b) for i, a in enumerate(order) for b in order[i + 1 :])
            for source, reader in rf.get(place, ()):
                fr.update((reader, b) for b in order[order.index(source) + 1 :] if b != reader)
            everyone = {start, *using}
            loc.update((a, b) for a in everyone for b in everyone)
        pairs = frozenset(pair for own in rf.values() for pair in own)
        return pairs, frozenset(co), frozenset(fr), frozenset(loc)

    def _of_object(self, free: int) -> set[int]:
        """The nodes that touch what a free frees: it is a store to all of that."""
        action = self.skeleton.events[self.nodes.nodes[free].event].action
        assert isinstance(action, sk.Deallocate | sk.GiveBack)
        freed = self.run.values.value(action.pointer)
        found: set[int] = set()
        if not isinstance(freed, Pointer) or freed.base is None or freed.path:
            return found
        for node in self.there:
            address = touched(self.skeleton.events[node.event])
            value = 0 if address is None or node.kind == "F" else self.run.values.value(address)
            if isinstance(value, Pointer) and value.base == freed.base:
                found.add(node.number)
        return found

    def _lives(self) -> Pairs:
        """A free comes after what its processor did to the object, and before the next life."""
        found: set[tuple[int, int]] = set()
        for free, alloc in self.reuses:
            one, two = self.nodes.write(free), self.nodes.read(alloc)
            found.update(((one.number, two.number),) if one and two else ())
        for node in self.there:
            event = self.skeleton.events[node.event]
            if isinstance(event.action, sk.Deallocate) and event.action.page < 0:
                found.update((own, node.number) for own in self._own_before(node, event))
        return frozenset(found)

    def _waits(self) -> Pairs:
        """What is over before an rcu_barrier() ends, or has begun before the next IPI is sent."""
        law = Law(self.run)
        found = set(law.passed_over())
        for number in self.run.happened:
            for begun in law.begun_before(self.skeleton.events[number]):
                one, two = self.nodes.read(begun), self.nodes.read(number)
                found.update(((one.number, two.number),) if one and two else ())
        return frozenset(found)

    def _own_before(self, free: Node, event: sk.Event) -> Iterator[int]:
        """What its processor did before to what a free frees: overwritten, if it is marked."""
        for number in self._of_object(free.number):
            node = self.nodes.nodes[number]
            earlier = ran_before(self.run, self.skeleton.events[node.event], event)
            if earlier and node.order not in LOOSE:
                yield number

    def _start(self, place: Place) -> int:
        """The initial write of a place: the halves of a word have one each.

        With one for both, a read of the initial low half would come before stores to the high one.
        """
        return self.initial.setdefault(place, -1 - len(self.initial))

    def _locks(
        self,
        rf: Sources,
        users: dict[Place, set[int]],
        writes: dict[Place, list[tuple[tuple[int, int], int]]],
    ) -> None:
        """Locks as memory: an exclusive one reads the store before it, a shared one unlocks."""
        claim = self.run.claim
        found: dict[tuple[object, str], list[int]] = {}
        for number in sorted(self.run.happened | self.run.in_vain):
            action = self.skeleton.events[number].action
            if isinstance(action, sk.Grant | sk.Try | sk.Unlock | sk.LockState):
                pointer = self.run.values.value(action.address)
                assert isinstance(pointer, Pointer)
                found.setdefault((pointer.location, action.kind), []).append(number)
        for (location, kind), events in found.items():
            events.sort(key=lambda e: (claim.coherence.get(e, 0), -e))
            if kind in ("spinlock", "mutex", "folio"):
                self._exclusive(location, events, rf, users, writes)
            else:
                self._shared(events, rf)
                self._looks(location, events, rf, users, writes)

    def _exclusive(
        self,
        location: object,
        events: list[int],
        rf: Sources,
        users: dict[Place, set[int]],
        writes: dict[Place, list[tuple[tuple[int, int], int]]],
    ) -> None:
        place: Place = ((location, "lock"), "lock")  # type: ignore[assignment]
        last = self._start(place)
        for event in events:
            read, write = self.nodes.read(event), self.nodes.write(event)
            if read is not None and read.number in self.numbers:
                rf.setdefault(place, set()).add((last, read.number))
                users.setdefault(place, set()).add(read.number)
            if write is not None and write.number in self.numbers:
                last = write.number
                rank = (self.run.claim.coherence.get(event, 0), -event)
                writes.setdefault(place, []).append((rank, last))
                users.setdefault(place, set()).add(last)

    def _shared(self, events: list[int], rf: Sources) -> None:
        unlocked: list[tuple[int, str]] = []
        for event in events:
            action = self.skeleton.events[event].action
            read, write = self.nodes.read(event), self.nodes.write(event)
            if isinstance(action, sk.Unlock):
                assert write is not None
                unlocked.append((write.number, action.mode))
            elif isinstance(action, sk.Grant | sk.Try) and read is not None and write is not None:
                if write.number in self.numbers:
                    rf.setdefault(None, set()).update(
                        (number, read.number)
                        for number, mode in unlocked
                        if "exclusive" in (mode, action.mode)
                    )

    def _looks(
        self,
        location: object,
        events: list[int],
        rf: Sources,
        users: dict[Place, set[int]],
        writes: dict[Place, list[tuple[tuple[int, int], int]]],
    ) -> None:
        """What looks at a lock with readers read, and that each store behind comes later.

        Each look and store have a place of their own: readers order nothing among themselves.
        """
        last = -1
        for index, event in enumerate(events):
            read, write = self.nodes.read(event), self.nodes.write(event)
            if write is not None and write.number in self.numbers:
                last = write.number
            elif read is not None and read.number in self.numbers:
                if last >= 0:
                    rf.setdefault(None, set()).add((last, read.number))
                for later in events[index + 1 :]:
                    store = self.nodes.write(later)
                    if store is not None and store.number in self.numbers:
                        place: Place = ((location, event, later), "lock")  # type: ignore[assignment]
                        rf[place] = {(self._start(place), read.number)}
                        users[place] = {read.number, store.number}
                        writes[place] = [((0, 0), store.number)]

    def _edges(self, rf: Sources) -> None:
        """IPIs, rcu_barrier() and slots used again as a release that an acquire reads."""
        for one, two in (*Law(self.run).edges(), *self.reuses):
            source, target = self.nodes.write(one), self.nodes.read(two)
            if source is not None and target is not None:
                if {source.number, target.number} <= self.numbers:
                    rf.setdefault(None, set()).add((source.number, target.number))

    # --- sets

    def _sets(self, *, faithful: bool) -> dict[str, frozenset[int]]:
        found: defaultdict[str, set[int]] = defaultdict(set)
        for node in self.there:
            action = self.skeleton.events[node.event].action
            spin = getattr(action, "kind", "") == "spinlock"
            if node.role == "lock" and spin:
                taken = isinstance(action, sk.Grant) or self._taken(node.event)
                found["LKW" if node.kind == "W" else ("LKR" if taken else "LF")].add(node.number)
                continue
            if node.role == "unlock" and spin:
                found["UL"].add(node.number)
                continue
            if node.role == "srcu":
                found["Srcu-lock" if node.kind == "R" else "Srcu-unlock"].add(node.number)
            found[node.kind].add(node.number)
            if node.kind != "F":
                found["M"].add(node.number)
            if node.order in LOOSE:
                found[UNMARKED].add(node.number)
                # What the author knows of does not race, and is ordered by what it reads.
                if faithful and node.order == "plain":
                    continue
            acting = self.run.values.holds(node.active)
            order = self._passes_on(node) or node.order
            found[TAGS[order] if acting else "ONCE"].add(node.number)
            if node.role in ("rmw", "lock"):
                found["RMW"].add(node.number)
                looked = only_looked(self.run, node) if node.kind == "R" else ""
                if looked:
                    found["Idle"].add(node.number)
                if looked == "always":
                    found["Looked"].add(node.number)
        starts = set(self.initial.values())
        for name in ("IW", "W", "M"):
            found[name] |= starts
        return defaultdict(frozenset[int], {name: frozenset(s) for name, s in found.items()})

    def _passes_on(self, node: Node) -> str:
        """A free is a release, and an alloc an acquire, where a slot is used again."""
        if node.role == "free" and any(node.event == free for free, _ in self.reuses):
            return "release"
        again = node.role == "alloc" and node.kind == "R"
        return "acquire" if again and any(node.event == a for _, a in self.reuses) else ""

    def _taken(self, event: int) -> bool:
        return bool(self.run.claim.decisions.taken.get(event, False))

    # --- dependencies

    def _dependencies(self, *, faithful: bool) -> dict[str, Pairs]:
        found: dict[str, set[tuple[int, int]]] = {"addr": set(), "data": set(), "ctrl": set()}
        for node in self.there:
            event = self.skeleton.events[node.event]
            address = touched(event)
            if address is not None:
                found["addr"].update(self._from(address, node))
            loose = ("racy",) if faithful else LOOSE
            if node.kind == "W" and node.order not in loose:
                for write in self.run.writes_of.get(node.event, ()):
                    found["data"].update(self._from(write.value, node))
                if isinstance(event.action, sk.SrcuEnd):
                    found["data"].update(self._from(event.action.index, node))
                for term in event.controls:
                    found["ctrl"].update(self._from(term, node))
        return {name: frozenset(pairs) for name, pairs in found.items()}

    def _from(self, term: Term, node: Node) -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []
        for event in self.sources(term):
            source = self.nodes.read(event)
            if source is None or source.order in LOOSE or source.number not in self.numbers:
                continue
            if source.thread == node.thread and source.event != node.event:
                pairs.append((source.number, node.number))
        return pairs

    def sources(self, term: Term) -> frozenset[int]:
        """The events whose reads a term is computed from."""
        return self._origins.of(term)
