"""One litmus test decided: can its condition hold, can it fail, which flags are raised?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.litmus.syntax import Macro
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


class _Broken(Exception):
    """What the solver found is no execution of the model: a bug."""


def decide(source: Source, under: LitmusModel, timeout: float, *, explain: bool) -> Decided:
    """The answer for the test in ``source``; ``timeout`` in seconds bounds each question.

    ``explain`` asks for a witness: an execution that meets the condition, under the strongest
    model that has one (for ``forall``, one that does not meet it).
    """
    start = time.process_time()
    name, quantifier = source.name, ""

    def open_(why: str, diagnostics: tuple[Diagnostic, ...] = (), *, bug: bool = False) -> Decided:
        spent = time.process_time() - start
        return Decided(name, quantifier, "", False, (), why, diagnostics, spent, bug=bug)

    try:
        litmus = expand(parse_litmus(source), under.macros)
        name, quantifier = litmus.name, litmus.quantifier
        allowed = {kind: frozenset(tags) for kind, tags in under.model.allowed}
        test = build(litmus, allowed)
        _check_tags(test, under.model)
        asked = _ask(test, under.model, timeout)
        witness = _witness(test, under, asked, timeout, source) if explain else None
    except DiagnosticError as error:
        return open_("not checked", error.diagnostics)
    except (TooManyValues, TooLarge, NotExact, _Open, RecursionError) as error:
        return open_(str(error) or type(error).__name__)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug must cost one test, and say so
        why = " ".join(f"a bug in prove: {type(error).__name__}: {error}".split())[:200]
        return open_(why, bug=True)
    observation = asked.observation
    claimed = {
        "exists": observation != NEVER,
        "~exists": observation == NEVER,
        "forall": observation == ALWAYS,
    }
    spent = time.process_time() - start
    result = claimed[quantifier]
    return Decided(name, quantifier, observation, result, asked.flags, "", (), spent, witness)


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
    """What the questions came to: an execution that meets the condition, one that does not (None:
    there is none), and the flags.
    """

    meeting: Execution | None
    failing: Execution | None
    flags: tuple[str, ...]

    @property
    def observation(self) -> str:
        """How often the condition is met."""
        if self.meeting is None:
            return NEVER
        return ALWAYS if self.failing is None else SOMETIMES


def _ask(test: Test, model: MemoryModel, timeout: float) -> _Asked:
    """Whether the condition can hold, whether it can fail, and the flags."""
    questions = _Questions.of(test, model, timeout)
    query = questions.query
    if questions.can(query.undefined):
        raise _Open("an operation can have no result, such as a division by 0")
    yes, no = questions.execution(meeting=True), questions.execution(meeting=False)
    flags = tuple(name for name, question in query.flags.items() if questions.can(question))
    return _Asked(yes, no, flags)


def _witness(
    test: Test, under: LitmusModel, asked: _Asked, timeout: float, source: Source
) -> LitmusWitness | None:
    """An execution to show, if there is one, under the strongest model that has one."""
    meeting = test.litmus.quantifier != "forall"
    own = asked.meeting if meeting else asked.failing
    if own is None:
        return None
    for model in under.stronger:
        found = _Questions.of(test, model, timeout).execution(meeting=meeting)
        if found is not None:
            return tell(found, model.name, source)
    return tell(own, under.model.name, source)


@dataclass(frozen=True, slots=True)
class _Questions:
    """A test under a model, ready to be asked about."""

    test: Test
    model: MemoryModel
    query: Query
    session: Session

    @classmethod
    def of(cls, test: Test, model: MemoryModel, timeout: float) -> _Questions:
        """The questions; ``timeout`` in seconds bounds each."""
        query = encode(test, model)
        return cls(test, model, query, Session(query.text, timeout, DECIDING))

    def can(self, question: str) -> bool:
        """Whether what a question names can hold."""
        return self._reply(question, values=False) is not None

    def execution(self, *, meeting: bool) -> Execution | None:
        """An execution whose final state meets, or does not meet, the condition.

        It has been put together and judged without the solver.
        """
        reply = self._reply(self.query.holds if meeting else self.query.fails, values=True)
        if reply is None:
            return None
        try:
            execution = decode(self.test, self.query, reply.values)
        except (NotAnExecution, Impossible) as error:
            raise _Broken(f"a witness failed its replay: {error}") from error
        broken = [breach.axiom.name for breach in judged(execution, self.model)]
        if broken:
            raise _Broken(f"a witness failed its replay: it breaks {', '.join(broken)}")
        if meets(execution, self.test.litmus.condition) != meeting:
            raise _Broken("a witness failed its replay: the final state is another")
        return execution

    def _reply(self, question: str, *, values: bool) -> Sat | None:
        reply = self.session.ask(question, values=values)
        if isinstance(reply, GaveUp):
            raise _Open(reply.reason)
        return reply if isinstance(reply, Sat) else None
