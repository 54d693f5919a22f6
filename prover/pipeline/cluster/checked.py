"""What came from a worker, checked as far as it can be without proving it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from dsl.primitives import PROPERTIES
from dsl.source import Source, Span
from prover.cache.codec import Damaged
from prover.cache.places import texts
from prover.cache.slices import moved
from prover.execution.witness import Witness
from prover.pipeline.cluster.forms import LONGEST, Answer, Told, result_of
from prover.pipeline.decision import Decision
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.pipeline.round import STRENGTH
from prover.verdict import Bounded, Proved, Refuted, Request

_LONG = 4000
"""No sentence of a verdict has more characters."""


def answer_of(text: str) -> Answer:
    """What a worker answered.  Raises Damaged."""
    if len(text) > LONGEST:
        raise Damaged(f"it has {len(text)} characters")
    try:
        return msgspec.json.decode(text, type=Answer)
    except RecursionError:
        raise Damaged("it is nested too deeply") from None
    except UnicodeError:
        raise Damaged("it is no text") from None


def results_of(
    found: Sequence[Told], tasks: Sequence[Task], sources: Mapping[str, Source], request: Request
) -> list[Decision | Lost]:
    """What became of each obligation, its witnesses not yet replayed.  Raises Damaged."""
    if len(found) != len(tasks):
        raise Damaged(f"it is about {len(found)} obligations, not {len(tasks)}")
    try:
        results = [result_of(each) for each in found]
    except RecursionError:
        raise Damaged("it is nested too deeply") from None
    for task, result in zip(tasks, results, strict=True):
        for wrong in _wrong(result, task, sources, request):
            raise Damaged(wrong)
    return results


def _wrong(
    result: Decision | Lost, task: Task, sources: Mapping[str, Source], request: Request
) -> Iterator[str]:
    """What cannot be so."""
    if isinstance(result, Lost):
        if not _is_said(result.why):
            yield "no reason that can be shown"
        return
    verdict = result.verdict
    witnesses: tuple[Witness, ...] = ()
    if isinstance(verdict, Refuted):
        witnesses = (verdict.witness, *verdict.others)
    plain = (
        () if witnesses else verdict,
        result.asserts,
        result.unreached,
        result.unmarked,
        result.dead,
        result.suppressed,
        tuple(result.measured.seconds),
    )
    if not all(_is_said(text) for text in texts(plain)):
        yield "a text that cannot be shown"
    yield from _misplaced(plain, sources)
    measured = result.measured
    if not 0 <= measured.bound <= request.max_bound:
        yield f"a bound of {measured.bound}"
    numbers = (measured.events, measured.clauses, measured.peak_mib, *measured.seconds.values())
    if not all(0 <= number < 1e12 for number in numbers):
        yield "a size or a time that cannot be"
    if isinstance(verdict, Proved) and verdict.number is not None:
        yield "a proof for any number of actors"
    if isinstance(verdict, Bounded):
        if not (0 < verdict.bound <= request.max_bound and verdict.loops):
            yield "a bound that cuts nothing"
    if result.unasked and not witnesses:
        yield "no refutation, and not asked what it reaches"
    if len({witness.property for witness in witnesses}) < len(witnesses):
        yield "two witnesses of one property"
    for witness in witnesses:
        yield from _unfit(witness, task.obligation.model)


def _unfit(witness: Witness, model: str) -> Iterator[str]:
    """Why a witness cannot be one of an obligation under a memory model."""
    if witness.property not in PROPERTIES:
        yield "a property that there is not"
    elif witness.model not in STRENGTH or STRENGTH.index(witness.model) > STRENGTH.index(model):
        yield f"a witness that need not be allowed by {model}"
    elif witness.property == "invariant" and model != "sc":
        yield f"an invariant under {model}"
    elif witness.record is None:
        yield "a witness without what it was replayed from"


def _misplaced(value: object, sources: Mapping[str, Source]) -> Iterator[str]:
    """A place that is in none of the files."""
    wrong: list[str] = []

    def look(span: Span) -> Span:
        source = sources.get(span.file)
        if source is None or not 0 <= span.start <= span.end <= len(source.text):
            wrong.append("a place that is in none of the files")
        return span

    moved(value, look)
    yield from wrong


def _is_said(text: str) -> bool:
    """Whether a sentence can be shown."""
    return len(text) <= _LONG and text.replace("\n", " ").isprintable()
