"""One litmus test decided: can its condition hold, can it fail, which flags are raised?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from dsl.diagnostic import DiagnosticError
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.litmus.syntax import Litmus, Macro
from dsl.source import Source
from prover.answers import ALWAYS, NEVER, SOMETIMES, Decided
from prover.litmus.encode import TooManyValues, encode
from prover.litmus.events import build
from prover.models.algebra import MemoryModel
from prover.smt.backends.z3 import Session
from prover.smt.relations import NotExact
from prover.smt.reply import GaveUp, Sat


@dataclass(frozen=True, slots=True)
class LitmusModel:
    """A memory model with the macros that say what its primitives do."""

    model: MemoryModel
    macros: Mapping[str, Macro]


class _Open(Exception):
    """The solver has no answer; says why."""


def decide(source: Source, under: LitmusModel, timeout: float) -> Decided:
    """The answer for the test in ``source``; ``timeout`` in seconds bounds each question."""
    start = time.process_time()
    name, quantifier = source.name, ""
    try:
        litmus = expand(parse_litmus(source), under.macros)
        name, quantifier = litmus.name, litmus.quantifier
        observation, flags = _answers(litmus, under.model, timeout)
    except DiagnosticError as error:
        spent = time.process_time() - start
        return Decided(name, quantifier, "", False, (), "not checked", error.diagnostics, spent)
    except (TooManyValues, NotExact, _Open, RecursionError) as error:
        spent = time.process_time() - start
        why = str(error) or type(error).__name__
        return Decided(name, quantifier, "", False, (), why, (), spent)
    claimed = {
        "exists": observation != NEVER,
        "~exists": observation == NEVER,
        "forall": observation == ALWAYS,
    }
    spent = time.process_time() - start
    return Decided(name, quantifier, observation, claimed[quantifier], flags, "", (), spent)


def _answers(litmus: Litmus, model: MemoryModel, timeout: float) -> tuple[str, tuple[str, ...]]:
    query = encode(build(litmus), model)
    session = Session(query.text, timeout)

    def can(question: str) -> bool:
        reply = session.ask(question, values=False)
        if isinstance(reply, GaveUp):
            raise _Open(reply.reason)
        return isinstance(reply, Sat)

    yes = can(query.holds)
    no = can(query.fails)
    observation = (SOMETIMES if no else ALWAYS) if yes else NEVER
    return observation, tuple(name for name, question in query.flags.items() if can(question))
