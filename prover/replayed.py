"""What became of a saved witness when it was replayed, and the exit code for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.diagnostic import Diagnostic
from dsl.source import Source
from prover.execution.recall.outcome import Holds, Impossible, Recalled
from prover.verdict import Obligation


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a witness; ``diagnostics`` say why nothing did.

    ``model`` judges the execution; it may be stronger than that of the obligation.
    ``changed``: the file, or what it imports, is not what it was.  ``unknown`` is why there is no
    answer, ``bug`` what of prove went wrong.
    """

    file: str
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    obligation: Obligation | None = None
    property: str = ""
    model: str = ""
    recalled: Recalled | None = None
    changed: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    unknown: str = ""
    bug: str = ""


def exit_code(found: Replay) -> int:
    """1 where the violation is still there, 0 where the execution is impossible, 2 for an error."""
    if found.diagnostics:
        return 2
    if found.bug:
        return 4
    match found.recalled:
        case Holds():
            return 1
        case Impossible(others=others):
            return 1 if others else 0
        case _:
            return 3
