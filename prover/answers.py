"""What is said of litmus tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.diagnostic import Diagnostic
from dsl.source import Source

NEVER, SOMETIMES, ALWAYS = "Never", "Sometimes", "Always"


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer for one test.

    ``observation``: whether the condition's proposition is met never, sometimes or always by
    the final states of the model's executions; "" where ``why`` says why there is no answer.
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


@dataclass(frozen=True, slots=True)
class Answered:
    """A file's answer; ``source`` for its diagnostics."""

    file: str
    decided: Decided
    source: Source | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class LitmusReport:
    """The answers, in the order of the files."""

    model: str
    tests: tuple[Answered, ...]
