"""One rule being found: an actor takes a step, and whatever it reads is asked for.

The step is run with a script: the answers to what it has asked so far, in order.  It asks for
the value of a shared variable that it has not read yet, and where several things may happen,
which of them.  Where the script has no answer any more it stops, and is run again with one more;
so what it has read, and only that, is what the rule depends on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from prover.graph.ir import Expr, Origin
from prover.graph.values import POISON, Location, Pointer, Value, Via, Wild, truth
from prover.parametric.machine.code import BITS, Body
from prover.parametric.machine.local import SPINNING, Half, Local, Lock, Reader, Region
from prover.parametric.machine.ranges import Range, decided, is_range, lasting
from prover.parametric.machine.shared import GONE, Held, Variable
from prover.parametric.machine.values import NOW, OVER, bare, settled
from prover.parametric.system import Refused

if TYPE_CHECKING:
    from prover.parametric.machine.parts import Parts


class Asked(Exception):
    """The script has no answer: of the variable, or (``ways`` not 0) which of so many ways."""

    def __init__(self, variable: int, ways: int = 0) -> None:
        super().__init__()
        self.variable, self.ways = variable, ways


class Wrong(Exception):
    """The step violates something; the first is the one to report."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = tuple(dict.fromkeys(names))


class Blocked(Exception):
    """The step has to wait for a shared variable to change."""


class Work:
    """A step in progress: the actor's local state, taken apart, and what the rule will say."""

    __slots__ = (
        *("parts", "script", "asked", "reads", "writes", "body", "who", "position", "registers"),
        *("held", "rcu", "preempt", "bh", "irq", "readers", "halves", "wait", "stopped"),
        *("number", "pending", "domain", "counted"),
        *("kind", "origin", "guard", "needs", "begins", "over", "change", "spawned", "proven"),
    )

    def __init__(self, parts: Parts, local: Local, script: Sequence[int]) -> None:
        self.parts = parts
        self.script = script
        self.asked = 0
        self.reads: dict[int, int] = {}
        self.writes: dict[int, Held] = {}
        self.number = local.body
        self.body: Body = parts.bodies[local.body]
        self.who, self.position = local.who, local.position
        self.registers: dict[str, Value] = dict(local.registers)
        self.held: tuple[Lock, ...] = local.held
        self.rcu, self.preempt, self.bh, self.irq = local.rcu, local.preempt, local.bh, local.irq
        self.readers: tuple[Reader, ...] = local.readers
        self.halves: tuple[Half, ...] = local.halves
        self.wait, self.stopped = local.wait, local.stopped
        self.pending, self.domain = local.pending, local.domain
        self.counted: tuple[tuple[Location, int], ...] = local.counted
        self.kind = "local"
        self.origin: Origin | None = None
        self.guard = self.needs = self.begins = self.change = -1
        self.over = False
        self.spawned: list[int] = []
        self.proven: set[Via] = set()

    # --- answers

    def ask(self, variable: int) -> Held:
        """What a variable holds."""
        if variable in self.writes:
            return self.writes[variable]
        known = self.reads.get(variable)
        if known is None:
            if self.asked == len(self.script):
                raise Asked(variable)
            known = self.reads[variable] = self.script[self.asked]
            self.asked += 1
        return self.parts.variables.value(variable, known)

    def fork(self, ways: int) -> int:
        """Which of some things happens."""
        if ways == 1:
            return 0
        if self.asked == len(self.script):
            raise Asked(-1, ways)
        self.asked += 1
        return self.script[self.asked - 1]

    # --- memory

    def value(self, expr: Expr) -> Value:
        """The value of an expression here, which must be known."""
        found = self.parts.compiled(expr)(self.registers)
        if is_range(found):
            raise Refused("a number read from a count of references, where it must be known")
        return found

    def any_value(self, expr: Expr) -> Value:
        """The value of an expression here, or its bounds."""
        return self.parts.compiled(expr)(self.registers)

    def holds(self, expr: Expr) -> bool:
        """Whether a condition holds here; where bounds leave it open, either."""
        found = self.parts.compiled(expr)(self.registers)
        bounds: object = found
        if not isinstance(bounds, Range):
            return truth(found)
        known = decided(bounds)
        return self.fork(2) == 1 if known is None else known

    def read(self, place: Location, part: str = "whole") -> Value:
        """What a cell holds, changing or not."""
        if place in self.parts.counts:
            raise Refused(f"a claim that looks at the count of references `{place}`")
        variable = Variable("cell", place, part)
        number = self.parts.variables.number.get(variable)
        if number is None:
            return self.parts.variables.fixed[variable]
        found = self.ask(number)
        assert not isinstance(found, frozenset)
        return found

    def write(self, place: Location, part: str, value: Held, kind: str = "cell") -> None:
        """A cell, or what else there is of a place, holds something else from now on."""
        number = self.parts.variables.number.get(Variable(kind, place, part))
        if number is None and place in self.parts.unread:
            return
        if number is None:
            raise Refused(f"a store to `{place}`, which was taken never to change")
        self.writes[number] = value

    def look(self, kind: str, place: Location) -> Held | None:
        """What there is of a place beside its cells; None where nothing is kept of it."""
        number = self.parts.variables.number.get(Variable(kind, place))
        return None if number is None else self.ask(number)

    # --- counts of references

    def references(self, place: Location) -> int:
        """How much of a count this actor has."""
        return dict(self.counted).get(place, 0)

    def refer(self, place: Location, number: int) -> None:
        """It has so much of it from now on."""
        kept = {**dict(self.counted), place: number}
        self.counted = tuple(sorted((each for each in kept.items() if each[1]), key=str))

    # --- pointers

    def torn(self, via: Via | None) -> bool:
        """Whether no completed update has stored the bits that a pointer was made from.

        What a word held in a life that is over is not kept: bits from there are taken for torn.
        """
        if via is None or via in self.proven:
            return False
        pair = (via.low, via.high)
        for source in via.sources:
            if self.parts.start.get(source.location) == pair:
                continue
            if source.base.site == OVER:
                return True
            stored = self.look("stored", source.location)
            if not isinstance(stored, frozenset) or pair not in stored:
                return True
        # What was stored once in a life has been stored in it for good.
        self.proven.add(via)
        return False

    def alive(self, pointer: Pointer) -> bool:
        """Whether what a pointer leads to is there: its life is not over, or its page is left."""
        assert pointer.base is not None
        if pointer.base.site == OVER:
            return False
        if pointer.base.site == NOW:
            return True
        return self.look("life", Location(pointer.base.object, ())) != GONE

    def fault(self, value: Value) -> str:
        """What an access through a value violates, "" for nothing: the first by precedence."""
        match value:
            case Pointer(base=None) | int():
                return "null-pointer"
            case Wild(via=via):
                return "torn-value" if self.torn(via) else "wild-pointer"
            case Pointer(via=via):
                if self.torn(via):
                    return "torn-value"
                if value.location not in self.parts.cells:
                    return "wild-pointer"
                return "" if self.alive(value) else "use-after-free"
            case _:
                return "wild-pointer"

    def touch(self, address: Expr, early: Sequence[str] = ()) -> Location:
        """Where an access goes; ``early`` is what is wrong with it anyway."""
        value = self.value(address)
        found = self.fault(value)
        if found:
            raise Wrong(*early, found)
        assert isinstance(value, Pointer)
        return value.location

    def quiet(self, address: Expr) -> bool:
        """Whether an access can neither go wrong nor see anything that changes."""
        value = self.value(address)
        if not isinstance(value, Pointer) or value.base is None or value.via is not None:
            return False
        place = value.location
        if place not in self.parts.cells or self.parts.points.lost(place.object):
            return False
        return not self.parts.changing(place)

    def unseen(self, address: Expr) -> bool:
        """Whether nobody can find out that a lock is held but by waiting for it."""
        value = self.value(address)
        if not isinstance(value, Pointer) or value.base is None:
            return False
        return value.location not in self.parts.points.looked_for

    # --- locks and contexts

    def holding(self, place: Location, mode: str = "any") -> Lock | None:
        """The lock at a place, if this actor has it in that mode."""
        for lock in self.held:
            if lock.place == place and not lock.gone and mode in ("any", lock.mode):
                return lock
        return None

    def atomic(self) -> bool:
        """Whether the actor must not sleep here."""
        return bool(self.rcu) or self.stays()

    def stays(self) -> bool:
        """Whether the actor stays on its CPU here: its task is not preempted."""
        if self.body.kind == "callback" or self.irq or self.preempt or self.bh:
            return True
        return any(lock.kind in SPINNING for lock in self.held)

    def sleep_check(self) -> list[str]:
        """What a call that may sleep violates."""
        return ["sleep-in-atomic"] if self.atomic() else []

    # --- the end of the step

    def local(self) -> Local:
        """The local state that the step leads to, with what is still wanted of registers."""
        parts = self.parts
        if self.stopped:
            self.registers = {}
        kept = wanted_of(parts, self.body, self.position, self.registers, self.proven)
        return Local(
            body=self.number,
            who=self.who,
            position=self.position,
            registers=kept,
            held=tuple(sorted(self.held, key=str)),
            rcu=self.rcu,
            preempt=self.preempt,
            bh=self.bh,
            irq=self.irq,
            readers=self.readers,
            halves=self.halves,
            wait=self.wait,
            pending=self.pending,
            domain=self.domain,
            stopped=self.stopped,
            counted=self.counted,
        )


