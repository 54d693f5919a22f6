"""The second check of an invariant: questions for a solver, each of which must be unsatisfiable.

The lemma of docs/soundness.md, "Any number of actors", over bit-vectors.  Of each shared
state, and of the rules of one kind that lead from it to another, it is asked: are there k - 1
others who are a view with the actor of one of these rules, which applies, so that a view of what
it makes of them is not in the invariant?  And where the shared state changes, or the others do: are
there k others, all of whose views, with the actor and without it, are in the invariant, who are no
view afterwards?  ::

    (declare-const j1 ...) ...          the others, each by a number
    (declare-const x0_1 ...) ...        the label of each towards each; 0 is the rule's actor
    (define-fun in3 ...)                the views of some shared state, of classes and labels
    (let ((here_1 ...)) ...             of each other: its class in the shared state,
    (let ((there_1 ...)) ...            and in the one that the rules lead to,
    (let ((f0_1 ...)) ...               whether some guard forbids it; w: what a wait is for
    (assert (or ...))                   one case for each rule of the kind

Rules are listed; the others, and the labels, are what the solver has to look for.  Local states
are told apart as far as a question does: in a class are those that are together with the same
others, and two others that answer all that is asked of them alike have one number.  Functions
are decision diagrams.  They are made of the compiled rules and of the invariant alone; nothing in
a text was worked out by a search, nor by the other checker.  Questions that are the same text are
one question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from prover.parametric.certificate.asked import Asked, Case, Kind
from prover.parametric.certificate.diagram import bit_vector
from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.mirrors import Mirrors, mirrors
from prover.parametric.certificate.step import written
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.certificate.terms import (
    Labels,
    Some,
    Views,
    declared,
    label_of,
    ordered_pairs,
    truth,
)
from prover.parametric.invariant import Invariant
from prover.parametric.system import IDLE, Rule, Shared, System


class Question(NamedTuple):
    """One question: a goal over what is defined by it, or by one before it."""

    name: str
    definitions: str
    goal: str


def questions(system: System, invariant: Invariant) -> Iterator[Question]:
    """The questions, in order: that none can be answered by a yes is the second check."""
    folded = invariant if isinstance(invariant, Folded) else None
    table = tabled(invariant) if folded is None else folded.kept
    texts = Texts(system, table, None if folded is None else mirrors(system, folded))
    yield texts.asked("initiation", texts.initiation())
    yield texts.asked("safety", texts.safety())
    if folded is not None:
        yield texts.asked("symmetry", texts.symmetry())
    number = {shared: k for k, shared in enumerate(table.shared())}
    for shared, at in number.items():
        for kind, rules in texts.kinds(shared):
            way = f"in shared state {at}"
            if kind.after != shared:
                way = f"from shared state {at} to {texts.told(kind.after, number)}"
            yield texts.asked(f"{kind.name} {way}", texts.consecution(shared, kind, rules))


def kind_of(rule: Rule, shared: Shared) -> Kind:
    """What question a rule is asked about in: it is called by the most that the rule does."""
    after = written(shared, rule)
    name = "local" if after == shared else "update"
    if rule.spawned:
        name = "spawn"
    elif rule.change >= 0:
        name = "broadcast"
    elif rule.begins >= 0 or rule.over:
        name = "wait"
    elif rule.guard >= 0:
        name = "guarded"
    return Kind(name, after, rule.change)


@dataclass(slots=True)
class Texts:
    """The goals of all questions."""

    system: System
    table: Table
    mirrors: Mirrors | None = None
    _views: Views = field(init=False)
    _labels: Labels = field(init=False)
    _there: dict[Shared, list[int]] = field(init=False)
    _rules: dict[Shared, list[Rule]] = field(default_factory=dict[Shared, list[Rule]])

    def __post_init__(self) -> None:
        table, rules = self.table, self.system.rules
        self._there = {shared: sorted(table.locals(shared)) for shared in table.rows}
        for shared, there in self._there.items():
            self._rules[shared] = [rule for local in there for rule in rules(local, shared)]
        self._labels = Labels(max(1, self._regions().bit_length()))
        self._views = Views(table, self._labels.width, self.mirrors)
        for line in declared(table.size, self._labels.width):
            self._views.define(line)

    def _regions(self) -> int:
        """All regions that a label of the table may have, or one after a rule."""
        system, labels, waits, changes = self.system, 0, set[int](), set[int]()
        for row in (row for rows in self.table.rows.values() for row in rows):
            for label in row.labels:
                labels |= label
        everybody = set[int]().union(*self._there.values())
        for rule in (rule for rules in self._rules.values() for rule in rules):
            labels |= rule.ended
            everybody.update((rule.after, *rule.spawned))
            waits.update((rule.begins, *map(system.awaits, rule.spawned)))
            changes.add(rule.change)
        for change in changes - {-1}:
            everybody.update([system.changed(change, each) for each in everybody])
        for wait in waits - {-1}:
            for each in everybody:
                labels |= system.waited_for(wait, each)
        return labels if self.mirrors is None else self.mirrors.regions(labels)

    def told(self, shared: Shared, number: Mapping[Shared, int]) -> str:
        """A shared state by its number, or by that of what it is an image of."""
        image = None if self.mirrors is None else self.mirrors.image(shared)
        if shared in number or image is None:
            return str(number.get(shared, "none"))
        return f"what {number[image[0]]} becomes"

    def asked(self, name: str, goal: str) -> Question:
        """A question, with the functions in it that were not defined before."""
        return Question(name, self._views.new(), goal)

    # --- the three kinds of questions

    def initiation(self) -> str:
        """Is a view of the start not in the invariant?"""
        size, start, views = self.table.size, self.system.start, self._views
        places = range(size)
        some = Some(sorted({IDLE, *start.many, *start.single}))
        wrong = [some.told("start", lambda _: "true", "false", k) for k in places]
        for number, single in enumerate(start.single):

            def alone(local: int, single: int = single) -> str:
                return truth(local == single)

            told = [some.told(f"s{number}", alone, "false", k) for k in places]
            wrong += [f"(not (and {one} {other}))" for one, other in combinations(told, 2)]
        wrong += [f"(= {label_of(*each)} {self._labels.empty})" for each in ordered_pairs(size)]
        if start.shared in self.table.rows:
            nobody = views.nobody(start.shared)

            def of(local: int) -> str:
                return views.class_of(start.shared, local)

            here = [some.told("here", of, nobody, k) for k in places]
            wrong.append(f"(not {views.member(start.shared, here, label_of, places)})")
        return _goal([f"(and {' '.join(wrong)})"], some.opened(places))

    def safety(self) -> str:
        """Is there a violated rule in the invariant, or a shared state that is broken?"""
        wrong: list[str] = []
        for number, shared in enumerate(self.table.shared()):
            here = f"(= at {bit_vector(number, 32)})"
            if self.system.broken(shared) is not None:
                wrong.append(here)
            violated = {rule.local for rule in self._rules[shared] if rule.violated is not None}
            wrong += [f"(and {here} (= j0 {bit_vector(each, 32)}))" for each in sorted(violated)]
        return _goal(wrong)

    def symmetry(self) -> str:
        """Is there a shared state that does not stand for what it becomes?"""
        wrong = () if self.mirrors is None else self.mirrors.wrong()
        return _goal([f"(= at {bit_vector(number, 32)})" for number in wrong])

    def kinds(self, shared: Shared) -> Iterator[tuple[Kind, list[Rule]]]:
        """The rules that there are in a shared state, by kind."""
        found: dict[Kind, list[Rule]] = defaultdict(list)
        for rule in self._rules[shared]:
            if rule.violated is None:
                found[kind_of(rule, shared)].append(rule)
        yield from sorted(found.items())

    def consecution(self, shared: Shared, kind: Kind, rules: Iterable[Rule]) -> str:
        """Does one of these rules lead out of the invariant?"""
        asked = Asked(
            self.system, self._views, self._labels, shared, kind, Some(self._there[shared])
        )
        cases = sorted({self._case(shared, kind, rule) for rule in rules}, key=Case.order)
        wrong = [f"(and {asked.with_actor(case)})" for case in cases]
        if kind.after != shared or kind.change >= 0:
            wrong.append(asked.stand_by(cases))
        return _goal(wrong, asked.some.opened(range(1, self.table.size + 1)))

    def _case(self, shared: Shared, kind: Kind, rule: Rule) -> Case:
        known = self._views.known(kind.after)
        return Case(
            self._views.class_of(shared, rule.local),
            self._views.class_of(kind.after, rule.after) if known else "",
            rule.after == IDLE,
            rule.guard,
            rule.begins,
            rule.over,
            rule.ended,
            rule.spawned,
            rule.after if rule.spawned else -1,
            # With views of one nothing else says that an actor is not beside itself.
            self.system.single(rule.local) if self.table.size == 1 else -1,
        )


def _goal(wrong: Iterable[str], opened: Sequence[str] = ()) -> str:
    """That something is always so is asked by its contrary."""
    cases = "\n".join(wrong)
    return f"(assert {''.join(opened)}(or false\n{cases}){')' * len(opened)})\n"
