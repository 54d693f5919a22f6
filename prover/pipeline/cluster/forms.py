"""What is sent to a worker and what comes back: JSON, each form read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec

from dsl.imports import Program
from dsl.protocol import Expect
from dsl.source import Span
from prover.cache.codec import Given, given, verdict_of
from prover.cache.fingerprint import versions
from prover.features import Feature
from prover.pipeline.decision import Decision
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.verdict import Broken, Measured, Obligation, Request, Unknown, Verdict

LONGEST: Final = 64 << 20
"""No question and no answer has more characters."""


class Limited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of every obligation alike, and the limits on it."""

    timeout: float
    memory: int
    max_bound: int
    explain: bool
    without: tuple[Feature, ...]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Obligations of one protocol, in groups that differ in the memory model only.

    ``files`` are names and texts in the order in which they depend on each other, the protocol
    itself last.
    """

    versions: dict[str, str]
    files: tuple[tuple[str, str], ...]
    groups: tuple[tuple[tuple[Obligation, Expect | None], ...], ...]
    limited: Limited


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an obligation.

    ``lost``: its process was, and ``late``: it overstayed.  ``wrong``: the author made a mistake
    that shows only here; which one is found out where the file is.
    """

    verdict: Given | None
    measured: Measured = Measured()
    asserts: tuple[Span, ...] = ()
    unreached: tuple[Span, ...] = ()
    unmarked: tuple[tuple[str, str], ...] = ()
    dead: tuple[tuple[str, str], ...] = ()
    suppressed: tuple[str, ...] = ()
    wrong: bool = False
    lost: str = ""
    late: bool = False
    unasked: bool = False


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the worker ``at`` an address found out, obligation by obligation, or why it did not.

    ``died``: the process that decides did.
    """

    at: str
    versions: dict[str, str] = {}
    found: tuple[Told, ...] = ()
    failed: str = ""
    died: bool = False


_MORE: Final[dict[str, type[Verdict]]] = {kind.__name__: kind for kind in (Unknown, Broken)}
"""The verdicts that are told but not remembered."""


def question(program: Program, groups: Sequence[Sequence[Task]], request: Request) -> str:
    """The text for a worker."""
    files = tuple((file.name, program.sources[file.name].text) for file in program.files)
    asked = tuple(tuple((task.obligation, task.expected) for task in group) for group in groups)
    limited = Limited(
        request.timeout, request.memory, request.max_bound, request.explain, request.without
    )
    return msgspec.json.encode(Question(versions(), files, asked, limited)).decode()


def told(result: Decision | Lost) -> Told:
    """What became of an obligation, to be sent."""
    if isinstance(result, Lost):
        return Told(None, lost=result.why, late=result.late)
    return Told(
        given(result.verdict),
        result.measured,
        result.asserts,
        result.unreached,
        result.unmarked,
        result.dead,
        result.suppressed,
        bool(result.diagnostics),
        unasked=result.unasked,
    )


def result_of(found: Told) -> Decision | Lost:
    """What was sent; the witnesses in it are only claimed.  Raises Damaged."""
    if found.verdict is None:
        return Lost(found.lost, late=found.late)
    more = _MORE.get(found.verdict.kind)
    verdict = (
        verdict_of(found.verdict)
        if more is None
        else msgspec.json.decode(found.verdict.rest, type=more)
    )
    return Decision(
        verdict,
        found.measured,
        found.asserts,
        found.unreached,
        found.unmarked,
        found.dead,
        (),
        found.suppressed,
        unasked=found.unasked,
    )


@cache
def own() -> dict[str, str]:
    """The versions of this side."""
    return versions()
