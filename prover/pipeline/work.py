"""What a worker process does with the obligations that it is given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from prover.pipeline.decide import decide_group, refused
from prover.pipeline.decision import Decision
from prover.pipeline.families import Families
from prover.pipeline.latest import Latest
from prover.pipeline.limits import Limits, raised
from prover.pipeline.loaded import Loaded, family_of
from prover.pipeline.obligations import Task
from prover.pipeline.pool import TELLER
from prover.pipeline.shared import Shared
from prover.verdict import FileReport, Obligation, Request

SHARE = 0.25
"""The part of an obligation's time that one question about all variants may take."""


class Work:
    """Decides obligations, given by their numbers among ``jobs``; remembers what they share."""

    def __init__(
        self,
        files: Sequence[Loaded | FileReport],
        jobs: Sequence[tuple[int, Task]],
        groups: Sequence[Sequence[int]],
        request: Request,
        claims: Path | None = None,
        *,
        reaches: bool = False,
    ) -> None:
        self._files = files
        self._jobs = jobs
        self._without = request.without
        self._certificates = request.certificates
        self._processes = request.jobs
        self._limits = Limits(
            request.timeout,
            request.memory,
            request.max_bound,
            request.explain,
            request.without,
            claims,
            request.reasons,
            reaches=reaches or "reached" in request.without,
        )
        self._kept = Latest()
        self._families = Families()
        self._relatives: dict[object, list[Sequence[int]]] = {}
        for members in groups:
            self._relatives.setdefault(family_of(jobs[members[0]]), []).append(members)

    def together(self, members: Sequence[int]) -> list[Decision]:
        """Obligations that differ only in the memory model; their variants are looked at too."""
        if self._jobs[members[0]][1].unbounded:
            return [decision for member in members for decision in self.alone(member)]
        apart = {"models", "variants"} & set(self._without)
        return self._decide(members, None if apart else self._shared(members))

    def alone(self, member: int) -> list[Decision]:
        """One obligation by itself."""
        if self._jobs[member][1].unbounded:
            return [self._any_number(member)]
        return self._decide([member], None)

    def _any_number(self, member: int) -> Decision:
        """One obligation about any number of actors."""
        from prover.pipeline.anynumber.decide import decide_any_number
        from prover.pipeline.anynumber.real import engine

        index, task = self._jobs[member]
        try:
            protocol = self._file(index).protocol(task.obligation.variant)
        except DiagnosticError as error:
            return refused(error.diagnostics)
        limits = self._limits
        seconds, memory = raised(limits.timeout, limits.memory)
        limits = replace(limits, timeout=seconds, memory=memory)
        file, o, save = self._file(index), task.obligation, None
        if self._certificates:
            from prover.pipeline.anynumber.saved import writer

            save = writer(Path(self._certificates), file.name, file.program, o)
        # Where one process is asked for there is one.
        several = (self._processes or os.cpu_count() or 1) > 1
        made = engine(several=several, folds="slots" not in self._without)
        return decide_any_number(protocol, o, task.expected, limits, made, save)

    def _decide(self, members: Sequence[int], shared: Shared | None) -> list[Decision]:
        index, task = self._jobs[members[0]]
        try:
            protocol = self._file(index).protocol(task.obligation.variant)
        except DiagnosticError as error:
            return [refused(error.diagnostics)] * len(members)
        asked = [(t.obligation, t.expected) for _, t in (self._jobs[n] for n in members)]
        kept, rounds = self._kept[index] if "kept" not in self._without else (None, None)
        if "models" in self._without:
            rounds = None
        places = {obligation: place for place, (obligation, _) in enumerate(asked)}
        so_far: list[Decision | None] = [None] * len(asked)

        def tell(obligation: Obligation, decision: Decision) -> None:
            so_far[places[obligation]] = decision
            TELLER.tell(tuple(so_far))

        found = decide_group(protocol, asked, self._limits, kept, rounds, shared, tell)
        return [decision for _, decision in found]

    def _shared(self, members: Sequence[int]) -> Shared | None:
        """The program of the scenario with all its variants."""
        job = self._jobs[members[0]]
        family = self._relatives[family_of(job)]
        return self._families.of(
            family_of(job),
            [self._jobs[number][1] for each in family for number in each],
            self._file(job[0]).protocol,
            replace(self._limits, timeout=self._limits.timeout * SHARE),
            None if "kept" in self._without else self._kept[job[0]][0],
            self._file(job[0]).notes,
            first=members is family[0],
        )

    def _file(self, index: int) -> Loaded:
        file = self._files[index]
        assert isinstance(file, Loaded)
        return file
