"""Checks that take a fraction of a second each, in the process at hand: no test runner, no fork.

A check is a name and a function that says whether the engine is as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import dsl.check
from dsl.check.notes import Notes
from dsl.imports import Program
from dsl.interpreter import explore
from dsl.protocol import Protocol
from prover import pipeline
from prover.execution.claim import Claim
from prover.execution.construct.program import build
from prover.execution.run.machine import stage
from prover.execution.run.rehearse import rehearse
from prover.graph import compile_program
from prover.models.cat.load import load_model
from prover.pipeline import again, board, loaded
from prover.pipeline.program import Parsed, read_program
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.reply import Sat
from prover.verdict import Broken, Outcome, Progress, Request
from tests.differential import compare as differential
from tests.differential.awaits import generate_awaits
from tests.differential.callbacks import generate_callbacks
from tests.differential.generator import Generated, generate
from tests.differential.pages import generate_pages
from tests.differential.readers import generate_readers
from tests.execution.test_enumerate_cases import CASES as EXECUTIONS
from tests.execution.test_machine_cases import schedules_find
from tests.mutation.checks_alike import alike_checks
from tests.mutation.checks_certificate import certificate_checks, warm_up_certificates
from tests.mutation.checks_litmus import litmus_checks, warm_up_litmus
from tests.mutation.checks_oracles import oracle_checks
from tests.mutation.schedules import TooManySchedulesError, ended, schedules
from tests.verdict.test_cases import agrees, allows_less
from tests.weak import against
from tests.weak.right import MODELS as WEAK_MODELS
from tests.weak.right import Right, executions, programs
from tests.weak.tape import TooMany
from tests.weak.themes import THEMES, text
from tests.weak.wrong import Corruption
from tests.weak.wrong_waits import CORRUPTIONS

CASES = Path(__file__).parents[1] / "cases" / "verdict"
PROGRAMS = 60
"""Generated programs of the general kind; a third as many of each special one."""
WEAK_SEEDS, WEAK_SEEDS_OF = 2, {"hosts": 8}
"""Programs of each theme, under each weak model."""
WRONG = 3
"""Wrong executions made of each right one in one way."""

ALONE = ("read_to_write",)
"""A thread that waits for itself: standing there the machine calls it a deadlock too."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold."""

    name: str
    holds: Callable[[], bool]


def warm_up(every: list[Check]) -> None:
    """What is the same for all checks, and does not run a line of what is mutated, done once."""
    for model in ("sc", "tso", "lkmm"):
        load_model(model)
    names = {check.name for check in every}
    for path in _files():
        if not names & {_name(path), f"schedules/{path.stem}", f"interpret/{_name(path)}"}:
            continue
        program = _read(str(path))
        protocol = _checked(program, "", None)
        for variant in protocol.variants:
            _checked(program, variant, protocol)
        if f"interpret/{_name(path)}" in names:
            _outcomes(str(path))
    warm_up_litmus()
    warm_up_certificates(names)


def checks() -> list[Check]:
    """All of them, in a fixed order."""
    found = (*litmus_checks(), *oracle_checks(), *alike_checks(), *certificate_checks())
    others = [Check(name, holds) for name, holds in found]
    own = [*_cases(), *_schedules(), *_machine(), *_programs(), *_weak(), *_wrong()]
    return [*own, *_interpreted(), *others]


# --- verdicts -----------------------------------------------------------------------------


def _files() -> list[Path]:
    return [p for p in sorted(CASES.rglob("*.khp")) if p.parent.name != "open"]


@cache
def _read(name: str) -> Program:
    return read_program(name, Request((name,)))


_KNOWN: dict[tuple[int, str], Protocol] = {}


def _checked(
    program: Program,
    variant: str = "",
    base: Protocol | None = None,
    notes: Notes | None = None,
) -> Protocol:
    """What ``dsl.check.check`` says, kept: programs live as long as the process."""
    key = (id(program), variant)
    if key not in _KNOWN:
        _KNOWN[key] = dsl.check.check(program, variant, base, notes)
    return _KNOWN[key]


def _serial(job: Callable[[int], object], count: int, **_: object) -> Iterator[tuple[int, object]]:
    """In place of the pool of workers."""
    for number in range(count):
        yield number, job(number)


def _known_file(name: str, _: Request, __: Parsed | None = None) -> Program:
    return _read(name)


@contextmanager
def in_process() -> Generator[None]:
    """The pipeline without processes of its own, and without reading and checking files again."""
    files = ((loaded, "read_program", _known_file), (loaded, "check", _checked))
    pools = ((board, "run_pool", _serial), (again, "run_pool", _serial))
    before: list[tuple[ModuleType, str, object]] = []
    try:
        for module, name, other in (*files, *pools):
            # Raises where the module has no such name any more.
            before.append((module, name, getattr(module, name)))
            setattr(module, name, other)
        yield
    finally:
        for module, name, old in before:
            setattr(module, name, old)


def _schedules() -> Iterator[Check]:
    """The machine of the replay against the interpreter, on cases about who waits for whom."""
    for path in _files():
        if path.parent.name in ("locks", "sections") and path.stem not in ALONE:
            yield Check(f"schedules/{path.stem}", partial(_alike, str(path)))


def _machine() -> Iterator[Check]:
    """The machine on programs that say what they violate."""
    for case in EXECUTIONS:
        if not case.open:
            yield Check(f"machine/{case.name}", partial(schedules_find, case))


