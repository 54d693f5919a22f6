"""One litmus test decided: can its condition hold, can it fail, which flags are raised?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.litmus.syntax import Litmus, Macro
from dsl.source import Source
from prover.answers import ALWAYS, NEVER, SOMETIMES, Decided, LitmusWitness
from prover.litmus.build import build
from prover.litmus.decode import DECIDING, decode
from prover.litmus.domains import TooManyValues
from prover.litmus.encode import Query, encode
from prover.litmus.events import Test
from prover.litmus.execution import Execution, NotAnExecution, judged, meets
from prover.litmus.values import Impossible, TooLarge
from prover.litmus.witness import tell
from prover.models.algebra import MemoryModel
from prover.smt.backends.z3 import Session
from prover.smt.relations import NotExact
from prover.smt.reply import GaveUp, Sat


@dataclass(frozen=True, slots=True)
class LitmusModel:
    """A memory model with the macros that say what its primitives do.

    ``stronger`` are models that a witness is first looked for in, the strongest first.
    """

    model: MemoryModel
    macros: Mapping[str, Macro]
    stronger: tuple[MemoryModel, ...] = ()


class _Open(Exception):
    """The solver has no answer; says why."""


class Broken(Exception):
    """What the solver found is no execution of the model: a bug."""


def decide(source: Source, under: LitmusModel, timeout: float, *, explain: bool) -> Decided:
    """The answer for the test in ``source``; ``timeout`` in seconds bounds each question.

    ``explain`` asks for a witness: an execution that meets the condition, under the strongest
    model that has one (for ``forall``, one that does not meet it).
    """
    start = time.process_time()
    case = _Case(source, under, timeout)
    name, quantifier = source.name, ""
    try:
        litmus = expand(parse_litmus(source), under.macros)
        name, quantifier = litmus.name, litmus.quantifier
        test = build(litmus)
        _check_tags(test, under.model)
        asked = case.ask(test, under.model)
        witness = case.witness(test, litmus) if explain else None
    except DiagnosticError as error:
        spent = time.process_time() - start
        return Decided(name, quantifier, "", False, (), "not checked", error.diagnostics, spent)
    except (TooManyValues, TooLarge, NotExact, _Open, RecursionError) as error:
        spent = time.process_time() - start
        why = str(error) or type(error).__name__
        return Decided(name, quantifier, "", False, (), why, (), spent)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug must cost one test, and say so
        spent = time.process_time() - start
        why = " ".join(f"a bug in prove: {type(error).__name__}: {error}".split())[:200]
        return Decided(name, quantifier, "", False, (), why, (), spent, bug=True)
    claimed = {
        "exists": asked.observation != NEVER,
        "~exists": asked.observation == NEVER,
        "forall": asked.observation == ALWAYS,
    }
    spent = time.process_time() - start
    result = claimed[quantifier]
    return Decided(name, quantifier, asked.observation, result, asked.flags, "", (), spent, witness)


def _check_tags(test: Test, model: MemoryModel) -> None:
    """A tag that the model does not know would order nothing, silently."""
    for tag, span in test.tags.items():
        if model.tags and tag not in model.tags:
            message = f"the memory model {model.name} has no tag `{tag}`"
            hint = "use the macros that go with the model: a .def file beside it"
            label = Label(span, f"this makes an event with the tag `{tag}`")
            raise DiagnosticError((Diagnostic("model-tag", message, label, hint=hint),))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the questions came to."""

    observation: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """One test being decided."""

    source: Source
    under: LitmusModel
    timeout: float

    def ask(self, test: Test, model: MemoryModel) -> _Asked:
        """Whether the condition can hold, whether it can fail, and the flags."""
        query = encode(test, model)
        session = Session(query.text, self.timeout, DECIDING)
        if self._can(session, query.undefined):
            raise _Open("an operation can have no result, such as a division by 0")
        yes = self._found(session, query, query.holds, test, model, meeting=True) is not None
        no = self._found(session, query, query.fails, test, model, meeting=False) is not None
        observation = (SOMETIMES if no else ALWAYS) if yes else NEVER
        flags = tuple(
            name for name, question in query.flags.items() if self._can(session, question)
        )
        return _Asked(observation, flags)

    def witness(self, test: Test, litmus: Litmus) -> LitmusWitness | None:
        """An execution to show, if there is one."""
        meeting = litmus.quantifier != "forall"
        for model in (*self.under.stronger, self.under.model):
            query = encode(test, model)
            session = Session(query.text, self.timeout, DECIDING)
            question = query.holds if meeting else query.fails
            found = self._found(session, query, question, test, model, meeting=meeting)
            if found is not None:
                return tell(found, model.name, self.source)
        return None

    def _can(self, session: Session, question: str) -> bool:
        reply = session.ask(question, values=False)
        if isinstance(reply, GaveUp):
            raise _Open(reply.reason)
        return isinstance(reply, Sat)

    def _found(
        self,
        session: Session,
        query: Query,
        question: str,
        test: Test,
        model: MemoryModel,
        *,
        meeting: bool,
    ) -> Execution | None:
        """An execution for a question; it has been put together and judged without the solver."""
        reply = session.ask(question)
        if isinstance(reply, GaveUp):
            raise _Open(reply.reason)
        if not isinstance(reply, Sat):
            return None
        try:
            execution = decode(test, query, reply.values)
        except (NotAnExecution, Impossible) as error:
            raise Broken(f"a witness failed its replay: {error}") from error
        broken = [breach.axiom.name for breach in judged(execution, model)]
        if broken:
            raise Broken(f"a witness failed its replay: it breaks {', '.join(broken)}")
        if meets(execution, test.litmus.condition) != meeting:
            raise Broken("a witness failed its replay: the final state is another")
        return execution