def wanted_of(
    parts: Parts, body: Body, position: int, registers: Mapping[str, Value], proven: Collection[Via]
) -> tuple[tuple[str, Value], ...]:
    """What is still wanted of registers at a position; poison is what an absent one reads as."""
    wanted = body.wanted[position]
    kept: list[tuple[str, Value]] = []
    for name in sorted(wanted):
        value = registers.get(name, POISON)
        if value == POISON:
            continue
        if wanted[name] == BITS:
            kept.append((name, bare(value)))
        else:
            kept.append((name, settled(value, parts.start, proven, parts.slots)))
    return lasting(kept) if parts.counts else tuple(kept)


def regions(local: Local, kind: str) -> tuple[Region, ...]:
    """The open regions of an actor that some wait may wait for; ``kind`` is that of its graph."""
    found: list[Region] = []
    if kind == "callback":
        found.append(("callback", str(local.domain)))
        if not local.pending:
            found.append(("running", ""))
    for name, is_open in (
        ("rcu", local.rcu > 0),
        ("irq", local.irq),
        ("preempt", local.preempt > 0),
        ("bh", local.bh > 0),
    ):
        if is_open:
            found.append((name, ""))
    found.extend(("lock", str(lock.place)) for lock in local.held if lock.kind in SPINNING)
    # Each reader by itself: one that begins before another ends is no longer waited for with it.
    found.extend(("srcu", f"{reader.place}#{reader.token}") for reader in local.readers)
    return tuple(dict.fromkeys(found))
