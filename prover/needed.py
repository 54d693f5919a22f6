"""What is said of the parts of a protocol: which its proofs need, and which they can do without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.diagnostic import Diagnostic
from dsl.source import Source, Span
from prover.execution.witness import Witness

Kind: TypeAlias = Literal[
    "lock",
    "unlock order",
    "rcu",
    "irq",
    "preempt",
    "softirq",
    "barrier",
    "order",
    "check",
    "ipi",
    "deferral",
    "label",
]
"""What a change takes away: a lock or section, a barrier or a part of an access's order, ..."""


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the protocol, dropped or weakened.

    ``number`` is what ``--witness`` takes.  ``owner`` is the function or actor that has it,
    ``span`` where, ``what`` its text and ``how`` what becomes of it.
    """

    number: int
    kind: Kind
    owner: str
    span: Span
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A change breaks ``scenario``: the properties found violated in one configuration."""

    scenario: str
    configuration: tuple[tuple[str, str], ...]
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """No answer in ``scenario``: ``why`` in words; ``bug`` where prove contradicted itself."""

    scenario: str
    why: str
    bug: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the scenarios with the change.

    ``proved`` are those proved with it, in every configuration and under every model asked.
    """

    change: Change
    broken: tuple[Broken, ...]
    proved: tuple[str, ...]
    unsettled: tuple[Unsettled, ...]

    @property
    def bearing(self) -> bool:
        """Whether some proof needs what is taken away."""
        return bool(self.broken)

    @property
    def redundant(self) -> bool:
        """Whether every proof was made again without it."""
        return bool(self.proved) and not self.broken and not self.unsettled

    @property
    def verdict(self) -> str:
        """What that makes of the change, in a word."""
        if self.bearing:
            return "load-bearing"
        return "redundant" if self.redundant else "unsettled"


@dataclass(frozen=True, slots=True)
class Cover:
    """Two changes that are redundant each by itself, and break a scenario together."""

    one: int
    other: int
    broken: Broken


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of redundant changes that were tried: ``tried`` of ``total``.

    ``unsettled`` had no answer.
    """

    covers: tuple[Cover, ...] = ()
    tried: int = 0
    total: int = 0
    unsettled: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not tried, and why."""

    span: Span
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The whole answer about one file.

    ``scenarios`` are those proved as they are; ``left_out`` the others, with the reason.
    ``every``: each scenario that a change breaks is told, not just one or two.
    ``models`` are the memory models asked; ``diagnostics`` say why there is no answer at all.
    """

    name: str
    sources: Mapping[str, Source]
    models: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    results: tuple[Result, ...] = ()
    pairs: Pairs = Pairs()
    skipped: tuple[Skipped, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    every: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """Changes made together, and the execution that they let happen; none where nothing breaks."""

    changes: tuple[Change, ...]
    broken: Broken | None
    witness: Witness | None
    sources: Mapping[str, Source]
    why: str = ""


def needs_exit_code(found: Needs) -> int:
    """2 for a file with errors, 4 for a bug, 3 where anything has no answer, 0 else."""
    if found.diagnostics:
        return 2
    unsettled = [each for result in found.results for each in result.unsettled]
    if any(each.bug for each in unsettled):
        return 4
    return 3 if unsettled or found.pairs.unsettled or not found.scenarios else 0