def _alike(name: str) -> bool:
    """Whether all schedules together violate what the interpreter finds; in large cases, no more."""
    protocol = _checked(_read(name))
    (scenario, *_) = protocol.scenarios
    if "sc" not in protocol.models or protocol.configs:
        return True
    skeleton = build(compile_program(protocol, scenario, {}, 1, waiting=True))
    if skeleton.cuts:
        return True
    expected = explore(protocol, scenario, {}, max_states=3_000)
    try:
        found = schedules(skeleton)
    except TooManySchedulesError as error:
        return error.found.violated <= expected.violations
    same = not expected.complete or found.ends == ended(expected)
    return found.violated == expected.violations and same


def _silent(_: Progress) -> None:
    pass


def _cases() -> Iterator[Check]:
    for path in _files():
        yield Check(_name(path), partial(_as_expected, str(path)))


def _name(path: Path) -> str:
    return path.relative_to(CASES).with_suffix("").as_posix()


def _as_expected(name: str) -> bool:
    """Whether every obligation of a file has the verdict that the file expects."""
    found = proved(name)
    return bool(found) and all(o.as_expected and not isinstance(o.verdict, Broken) for o in found)


def proved(name: str) -> tuple[Outcome, ...]:
    """What the prover says about a file; nothing where that has a mistake."""
    with in_process():
        (file,) = pipeline.run(Request((name,), jobs=1), _silent).files
    return () if file.diagnostics else file.outcomes


_outcomes = cache(proved)


def _interpreted() -> Iterator[Check]:
    """The interpreter on the cases; what the prover says of them is asked once, without mutants."""
    for path in _files():
        # What runs any number of actors the interpreter cannot explore: numbers are to be put in first.
        if path.parent.name == "anynumber":
            continue
        yield Check(f"interpret/{_name(path)}", partial(_interpreter_agrees, str(path)))


def _interpreter_agrees(name: str) -> bool:
    """Whether the interpreter finds what a case expects, under each model that it knows of."""
    program = _read(name)
    for outcome in _outcomes(name):
        protocol = _checked(program, outcome.obligation.variant)
        alike = agrees if outcome.obligation.model == "sc" else allows_less
        if not alike(protocol, outcome):
            return False
    return True


# --- engines compared ---------------------------------------------------------------------


def _programs() -> Iterator[Check]:
    """Solver, enumerator and interpreter, and rehearsals."""
    kinds: tuple[tuple[str, Callable[[int], Generated], int], ...] = (
        ("general", generate, PROGRAMS),
        ("callbacks", generate_callbacks, PROGRAMS // 3),
        ("readers", generate_readers, PROGRAMS // 3),
        ("pages", generate_pages, PROGRAMS // 3),
        ("awaits", generate_awaits, PROGRAMS // 3),
    )
    for kind, make, most in kinds:
        for seed in range(most):
            yield Check(f"agree/{kind}/{seed}", partial(_agrees, make, seed, kind == "awaits"))
    for seed in range(PROGRAMS // 3):
        yield Check(f"rehearse/{seed}", partial(_rehearsed, seed))


def _agrees(make: Callable[[int], Generated], seed: int, awaits: bool) -> bool:
    return not differential.compare(make(seed), awaits=awaits).disagreements


def _rehearsed(seed: int) -> bool:
    """Whether what a rehearsal reaches can be reached."""
    generated = generate(seed)
    skeleton = against.skeleton_of(generated.text, generated.bound)
    found = rehearse(stage(skeleton), frozenset({("", "none")}), frozenset())
    query = encode(prepare(skeleton), detail=False)
    asked = [query.checks[e] for e in found.events if e in query.checks]
    asked += [query.marks[mark] for mark in found.marks]
    asked += [query.ends] if found.ends else []
    session = Session(query.text, 60)
    return all(isinstance(session.ask(question, values=False), Sat) for question in asked)


def _weak() -> Iterator[Check]:
    """The encoding of weak models, and its replay, against their enumerator."""
    for theme in THEMES:
        for seed in range(WEAK_SEEDS_OF.get(theme, WEAK_SEEDS)):
            for model in ("tso", "lkmm"):
                name = f"weak/{theme}/{seed}/{model}"
                yield Check(name, partial(_weak_agrees, theme, seed, model))


def _weak_agrees(theme: str, seed: int, model: str) -> bool:
    try:
        found = against.compare(text(theme, seed), model, runs=300, most=300)
    except TooMany:
        return True
    return not found.unsound and not found.spurious


# --- executions that are none -------------------------------------------------------------


def _wrong() -> Iterator[Check]:
    """Executions that there are, and some made wrong, as the engine without mutants makes them."""
    for name in programs():
        rights = [r for model in WEAK_MODELS for r in executions(name, model)]
        yield Check(f"right/{name}", partial(_all_allowed, rights))
        for corruption in CORRUPTIONS:
            wrong = [(r, c) for r in rights for c in corruption.some(r, WRONG)]
            if wrong:
                check = partial(_all_refused, corruption, wrong)
                yield Check(f"wrong/{corruption.name}/{name}", check)


def _all_allowed(rights: list[Right]) -> bool:
    return not any(right.said(right.claim) for right in rights)


def _all_refused(corruption: Corruption, wrong: list[tuple[Right, Claim]]) -> bool:
    return all(corruption.fits(right.said(claim)) for right, claim in wrong)


__all__ = ["Check", "checks", "warm_up"]
