"""The second check of an invariant: questions for a solver, each of which must be unsatisfiable.

The lemma of docs/soundness.md, "Any number of actors", over bit-vectors.  Of each shared
state and each kind of rule it is asked: are there k + 1 local states and labels, all of whose views
are in the invariant, and a rule of this kind, that applies, so that a view of what it leads to is
not in the invariant?  ::

    (declare-const l0 ...) ...          the local states; l0 is that of the rule's actor
    (declare-const x0_1 ...) ...        the label of each towards each
    (declare-const rule ...)            one of the rules, by number
    (define-fun in0 ...)                the views of this shared state
    (define-fun in1 ...)                those of one that a rule leads to, and so on
    (define-fun f3 ...)                 whom guard 3 forbids; c: broadcasts, w: waits
    (assert ...)                        all views of l0, ..., lk are in0, and some rule leads out

Functions are decision diagrams.  They are made of the compiled rules and of the invariant alone;
nothing in a text was worked out by a search, nor by the other checker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import NamedTuple

from prover.parametric.certificate.diagram import Diagram, bit_vector
from prover.parametric.certificate.step import written
from prover.parametric.certificate.table import Table, reordered, tabled
from prover.parametric.invariant import Invariant, View
from prover.parametric.system import IDLE, Rule, Shared, System


class Effect(NamedTuple):
    """What rules do to others: those with one effect are one disjunct of a question."""

    shared: Shared
    guard: int
    begins: int
    over: bool
    ended: int
    change: int
    spawned: tuple[int, ...]


def questions(system: System, invariant: Invariant) -> Iterator[tuple[str, str]]:
    """The questions, each with a name: that none can be answered by a yes is the second check."""
    table = tabled(invariant)
    texts = _Texts(system, table)
    yield "initiation", texts.initiation()
    yield "safety", texts.safety()
    for number, shared in enumerate(table.shared()):
        for kind, rules in texts.kinds(shared):
            yield f"{kind} in shared state {number}", texts.consecution(shared, rules)


def kind_of(rule: Rule, shared: Shared) -> str:
    """What a question about a rule is called by: the most that it does."""
    if rule.spawned:
        return "spawn"
    if rule.change >= 0:
        return "broadcast"
    if rule.begins >= 0 or rule.over:
        return "wait"
    if rule.guard >= 0:
        return "guarded"
    return "local" if written(shared, rule) == shared else "update"


@dataclass(slots=True)
class _Texts:
    """The sorts of all questions: how wide local states and labels are."""

    system: System
    table: Table
    local_width: int = 1
    label_width: int = 1
    _rules: dict[Shared, list[Rule]] = field(default_factory=dict[Shared, list[Rule]])
    _views: dict[Shared, str] = field(default_factory=dict[Shared, str])
    _everybody: list[int] = field(default_factory=list[int])
    _known: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        start, labels = self.system.start, 0
        there = {shared: sorted(self.table.locals(shared)) for shared in self.table.rows}
        self._known = sorted(set[int]().union(*there.values()))
        locals_ = {IDLE, *self._known, *start.many, *start.single}
        waits, changes = set[int](), set[int]()
        for shared, rows in self.table.rows.items():
            for row in rows:
                for label in row.labels:
                    labels |= label
            self._rules[shared] = [
                rule for local in there[shared] for rule in self.system.rules(local, shared)
            ]
            for rule in self._rules[shared]:
                locals_.update((rule.after, *rule.spawned))
                labels |= rule.ended
                waits.update((rule.begins, *map(self.system.awaits, rule.spawned)))
                changes.add(rule.change)
        for change in sorted(changes - {-1}):
            locals_.update(self.system.changed(change, each) for each in self._known)
        self._everybody = sorted(locals_)
        for wait in sorted(waits - {-1}):
            for each in self._everybody:
                labels |= self.system.waited_for(wait, each)
        self.local_width = max(1, max(locals_).bit_length())
        self.label_width = max(1, labels.bit_length())

    # --- the three kinds of questions

    def initiation(self) -> str:
        """Is a view of the start not in the invariant?"""
        size, start = self.table.size, self.system.start
        places = range(size)
        anybody = sorted({IDLE, *start.many, *start.single})
        some = [
            f"(or {' '.join(f'(= l{k} {self._local(each)})' for each in anybody)})" for k in places
        ]
        alone = [
            f"(not (and (= l{one} {self._local(each)}) (= l{other} {self._local(each)})))"
            for each in start.single
            for one, other in combinations(places, 2)
        ]
        empty = [f"(= {_label(one, other)} {self._empty()})" for one, other in _pairs(size)]
        views = self._member("in0", [f"l{k}" for k in places], _label, places)
        lines = [*self._declared(size), self._defined("in0", start.shared)]
        return _text([*lines, *(f"(assert {each})" for each in (*some, *alone, *empty))], views)

    def safety(self) -> str:
        """Is there a violated rule in the invariant, or a shared state that is broken?"""
        wrong: list[str] = []
        for number, shared in enumerate(self.table.shared()):
            here = f"(= at {bit_vector(number, 32)})"
            if self.system.broken(shared) is not None:
                wrong.append(here)
            violated = {rule.local for rule in self._rules[shared] if rule.violated is not None}
            wrong += [f"(and {here} (= l0 {self._local(each)}))" for each in sorted(violated)]
        lines = ["(declare-const at (_ BitVec 32))", *self._declared(1)]
        return _text(lines, "(not (or false " + "\n".join(wrong) + "))")

    def kinds(self, shared: Shared) -> Iterator[tuple[str, list[Rule]]]:
        """The rules that there are in a shared state, by kind."""
        found: dict[str, list[Rule]] = defaultdict(list)
        for rule in self._rules[shared]:
            if rule.violated is None:
                found[kind_of(rule, shared)].append(rule)
        yield from sorted(found.items())

    def consecution(self, shared: Shared, rules: Sequence[Rule]) -> str:
        """Does one of these rules lead out of the invariant?"""
        size = self.table.size
        effects: dict[Effect, list[Rule]] = defaultdict(list)
        for rule in rules:
            effects[
                Effect(
                    written(shared, rule),
                    rule.guard,
                    rule.begins,
                    rule.over,
                    rule.ended,
                    rule.change,
                    rule.spawned,
                )
            ].append(rule)
        ordered = [rule for group in effects.values() for rule in group]
        width = max(1, (len(ordered) - 1).bit_length())
        lines = [*self._declared(size + 1), f"(declare-const rule (_ BitVec {width}))"]
        lines.append(self._defined("in0", shared))
        targets = {shared: "in0"}
        for effect in effects:
            if effect.shared in self.table.rows and effect.shared not in targets:
                targets[effect.shared] = f"in{len(targets)}"
                lines.append(self._defined(targets[effect.shared], effect.shared))
        lines += self._functions(effects)
        sort = f"(_ BitVec {self.local_width})"
        movers = {number: self._local(rule.local) for number, rule in enumerate(ordered)}
        afters = {number: self._local(rule.after) for number, rule in enumerate(ordered)}
        for name, values in (("mover", movers), ("after", afters)):
            term = Diagram(width, self._local(IDLE)).of(values, [("rule", width)])
            lines.append(f"(define-fun {name} () {sort}\n{term})")
        lines.append("(assert (= l0 mover))")
        names = [f"l{k}" for k in range(size + 1)]
        for some in combinations(range(size + 1), size):
            # Views of which the actor is none say who else is there; all are in the invariant.
            lines.append(f"(assert {self._member('in0', names, _label, some)})")
        lines += self._apart() if size == 1 else []
        disjuncts: list[str] = []
        first = 0
        for effect, group in effects.items():
            last = first + len(group) - 1
            within = (
                f"(bvule {bit_vector(first, width)} rule) (bvule rule {bit_vector(last, width)})"
            )
            disjuncts.append(f"(and {within}\n{self._leads_out(effect, shared, targets)})")
            first = last + 1
        return _text(lines, "(not (or " + "\n".join(disjuncts) + "))")

    def _apart(self) -> Iterator[str]:
        """That two actors are not the same of those that there is one of, where no view says it."""
        single = {each: self.system.single(each) for each in self._everybody}
        for alone in sorted(set(single.values()) - {-1}):
            of = {each: "true" for each, number in single.items() if number == alone}
            yield self._function(f"s{alone}", "Bool", of, "false")
            yield f"(assert (not (and (s{alone} l0) (s{alone} l1))))"

    def _leads_out(self, effect: Effect, shared: Shared, targets: Mapping[Shared, str]) -> str:
        """That the rules of an effect apply, and that a view of what they lead to is missing."""
        size = self.table.size
        others = range(1, size + 1)
        applies = [f"(not (f{effect.guard} l{k}))" for k in others if effect.guard >= 0]
        applies += [f"(= {_label(0, k)} {self._empty()})" for k in others if effect.over]
        if effect.shared not in targets:
            return " ".join([*applies, "true"])
        stay = (f"(c{effect.change} l{k})" if effect.change >= 0 else f"l{k}" for k in others)
        names = ["after", *stay, *(self._local(each) for each in effect.spawned)]

        def label(one: int, other: int) -> str:
            if other > size:
                return self._empty()
            if one > size:
                wait = self.system.awaits(effect.spawned[one - size - 1])
                found = f"(w{wait} {names[other]})" if wait >= 0 else self._empty()
            elif one == 0 and effect.begins >= 0:
                found = f"(w{effect.begins} {names[other]})"
            elif one == 0 and effect.over:
                found = self._empty()
            elif other == 0 and effect.ended:
                kept = ~effect.ended & (1 << self.label_width) - 1
                found = f"(bvand {_label(one, other)} {bit_vector(kept, self.label_width)})"
            else:
                found = _label(one, other)
            return f"(there {names[one]} {names[other]} {found})"

        missing = [
            f"(not {self._member(targets[effect.shared], names, label, some)})"
            for some in self._new_views(effect, shared)
        ]
        return " ".join([*applies, f"(or {' '.join(missing)})"])

    def _new_views(self, effect: Effect, shared: Shared) -> Iterator[tuple[int, ...]]:
        """Which of the actors a view that may be new is of: the others are all alike.

        Without the actor, those spawned and a change nothing of a view is new.
        """
        size = self.table.size
        special = [0, *range(size + 1, size + 1 + len(effect.spawned))]
        for number in range(size + 1):
            for some in combinations(special, size - number):
                if some or effect.shared != shared or effect.change >= 0:
                    yield tuple(sorted((*some, *range(1, number + 1))))

    # --- terms

    def _declared(self, number: int) -> list[str]:
        local, label = f"(_ BitVec {self.local_width})", f"(_ BitVec {self.label_width})"
        lines = [f"(declare-const l{k} {local})" for k in range(number)]
        lines += [f"(declare-const {_label(a, b)} {label})" for a, b in _pairs(number)]
        idle = self._local(IDLE)
        lines.append(
            f"(define-fun there ((one {local}) (other {local}) (x {label})) {label}\n"
            f"(ite (or (= one {idle}) (= other {idle})) {self._empty()} x))"
        )
        return lines

    def _functions(self, effects: Iterable[Effect]) -> Iterator[str]:
        """What guards, broadcasts and waits say of a local state."""
        system = self.system
        local, label = f"(_ BitVec {self.local_width})", f"(_ BitVec {self.label_width})"
        waits = {effect.begins for effect in effects} | {
            system.awaits(each) for effect in effects for each in effect.spawned
        }
        for guard in sorted({effect.guard for effect in effects} - {-1}):
            forbidden = {k: "true" for k in self._everybody if system.forbids(guard, k)}
            yield self._function(f"f{guard}", "Bool", forbidden, "false")
        for wait in sorted(waits - {-1}):
            labels = {
                k: bit_vector(system.waited_for(wait, k), self.label_width) for k in self._everybody
            }
            yield self._function(f"w{wait}", label, labels, self._empty())
        for change in sorted({effect.change for effect in effects} - {-1}):
            # Of local states that are nowhere nothing is said: whatever they become is missing.
            there = {k: self._local(system.changed(change, k)) for k in self._known}
            yield self._function(f"c{change}", local, there, self._local(IDLE))

    def _function(self, name: str, sort: str, values: Mapping[int, str], default: str) -> str:
        term = Diagram(self.local_width, default).of(values, [("l", self.local_width)])
        return f"(define-fun {name} ((l (_ BitVec {self.local_width}))) {sort}\n{term})"

    def _member(
        self, name: str, names: Sequence[str], label: Callable[[int, int], str], some: Sequence[int]
    ) -> str:
        """That some of the actors are a view of a shared state."""
        labels = (label(one, other) for one, other in permutations(some, 2))
        return f"({name} {' '.join([*(names[k] for k in some), *labels])})"

    def _defined(self, name: str, shared: Shared) -> str:
        """The function that tells the views of a shared state."""
        if shared not in self._views:
            self._views[shared] = self._views_of(shared)
        return self._views[shared].replace("@", name)

    def _views_of(self, shared: Shared) -> str:
        """The same for a function called ``@``: local states are told apart as far as it does."""
        size, local = self.table.size, self.local_width
        if shared not in self.table.rows:
            classes, views = dict[int, int](), set[tuple[tuple[int, ...], tuple[int, ...]]]()
        else:
            classes, views = _classes(self.table, shared)
        width = max(1, max(classes.values(), default=0).bit_length())
        numbers = {each: bit_vector(number, width) for each, number in classes.items()}
        term = Diagram(local, bit_vector(0, width)).of(numbers, [("l", local)])
        told = f"(define-fun @c ((l (_ BitVec {local}))) (_ BitVec {width})\n{term})\n"
        pairs = list(_pairs(size))
        arguments = [(f"c{k}", width) for k in range(size)]
        arguments += [(f"x{one}_{other}", self.label_width) for one, other in pairs]
        entries: dict[int, str] = {}
        for members, labels in views:
            number = 0
            for each in members:
                number = number << width | each
            for each in labels:
                number = number << self.label_width | each
            entries[number] = "true"
        term = Diagram(sum(each for _, each in arguments), "false").of(entries, arguments)
        given = [f"(l{k} (_ BitVec {local}))" for k in range(size)]
        given += [f"(x{one}_{other} (_ BitVec {self.label_width}))" for one, other in pairs]
        opened = "".join(f"(let ((c{k} (@c l{k}))) " for k in range(size))
        return f"{told}(define-fun @ ({' '.join(given)}) Bool\n{opened}{term}{')' * size})"

    def _local(self, local: int) -> str:
        return bit_vector(local, self.local_width)

    def _empty(self) -> str:
        return bit_vector(0, self.label_width)


def _classes(
    table: Table, shared: Shared
) -> tuple[dict[int, int], set[tuple[tuple[int, ...], tuple[int, ...]]]]:
    """Local states that are together with the same others, numbered from 1, and views of these."""
    ordered: set[View] = {
        reordered(view, order)
        for view in table.views(shared)
        for order in permutations(range(table.size))
    }
    rest: dict[int, set[tuple[tuple[int, ...], tuple[int, ...]]]] = defaultdict(set)
    for members, labels in ordered:
        rest[members[0]].add((members[1:], labels))
    numbers: dict[frozenset[object], int] = {}
    classes = {
        local: numbers.setdefault(frozenset(rest[local]), len(numbers) + 1)
        for local in sorted(rest)
    }
    return classes, {(tuple(classes[each] for each in some), labels) for some, labels in ordered}


def _pairs(number: int) -> Iterator[tuple[int, int]]:
    yield from permutations(range(number), 2)


def _label(one: int, other: int) -> str:
    return f"x{one}_{other}"


def _text(lines: Iterable[str], goal: str) -> str:
    """That something is always so is asked by its contrary."""
    return "\n".join([*lines, f"(assert (not {goal}))"]) + "\n"
