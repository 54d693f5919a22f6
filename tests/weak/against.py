"""A tiny protocol by the enumerator and by the solver, and where they disagree.

python -m tests.weak.against lkmm FILE...
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dsl.check import check
from dsl.imports import load_text
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.run.replay import ReplayError
from prover.execution.terms import ReadValue
from prover.execution.weak.replay import replay_weak
from prover.graph import compile_program
from prover.graph.values import Value
from prover.models.cat.load import load_model
from prover.smt.backends.z3 import Session
from prover.smt.encode import Prepared, encode, prepare
from prover.smt.query import Query, apart
from prover.smt.reply import GaveUp, Sat
from prover.smt.weak.decode import DECIDING, weak_decode
from tests.weak.enumerate import IGNORED, Explored, Outcome, explore

SECONDS = 30.0


@dataclass(slots=True)
class Comparison:
    """What came of one program under one model: the answers, and disagreements in words.

    ``unsound`` are those in which the solver excludes what the enumerator found.
    """

    yes: set[str] = field(default_factory=set[str])
    no: set[str] = field(default_factory=set[str])
    unsound: list[str] = field(default_factory=list[str])
    spurious: list[str] = field(default_factory=list[str])
    outcomes: int = 0
    judged: int = 0


def skeleton_of(text: str, bound: int = 1) -> sk.Skeleton:
    """The skeleton of scenario s."""
    protocol = check(load_text("t.khp", text, None, ()))
    return build(compile_program(protocol, "s", {}, bound))


def compare(
    text: str, model: str, *, runs: int = 4_000, most: int = 6_000, replay: bool = True
) -> Comparison:
    """The two sides of one program; raises TooMany."""
    skeleton = skeleton_of(text)
    found = explore(skeleton, load_model(model), runs=runs, most=most)
    prepared = prepare(skeleton, model)
    return _Asking(prepared, found).compare(replay=replay)


class _Asking:
    """The questions about one program."""

    def __init__(self, prepared: Prepared, found: Explored) -> None:
        self.prepared, self.found = prepared, found
        self.query: Query = encode(prepared, detail=False)
        self.result = Comparison(outcomes=len(found.outcomes), judged=found.judged)
        skeleton = prepared.skeleton
        finals = {t.number for t in skeleton.threads if t.kind == "final"}
        self.reads = [r for r in skeleton.reads if skeleton.events[r.event].thread in finals]
        checked = [e for e in self.query.checks if skeleton.events[e].thread in finals]
        over = [self.query.checks[e] for e in checked]
        over = [meaning(self.query, q) for q in (*over, self.query.ends)]
        self.literals = {o: both(*over, *self._cells(o)) for o in found.outcomes}
        others = both(*over, *(f"(not {lit})" for lit in self.literals.values()))
        self.asked = {f"out{i}": lit for i, lit in enumerate((*self.literals.values(), others))}
        lines = [
            f"(declare-const {name} Bool) (assert (=> {name} {lit}))"
            for name, lit in self.asked.items()
        ]
        text = "\n".join((self.query.text, *lines))
        self.session = Session(text, SECONDS, DECIDING)
        self.apart = Session(text, SECONDS, DECIDING)
        self.apart.add(apart(self.query.distinct))

    def compare(self, *, replay: bool) -> Comparison:
        """All questions asked."""
        names = list(self.asked)
        for name, outcome in zip(names, self.literals, strict=False):
            if not self._can(name):
                self.result.unsound.append(f"outcome {self._text(outcome)}")
        if self.reads and self._can(names[-1]):
            self.result.spurious.append("an outcome besides")
        for what in sorted({*self.query.switches, *self.found.violations} - IGNORED):
            self._property(what, replay=replay)
        return self.result

    def _property(self, what: str, *, replay: bool) -> None:
        off = [switch for other, switch in self.query.switches.items() if other != what]
        able = what in self.query.switches and self._can(self.query.remaining, *off)
        (self.result.yes if able else self.result.no).add(what)
        if what in self.found.violations and not able:
            self.result.unsound.append(what)
        elif what not in self.found.violations and able:
            self.result.spurious.append(what)
        if able and replay:
            self._replay(what, *off)

    def _replay(self, what: str, *off: str) -> None:
        """What the solver shows must stand before the concrete reading."""
        reply = self.apart.ask(self.query.remaining, *off)
        if not isinstance(reply, Sat):
            self.result.spurious.append(f"{what}: only with nodes level")
            return
        skeleton = self.prepared.skeleton
        claim = weak_decode(skeleton, self.prepared.domains, reply.values)
        try:
            replay_weak(skeleton, claim, what, load_model(self.prepared.model))
        except ReplayError as error:
            self.result.spurious.append(f"{what} not replayed: {error}")

    def _can(self, question: str, *also: str) -> bool:
        reply = self.session.ask(question, *also, values=False)
        if isinstance(reply, Sat) and self.query.distinct:
            reply = self.apart.ask(question, *also, values=False)
        assert not isinstance(reply, GaveUp), reply
        return isinstance(reply, Sat)

    def _cells(self, outcome: Outcome) -> list[str]:
        return [
            dict(self._values(read)).get(value, "false")
            for read, value in zip(self.reads, outcome, strict=True)
        ]

    def _values(self, read: sk.ReadAccess) -> list[tuple[Value, str]]:
        """The values that a read access may give, with their literals."""
        term = self.prepared.skeleton.term_of[ReadValue(read.number)]
        values = self.prepared.domains.values[term]
        if len(values) == 1:
            return [(values[0], "true")]
        if len(values) == 2:
            name = f"r{read.number}v1"
            return [(values[0], f"(not {name})"), (values[1], name)]
        return [(value, f"r{read.number}v{i}") for i, value in enumerate(values)]

    def _text(self, outcome: Outcome) -> str:
        return " ".join(map(str, outcome))


def meaning(query: Query, question: str) -> str:
    """The literal that a question implies."""
    if question in ("true", "false"):
        return question
    found = re.search(rf"\(assert \(or \(not {question}\) (.*)\)\) ; question", query.text)
    assert found is not None, question
    return found[1]


def both(*parts: str) -> str:
    """All of the literals."""
    return f"(and true {' '.join(parts)})"


def main(files: Iterable[str], model: str) -> int:
    """Compares files, and prints what it came to."""
    bad = 0
    for file in files:
        found = compare(Path(file).read_text(), model)
        print(file, "yes:", *sorted(found.yes), "no:", *sorted(found.no))
        print(f"  {found.outcomes} outcomes, {found.judged} judged")
        for what, rows in (("TOO STRONG", found.unsound), ("too weak", found.spurious)):
            for row in rows:
                print(f"  {what}: {row}")
                bad += 1
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], sys.argv[1]))
