"""What is said of litmus tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.diagnostic import Diagnostic
from dsl.source import Source, Span

NEVER, SOMETIMES, ALWAYS = "Never", "Sometimes", "Always"


@dataclass(frozen=True, slots=True)
class LitmusValue:
    """A location, or a register of a process (``1:r0``), and its value as the test writes it."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class LitmusStep:
    """A statement that is carried out: by which process, as written and where, what it reads."""

    process: int
    text: str
    span: Span | None
    reads: tuple[LitmusValue, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a cycle: a statement, and how (po, rf, co, fr) it leads to the next."""

    process: int
    text: str
    span: Span | None
    how: str


@dataclass(frozen=True, slots=True)
class LitmusWitness:
    """An execution whose final state meets the condition (or, for ``forall``, does not).

    ``model`` is the strongest shipped model that allows it.  ``steps`` are in an order that
    shows it, where there is one: then ``cycle`` is empty.  ``final`` is the state at the end.
    ``plain``: the test has plain accesses, which the compiler may reorder.
    """

    model: str
    steps: tuple[LitmusStep, ...]
    cycle: tuple[Link, ...]
    final: tuple[LitmusValue, ...]
    plain: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer for one test.

    ``observation``: whether the condition's proposition is met never, sometimes or always by
    the final states of the model's executions; "" where ``why`` says why there is no answer,
    by a ``bug`` of prove's own or for the test's sake.
    ``result``: whether what the test's quantifier claims is so.  ``flags`` in the model's order.
    """

    name: str
    quantifier: str
    observation: str
    result: bool
    flags: tuple[str, ...]
    why: str
    diagnostics: tuple[Diagnostic, ...]
    seconds: float
    witness: LitmusWitness | None = None
    bug: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A file's answer; ``source`` for the places in its diagnostics and its witness."""

    file: str
    decided: Decided
    source: Source | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class LitmusReport:
    """The answers, in the order of the files, and how long the run took."""

    model: str
    tests: tuple[Answered, ...]
    seconds: float = 0.0
