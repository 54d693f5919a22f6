"""Files ready to be proved, and how their obligations go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.check import check
from dsl.imports import Program
from dsl.protocol import Protocol
from dsl.source import Source
from prover.pipeline.obligations import Task


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file ready to be proved.

    ``protocols`` holds the protocol with each variant applied so far ("" for none): a variant
    is applied and checked by the worker that first needs it.
    """

    name: str
    program: Program
    sources: Mapping[str, Source]
    protocols: dict[str, Protocol]
    tasks: tuple[Task, ...]

    def protocol(self, variant: str) -> Protocol:
        """The protocol with a variant applied ("" for none).  Raises DiagnosticError."""
        if variant not in self.protocols:
            self.protocols[variant] = check(self.program, variant, self.protocols[""])
        return self.protocols[variant]


def family_of(job: tuple[int, Task]) -> object:
    """What variants have in common that may be decided in one program."""
    index, task = job
    return index, task.obligation.scenario, task.obligation.configuration


def grouped(jobs: list[tuple[int, Task]], *, together: bool) -> list[list[int]]:
    """The obligations that differ only in the memory model, together: they share their work."""
    found: dict[object, list[int]] = {}
    for number, (index, task) in enumerate(jobs):
        o = task.obligation
        alone = "" if together else o.model
        found.setdefault((index, o.scenario, o.variant, o.configuration, alone), []).append(number)
    return list(found.values())
