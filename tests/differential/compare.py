"""One program through every engine, and where the engines disagree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.interpreter import Exploration, Outcome, explore
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.enumerate.executions import Limit, outcomes, visible
from prover.execution.enumerate.outcomes import FinalState as EnumeratedState
from prover.execution.enumerate.outcomes import text as value_text
from prover.execution.terms import ReadValue
from prover.graph import compile_program
from prover.graph.values import Half, Pointer, Value, number_text
from prover.models.sc import SC
from prover.smt.backends.z3 import Session
from prover.smt.encode import Prepared, encode, prepare
from prover.smt.query import Query
from prover.smt.reply import GaveUp, Sat
from tests.differential.generator import Generated
from tests.differential.planted import Planted

MAX_STATES = 30_000
SECONDS = 20.0
"""For one question; they take milliseconds."""

ENUMERATED = Limit(events=20, candidates=3_000)
"""Programs up to this size go through the enumerator too."""

PERTURBED = 3
"""So many outcomes that the interpreter does not find are asked for, each on its own."""

FinalState = tuple[str, ...]
"""The final values of the places compared, as text, in their order."""


@dataclass(frozen=True, slots=True)
class Question:
    """A literal, with what the interpreter says about whether it can hold."""

    what: str
    literal: str
    expected: bool


@dataclass(slots=True)
class Comparison:
    """What came of one program: disagreements in words, and how the questions were answered."""

    generated: Generated
    states: int
    yes: int = 0
    no: int = 0
    enumerated: bool = False
    disagreements: list[str] = field(default_factory=list[str])


def compare(generated: Generated, *, awaits: bool = False) -> Comparison:
    """Asks the solver about everything that the interpreter finds, and does not find.

    ``awaits``: every loop is one, so neither side has a bound.
    """
    protocol = check(load_text("t.khp", generated.text, None, ()))
    bound = None if awaits else generated.bound
    found = explore(protocol, "s", {}, max_states=MAX_STATES, loop_bound=bound)
    assert found.states < MAX_STATES, f"seed {generated.seed} is not small"
    result = Comparison(generated, found.states)
    skeleton = build(compile_program(protocol, "s", {}, generated.bound, waiting=awaits))
    _ask(result, _engine(skeleton, generated), found)
    if visible(skeleton) <= ENUMERATED.events:
        _enumerate(result, skeleton, found)
    return result


def agree_on_awaits(generate: Callable[[int], Generated], seeds: Sequence[int]) -> None:
    """Asserts that the engines agree on generated programs of which every loop is an await.

    Half of them are small enough to be enumerated, and neither yes nor no is all that is answered.
    """
    enumerated = 0
    answers: Counter[str] = Counter()
    for seed in seeds:
        generated = generate(seed)
        found = compare(generated, awaits=True)
        assert not found.disagreements, generated.text
        enumerated += found.enumerated
        answers.update(yes=found.yes, no=found.no)
    assert enumerated > len(seeds) / 2
    assert min(answers["yes"], answers["no"]) > 0.2 * sum(answers.values())


def noticed_on_awaits(
    bug: Planted,
    monkeypatch: pytest.MonkeyPatch,
    generate: Callable[[int], Generated],
    seeds: Sequence[int],
) -> None:
    """Asserts that with the bug the engines disagree on one of the programs that may show it."""
    programs = map(generate, seeds)
    fitting = (program for program in programs if re.search(bug.needs, program.text))
    bug.is_noticed(
        monkeypatch, fitting, lambda program: compare(program, awaits=True).disagreements
    )


def _ask(result: Comparison, engine: Engine, found: Exploration) -> None:
    """Every question to the solver, against what the interpreter found."""
    generated = result.generated
    questions = [
        *_violations(engine, found),
        *_outcomes(engine, generated, final_states(found.outcomes, generated.places)),
        *_cuts(engine, found),
    ]
    answers = _answers(engine, questions)
    result.yes, result.no = answers.count(True), answers.count(False)
    for question, answer in zip(questions, answers, strict=True):
        if answer != question.expected:
            solver, interpreter = ("can be", "cannot be") if answer else ("cannot be", "can be")
            result.disagreements.append(
                f"{question.what}: {solver} by the solver, {interpreter} by the interpreter"
            )


def _enumerate(result: Comparison, skeleton: sk.Skeleton, found: Exploration) -> None:
    """What the enumerator finds, against what the interpreter found."""
    listed = outcomes(skeleton, SC, ENUMERATED)
    if not listed.complete:
        return
    result.enumerated = True
    beside = {"deadlock"} if _is_beside(found) else set[str]()
    for name in sorted((listed.violations ^ found.violations) - beside):
        result.disagreements.append(f"{name}: {_only(name in listed.violations)}")
    places = result.generated.places
    here = final_states(listed.outcomes, places)
    there = final_states(found.outcomes, places)
    for state in sorted(here ^ there):
        result.disagreements.append(f"{_named(result.generated, state)}: {_only(state in here)}")


def _only(enumerated: bool) -> str:
    """Who finds something."""
    one, other = ("enumerator", "interpreter") if enumerated else ("interpreter", "enumerator")
    return f"can be by the {one}, cannot be by the {other}"


def final_states(
    found: Iterable[Outcome | EnumeratedState], places: tuple[str, ...]
) -> frozenset[FinalState]:
    """The outcomes in which every actor has ended."""
    states: set[FinalState] = set()
    for outcome in found:
        if all(status == "ended" for _, status in outcome.actors):
            values = dict(outcome.places)
            states.add(tuple(values[place] for place in places))
    return frozenset(states)


# --- the solver's side --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Engine:
    """A program's query and the literals to put questions together from.

    ``tables`` say for each place compared which literal stands for each final value; ``over``
    that every actor has ended, ``fails`` that something is violated.
    """

    query: Query
    tables: tuple[dict[str, str], ...]
    over: str
    fails: str


def _engine(skeleton: sk.Skeleton, generated: Generated) -> Engine:
    """The query of a program."""
    prepared = prepare(skeleton)
    query = encode(prepared)
    finals = [t for t in prepared.skeleton.threads if t.kind == "final"]
    probes = finals[len(finals) - len(generated.places) :]
    judged = [e for thread in probes for e in thread.events if e in query.checks]
    over = meaning(query, query.checks[judged[-1]]) if judged else "false"
    tables = tuple(_table(prepared, thread) for thread in probes)
    return Engine(query, tables, over, meaning(query, query.fail))


def meaning(query: Query, question: str) -> str:
    """The literal that a question implies."""
    if question in ("true", "false"):
        return question
    found = re.search(rf"\(assert \(or \(not {question}\) (.*)\)\) ; question", query.text)
    assert found is not None, question
    return found[1]


def _answers(engine: Engine, questions: list[Question]) -> list[bool]:
    """Whether the solver says yes, for each question."""
    lines = [
        f"(declare-const z{i} Bool) (assert (=> z{i} {question.literal}))"
        for i, question in enumerate(questions)
    ]
    session = Session("\n".join((engine.query.text, *lines)), SECONDS)
    answers: list[bool] = []
    for i in range(len(questions)):
        reply = session.ask(f"z{i}")
        assert not isinstance(reply, GaveUp), reply.reason
        answers.append(isinstance(reply, Sat))
    return answers


def both(*parts: str) -> str:
    """All of the literals."""
    return f"(and true {' '.join(parts)})"


def either(parts: Iterable[str]) -> str:
    """One of the literals."""
    return f"(or false {' '.join(parts)})"


def _table(prepared: Prepared, thread: sk.Thread) -> dict[str, str]:
    """The literal of each value that a probe may read, by its text."""
    reads = [r for r in prepared.skeleton.reads if r.event in thread.events]
    cells = {read.part: _values(prepared, read.number) for read in reads}
    found: dict[str, list[str]] = {}
    if set(cells) == {"whole"}:
        pointer = _of_pointer(prepared, reads[0])
        for value, literal in cells["whole"]:
            found.setdefault(value_text(value, pointer=pointer), []).append(literal)
    else:
        for (low, one), (high, two) in product(cells["low"], cells["high"]):
            assert isinstance(low, Half)
            assert isinstance(high, Half)
            found.setdefault(number_text(low.bits, high.bits), []).append(both(one, two))
    return {text: either(parts) for text, parts in found.items()}


def _of_pointer(prepared: Prepared, read: sk.ReadAccess) -> bool:
    """Whether a read is of a place that holds pointers."""
    (address,) = prepared.domains.values[read.address]
    assert isinstance(address, Pointer)
    region = prepared.skeleton.layout.regions[address.location.object]
    return any(cell.pointer for cell in region.cells if cell.path == address.path)


def _values(prepared: Prepared, access: int) -> list[tuple[Value, str]]:
    """The values that a read access may give, with their literals."""
    values = prepared.domains.values[prepared.skeleton.term_of[ReadValue(access)]]
    if len(values) == 1:
        return [(values[0], "true")]
    if len(values) == 2:
        return [(values[0], f"(not r{access}v1)"), (values[1], f"r{access}v1")]
    return [(value, f"r{access}v{i}") for i, value in enumerate(values)]


# --- questions ----------------------------------------------------------------------------


def _violations(engine: Engine, found: Exploration) -> Iterator[Question]:
    """Every property that either side knows of.

    To the solver a deadlock is one of a whole execution: beside others that go on and violate
    something in every run it need not report one.
    """
    parts: dict[str, list[str]] = {name: [] for name in found.violations}
    for (name, _), question in engine.query.violations.items():
        parts.setdefault(name, []).append(meaning(engine.query, question))
    for name in sorted(parts):
        if name != "deadlock" or not _is_beside(found):
            yield Question(name, either(parts[name]), name in found.violations)


def _is_beside(found: Exploration) -> bool:
    """Whether there are deadlocks, but beside whoever is in them others violate something."""
    return "deadlock" in found.violations and not found.stands_still


def _outcomes(
    engine: Engine, generated: Generated, states: frozenset[FinalState]
) -> Iterator[Question]:
    """Every outcome is possible, no other is; and some others one by one."""
    if not generated.places:
        return
    clean = both(engine.over, f"(not {engine.fails})")
    literals: dict[FinalState, str] = {}
    for state in sorted(states):
        cells = zip(engine.tables, state, strict=True)
        literals[state] = both(*(table.get(value, "false") for table, value in cells))
        yield Question(_named(generated, state), both(clean, literals[state]), expected=True)
    others = both(clean, *(f"(not {literal})" for literal in literals.values()))
    yield Question("an outcome besides", others, expected=False)
    for state in _perturbed(engine, generated, states):
        cells = zip(engine.tables, state, strict=True)
        literal = both(clean, *(table[value] for table, value in cells))
        yield Question(_named(generated, state), literal, expected=False)


def _named(generated: Generated, state: FinalState) -> str:
    pairs = zip(generated.places, state, strict=True)
    return "outcome " + " ".join(f"{place}={value}" for place, value in pairs)


def _perturbed(
    engine: Engine, generated: Generated, states: frozenset[FinalState]
) -> list[FinalState]:
    """Combinations of values, each of them possible as far as one look tells, that are no outcome."""
    random = Random(generated.seed)
    found: dict[FinalState, None] = {}
    for _ in range(3 * PERTURBED if all(engine.tables) else 0):
        state = tuple(random.choice(sorted(table)) for table in engine.tables)
        if state not in states and len(found) < PERTURBED:
            found[state] = None
    return list(found)


def _cuts(engine: Engine, found: Exploration) -> Iterator[Question]:
    """Whether a run reaches the bound of a loop.

    Where something else goes wrong in the same run the two sides need not agree on what
    another actor would still have done.
    """
    cuts = either(meaning(engine.query, question) for question in engine.query.cuts.values())
    if found.cut_loops or not found.violations:
        yield Question("a loop cut", cuts, found.cut_loops)
    else:
        yield Question("a loop cut", both(cuts, f"(not {engine.fails})"), expected=False)
